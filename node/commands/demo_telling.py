"""How the demo tells its story: short lines as things happen; each step ends with what was read back."""

import time

from rich.console import Console
from rich.text import Text

from node.commands.demo_cast import Organisation
from node.commands.printing import plain

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "red")
WIDTH = 104
"""Columns of the story where the screen is not narrower: longer lines are hard to read."""


class Teller:
    """Prints the story. One colour for each organisation, on terminals that have colours."""

    def __init__(self, console: Console, cast: tuple[Organisation, ...]) -> None:
        self._console = console
        self._colours = {one.name: _COLOURS[index % len(_COLOURS)] for index, one in enumerate(cast)}
        self._name_width = max(len(one.name) for one in cast)
        self._started_at = 0.0

    def open(self, heading: str, *lines: str) -> None:
        """The title of the story."""
        self._print(Text(f"\n{heading}", style="bold"))
        for line in lines:
            self._print(Text(line, style="dim"))

    def begin(self, number: int, title: str) -> None:
        """A step begins."""
        self._started_at = time.monotonic()
        self._print(Text.assemble("\n", (f"{number:>2}  ", "bold"), (plain(title), "bold")))

    def say(self, name: str, text: str) -> None:
        """What one organisation does or sees."""
        label = f"{plain(name):<{self._name_width}}"
        self._print(Text.assemble("    ", (label, f"bold {self._colours.get(name, 'default')}"), "  ", plain(text)))

    def done(self, text: str) -> None:
        """The step came out as it should; what was read back."""
        seconds = f"{time.monotonic() - self._started_at:.1f} s"
        self._print(Text.assemble("    ", ("✓ ", "bold green"), plain(text), (f"  {seconds}", "dim")))

    def failed(self, text: str) -> None:
        """The step did not come out as it should."""
        self._print(Text.assemble("    ", ("✗ ", "bold red"), plain(text)))

    def close(self, heading: str, *lines: str) -> None:
        """What remains when the story has been told. The lines are never folded: some are there to be copied."""
        self._print(Text(f"\n{heading}", style="bold"))
        for line in lines:
            self._console.print(Text(line), no_wrap=True, overflow="ignore", crop=False)

    def _print(self, text: Text) -> None:
        width = min(WIDTH, self._console.width)
        hanging = Text(" " * (self._name_width + 6))
        lines = text.wrap(self._console, width)
        if len(lines) > 1 and text.plain.startswith("    "):
            first, *_ = lines
            rest = text[len(first.plain) :]
            rest.plain = rest.plain.lstrip()
            lines = [first, *(Text.assemble(hanging, line) for line in rest.wrap(self._console, width - len(hanging)))]  # type: ignore[assignment]
        for line in lines:
            line.rstrip()
            self._console.print(line, no_wrap=True, overflow="ignore", crop=False)
