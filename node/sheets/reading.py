"""From the bytes of a file to a `Sheet`: the order of the steps, and nothing else.

Size, kind of file, characters, cells, header, forms of each column, rows. Each step is a module of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from node.sheets.columns import plan_columns
from node.sheets.delimiters import detect_delimiter
from node.sheets.encodings import decode_text
from node.sheets.errors import SheetUnreadable
from node.sheets.headers import assign_fields, count_recognised, find_header, no_header
from node.sheets.limits import HEADER_SEARCH_RECORDS, STANDARD_LIMITS, SheetLimits
from node.sheets.records import list_records, normalize_text
from node.sheets.rejects import REJECTS_HEADERS
from node.sheets.rows import RowReader
from node.sheets.sheet import ImportRow, RecognisedColumn, RejectedRow, Sheet
from node.sheets.tables import RawRecord, RawTable, texts_of, trim_empty
from node.sheets.texts import clean_line, shown
from node.sheets.workbooks import read_workbook

_ZIP_START: Final = b"PK\x03\x04"
_SAVE_AGAIN: Final = "open it in a spreadsheet program and save it as XLSX (Excel workbook) or as CSV UTF-8"

# How files of other kinds start, and what to call them. The old Excel format and workbooks with a password are both
# stored in an OLE2 container.
_FOREIGN_STARTS: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a packed file (7z)"),
    (b"Rar!", "a packed file (RAR)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"SQLite format 3\x00", "a database"),
)


def read_sheet(content: bytes, *, file_name: str, columns: Mapping[str, str], sheet_name: str | None = None) -> Sheet:
    """Read a CSV or XLSX file of things within the standard limits of `limits`.

    `file_name` is used only in errors: the content tells what it is. `columns` maps headers to field names (`FIELDS`;
    a unit may follow, as in `mass_g`) and wins over what a header seems to say; give `{}` for none. `sheet_name` is
    the sheet of a workbook to read; without it, the first visible one with a header. Raises SheetUnreadable, and
    nothing else, whatever the bytes are.
    """
    return read_sheet_within(
        content, file_name=file_name, columns=columns, sheet_name=sheet_name, limits=STANDARD_LIMITS
    )


def read_sheet_within(
    content: bytes,
    *,
    file_name: str,
    columns: Mapping[str, str],
    sheet_name: str | None = None,
    limits: SheetLimits,
) -> Sheet:
    """Like `read_sheet`, within other limits."""
    try:
        table = _read_table(content, columns=columns, sheet_name=sheet_name, limits=limits)
        return _read_rows(table, columns=columns, limits=limits)
    except SheetUnreadable as error:
        raise SheetUnreadable(f"{shown(file_name)}: {error.safe_text}") from error


def _read_table(content: bytes, *, columns: Mapping[str, str], sheet_name: str | None, limits: SheetLimits) -> RawTable:
    if len(content) > limits.file_bytes_max:
        raise SheetUnreadable(
            f"The file is larger than {limits.file_bytes_max / 1_000_000:g} MB; split it into smaller files."
        )
    if content.startswith(_ZIP_START):
        return read_workbook(
            content,
            has_header=lambda records: find_header(records, columns=columns) is not None,
            sheet_name=sheet_name,
            limits=limits,
        )
    for start, kind in _FOREIGN_STARTS:
        if content.startswith(start):
            raise SheetUnreadable(f"The file is {kind}, not a CSV file or XLSX workbook; {_SAVE_AGAIN}.")
    if sheet_name is not None:
        raise SheetUnreadable("Only a workbook (XLSX) has sheets to choose from; leave out --sheet.")
    return _read_text(content, columns=columns, limits=limits)


def _read_text(content: bytes, *, columns: Mapping[str, str], limits: SheetLimits) -> RawTable:
    decoded = decode_text(content)
    if decoded.text.lstrip()[:1] == "<":
        raise SheetUnreadable(f"The file is a web page or XML, not a CSV file or XLSX workbook; {_SAVE_AGAIN}.")
    source = normalize_text(decoded.text)

    def recognised(records: Sequence[RawRecord]) -> int:
        header = find_header(records, columns=columns)
        return 0 if header is None else count_recognised(records[header], columns=columns)

    delimiter = detect_delimiter(source, count_recognised=recognised, limits=limits)
    records = list_records(source, delimiter=delimiter, limits=limits)
    # One record more than is allowed, so that the excess shows whichever record turns out to be the header.
    bounded = tuple(islice(records, limits.rows_max + HEADER_SEARCH_RECORDS + 1))
    return RawTable(encoding=decoded.encoding, delimiter=delimiter, records=bounded, serial_epoch=None)


def _without_reasons(records: Iterable[RawRecord]) -> Iterator[RawRecord]:
    """The records of a file of rejects without the columns that were put in front, as they stood in the first file."""
    for record in records:
        cells = trim_empty(record.cells[len(REJECTS_HEADERS) :])
        if cells:
            yield RawRecord(record.line, cells)


def _read_rows(table: RawTable, *, columns: Mapping[str, str], limits: SheetLimits) -> Sheet:
    if not table.records:
        raise SheetUnreadable("The file is empty; choose a file with a row of headers and a row for each thing.")
    position = find_header(table.records, columns=columns)
    if position is None:
        raise no_header(tuple(clean_line(text) for text in texts_of(table.records[0].cells[: limits.columns_max])))
    header, records = table.records[position], table.records[position + 1 :]
    if texts_of(header.cells[: len(REJECTS_HEADERS)]) == REJECTS_HEADERS and len(header.cells) > len(REJECTS_HEADERS):
        header, *rest = _without_reasons((header, *records))
        records = tuple(rest)
    if len(header.cells) > limits.columns_max:
        raise SheetUnreadable(
            f"The file has more than {limits.columns_max} columns; keep only those that say something about the things."
        )
    if len(records) > limits.rows_max:
        raise SheetUnreadable(f"The file has more than {limits.rows_max:,} rows; split it into smaller files.")
    planned = plan_columns(assign_fields(header, columns=columns), records, table=table)
    reader = RowReader(planned, cell_chars_max=limits.cell_chars_max)
    rows: list[ImportRow] = []
    rejected: list[RejectedRow] = []
    for record in records:
        row = reader.read(record)
        if isinstance(row, ImportRow):
            rows.append(row)
        else:
            rejected.append(row)
    return Sheet(
        encoding=table.encoding,
        delimiter=table.delimiter,
        columns=tuple(RecognisedColumn(column.header, column.field) for column in planned),
        rows=tuple(rows),
        rejected=tuple(rejected),
        read=len(records),
        sheet_name=table.sheet_name,
        other_sheet_names=table.other_sheet_names,
    )
