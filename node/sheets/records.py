"""Delimited text as records. What the cells mean is not known here.

Python's csv module is not used: it lets one stray quotation mark swallow the rest of a file, takes the marks off
`"Ny" disk`, bounds a cell only through a setting of the whole process, and does not tell on which line a record starts.
A cell here is quoted only when a closing mark stands directly before a delimiter, a line end or the end of the text;
every other mark is a character like any other. The rules agree with RFC 4180 wherever that has one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from node.sheets.errors import SheetUnreadable
from node.sheets.limits import SheetLimits
from node.sheets.tables import RawRecord, trim_empty

DELIMITERS: Final = (";", ",", "\t", "|")

# The first line by which some programs tell Excel the delimiter, for example `sep=;`.
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([;,\t|])"?(?=\n|\Z)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DelimitedText:
    """Text with line feeds as its only line ends, where its records start, and the delimiter its first line states."""

    text: str
    start: int
    stated_delimiter: str | None


def normalize_text(text: str) -> DelimitedText:
    """Make every line end one line feed, and note a `sep=` line."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    stated = _SEPARATOR_LINE.match(text)
    if stated is None:
        return DelimitedText(text, 0, None)
    return DelimitedText(text, min(stated.end() + 1, len(text)), stated.group(1))


def list_records(source: DelimitedText, *, delimiter: str, limits: SheetLimits) -> Iterator[RawRecord]:
    """Yield every record that is not blank, in order. Raises SheetUnreadable after `limits.lines_max` lines."""
    text, position = source.text, source.start
    line = 1 if position == 0 else 2
    while position < len(text):
        if line > limits.lines_max:
            raise SheetUnreadable(
                f"The file has more than {limits.lines_max:,} lines; split it into smaller files and import each."
            )
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        start_line = line
        if text.find('"', position, end) < 0:
            cells = text[position:end].split(delimiter, limits.columns_max)
            if len(cells) > limits.columns_max:
                cells[-1] = cells[-1].strip(delimiter + " ")
            position = end + 1
            line += 1
        else:
            cells, end = _split_quoted(text, position, delimiter=delimiter, columns_max=limits.columns_max)
            line += text.count("\n", position, end) + 1
            position = end + 1
        trimmed = trim_empty(cells)
        if trimmed:
            yield RawRecord(start_line, trimmed)


@lru_cache(maxsize=len(DELIMITERS))
def _cell_pattern(delimiter: str) -> re.Pattern[str]:
    # Possessive, so that no input makes it try the same marks twice; a scan that fails ends at the next lone mark.
    stop = re.escape(delimiter)
    return re.compile(rf' *+"((?:[^"]++|"")*+)" *+(?={stop}|\n|\Z)|([^{stop}\n]*+)')


def _split_quoted(text: str, position: int, *, delimiter: str, columns_max: int) -> tuple[list[str], int]:
    """The cells of the record at `position`, and where the record ends (at a line feed or the end of the text).

    Beyond `columns_max` cells the rest of the line is one cell, so that a line of marks costs no more than any other.
    """
    pattern = _cell_pattern(delimiter)
    cells: list[str] = []
    while True:
        if len(cells) == columns_max:
            end = text.find("\n", position)
            end = len(text) if end < 0 else end
            return [*cells, text[position:end].strip(f'{delimiter} "')], end
        found = pattern.match(text, position)
        assert found is not None, "the second alternative matches everything, even nothing"
        quoted, plain = found.group(1), found.group(2)
        cell = plain if quoted is None else quoted.replace('""', '"')
        cells.append(cell)
        position = found.end()
        if position >= len(text) or text[position] == "\n":
            return cells, position
        position += 1
