"""The file of rejected rows: for people to correct and import again, so it opens in a spreadsheet program safely."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from node.sheets.sheet import RejectedRow
from node.sheets.texts import starts_a_formula

# What the two columns in front are called; a file that starts with them is read without them.
REJECTS_HEADERS: Final = ("line", "reason")


def write_rejects(rejected: Iterable[RejectedRow], header: Sequence[str]) -> str:
    """CSV text with semicolons and CRLF: line number, reason, then the original cells under `header`.

    A cell that a spreadsheet program would run as a formula gets an apostrophe in front, which `read_sheet` takes off
    again. Write it as UTF-8 with a byte order mark ("utf-8-sig"), or Excel shows the wrong letters.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([*REJECTS_HEADERS, *(_guard(cell) for cell in header)])
    for row in rejected:
        writer.writerow([row.line, _guard(row.reason), *(_guard(cell) for cell in row.cells)])
    return text.getvalue()


def _guard(cell: str) -> str:
    return f"'{cell}" if starts_a_formula(cell) else cell
