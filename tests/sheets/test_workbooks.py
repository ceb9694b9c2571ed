"""XLSX: which sheet is read, what its cells say, and workbooks that are damaged, hostile or of another kind."""

import contextlib
import io
from datetime import date, datetime, time
from zipfile import ZIP_BZIP2

import openpyxl
import pytest

from node.sheets import Condition, SheetUnreadable, read_sheet
from tests.sheets.reading import refusal
from tests.sheets.workbooks import (
    SHEET_PART,
    change_parts,
    make_archive,
    make_workbook,
    read_parts,
    replace_in_sheet,
)

ROWS: list[list[object]] = [
    ["Inventarnr", "Navn", "Antall", "Vekt (kg)"],
    ["AK1", "Stol", 2, 2.5],
    ["AK2", "Bord", 1, 12.25],
]


def test_the_first_visible_sheet_with_a_header_is_read() -> None:
    content = make_workbook([["Forside"]], [["Navn"], ["Gammel"]], ROWS, [["Navn"], ["Siste"]], hidden=[1])

    sheet = read_sheet(content, file_name="x.xlsx", columns={})

    assert [(row.line, row.name) for row in sheet.rows] == [(2, "Stol"), (3, "Bord")]


def test_the_sheet_that_was_read_and_the_others_with_content_are_named() -> None:
    content = make_workbook([["Forside"]], [["Navn"], ["Gammel"]], ROWS, [[]], [["Navn"], ["Siste"]], hidden=[1])

    sheet = read_sheet(content, file_name="x.xlsx", columns={})

    assert (sheet.sheet_name, sheet.other_sheet_names) == ("Sheet3", ("Sheet1", "Sheet5"))


@pytest.mark.parametrize("sheet_name", ["Sheet2", " sheet2", "SHEET2"])
def test_the_sheet_that_is_asked_for_is_read_hidden_or_not(sheet_name: str) -> None:
    content = make_workbook(ROWS, [["Navn"], ["Gammel"]], [["Navn"], ["Siste"]], hidden=[1])

    sheet = read_sheet(content, file_name="x.xlsx", columns={}, sheet_name=sheet_name)

    assert [row.name for row in sheet.rows] == ["Gammel"]
    assert (sheet.sheet_name, sheet.other_sheet_names) == ("Sheet2", ("Sheet1", "Sheet3"))


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SheetUnreadable) as workbook:
        read_sheet(make_workbook(ROWS, ROWS), file_name="x.xlsx", columns={}, sheet_name="Ark1")
    with pytest.raises(SheetUnreadable) as text:
        read_sheet(b"Navn\nStol\n", file_name="x.csv", columns={}, sheet_name="Ark1")

    assert 'no sheet "Ark1"; its sheets are "Sheet1", "Sheet2"; correct --sheet.' in workbook.value.safe_text
    assert "leave out --sheet" in text.value.safe_text


def test_a_mapped_column_decides_which_sheet_is_read() -> None:
    content = make_workbook([["Forside"]], [["Dings"], ["Stol"]])

    sheet = read_sheet(content, file_name="x.xlsx", columns={"Dings": "name"})

    assert [row.name for row in sheet.rows] == ["Stol"]


def test_a_workbook_without_headers_is_refused_with_what_it_holds() -> None:
    assert 'found "Forside"' in refusal(make_workbook([], [["Forside"], ["x", 3]]))


@pytest.mark.parametrize("sheets", [[[]], [[[""], [" "]]]])
def test_a_workbook_without_content_is_empty(sheets: list[list[list[str]]]) -> None:
    assert "is empty" in refusal(make_workbook(*sheets))


def test_whole_numbers_are_read_as_they_are_shown() -> None:
    content = make_workbook([["Inventarnr", "Navn", "Serienr", "Antall"], [100045, 24.0, 1e15, "3"]])

    (row,) = read_sheet(content, file_name="x", columns={}).rows

    assert (row.inventory_number, row.name, row.serial_number) == ("100045", "24", "1000000000000000")
    assert (row.identity, row.quantity) == ("inventory:100045", 3)


def test_numbers_are_exact() -> None:
    content = make_workbook([["Navn", "Vekt (kg)", "Pris"], ["A", 0.1 + 0.2, 1234.005], ["B", 1.005, 4485.3333333]])

    rows = read_sheet(content, file_name="x", columns={}).rows

    assert [(row.mass_grams, row.purchase_price_minor) for row in rows] == [(300, 123_401), (1005, 448_533)]


def test_cells_of_other_types_read_as_text_or_reject_the_row() -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["Navn", "Merknad", "Antall", "Anskaffet"])
    page.append(["Sann", True, 1, datetime.fromisoformat("2023-03-08T12:30")])
    page.append(["Usann", False, 1, date(2023, 3, 8)])
    page.append(["Klokke", time(9, 30), 1, None])
    page.append([date(2023, 3, 8), 2.50, 1, None])
    page.append(["Dato som antall", None, date(2023, 3, 8), None])
    page.append(["Sann som antall", None, True, None])
    page.append(["Dato i 2019", None, 1, 2019])
    page.append(["For gammel", None, 1, datetime.fromisoformat("1899-12-31")])
    content = io.BytesIO()
    book.save(content)

    sheet = read_sheet(content.getvalue(), file_name="x", columns={})

    assert [(row.name, row.notes) for row in sheet.rows] == [
        ("Sann", "TRUE"),
        ("Usann", "FALSE"),
        ("Klokke", "09:30:00"),
        ("2023-03-08", "2.5"),
    ]
    assert [row.acquired_on for row in sheet.rows] == [date(2023, 3, 8), date(2023, 3, 8), None, None]
    assert [row.line for row in sheet.rejected] == [6, 7, 8, 9]
    assert '"2023-03-08" is not a number' in sheet.rejected[0].reason
    assert '"TRUE" is not a number' in sheet.rejected[1].reason
    assert '"2019" is not a date' in sheet.rejected[2].reason


def test_a_bare_number_is_no_date_in_a_text_file() -> None:
    sheet = read_sheet(b"Navn;Anskaffet\nStol;44993\n", file_name="x", columns={})

    assert [row.line for row in sheet.rejected] == [2]


def test_what_a_formula_gave_when_it_was_saved_is_read() -> None:
    content = replace_in_sheet(make_workbook(ROWS), "<v>12.25</v>", "<f>1+11.25</f><v>12.25</v>")

    assert read_sheet(content, file_name="x", columns={}).rows[1].mass_grams == 12_250


def test_line_ends_that_xml_would_not_keep_become_white_space() -> None:
    content = make_workbook([["Navn", "Merknad"], ["Stol_x000D_høy", "en_x000d_\nto"]])

    (row,) = read_sheet(content, file_name="x", columns={}).rows

    assert (row.name, row.notes) == ("Stol høy", "en\nto")


def test_rows_outside_the_stated_size_of_the_sheet_are_read() -> None:
    content = replace_in_sheet(make_workbook(ROWS), 'ref="A1:D3"', 'ref="A1:D2"')

    assert read_sheet(content, file_name="x", columns={}).read == 2


def test_row_numbers_are_those_of_the_sheet() -> None:
    content = make_workbook([[], ["Navn", "Antall"], [], ["Stol", 2], [], [], ["Bord", "x"]])

    sheet = read_sheet(content, file_name="x", columns={})

    assert [row.line for row in sheet.rows] == [4]
    assert [(row.line, row.cells) for row in sheet.rejected] == [(7, ("Bord", "x"))]


def test_content_beside_the_table_rejects_its_row() -> None:
    sheet = read_sheet(make_workbook([["Navn"], ["Stol", "", "sum: 3"]]), file_name="x", columns={})

    assert '"sum: 3" stands beyond the last column' in sheet.rejected[0].reason


def test_conditions_and_units_are_read_as_in_text_files() -> None:
    content = make_workbook([["Navn", "Tilstand", "Høyde (mm)"], ["Stol", "som ny", 725]])

    (row,) = read_sheet(content, file_name="x", columns={}).rows

    assert (row.condition, row.height_mm) == (Condition.AS_NEW, 725)


def test_a_number_beyond_all_numbers_rejects_its_row() -> None:
    content = replace_in_sheet(make_workbook(ROWS), "<v>12.25</v>", "<v>1e999</v>")

    sheet = read_sheet(content, file_name="x", columns={})

    assert [row.name for row in sheet.rows] == ["Stol"]
    assert '"inf" is not a number' in sheet.rejected[0].reason


def test_nothing_is_printed_about_styles_that_are_out_of_range() -> None:
    styles = read_parts(make_workbook(ROWS))["xl/styles.xml"]
    styles = styles.replace(b'name="Normal" xfId="0"', b'name="Normal" xfId="65536"')
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        text = refusal(change_parts(make_workbook(ROWS), {"xl/styles.xml": styles}))

    assert "The workbook is damaged" in text
    assert printed.getvalue() == ""


def test_nothing_is_warned_about_styles_that_are_missing() -> None:
    styles = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'

    sheet = read_sheet(change_parts(make_workbook(ROWS), {"xl/styles.xml": styles}), file_name="x", columns={})

    assert sheet.read == 2


@pytest.mark.parametrize(
    "changes",
    [
        {SHEET_PART: b""},
        {SHEET_PART: b"<worksheet>"},
        {SHEET_PART: b"not xml"},
        {SHEET_PART: b'<?xml version="1.0" encoding="nowhere"?><worksheet/>'},
        {SHEET_PART: b"<!-- " + b"x" * 70_000 + b" --><worksheet/>"},
        {"xl/workbook.xml": None},
        {"xl/sharedStrings.xml": None},
        {"xl/_rels/workbook.xml.rels": None},
        {"xl/styles.xml": b"<styleSheet><numFmts><numFmt numFmtId='x'/></numFmts></styleSheet>"},
        {"[Content_Types].xml": b"<Types/>"},
    ],
)
def test_a_workbook_with_a_damaged_part_is_refused(changes: dict[str, bytes | None]) -> None:
    assert "The workbook is damaged; open it" in refusal(change_parts(make_workbook(ROWS), changes))


@pytest.mark.parametrize(
    "sheet_xml",
    [
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w>&b;</w>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE w SYSTEM "file:///etc/passwd"><worksheet/>'.encode("utf-16"),
    ],
)
def test_a_workbook_with_entities_is_refused_before_it_is_parsed(sheet_xml: bytes) -> None:
    assert "The workbook is damaged" in refusal(change_parts(make_workbook(ROWS), {SHEET_PART: sheet_xml}))


def test_a_part_that_does_not_match_its_checksum_is_refused() -> None:
    content = change_parts(make_workbook(ROWS), {}, compression=0)
    content = content.replace(b"<sheetData>", b"<sheetDatb>")

    assert "The workbook is damaged" in refusal(content)


@pytest.mark.parametrize("cut", [4, 30, 400, -30])
def test_a_workbook_that_is_cut_off_is_refused(cut: int) -> None:
    assert "The workbook is damaged" in refusal(make_workbook(ROWS)[:cut])


def test_a_protected_workbook_is_refused_with_advice() -> None:
    content = bytearray(make_workbook(ROWS))
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1

    assert "protected by a password" in refusal(bytes(content))


def test_an_archive_packed_in_another_way_is_refused() -> None:
    assert "The workbook is damaged" in refusal(change_parts(make_workbook(ROWS), {}, compression=ZIP_BZIP2))


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}, "OpenDocument"),
        ({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"x"}, "binary Excel workbook (.xlsb)"),
        ({"Index/Document.iwa": b"x"}, "Numbers document"),
        ({"a.csv": b"Navn;Antall"}, "ZIP archive"),
    ],
)
def test_an_archive_of_another_kind_is_refused_by_name(parts: dict[str, bytes], kind: str) -> None:
    text = refusal(make_archive(parts))

    assert kind in text
    assert "save it as XLSX" in text


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old Excel workbook (.xls)"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"PK\x05\x06" + bytes(18), "an empty ZIP archive"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"GIF89a", "GIF"),
        (b"SQLite format 3\x00", "a database"),
        (b"  <html><table><tr><td>Navn</td></tr></table>", "a web page"),
        (b'<?xml version="1.0"?><Workbook>', "a web page or XML"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name_with_advice(start: bytes, kind: str) -> None:
    text = refusal(start)

    assert kind in text
    assert "save it as XLSX (Excel workbook) or as CSV UTF-8" in text


def test_the_name_of_the_file_changes_nothing_but_the_refusal() -> None:
    content = make_workbook(ROWS)

    assert read_sheet(content, file_name="liste.csv", columns={}) == read_sheet(content, file_name="x", columns={})
    assert refusal(b"").startswith('"list.csv": ')
