"""Dates: what is read alone, what needs the column, and what is no date."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.sheets.dates import DateOrder, find_date, find_serial_date
from tests.sheets.reading import only_reason, only_row, read_lines
from tests.sheets.things import DATE_FORMS

EPOCH = date(1899, 12, 30)


def days(*cells: str, other: str = "") -> list[date | None]:
    """The dates of a column of these cells, beside another date column."""
    sheet = read_lines("Navn;Anskaffet;Frist", *(f'Ting;"{cell}";{other}' for cell in cells))
    assert sheet.rejected == ()
    return [row.acquired_on for row in sheet.rows]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("08.03.2023", date(2023, 3, 8)),
        ("8.3.23", date(2023, 3, 8)),
        ("8. 3. 2023", date(2023, 3, 8)),
        ("08/03/2023", date(2023, 3, 8)),
        ("8-3-2023", date(2023, 3, 8)),
        ("8–3–2023", date(2023, 3, 8)),
        ("2023-03-08", date(2023, 3, 8)),
        ("2023/3/8", date(2023, 3, 8)),
        ("2023.03.08", date(2023, 3, 8)),
        ("20230308", date(2023, 3, 8)),
        ("2023-03-08T12:30", date(2023, 3, 8)),
        ("2023-03-08T23:59:59.999Z", date(2023, 3, 8)),
        ("2023-03-08 12:30:00 +0100", date(2023, 3, 8)),
        ("20230308T123000Z", date(2023, 3, 8)),
        ("08.03.2023 00:00", date(2023, 3, 8)),
        ("08.03.2023 kl", None),
        ("08/03/2023, 2:30 PM", date(2023, 3, 8)),
        ("8. mars 2023", date(2023, 3, 8)),
        ("8-Mar-23", date(2023, 3, 8)),
        ("8 maaliskuuta 2023", date(2023, 3, 8)),
        ("29.02.2024", date(2024, 2, 29)),
        ("31.12.69", date(1969, 12, 31)),
        ("31.12.68", date(2068, 12, 31)),
        ("01.01.1900", date(1900, 1, 1)),
        ("31.12.2199", date(2199, 12, 31)),
    ],
)
def test_a_date_is_read_in_any_form_that_is_used(cell: str, day: date | None) -> None:
    if day is None:
        assert find_date(cell) is None
    else:
        assert days(cell) == [day]


@pytest.mark.parametrize("cell", ["", "-", "n/a", "ukjent", "Okänt", "tuntematon", "–"])
def test_a_date_that_is_not_stated_is_no_date(cell: str) -> None:
    assert days(cell) == [None]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["03.04.2019", "25.04.2019"], [date(2019, 4, 3), date(2019, 4, 25)]),
        (["03/04/2019", "04/25/2019"], [date(2019, 3, 4), date(2019, 4, 25)]),
        (["03/04/2019", "05/06/2019"], [date(2019, 4, 3), date(2019, 6, 5)]),
        (["99-12-31", "08-03-04"], [date(1999, 12, 31), date(2008, 3, 4)]),
        (["05-03-04", "08-03-04"], [date(2004, 3, 5), date(2004, 3, 8)]),
        (["03/04/19", "04/25/19"], [date(2019, 3, 4), date(2019, 4, 25)]),
        (["03/04/2019", "04/25/2019", "2019-05-06"], [date(2019, 3, 4), date(2019, 4, 25), date(2019, 5, 6)]),
    ],
)
def test_the_whole_column_decides_the_order(cells: list[str], expected: list[date]) -> None:
    assert days(*cells) == expected


def test_another_column_of_the_file_decides_when_the_column_proves_nothing() -> None:
    assert days("03/04/2019", "05/06/2019", other="12/18/2026") == [date(2019, 3, 4), date(2019, 5, 6)]


@pytest.mark.parametrize(
    "cell",
    [
        "31.02.2023", "29.02.2023", "00.01.2023", "1.13.2023", "2023-13-01", "20231301", "2019", "03.2019", "snart",
        "1.2.3", "01.01.1899", "01.01.2200", "44986", "8. måneden 2023", "8.3-2023", "1" * 65, "12:30", "٨.٣.٢٠٢٣",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_what_would_be(cell: str) -> None:
    reason = only_reason("Navn;Anskaffet", f"Stol;{cell}")

    assert reason.startswith('column "Anskaffet": "')
    assert "is not a date from 1900 to 2199 (this column is read as day.month.year)" in reason
    assert reason.endswith("write for example 2026-12-18")


def test_a_date_against_the_order_of_its_column_is_refused() -> None:
    sheet = read_lines("Navn;Anskaffet", *(f"Ting;{day}.04.2019" for day in (14, 15, 16)), "Ting;04.25.2019")

    assert [row.line for row in sheet.rows] == [2, 3, 4]
    assert [(row.line, row.cells) for row in sheet.rejected] == [(5, ("Ting", "04.25.2019"))]


def test_a_reason_names_the_order_that_the_column_proved() -> None:
    sheet = read_lines("Navn;Anskaffet", "Ting;04/25/2019", "Ting;04/26/2019", "Ting;27/04/2019")

    assert "read as month/day/year" in sheet.rejected[0].reason


@pytest.mark.parametrize(
    ("number", "day"),
    [
        ("44993", date(2023, 3, 8)),
        ("44993.75", date(2023, 3, 8)),
        ("20000", date(1954, 10, 3)),
        ("19999", None),
        ("80000", date(2119, 1, 11)),
        ("80001", None),
        ("2019", None),
        ("20230308", date(2023, 3, 8)),
        ("20231308", None),
        ("-44993", None),
        ("1E+300", None),
    ],
)
def test_a_bare_number_of_a_workbook_is_a_date_only_where_that_is_plausible(number: str, day: date | None) -> None:
    assert find_serial_date(Decimal(number), epoch=EPOCH) == day


@given(day=st.dates(min_value=date(1969, 1, 1), max_value=date(2068, 12, 31)), form=st.sampled_from(sorted(DATE_FORMS)))
def test_a_written_date_reads_as_it_was_written_in_its_own_order(day: date, form: str) -> None:
    order = DateOrder.MONTH_DAY_YEAR if form == "mm/dd/yyyy" else DateOrder.DAY_MONTH_YEAR

    reading = find_date(DATE_FORMS[form](day))

    assert reading is not None
    assert reading.under(order) == day


@given(text=st.text(max_size=80))
def test_any_text_is_a_date_or_none(text: str) -> None:
    reading = find_date(text)

    assert reading is None or all(day is None or 1900 <= day.year <= 2199 for day in reading.by_order)


def test_both_date_columns_are_read() -> None:
    row = only_row("Navn;Må hentes før;Anskaffet", "Stol;18.12.2026;2.1.20")

    assert (row.gone_by_on, row.acquired_on) == (date(2026, 12, 18), date(2020, 1, 2))
