"""Headers: what is understood, in which language, and what --map changes."""

import pytest

from node.sheets import FIELDS, read_sheet
from node.sheets.fields import Field
from node.sheets.header_words import HEADER_WORDS, NOISE_WORDS
from node.sheets.headers import recognise_header
from node.sheets.rejects import REJECTS_HEADERS
from node.sheets.texts import fold
from tests.sheets.reading import only_row, read_lines, refusal


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Inventarnr", "inventory_number"),
        ("inventar-nr.", "inventory_number"),
        ("INVENTARIENUMMER", "inventory_number"),
        ("assetTag", "inventory_number"),
        ("S/N", "serial_number"),
        ("Sarjanro", "serial_number"),
        ("Föremål", "name"),
        ("Nimike*", "name"),
        ("Möbeltyp:", "category"),
        ("category_hint", "category"),
        ("Stk.", "quantity"),
        ("Ant.", "quantity"),
        ("antall på lager", "quantity"),
        ("Antal i lager", "quantity"),
        ("Määrä varastossa", "quantity"),
        ("In stock", "quantity"),
        ("Utstyr", "name"),
        ("Udstyr", "name"),
        ("Utrustning", "name"),
        ("Laite", "name"),
        ("Equipment", "name"),
        ("Id", None),
        ("item_id", None),
        ("Item no.", None),
        ("Gjenstands-ID", None),
        ("Tunniste", None),
        ("Määrä (kpl)", "quantity"),
        ("# of items", None),
        ("Skick", "condition"),
        ("Kuntoluokka", "condition"),
        ("Eining", "unit"),
        ("Förvaltning", "unit"),
        ("Rom", "location"),
        ("Hyllynumero", None),
        ("Må være borte innen", "gone_by"),
        ("Maa vaere borte innen", None),
        ("must_be_gone_by", "gone_by"),
        ("Köpdatum", "acquired"),
        ("Dato anskaffet", "acquired"),
        ("Pris inkl. mva", "purchase_price"),
        ("Inköpspris exkl. moms (SEK)", "purchase_price"),
        ("Hinta sis. alv", "purchase_price"),
        ("Vekt pr. stk (kg)", "mass"),
        ("Vægt", "mass"),
        ("Høgde i cm", "height"),
        ("LEVEYS_MM", "width"),
        ("Djup [cm]", "depth"),
        ("Lengde", "depth"),
        ("Fabrikat", "maker"),
        ("Märke", "maker"),
        ("Malli", "model"),
        ("Tila", "status"),
        ("Övrigt", "notes"),
        ("Lisätiedot", "notes"),
        ("", None),
        ("Dato", None),
        ("kg", None),
        ("Leverandør", None),
        ("Artikkelnr", None),
        ("x" * 40_000, None),
    ],
)
def test_a_header_is_understood_whatever_its_case_marks_and_unit(header: str, field: str | None) -> None:
    meanings = recognise_header(header)

    assert (meanings[0].field if meanings else None) == field


def test_every_field_is_known_in_five_languages_by_its_words_and_by_its_own_name() -> None:
    assert {field for field, _, _ in HEADER_WORDS} == set(Field)
    for field, _, words in HEADER_WORDS:
        for word in words.split(","):
            assert field in {meaning.field for meaning in recognise_header(word)}, word
    for field in Field:
        assert recognise_header(field.value)[0].field is field


def test_every_field_has_one_line_of_help() -> None:
    assert [name for name, _ in FIELDS] == [*(field.value for field in Field), "ignore"]
    assert all(description and "\n" not in description for _, description in FIELDS)


def test_noise_words_are_written_as_folding_leaves_them() -> None:
    assert {word for word in NOISE_WORDS if fold(word) != (word,)} == set()


def test_the_headers_of_a_file_of_rejects_are_not_taken_for_fields() -> None:
    assert [recognise_header(header) for header in REJECTS_HEADERS] == [(), ()]


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (["Navn", "Beskrivelse"], ["name", "notes"]),
        (["Beskrivelse", "Merknad"], ["name", "notes"]),
        (["Beskrivelse", "Navn", "Merknad"], [None, "name", "notes"]),
        (["Kategori", "Type"], [None, "category"]),
        (["Tila", "Status", "Nimi"], ["location", "status", "name"]),
        (["Navn", "Navn"], ["name", None]),
        (["Navn", "Ukjent", ""], ["name", None]),
        (["Pris", "Innkjøpspris", "Navn"], [None, "purchase_price", "name"]),
    ],
)
def test_a_field_goes_to_the_column_that_names_it_most_surely(headers: list[str], fields: list[str | None]) -> None:
    sheet = read_lines(";".join(headers), ";".join(["1"] * len(headers)))

    assert [column.field for column in sheet.columns] == fields[: len(sheet.columns)]


@pytest.mark.parametrize("values", [["stk", "kg"], ["STK.", "Pcs"], ["par"]])
def test_a_unit_of_measure_is_no_part_of_the_organisation(values: list[str]) -> None:
    sheet = read_lines("Navn;Enhet", *(f"Stol;{value}" for value in values))

    assert [column.field for column in sheet.columns] == ["name", None]
    assert {row.unit_text for row in sheet.rows} == {None}


def test_a_unit_column_with_one_department_is_a_unit() -> None:
    sheet = read_lines("Navn;Enhet", "Stol;stk", "Bord;Rådhuset")

    assert [row.unit_text for row in sheet.rows] == ["stk", "Rådhuset"]


def test_an_empty_unit_column_stays_a_unit() -> None:
    sheet = read_lines("Navn;Enhet", "Stol;")

    assert [column.field for column in sheet.columns] == ["name", "unit"]


def test_titles_above_the_header_are_not_rows() -> None:
    sheet = read_lines("Inventarliste Rådhuset", "", "Skrevet ut;23.11.2026", "Navn;Antall", "Stol;2")

    assert (sheet.read, sheet.rows[0].line, sheet.rows[0].name) == (1, 5, "Stol")


def test_a_header_below_the_searched_records_is_not_found() -> None:
    above = [f"linje {number}" for number in range(20)]

    assert read_lines(*above[:19], "Navn;Antall", "Stol;2").read == 1
    assert "No row of headers" in refusal("\n".join([*above, "Navn;Antall", "Stol;2"]).encode())


def test_a_map_names_a_column_that_is_not_understood() -> None:
    row = only_row("Dings;Hvor mange;V", "Stol;3;2500", columns={"Dings": "name", "hvor MANGE": "qty", "V": "mass_g"})

    assert (row.name, row.quantity, row.mass_grams) == ("Stol", 3, 2500)


@pytest.mark.parametrize(
    ("target", "attribute"),
    [
        ("name", "name"),
        ("category_text", "category_text"),
        ("condition_text", "condition_text"),
        ("location", "location_text"),
        ("Merknad", "notes"),
        ("status_text", "status_text"),
    ],
)
def test_a_map_takes_the_names_of_fields_of_row_attributes_and_of_headers(target: str, attribute: str) -> None:
    row = only_row("Serienr;X", "S1;verdi", columns={"X": target})

    assert getattr(row, attribute) == "verdi"


@pytest.mark.parametrize(
    ("target", "value", "attribute", "read"),
    [
        ("purchase_price_minor", "448500", "purchase_price_minor", 448500),
        ("purchase_price", "4485", "purchase_price_minor", 448500),
        ("mass_grams", "2500", "mass_grams", 2500),
        ("height_mm", "725", "height_mm", 725),
        ("width", "72,5", "width_mm", 725),
        ("depth_m", "0,5", "depth_mm", 500),
    ],
)
def test_a_map_may_name_the_unit(target: str, value: str, attribute: str, read: int) -> None:
    row = only_row("Navn;X", f"Stol;{value}", columns={"X": target})

    assert getattr(row, attribute) == read


def test_a_map_wins_over_what_the_headers_say() -> None:
    row = only_row("Navn;Modell;Type", "A;B;C", columns={"Modell": "name", "Navn": "notes"})

    assert (row.name, row.notes, row.model, row.category_text) == ("B", "A", None, "C")


def test_an_ignored_column_is_not_read_and_rejects_nothing() -> None:
    row = only_row("Navn;Anskaffet;Innkjøpt", "Stol;2019;03.04.2019", columns={"Anskaffet": "Ignore"})

    assert (row.acquired_on is not None, row.name) == (True, "Stol")


def test_mapping_an_unknown_column_names_the_known_ones() -> None:
    text = refusal(b"Navn;Antall;\nStol;2\n", columns={"Naam": "name"})

    assert 'no column "Naam"' in text
    assert '"Navn", "Antall"' in text


def test_mapping_to_an_unknown_field_names_the_known_ones() -> None:
    text = refusal(b"Navn;Antall\nStol;2\n", columns={"Antall": "colour"})

    assert 'no field "colour"' in text
    assert "inventory_number, serial_number, name" in text
    assert text.endswith("ignore; correct --map.")


def test_two_columns_cannot_be_mapped_to_one_field() -> None:
    text = refusal(b"A;B\nStol;2\n", columns={"A": "name", "B": "navn"})

    assert "Two columns are mapped to the field name" in text


def test_one_column_cannot_be_mapped_twice() -> None:
    text = refusal(b"Navn;B\nStol;2\n", columns={"Navn": "name", "navn": "notes"})

    assert 'column "Navn" is mapped twice' in text


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"Stol;24\nBord;3\n", '"Stol", "24"'),
        (b"Antall;Farge\n3;red\n", '"Antall", "Farge"'),
        (b"Antall;Pris\n3;4\n", '"Antall", "Pris"'),
        ("\n".join(f"{n};x" for n in range(30)).encode(), '"0", "x"'),
        (";".join(f"k{n}" for n in range(30)).encode(), "and 10 more"),
    ],
)
def test_a_file_without_understood_headers_is_refused_with_what_would_be(content: bytes, found: str) -> None:
    text = refusal(content)

    assert found in text
    assert "--map COLUMN=FIELD" in text
    assert "inventory_number" in text


def test_ignoring_the_only_naming_column_leaves_nothing_to_import() -> None:
    assert "No row of headers" in refusal(b"Navn;Antall\nStol;2\n", columns={"Navn": "ignore"})


def test_a_mapped_column_makes_its_row_the_header() -> None:
    sheet = read_sheet(b"Ting og tang;x\nStol;1\n", file_name="x", columns={"Ting og tang": "name"})

    assert [row.name for row in sheet.rows] == ["Stol"]


def test_a_header_of_foreign_letters_can_be_mapped_as_written() -> None:
    row = only_row("Название;;x", "Стул;;1", columns={"Название": "name"})

    assert row.name == "Стул"
