"""`krets demo`."""


def demo() -> None:
    """Demo.

    \b
    Example:
      krets demo --once
    """
