"""Numbers: what is read alone, what needs the column, and what is no number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.sheets.fields import Field
from node.sheets.numbers import DecimalMark, NumberReading, find_number
from node.sheets.units import UNITS
from tests.sheets.reading import only_reason, only_row, read_lines
from tests.sheets.things import NUMBER_FORMS, NumberForm


def masses(*cells: str, header: str = "Vekt (kg)", delimiter: str = ";") -> list[int | None]:
    """The masses in grams of a column of these cells."""
    quoted = (f'"{cell}"' for cell in cells)
    sheet = read_lines(f"Navn{delimiter}{header}", *(f"Ting{delimiter}{cell}" for cell in quoted))
    assert sheet.rejected == ()
    return [row.mass_grams for row in sheet.rows]


@pytest.mark.parametrize(
    ("cells", "grams"),
    [
        (["1,804", "12,5"], [1804, 12_500]),
        (["1.804", "12.5"], [1804, 12_500]),
        (["1.804", "12,5"], [1_804_000, 12_500]),
        (["1,804", "12.5"], [1_804_000, 12_500]),
        (["1,804", "0,304"], [1804, 304]),
        (["1.804", "0.304"], [1804, 304]),
        (["1.804", "1.234,5"], [1_804_000, 1_234_500]),
        (["1,804", "1,234.5"], [1_804_000, 1_234_500]),
        (["2.000", "1.234.567"], [2_000_000, 1_234_567_000]),
        (["2,000", "1,234,567"], [2_000_000, 1_234_567_000]),
        (["1.804", "13 777"], [1804, 13_777_000]),
        (["1,804", "13 777"], [1804, 13_777_000]),
        (["1.804", "13'777"], [1804, 13_777_000]),
        (["1.804", "2500"], [1804, 2_500_000]),
        (["1,804", "2,125", "12,5", "4.64"], [1804, 2125, 12_500, 4640]),
        (["1.234,5", "1,234.5", "1.804"], [1_234_500, 1_234_500, 1_804_000]),
    ],
)  # fmt: skip
def test_the_whole_column_decides_what_an_ambiguous_number_says(cells: list[str], grams: list[int]) -> None:
    assert masses(
        *(cell.replace("1.234.567", "1.234.567 g").replace("1,234,567", "1,234,567 g") for cell in cells)
    ) == [gram // 1000 if gram == 1_234_567_000 else gram for gram in grams]


def test_another_column_of_the_file_decides_when_the_column_proves_nothing() -> None:
    comma = read_lines("Navn|Vekt (kg)|Pris", "A|1.804|4485,50", "B|2.125|99,90")
    point = read_lines("Navn|Vekt (kg)|Pris", "A|1.804|4485.50", "B|2.125|99.90")

    assert [row.mass_grams for row in comma.rows] == [1_804_000, 2_125_000]
    assert [row.mass_grams for row in point.rows] == [1804, 2125]


@pytest.mark.parametrize(
    ("delimiter", "cell", "grams"),
    [(";", "1,804", 1804), (";", "1.804", 1_804_000), (",", "1,804", 1_804_000), (",", "1.804", 1804)],
)
def test_the_delimiter_decides_when_nothing_in_the_file_proves_a_mark(delimiter: str, cell: str, grams: int) -> None:
    assert masses(cell, delimiter=delimiter) == [grams]


@pytest.mark.parametrize(
    ("cell", "quantity"),
    [
        ("", None),
        ("-", None),
        ("24", 24),
        ("24,0", 24),
        ("24 stk", 24),
        ("24 stk.", 24),
        ("1.200", 1200),
        ("1,200", 1200),
        ("1 200", 1200),
        ("+3", 3),
        ("1e3", 1000),
        ("1 000 000 000", 1_000_000_000),
    ],
)
def test_a_quantity_is_a_whole_number(cell: str, quantity: int | None) -> None:
    assert only_row("Navn;Antall", f'Stol;"{cell}"').quantity == quantity


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("0", '"0" is less than one; write 1 or more'),
        ("-3", '"-3" is less than one'),
        ("−3", '"−3" is less than one'),
        ("2,5", '"2,5" is not a whole number; write for example 12'),
        ("1.5", '"1.5" is not a whole number'),
        ("0,5", '"0,5" is not a whole number'),
        ("mange", '"mange" is not a number; write for example 12 or 12 stk'),
        ("ukjent", '"ukjent" is not a number'),
        ("ca. 20", '"ca. 20" is not a number'),
        ("2 kg", '"2 kg" is not a number'),
        ("12?", '"12?" is not a number'),
        ("12 %", '"12 %" is not a number'),
        ("1 23", '"1 23" is not a number'),
        ("1.23.4", '"1.23.4" is not a number'),
        ("1_200", '"1_200" is not a number'),
        ("2-3", '"2-3" is not a number'),
        ("١٢", '"١٢" is not a number'),
        ("1000000001", "is larger than anything"),
        ("1e99", "is larger than anything"),
        ("9" * 64, "is larger than anything"),
        ("9" * 65, "is not a number"),
        ("=1+1", "is not a number"),
    ],
)
def test_a_quantity_that_is_none_is_refused_with_what_would_be(cell: str, complaint: str) -> None:
    reason = only_reason("Navn;Antall", f'Stol;"{cell}"')

    assert reason.startswith('column "Antall": ')
    assert complaint in reason


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("4485", 448_500),
        ("4 485,00", 448_500),
        ("4485,-", 448_500),
        ("4485:-", 448_500),
        ("4485,- kr", 448_500),
        ("kr 4 485,00", 448_500),
        ("kr. 4485", 448_500),
        ("4485 SEK", 448_500),
        ("€ 44,85", 4485),
        ("£44.85", 4485),
        ("$44.85", 4485),
        ("448500 øre", 448_500),
        ("12 tkr", 1_200_000),
        ("0", 0),
        ("0,125", 13),
        ("ukjent", None),
        ("n/a", None),
        ("#N/A", None),
    ],
)
def test_a_price_is_read_in_hundredths(cell: str, minor: int | None) -> None:
    assert only_row("Navn;Pris", f'Stol;"{cell}"').purchase_price_minor == minor


@pytest.mark.parametrize(
    ("header", "cell", "millimetres"),
    [
        ("Høyde", "72,5", 725),
        ("Høyde (mm)", "725", 725),
        ("Høyde", "725 mm", 725),
        ("Høyde (mm)", "72,5 cm", 725),
        ("Høyde [m]", "1,2", 1200),
        ("Height", '24"', 610),
        ("Height (in)", "24", 610),
        ("Høyde", "2 dm", 200),
        ("Høyde", "0", None),
        ("Høyde", "72,54 mm", 73),
    ],
)
def test_the_unit_of_a_value_goes_before_that_of_the_header(header: str, cell: str, millimetres: int | None) -> None:
    quoted = cell.replace('"', '""')

    assert only_row(f"Navn;{header}", f'Stol;"{quoted}"').height_mm == millimetres


@pytest.mark.parametrize(
    ("header", "cell", "complaint"),
    [
        ("Vekt (kg)", "tung", 'column "Vekt (kg)": "tung" is not a number; write for example 2,5 or 2500 g'),
        ("Vekt (kg)", "-1", '"-1" is less than zero'),
        ("Vekt (kg)", "2 cm", "is not a number"),
        ("Vekt (kg)", "100001", "is larger than anything"),
        ("Pris", "-1 kr", '"-1 kr" is less than zero'),
        ("Pris", "gratis", 'column "Pris": "gratis" is not a number; write for example 4485,00'),
        ("Bredde", "100,1 m", "is larger than anything"),
        ("Dybde (cm)", "60x80", 'column "Dybde (cm)": "60x80" is not a number; write for example 72,5'),
    ],
)
def test_a_measure_that_cannot_be_read_is_refused(header: str, cell: str, complaint: str) -> None:
    assert complaint in only_reason(f"Navn;{header}", f"Stol;{cell}")


def test_the_largest_values_are_read() -> None:
    row = only_row("Navn;Antall;Pris;Vekt (t);Bredde (m)", f"Stol;1000000000;{10**12};100;100")

    assert (row.quantity, row.purchase_price_minor) == (1_000_000_000, 10**14)
    assert (row.mass_grams, row.width_mm) == (100_000_000, 100_000)


@given(
    value=st.decimals(min_value=0, max_value=999_999, places=2, allow_nan=False),
    form=st.sampled_from(NUMBER_FORMS),
)
def test_a_written_number_reads_as_it_was_written_under_its_own_mark(value: Decimal, form: NumberForm) -> None:
    reading = find_number(form.write(value, decimals=2), units={})

    assert reading is not None
    assert reading.under(DecimalMark(form.mark)) == value


@given(text=st.text(max_size=80), field=st.sampled_from(sorted(UNITS)))
def test_any_text_is_a_number_or_none(text: str, field: Field) -> None:
    reading = find_number(text, units=UNITS[field])

    assert reading is None or all(reading.under(mark).is_finite() for mark in DecimalMark)


def test_a_reading_without_any_value_is_a_mistake_of_the_caller() -> None:
    reading = NumberReading(as_comma=None, as_point=None, scale=None, ungrouped=False)

    with pytest.raises(ValueError, match="at least one value"):
        reading.under(DecimalMark.COMMA)
