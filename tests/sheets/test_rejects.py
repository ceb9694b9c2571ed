"""The file of rejected rows: safe to open, and readable again once corrected."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.sheets import RejectedRow, read_sheet, write_rejects
from tests.sheets.reading import read_lines


def parse(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_each_rejected_row_stands_with_its_line_its_reason_and_its_cells() -> None:
    sheet = read_lines("Navn;Antall;Merknad", "Stol;2;", 'Bord;mange;"a; ""b"""', "Skap;0;en")
    header = [column.header for column in sheet.columns]

    text = write_rejects(sheet.rejected, header)

    assert text.endswith("\r\n")
    assert parse(text) == [
        ["line", "reason", "Navn", "Antall", "Merknad"],
        ["3", sheet.rejected[0].reason, "Bord", "mange", 'a; "b"'],
        ["4", sheet.rejected[1].reason, "Skap", "0", "en"],
    ]


def test_no_rejected_rows_leave_the_header_alone() -> None:
    assert write_rejects((), ["Navn"]) == "line;reason;Navn\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0@"])
def test_a_cell_that_would_run_as_a_formula_is_disarmed(start: str) -> None:
    text = write_rejects([RejectedRow(2, f"{start}reason", (f"{start}cmd|' /C calc'!A0", "ok"))], [f"{start}x", "y"])

    assert parse(text.replace("\r\n", "\n"))[1][0] == "2"
    assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) for row in parse(text) for cell in row)
    assert all(cell[:1] in ("'", "") or cell[0].isalnum() for row in parse(text) for cell in row)


def test_harmless_cells_are_left_as_they_are() -> None:
    cells = ("Stol", "a=b", "'sitat'", "2-3", "")

    text = write_rejects([RejectedRow(2, "reason", cells)], ["a", "b", "c", "d", "e"])

    assert parse(text)[1][2:] == list(cells)


def test_a_corrected_file_of_rejects_reads_as_the_rows_would_have() -> None:
    sheet = read_lines("Navn;Antall;Merknad", "=2+3;mange;@her", "-;x;- ikke", "Bord;-1;+47 123")

    text = write_rejects(sheet.rejected, [column.header for column in sheet.columns])
    corrected = text.replace(";mange;", ";3;").replace(";x;", ";4;").replace(";'-1;", ";5;")
    again = read_sheet(corrected.encode("utf-8-sig"), file_name="rejects.csv", columns={})

    assert [(row.name, row.quantity, row.notes) for row in again.rows] == [
        ("=2+3", 3, "@her"),
        ("-", 4, "- ikke"),
        ("Bord", 5, "+47 123"),
    ]


@given(cells=st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=5))
def test_no_written_cell_starts_a_formula(cells: list[str]) -> None:
    text = write_rejects([RejectedRow(2, "reason", tuple(cells))], cells)

    for row in parse(text):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
