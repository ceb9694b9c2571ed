"""Every bound on what a spreadsheet can make this node hold, compute or store. Numbers only, no behaviour.

The unit is the last or next to last word of a name; `_MAX` is the largest value that is still accepted. The package is
a leaf, so the bounds that the protocol has too (a quantity) are written here again; a test outside may compare them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

# One uploaded file. The register of a municipality with 200,000 things measures about 25 MB as CSV.
FILE_BYTES_MAX: Final = 50 * 1_000_000

# Data records of one file. The largest municipalities register some 100,000 things; twice that is room.
ROWS_MAX: Final = 200_000

# Columns of one file. Exports of asset registers have 10 to 80; a wider "table" is a file of another kind.
COLUMNS_MAX: Final = 200

# Characters of one cell: what Excel itself can hold in a cell (its published specification and limits).
CELL_CHARS_MAX: Final = 32_767

# Lines of one text file, or row numbers of one sheet, blank ones included: Excel's last row is 1,048,576, and a text
# file may carry several lines in a note. Keeps a file of bare line ends from occupying a processor.
LINES_MAX: Final = 2_000_000

# Records at the top among which the header is looked for: titles and dates of the export stand above it.
HEADER_SEARCH_RECORDS: Final = 20

# What an XLSX archive may hold unpacked, and in how many parts. A sheet of 200,000 rows and 12 columns unpacks to
# about 100 MB; a workbook from an office suite has fewer than 100 parts.
UNPACKED_BYTES_MAX: Final = 256 * 1_048_576
ARCHIVE_PARTS_MAX: Final = 2_000

# Cells that are walked through in one workbook, empty ones included: one 30-byte cell in the last column makes a row
# of 16,384 cells, so the bytes alone do not bound the work.
SCANNED_CELLS_MAX: Final = ROWS_MAX * COLUMNS_MAX

# Bytes of an XML part before its first element: a declaration and a comment fit many times over.
PROLOG_BYTES_MAX: Final = 65_536

# Characters of a cell that may still be a number or a date. The longest honest one is a date and time with an offset.
NUMBER_CHARS_MAX: Final = 64

# Characters of a cell or header quoted in a reason.
SHOWN_CHARS_MAX: Final = 60

# Characters of a header that are compared with the known words; longer ones are sentences.
HEADER_CHARS_MAX: Final = 120

# Characters of a name and of notes, as in the protocol: what is longer could not be offered.
NAME_CHARS_MAX: Final = 200
NOTES_CHARS_MAX: Final = 5_000

# Values. Quantity as in the protocol; 100 tonnes; 100 metres; a price of 10^12 whole units fits a 64-bit integer.
QUANTITY_MAX: Final = 1_000_000_000
MASS_GRAMS_MAX: Final = 100_000_000
LENGTH_MM_MAX: Final = 100_000
PRICE_MINOR_MAX: Final = 10**14

# Dates outside these are slips of the pen, or numbers that were never dates.
DATE_MIN: Final = date(1900, 1, 1)
DATE_MAX: Final = date(2199, 12, 31)

# Days since the epoch that are taken for a date when a workbook holds a bare number in a date column: years 1954 to
# 2119 with Excel's 1900 epoch. Below lie years written as a number (2019), above lie yyyymmdd and identifiers.
SERIAL_DAYS_MIN: Final = Decimal(20_000)
SERIAL_DAYS_MAX: Final = Decimal(80_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLimits:
    """The bounds that depend on the size of a file, together, so that a test can stand on both sides of each."""

    file_bytes_max: int
    rows_max: int
    columns_max: int
    cell_chars_max: int
    lines_max: int
    unpacked_bytes_max: int
    archive_parts_max: int
    scanned_cells_max: int


STANDARD_LIMITS: Final = SheetLimits(
    file_bytes_max=FILE_BYTES_MAX,
    rows_max=ROWS_MAX,
    columns_max=COLUMNS_MAX,
    cell_chars_max=CELL_CHARS_MAX,
    lines_max=LINES_MAX,
    unpacked_bytes_max=UNPACKED_BYTES_MAX,
    archive_parts_max=ARCHIVE_PARTS_MAX,
    scanned_cells_max=SCANNED_CELLS_MAX,
)
