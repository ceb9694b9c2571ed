"""XLSX workbooks as tables of cells, through openpyxl's read-only reader.

openpyxl is imported when a workbook is read and not before: it costs 150 ms. Formulas give the values that the program
that saved the workbook stored with them. The sheet that is asked for is read, else the first visible one with a header
row that is understood.
"""

import math
import re
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import Any, Final, TypeAlias
from zipfile import BadZipFile, ZipFile

from node.sheets.archives import DAMAGED, check_archive
from node.sheets.errors import SheetUnreadable
from node.sheets.limits import HEADER_SEARCH_RECORDS, SheetLimits
from node.sheets.tables import Cell, RawRecord, RawTable, trim_empty
from node.sheets.texts import clean_line, shown

# Whether the first records of a sheet hold a header row that is understood.
HasHeader: TypeAlias = Callable[[Sequence[RawRecord]], bool]

# Day 0 of the two calendars of Excel: the usual one counts a 29 February 1900 that never was, so from here on it is
# right for every day after that; the other starts in 1904 (old Macintosh files).
_EPOCH_1900: Final = date(1899, 12, 30)
_EPOCH_1904: Final = date(1904, 1, 1)

# What openpyxl 3.1.5 raises on damaged workbooks, found by changing bytes of valid ones at random: it documents no
# exceptions of its own, and wraps some of those of zipfile and the XML parsers (whose errors are SyntaxErrors).
_FAULTS: Final = (
    BadZipFile,
    zlib.error,
    SyntaxError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

# How a workbook writes line ends and tabs that XML would not keep (ECMA-376 part 1, 22.4.2.4).
_ESCAPED_SPACE: Final = re.compile(r"_x000[9AaDd]_")


@dataclass(slots=True)
class _Budget:
    """Cells that may still be walked through in this workbook."""

    cells_left: int

    def spend(self, cells: int) -> None:
        self.cells_left -= cells
        if self.cells_left < 0:
            raise SheetUnreadable(
                "The workbook has too many cells; copy only the columns and rows to import into a new one and save it."
            )


def read_workbook(content: bytes, *, has_header: HasHeader, sheet_name: str | None, limits: SheetLimits) -> RawTable:
    """Read the cells of one sheet. Raises SheetUnreadable when the bytes are no workbook or over a limit.

    Raises it too when there is no sheet of the name that is asked for.

    At most one record more than the limits allow is returned, so that the caller sees the excess.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            check_archive(archive, limits=limits)
        # openpyxl warns about parts that it drops (styles, validations), of which none holds cells, and prints about
        # styles out of range (3.1.5, styles/cell_style.py), where a command may be writing its one JSON document.
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            return _read_sheets(content, has_header=has_header, sheet_name=sheet_name, limits=limits)
    except _FAULTS as error:
        raise SheetUnreadable(DAMAGED) from error


def _read_sheets(content: bytes, *, has_header: HasHeader, sheet_name: str | None, limits: SheetLimits) -> RawTable:
    import openpyxl
    from openpyxl.utils.datetime import MAC_EPOCH

    budget = _Budget(limits.scanned_cells_max)
    fallback: tuple[RawRecord, ...] = ()
    chosen: tuple[RawRecord, ...] | None = None
    chosen_name = ""
    others: list[str] = []
    opened = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    with closing(opened) as workbook:
        epoch = _EPOCH_1904 if workbook.epoch == MAC_EPOCH else _EPOCH_1900
        wanted = None if sheet_name is None else _find_title(workbook.worksheets, sheet_name)
        for worksheet in workbook.worksheets:
            if worksheet.sheet_state != "visible" and worksheet.title != wanted:
                continue
            # The stated size of a sheet may be wrong, and rows outside it would be left out.
            worksheet.reset_dimensions()
            records = _list_records(worksheet.iter_rows(values_only=True), budget=budget, limits=limits)
            head = tuple(islice(records, HEADER_SEARCH_RECORDS if chosen is None else 1))
            if worksheet.title == wanted or (wanted is None and chosen is None and has_header(head)):
                chosen, chosen_name = tuple(chain(head, islice(records, limits.rows_max + 1))), worksheet.title
            elif head:
                others.append(worksheet.title)
                fallback = fallback or head
    return RawTable(
        encoding="xlsx",
        delimiter="",
        records=fallback if chosen is None else chosen,
        serial_epoch=epoch,
        sheet_name=chosen_name,
        other_sheet_names=tuple(others),
    )


def _find_title(worksheets: Sequence[Any], sheet_name: str) -> str:
    """The title as the workbook has it of the sheet that is asked for, whatever its case."""
    titles = [str(worksheet.title) for worksheet in worksheets]
    for title in titles:
        if clean_line(title).casefold() == clean_line(sheet_name).casefold():
            return title
    listed = ", ".join(shown(title) for title in titles[:HEADER_SEARCH_RECORDS])
    raise SheetUnreadable(f"The workbook has no sheet {shown(sheet_name)}; its sheets are {listed}; correct --sheet.")


def _list_records(rows: Iterable[Sequence[Any]], *, budget: _Budget, limits: SheetLimits) -> Iterator[RawRecord]:
    for number, row in enumerate(rows, start=1):
        if number > limits.lines_max:
            raise SheetUnreadable(
                f"The sheet has more than {limits.lines_max:,} rows; split it into smaller files and import each."
            )
        budget.spend(len(row))
        cells = trim_empty(tuple(_cell_of(value) for value in row))
        if cells:
            yield RawRecord(number, cells)


def _cell_of(value: object) -> Cell:
    """The value of a cell, which openpyxl gives as whatever Python type fits, without floats and times."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED_SPACE.sub("\n", value) if "_x000" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return _exact(value)
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else str(value)


def _exact(value: float) -> Cell:
    """The shortest decimal that is this float, as the spreadsheet program shows it; whole numbers without decimals."""
    if not math.isfinite(value):
        return str(value)
    exact = Decimal(repr(value))
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact
