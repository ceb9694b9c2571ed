"""A file as a table of cells whose meaning is not yet known: what every kind of file is first read into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

# Text files hold only text; a workbook also holds numbers (exact, never float) and dates.
Cell: TypeAlias = str | Decimal | date


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record that is not blank. `line` is the line (or sheet row) on which it starts, from 1.

    Trailing empty cells are gone. In a text record at most `columns_max + 1` cells are kept, the last of them holding
    the rest that has content.
    """

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """The records of one file in order, and how they were found.

    `serial_epoch` is the day 0 of a workbook's bare numbers that are dates; None in text files, which have none.
    `sheet_name` is the sheet of a workbook that these records are from, `other_sheet_names` the visible ones that hold
    something too; text files have neither.
    """

    encoding: str
    delimiter: str
    records: tuple[RawRecord, ...]
    serial_epoch: date | None
    sheet_name: str = ""
    other_sheet_names: tuple[str, ...] = ()


def text_of(cell: Cell) -> str:
    """The cell as text: numbers without exponent or trailing zeros, dates as yyyy-mm-dd.

    >>> text_of(Decimal("1.20E+5"))
    '120000'
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Decimal):
        plain = f"{cell:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return cell.isoformat()


def text_for_people(cell: Cell) -> str:
    """Like `text_of`, with the decimal comma that a Nordic spreadsheet program shows and reads.

    >>> text_for_people(Decimal("1.804"))
    '1,804'
    """
    return text_of(cell).replace(".", ",") if isinstance(cell, Decimal) else text_of(cell)


def trim_empty(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells up to the last one that is not empty or white space."""
    end = len(cells)
    for cell in reversed(cells):
        if not isinstance(cell, str) or cell.strip():
            break
        end -= 1
    return tuple(cells[:end])


def texts_of(cells: Iterable[Cell]) -> tuple[str, ...]:
    """All cells as text."""
    return tuple(text_of(cell) for cell in cells)
