"""The file of rejected rows: safe to open, and readable again once corrected."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.sheets import RejectedRow, read_sheet, write_rejects
from tests.sheets.reading import read_lines
from tests.sheets.workbooks import make_workbook


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


def test_a_file_of_rejects_gives_the_identities_of_the_list_it_came_from() -> None:
    lines = ("Navn;Antall;Vekt (kg);Anskaffet;Farge", "Stol;mange;1.804;03/04/2019;1,50", "Bord;2;2.5;12/31/2019;blå")
    sheet = read_lines(*lines)

    text = write_rejects(sheet.rejected, [column.header for column in sheet.columns]).replace(";mange;", ";3;")
    corrected = read_sheet(text.encode(), file_name="rejects.csv", columns={})
    master = read_lines(lines[0], lines[1].replace("mange", "3"), lines[2])

    assert [row.identity for row in corrected.rows] == [master.rows[0].identity]
    assert [column.header for column in corrected.columns] == ["Navn", "Antall", "Vekt (kg)", "Anskaffet", "Farge"]


def test_a_row_that_is_rejected_again_has_one_line_and_one_reason() -> None:
    sheet = read_lines("line;reason;Navn;Antall", "7;gammel;Stol;mange", "8;tom rad;;", "9;gammel;Bord;3")

    text = write_rejects(sheet.rejected, [column.header for column in sheet.columns])

    assert [row[:1] + row[2:] for row in parse(text)] == [["line", "Navn", "Antall"], ["2", "Stol", "mange"]]
    assert (sheet.read, [row.name for row in sheet.rows]) == (2, ["Bord"])


def test_decimals_of_a_workbook_are_written_as_they_will_be_read() -> None:
    sheet = read_sheet(
        make_workbook([["Navn", "Antall", "Vekt (kg)"], ["Stol", "x", 1.804]]), file_name="x", columns={}
    )

    text = write_rejects(sheet.rejected, [column.header for column in sheet.columns]).replace(";x;", ";3;")
    (row,) = read_sheet(text.encode(), file_name="rejects.csv", columns={}).rows

    assert row.mass_grams == 1804


@given(cells=st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=5))
def test_no_written_cell_starts_a_formula(cells: list[str]) -> None:
    text = write_rejects([RejectedRow(2, "reason", tuple(cells))], cells)

    for row in parse(text):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
