"""`krets --version`."""

from pathlib import Path


def print_version(*, as_json: bool) -> None:
    """Print the version of the installed distribution, or of the checkout that this runs from."""
    import re
    from importlib import metadata

    from node.commands.printing import print_json, print_line

    try:
        number = metadata.version("krets")
    except metadata.PackageNotFoundError:
        project = Path(__file__).resolve().parents[2] / "pyproject.toml"
        found = re.search(r'^version = "(.+)"$', project.read_text(encoding="utf-8"), re.MULTILINE)
        number = "unknown" if found is None else found[1]
    if as_json:
        print_json(version=number)
    else:
        print_line(f"krets {number}")
