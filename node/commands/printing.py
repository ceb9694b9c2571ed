"""What a command shows: one JSON document on stdout, or plain words and tables for people.

Everything that may come from a peer or a file passes through `plain`, so that no name can steer the terminal.
"""

import dataclasses
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

JsonPart: TypeAlias = Any
"""A value that `json_value` can turn into JSON: plain values, lists of them, frozen dataclasses."""

PIPED_WIDTH = 400
"""Columns of a table that goes to a file or a pipe: wide enough that no address is broken."""

COLUMN_GAP = 3
"""Blanks between two columns of a table without frames."""

_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are not text to look at: controls, direction marks, lone surrogates, line separators."""

_SOFT_HYPHEN_AND_JOINERS = frozenset("\u00ad\u200c\u200d")


def plain(text: str) -> str:
    """The text on one line, without characters that a terminal would obey."""
    return "".join(_plain_character(character) for character in text).strip()


def _plain_character(character: str) -> str:
    if character.isprintable() or character in _SOFT_HYPHEN_AND_JOINERS:
        return character
    return " " if unicodedata.category(character) in _STEERING or character.isspace() else character


def json_value(value: JsonPart) -> Any:
    """The value as JSON has it: instants as ISO 8601 in UTC, decimals as text, dataclasses as objects."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): json_value(part) for key, part in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case Iterable():
            return [json_value(part) for part in value]
        case _:
            return str(value)


def print_json(**parts: JsonPart) -> None:
    """The command's one JSON document on stdout, with these keys in this order."""
    json.dump({key: json_value(part) for key, part in parts.items()}, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
    sys.stdout.flush()


def print_error(*, code: str, message: str, as_json: bool, **parts: JsonPart) -> None:
    """A refusal: one JSON document on stdout, or one line on stderr, where stdout takes nothing any more too."""
    line = plain(message)
    try:
        if as_json:
            document = {"error": {"code": code, "message": line}} | {
                key: json_value(part) for key, part in parts.items()
            }
            sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        # What the command had said before it was refused may still wait here.
        sys.stdout.flush()
    except OSError:
        abandon_stdout()
        as_json = False
    if not as_json:
        sys.stderr.write(f"krets: {line}\n")


def abandon_stdout() -> None:
    """Let what stdout still holds go nowhere, so that the interpreter does not try and fail with it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def print_line(text: str = "") -> None:
    """One line for people on stdout."""
    sys.stdout.write(plain(text) + "\n")


def print_note(text: str) -> None:
    """One line of story or advice on stderr, which never mixes with the result."""
    sys.stdout.flush()
    sys.stderr.write(plain(text) + "\n")
    sys.stderr.flush()


def print_if_more(found_count: int, *, limit: int) -> None:
    """Say on stderr that a list has been cut off, where more rows were found than its limit."""
    if found_count > limit:
        print_note(f"There are more than {limit}: raise --limit to see them.")


def print_fields(fields: Sequence[tuple[str, object]]) -> None:
    """Names and values in two columns on stdout; a value of None or nothing is left out."""
    shown = [(name, plain(str(value))) for name, value in fields if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        sys.stdout.write(f"{name:<{width}}  {value}\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """A table on stdout, or the sentence `empty`.

    A column whose name ends in `#` is right-aligned numbers. One whose name ends in `@` is addresses, or digests:
    whoever copies one needs it whole, so it is left out where the terminal is too narrow for the table with it.
    """
    if not rows:
        print_line(empty)
        return
    console = stdout_console()
    if sys.stdout.isatty() and _natural_width(columns, rows) > console.width:
        kept = [place for place, name in enumerate(columns) if not name.endswith("@")]
        columns = [columns[place] for place in kept]
        rows = [[row[place] for place in kept] for row in rows]
    with console.capture() as captured:
        console.print(make_table(columns, rows))
    lines = captured.get().splitlines()
    # A terminal shows no difference; a file or a pipe is spared the blanks that fill the last column.
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


def _natural_width(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    """The columns of a terminal that the table takes when nothing in it is folded."""
    from rich.cells import cell_len

    texts = zip(*([name[:-1] if name[-1] in "#@" else name for name in columns], *rows), strict=True)
    widths = [max(cell_len("" if cell is None else plain(str(cell))) for cell in column) for column in texts]
    return sum(widths) + COLUMN_GAP * (len(widths) - 1)


def make_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> "Table":
    """A table without frames. Cells are plain text, never markup; what does not fit goes on the next line."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        justify: Literal["left", "right"] = "right" if name.endswith("#") else "left"
        is_address = name.endswith("@")
        table.add_column(
            Text(name[:-1] if name[-1] in "#@" else name), justify=justify, overflow="fold", no_wrap=is_address
        )
    for row in rows:
        table.add_row(*(Text("" if cell is None else plain(str(cell))) for cell in row))
    return table


def stdout_console() -> "Console":
    """The console for results: the terminal's width, or wide when the output is not a terminal."""
    return _console(is_stderr=False)


def stderr_console() -> "Console":
    """The console for story and progress."""
    return _console(is_stderr=True)


def _console(*, is_stderr: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if is_stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def day_text(at: datetime | date | None) -> str:
    """The day as yyyy-mm-dd, or nothing."""
    if at is None:
        return ""
    return at.date().isoformat() if isinstance(at, datetime) else at.isoformat()


def last_day_text(closes_at: datetime | None) -> str:
    """The last whole day before the end, which is what people were told, or nothing."""
    return "" if closes_at is None else day_text(closes_at - timedelta(seconds=1))


def moment_text(at: datetime | None) -> str:
    """Day and minute in UTC, or nothing."""
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M UTC")


def kilometres_text(distance_km: float | None) -> str:
    """The distance in whole kilometres, or nothing where a place is unknown."""
    if distance_km is None:
        return ""
    return "under 1 km" if distance_km < 1 else f"{distance_km:.0f} km"


def count_text(count: int, one: str, many: str) -> str:
    """`1 message`, `2 messages`."""
    return f"{count} {one if count == 1 else many}"
