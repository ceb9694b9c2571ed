"""Spreadsheets of things, read: bytes in, typed values out.

A leaf: imports nothing of ours, opens no file, reads no clock, logs nothing. It reads CSV and XLSX as Nordic office
programs write them, without being told the encoding, delimiter, number form, date form or language; what it cannot
read it says, row by row. What becomes of the rows is for its callers to decide.
"""

from node.sheets.conditions import Condition
from node.sheets.errors import SheetUnreadable
from node.sheets.fields import FIELDS
from node.sheets.reading import read_sheet
from node.sheets.rejects import write_rejects
from node.sheets.sheet import ImportRow, RecognisedColumn, RejectedRow, Sheet

__all__ = [
    "FIELDS",
    "Condition",
    "ImportRow",
    "RecognisedColumn",
    "RejectedRow",
    "Sheet",
    "SheetUnreadable",
    "read_sheet",
    "write_rejects",
]
