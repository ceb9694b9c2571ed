"""Rows: names, identities, cleaned texts, and every reason for which a row is rejected."""

import dataclasses
import re

import pytest

from node.sheets import ImportRow
from node.sheets.columns import plan_columns, read_value
from node.sheets.fields import Field
from node.sheets.headers import HeaderColumn
from node.sheets.rows import RowReader
from node.sheets.tables import RawRecord, RawTable
from tests.sheets.reading import only_reason, only_row, read_lines

HEADER = "Inventarnr;Serienr;Navn;Type;Produsent;Modell"


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        ("1;2;Stol;Møbel;Håg;Capisco", "Stol"),
        ("1;2;;Møbel;Håg;Capisco", "Håg Capisco"),
        ("1;2;;Skjerm;HP;HP E24", "HP E24"),
        ("1;2;;Skjerm;;E24", "E24"),
        ("1;2;;Skjerm;HP;", "Skjerm"),
        ("1;2;;;HP;", "1"),
        (";2;;;;", "2"),
    ],
)
def test_a_thing_is_named_by_the_first_that_is_there(cells: str, name: str) -> None:
    assert only_row(HEADER, cells).name == name


@pytest.mark.parametrize("cells", [";;;;HP;", ";;;;;", "-;n/a;;;HP;"])
def test_a_row_that_names_nothing_is_rejected(cells: str) -> None:
    sheet = read_lines(f"{HEADER};Antall", f"{cells};3")

    assert [row.reason for row in sheet.rejected] == [
        "the row does not say what it is: fill in a name, type, model, inventory number or serial number"
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ";;Sum;15",
        ";;summa:;15",
        ";;TOTALT;15",
        ";;Total;15",
        ";;I alt;15",
        ";;Yhteensä:;15",
        ";;Totalsumma;15",
        "Sum;;;15",
    ],
)
def test_a_row_that_adds_up_the_others_is_no_thing(cells: str) -> None:
    sheet = read_lines("Inventarnr;Serienr;Navn;Antall", ";;Stol;15", cells)

    assert [row.name for row in sheet.rows] == ["Stol"]
    assert "is the sum of other rows; leave it out" in sheet.rejected[0].reason


@pytest.mark.parametrize("cells", ["A1;;Total;1", ";S1;Sum;1", ";;Total brannslukker;1"])
def test_a_thing_may_have_a_name_that_begins_like_a_sum(cells: str) -> None:
    assert read_lines("Inventarnr;Serienr;Navn;Antall", cells).rejected == ()


@pytest.mark.parametrize(
    ("cells", "identity"),
    [
        ("AK 1;S1;Stol", "inventory:AK 1"),
        (" AK\u00a01 ;S1;Stol", "inventory:AK 1"),
        (";S1;Stol", "serial:S1"),
        ("-;S1;Stol", "serial:S1"),
        ("000;S1;Stol", "serial:S1"),
        ("N/A;ukjent;Stol", "row:"),
        ("?;;Stol", "row:"),
        ("Ж1;;Stol", "inventory:Ж1"),
    ],
)
def test_a_thing_is_identified_by_the_first_number_that_is_one(cells: str, identity: str) -> None:
    assert only_row("Inventarnr;Serienr;Navn", cells).identity.startswith(identity)


def test_equal_rows_are_counted_and_different_ones_differ() -> None:
    sheet = read_lines("Navn;Antall;Farge", "Stol;2;blå", "Stol;2;rød", "Stol;2;blå", "Stol;3;blå", "Stol;2;blå")
    first, second, third, fourth, fifth = (row.identity for row in sheet.rows)

    assert re.fullmatch(r"row:[0-9a-f]{64}:1", first)
    assert [third, fifth] == [first[:-1] + "2", first[:-1] + "3"]
    assert len({first, second, fourth}) == 3


def test_reading_a_file_again_gives_the_same_identities() -> None:
    lines = ("Navn;Antall", "Stol;2", "Stol;2", "Bord;1")

    assert [row.identity for row in read_lines(*lines).rows] == [row.identity for row in read_lines(*lines).rows]


@pytest.mark.parametrize(
    "columns", [{}, {"Hvor mye": "quantity"}, {"Hvor mye": "ignore", "Innkjøpt": "notes"}, {"Navn": "model"}]
)
def test_the_identity_of_a_row_does_not_depend_on_the_map(columns: dict[str, str]) -> None:
    lines = ("Navn;Hvor mye;Innkjøpt", "Stol;24;03.04.2019", "Bord;6 stk;2019-12-31", "Bord;6 stk;31.12.19")

    mapped = [row.identity for row in read_lines(*lines, columns=columns).rows]

    assert mapped == [row.identity for row in read_lines(*lines).rows]
    assert mapped[1].removesuffix("1") == mapped[2].removesuffix("2")


def test_the_identity_of_a_row_does_not_depend_on_other_rows() -> None:
    alone = read_lines("Navn;Vekt (kg);Anskaffet", "Stol;1.804;03/04/2019").rows
    among = read_lines("Navn;Vekt (kg);Anskaffet", "Stol;1.804;03/04/2019", "Bord;2.5;12/31/2019").rows

    assert (alone[0].mass_grams, among[0].mass_grams) == (1_804_000, 1804)
    assert alone[0].identity == among[0].identity


def test_where_the_map_gives_the_number_the_row_is_known_by_its_digest_too() -> None:
    lines = ("Navn;Skilt", "Stol;7", "Stol;7", "Stol;8")

    mapped = read_lines(*lines, columns={"Skilt": "inventory_number"}).rows
    plain = read_lines(*lines).rows

    assert [row.identity for row in mapped] == ["inventory:7", "inventory:8"]
    assert [row.identity_of_row for row in mapped] == [plain[0].identity, plain[2].identity]
    assert only_row("Navn;Inventarnr", "Stol;7").identity_of_row is None


def test_an_unread_column_without_header_still_tells_rows_apart() -> None:
    sheet = read_lines("Navn;;Antall", "Stol;a;2", "Stol;b;2")

    assert len({row.identity for row in sheet.rows}) == 2


def test_the_second_row_with_an_inventory_number_is_rejected_and_names_the_first() -> None:
    sheet = read_lines("Inventarnr;Navn", "AK1;Stol", "AK2;Bord", "AK1;Skap")

    assert [row.name for row in sheet.rows] == ["Stol", "Bord"]
    assert [(row.line, row.cells) for row in sheet.rejected] == [(4, ("AK1", "Skap"))]
    assert sheet.rejected[0].reason.startswith('the inventory number "AK1" stands on line 2 already; give each thing')


def test_the_second_row_with_a_serial_number_and_nothing_surer_is_rejected() -> None:
    sheet = read_lines("Inventarnr;Serienr;Navn", ";S1;Stol", "AK1;S1;Bord", ";S1;Skap")

    assert [row.identity for row in sheet.rows] == ["serial:S1", "inventory:AK1"]
    assert sheet.rejected[0].reason.startswith('the serial number "S1" stands on line 2 already')


def test_a_rejected_row_does_not_take_its_number() -> None:
    sheet = read_lines("Inventarnr;Navn;Antall", "AK1;Stol;mange", "AK1;Stol;3", "AK1;Stol;4")

    assert [row.line for row in sheet.rows] == [3]
    assert "stands on line 3 already" in sheet.rejected[1].reason


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_content_beyond_the_last_header_rejects_the_row(delimiter: str) -> None:
    sheet = read_lines(
        delimiter.join(["Navn", "Antall"]),
        delimiter.join(["Stol", "2", "", "utenfor"]),
        delimiter.join(["Bord", "2", "", " "]),
    )

    assert [row.name for row in sheet.rows] == ["Bord"]
    assert sheet.rejected[0].reason.startswith('"utenfor" stands beyond the last column with a header; put quotation')
    assert sheet.rejected[0].cells == ("Stol", "2", "", "utenfor")


def test_a_row_with_fewer_cells_than_headers_is_read() -> None:
    row = only_row("Navn;Antall;Merknad", "Stol")

    assert (row.name, row.quantity, row.notes) == ("Stol", None, None)


def test_a_reason_gives_every_fault_of_the_row() -> None:
    reason = only_reason("Navn;Antall;Vekt (kg);Anskaffet", "Stol;mange;tung;snart")

    assert [part.split(":")[0] for part in reason.split("; column ")] == [
        'column "Antall"',
        '"Vekt (kg)"',
        '"Anskaffet"',
    ]


def test_a_reason_shows_a_long_or_unprintable_value_shortened_and_printable() -> None:
    reason = only_reason("Navn;Antall\u202e", f"Stol;{'x' * 500}")

    assert f'"{"x" * 60}…" is not a number' in reason
    assert '"Antall?"' in reason


def test_texts_are_cleaned_and_notes_keep_their_lines() -> None:
    row = only_row("Navn;Plassering;Merknad", '"  Ko\u0308k\u00a0 stol\n";"2. etg\r\nrom 4";" en\r\n\r\n to \n"')

    assert (row.name, row.location_text, row.notes) == ("Kök stol", "2. etg rom 4", "en\nto")


def test_a_sheet_gives_only_values() -> None:
    sheet = read_lines("Navn;Antall", "Stol;2", "Bord;x")

    for value in (sheet, sheet.rows[0], sheet.rejected[0], sheet.columns[0]):
        assert not hasattr(value, "__dict__")
        field = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, None)


def test_the_count_is_that_of_the_data_records() -> None:
    sheet = read_lines("Navn;Antall", "Stol;2", ";", "Bord;x", "", "Skap;1", '"Hylle\nhøy";1')

    assert (sheet.read, len(sheet.rows), len(sheet.rejected)) == (4, 3, 1)


def test_a_column_without_a_field_has_no_values_to_ask_for() -> None:
    table = RawTable(encoding="utf-8", delimiter=";", records=(), serial_epoch=None)

    (column,) = plan_columns((HeaderColumn(0, "Farge", None, None),), (), table=table)

    with pytest.raises(ValueError, match="no values"):
        read_value("red", column=column)


@pytest.mark.parametrize(("length", "accepted"), [(99, True), (100, True), (101, False)])
def test_a_cell_may_be_as_long_as_the_limit(length: int, accepted: bool) -> None:
    record = RawRecord(2, ("x" * length,))
    table = RawTable(encoding="utf-8", delimiter=";", records=(record,), serial_epoch=None)
    columns = plan_columns((HeaderColumn(0, "Navn", Field.NAME, None),), (record,), table=table)

    row = RowReader(columns, cell_chars_max=100).read(record)

    assert isinstance(row, ImportRow) is accepted
    if not isinstance(row, ImportRow):
        assert row.reason == 'column "Navn": 101 characters are too many; keep 100 at most'
