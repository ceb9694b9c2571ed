"""Every combination of encoding, delimiter and language, and of date and number form, reads back as it was written."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import cycle, product

import pytest
import xlsxwriter

from node.sheets import Sheet, read_sheet
from tests.sheets.things import (
    DATE_FORMS,
    DELIMITERS,
    ENCODINGS,
    LANGUAGES,
    LINE_ENDS,
    NARROW_NO_BREAK,
    NO_BREAK,
    NUMBER_FORMS,
    THINGS,
    Language,
    NumberForm,
    Thing,
    delimited,
    says,
    texts_of,
)

# What they reach, the others measure with a file each.
pytestmark = pytest.mark.no_cover


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCase:
    encoding: tuple[str, bytes, str]
    delimiter: str
    language: Language
    dates: str
    numbers: NumberForm
    line_end: str
    quote_all: bool

    def __str__(self) -> str:
        name, mark, _ = self.encoding
        form = f"{self.numbers.mark}_{ord(self.numbers.group) if self.numbers.group else 0}"
        return f"{name}{'+mark' if mark else ''} {self.delimiter!r} {self.language.code} {self.dates} {form}"


def text_cases() -> Iterator[TextCase]:
    """Encoding x delimiter x language with forms in turn, then date form x number form with the rest in turn."""
    forms = cycle(product(DATE_FORMS, NUMBER_FORMS))
    ends = cycle(product(LINE_ENDS, (False, False, True)))
    for encoding, delimiter, language in product(ENCODINGS, DELIMITERS, LANGUAGES):
        dates, numbers = next(form for form in forms if _fits(encoding[2], form[1]))
        yield _case(encoding, delimiter, language, dates, numbers, next(ends))
    places = cycle(product(DELIMITERS, LANGUAGES, ENCODINGS))
    for dates, numbers in product(DATE_FORMS, NUMBER_FORMS):
        delimiter, language, encoding = next(place for place in places if _fits(place[2][2], numbers))
        yield _case(encoding, delimiter, language, dates, numbers, next(ends))


def _fits(codec: str, numbers: NumberForm) -> bool:
    return not (codec == "windows-1252" and numbers.group == NARROW_NO_BREAK)


def _case(
    encoding: tuple[str, bytes, str],
    delimiter: str,
    language: Language,
    dates: str,
    numbers: NumberForm,
    end: tuple[str, bool],
) -> TextCase:
    return TextCase(
        encoding=encoding,
        delimiter=delimiter,
        language=language,
        dates=dates,
        numbers=numbers,
        line_end=end[0],
        quote_all=end[1],
    )


TEXT_CASES = tuple(text_cases())


@pytest.mark.parametrize("case", TEXT_CASES, ids=str)
def test_a_text_file_reads_as_it_was_written(case: TextCase) -> None:
    write_date = DATE_FORMS[case.dates]
    cells = [texts_of(thing, language=case.language, numbers=case.numbers, dates=write_date) for thing in THINGS]
    text = delimited(
        [case.language.headers, *cells], delimiter=case.delimiter, line_end=case.line_end, quote_all=case.quote_all
    )
    name, mark, codec = case.encoding

    sheet = read_sheet(mark + text.encode(codec), file_name="things.csv", columns={})

    assert (sheet.encoding, sheet.delimiter) == (name, case.delimiter)
    assert_says_the_things(sheet)


# How a workbook may hold numbers and dates: as typed cells, as text in some form, or as bare serial numbers.
WORKBOOK_KINDS = ("typed", "typed 1904", "serials", "text", "below a title")
WORKBOOK_CASES = tuple(product(WORKBOOK_KINDS, LANGUAGES))


@pytest.mark.parametrize(("kind", "language"), WORKBOOK_CASES, ids=lambda value: getattr(value, "code", value))
def test_a_workbook_reads_as_it_was_written(kind: str, language: Language) -> None:
    content = workbook(kind, language=language)

    sheet = read_sheet(content, file_name="things.xlsx", columns={})

    assert (sheet.encoding, sheet.delimiter) == ("xlsx", "")
    assert_says_the_things(sheet)


def workbook(kind: str, *, language: Language) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "date_1904": kind == "typed 1904"})
    page = book.add_worksheet()
    date_format = book.add_format({"num_format": "dd.mm.yyyy"})
    first = 0
    if kind == "below a title":
        page.write_string(0, 0, "Inventar 2026")
        page.write_string(2, 0, "Skrevet ut")
        page.write_number(2, 1, 46_000)
        first = 4
    page.write_row(first, 0, language.headers)
    numbers, dates = NUMBER_FORMS[first], DATE_FORMS["d.m.yy"]
    for offset, thing in enumerate(THINGS, start=first + 1):
        texts = texts_of(thing, language=language, numbers=numbers, dates=dates)
        for column, text in enumerate(texts):
            page.write_string(offset, column, text)
        if kind != "text":
            for column, number in numbers_of(thing):
                page.write_number(offset, column, number)
            for column, day in ((8, thing.gone_by), (9, thing.acquired)):
                if day is not None and kind == "serials":
                    page.write_number(offset, column, (day - date(1899, 12, 30)).days)
                elif day is not None:
                    page.write_datetime(offset, column, day, date_format)
    book.close()
    return content.getvalue()


def numbers_of(thing: Thing) -> Iterator[tuple[int, float]]:
    yield 4, thing.quantity
    for column, value, divisor in ((10, thing.price, 1), (11, thing.mass_grams, 1000), (12, thing.height_mm, 10)):
        if value is not None:
            yield column, float(Decimal(value) / divisor)


def assert_says_the_things(sheet: Sheet) -> None:
    assert sheet.rejected == ()
    assert (sheet.read, len(sheet.rows)) == (len(THINGS), len(THINGS))
    assert [column.field for column in sheet.columns if column.field is None] == []
    differences = {row.line: says(row, thing) for row, thing in zip(sheet.rows, THINGS, strict=True)}
    assert {line: difference for line, difference in differences.items() if difference} == {}


def test_more_than_200_files_are_generated() -> None:
    assert len(TEXT_CASES) + len(WORKBOOK_CASES) >= 200
    assert len({str(case) for case in TEXT_CASES}) >= 200


def test_equal_things_have_equal_identities_whatever_nordic_form_the_file_has() -> None:
    grouped, spaced = NumberForm(",", "."), NumberForm(",", NO_BREAK)
    headers = LANGUAGES[0].headers
    one = delimited(
        [headers, *(texts_of(t, language=LANGUAGES[0], numbers=grouped, dates=DATE_FORMS["d.m.yy"]) for t in THINGS)],
        delimiter=";",
    )
    other = delimited(
        [
            headers[::-1],
            *(texts_of(t, language=LANGUAGES[0], numbers=spaced, dates=DATE_FORMS["yyyy-mm-dd"])[::-1] for t in THINGS),
        ],
        delimiter="|",
    )

    identities = [
        [row.identity for row in read_sheet(content, file_name="x", columns={}).rows]
        for content in (one.encode("windows-1252"), other.encode("utf-16"), workbook("typed", language=LANGUAGES[0]))
    ]

    assert identities[0] == identities[1] == identities[2]
    assert len(set(identities[0])) == len(THINGS)
