"""What reading a sheet gives: rows that can be imported, rows that cannot and why, and how the file was understood."""

from dataclasses import dataclass
from datetime import date

from node.sheets.conditions import Condition
from node.sheets.fields import Field


@dataclass(frozen=True, slots=True)
class RecognisedColumn:
    """One column: its header on one line, and the field it fills, or None when it is not read."""

    header: str
    field: Field | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One thing, or a lot of alike things, as one row of a file states it.

    `line` is the line (or sheet row) on which the record starts, from 1. `identity` is unique within the file and the
    same whenever the same row is read again: see `rows`. `identity_of_row` is the one by digest and ordinal, by which
    an import without `--map` knows the row; None where it has always had its number. Texts are cleaned to one line
    (notes keep their line breaks) and never empty. Mass in grams, lengths in millimetres, both for one piece and above
    0; price for one piece in hundredths of a currency that the file does not tell, 0 or more; quantity 1 or more, or
    None where the row does not say.

    Words of condition and status that are not understood stand in `words_kept`, one line `Header: words` for each;
    `category_kept` is such a line for the category, for callers that do not understand it either.
    """

    line: int
    identity: str
    identity_of_row: str | None
    inventory_number: str | None
    serial_number: str | None
    name: str
    category_text: str | None
    category_kept: str | None
    quantity: int | None
    condition: Condition | None
    condition_text: str | None
    unit_text: str | None
    location_text: str | None
    gone_by_on: date | None
    acquired_on: date | None
    purchase_price_minor: int | None
    mass_grams: int | None
    height_mm: int | None
    width_mm: int | None
    depth_mm: int | None
    maker: str | None
    model: str | None
    status_text: str | None
    notes: str | None
    words_kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that cannot be imported: where it starts, every reason in one text, and its cells as text."""

    line: int
    reason: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One file, read. `read` is the number of data records: `len(rows) + len(rejected)`, both in file order.

    `encoding` is the codec ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "windows-1252") or "xlsx"; `delimiter` is
    the character between cells, empty for a workbook. `sheet_name` is the sheet of a workbook that was read, and
    `other_sheet_names` the visible ones that hold something and were not; a text file has none.
    """

    encoding: str
    delimiter: str
    columns: tuple[RecognisedColumn, ...]
    rows: tuple[ImportRow, ...]
    rejected: tuple[RejectedRow, ...]
    read: int
    sheet_name: str
    other_sheet_names: tuple[str, ...]
