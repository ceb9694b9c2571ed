"""Whatever the bytes are, reading gives a sheet or SheetUnreadable, and cells hold what was written in them."""

import json
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.sheets import Sheet, SheetUnreadable, read_sheet
from node.sheets.texts import clean_line, clean_lines
from tests.shared_files import shared_file
from tests.sheets.things import (
    DATE_FORMS,
    DELIMITERS,
    ENCODINGS,
    LANGUAGES,
    NUMBER_FORMS,
    THINGS,
    delimited,
    texts_of,
)
from tests.sheets.workbooks import change_parts, make_workbook, read_parts

as_nordic = partial(texts_of, language=LANGUAGES[0], numbers=NUMBER_FORMS[0], dates=DATE_FORMS["dd.mm.yyyy"])
ROWS = [LANGUAGES[0].headers, *(as_nordic(thing) for thing in THINGS)]
TEXT = delimited(ROWS, delimiter=";")
TEXTS = [mark + TEXT.encode(codec) for _, mark, codec in ENCODINGS]
BOOK = make_workbook(ROWS, [["Navn"], ["Stol"]])
PARTS = read_parts(BOOK)

MAGIC = st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"PK\x03\x04", b"Navn;Antall\n", b"sep=,\n"])
# What upsets parsers of tables and of workbooks.
SPLINTERS = st.sampled_from(
    [
        *(b'"', b";", b"\n", b"\r", b"\x00", b"\xff", b"'", b"=", b"9" * 40, b"-", b"<", b"&x;", b'"">', b"nan"),
        *(b"XFD", b"ZZZ9", b't="b"', b't="d"', b't="s"', b"99999", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"<!--", b"1e999"),
    ]
)
QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read_or_refuse(content: bytes) -> Sheet | None:
    """The sheet, or None when it is refused with a text; anything else fails the test."""
    try:
        sheet = read_sheet(content, file_name="x", columns={})
    except SheetUnreadable as refused:
        text = refused.safe_text
        sheet = None
    else:
        text = "read."
    assert text.endswith(".")
    assert text.isprintable()
    if sheet is None:
        return None
    assert sheet.read == len(sheet.rows) + len(sheet.rejected)
    assert len({row.identity for row in sheet.rows}) == len(sheet.rows)
    return sheet


@st.composite
def mutated(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """One of the originals with a few places cut out, doubled or splintered."""
    content = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        place = draw(st.integers(min_value=0, max_value=len(content)))
        length = draw(st.integers(min_value=0, max_value=40))
        splinter = draw(st.one_of(SPLINTERS, st.binary(max_size=4), st.just(content[place : place + length])))
        content = content[:place] + splinter + content[place + draw(st.sampled_from([0, len(splinter), length])) :]
    return content


@given(magic=MAGIC, content=st.binary(max_size=300))
@settings(QUICK, max_examples=200)
def test_any_bytes_are_read_or_refused(magic: bytes, content: bytes) -> None:
    read_or_refuse(magic + content)


@given(content=mutated(TEXTS))
@settings(QUICK, max_examples=200)
def test_any_text_file_with_changed_bytes_is_read_or_refused(content: bytes) -> None:
    read_or_refuse(content)


@given(content=mutated([BOOK]))
@settings(QUICK, max_examples=60)
def test_any_workbook_with_changed_bytes_is_read_or_refused(content: bytes) -> None:
    read_or_refuse(content)


@given(part=st.sampled_from(sorted(PARTS)), content=st.data())
@settings(QUICK, max_examples=120)
def test_any_workbook_with_a_changed_part_is_read_or_refused(part: str, content: st.DataObject) -> None:
    body = content.draw(mutated([PARTS[part]]))

    read_or_refuse(change_parts(BOOK, {part: body}))


CELL_TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60)


@given(
    rows=st.lists(st.tuples(CELL_TEXT, CELL_TEXT, st.integers(min_value=1, max_value=10**9)), max_size=6),
    delimiter=st.sampled_from(DELIMITERS),
    encoding=st.sampled_from([encoding for encoding in ENCODINGS if encoding[0] != "windows-1252" and encoding[1]]),
)
@settings(QUICK, max_examples=100)
def test_any_text_in_a_cell_is_read_as_it_was_written(
    rows: list[tuple[str, str, int]], delimiter: str, encoding: tuple[str, bytes, str]
) -> None:
    _, mark, codec = encoding
    written = [(f"x{name}", notes, str(quantity)) for name, notes, quantity in rows]
    text = delimited([("Navn", "Merknad", "Antall"), *written], delimiter=delimiter)

    sheet = read_or_refuse(mark + text.encode(codec))

    assert sheet is not None
    assert [(row.name, row.notes or "", row.quantity) for row in sheet.rows] == [
        (clean_line(name), clean_lines(notes), int(quantity)) for name, notes, quantity in written
    ]


# Written here by hand, after the kinds in the lists of naughty strings that are in use.
NAUGHTY = (
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd", "+1-555", "-", "--", "null", "None", "NaN", "undefined", "TRUE", "0", "00",
    "1e309", "' OR 1=1 --", '"; DROP TABLE item; --', "<script>alert(1)</script>", "&lt;b&gt;", "{{7*7}}", "${jndi:x}",
    "../../etc/passwd", "%00%0a", "a\\nb", "\\", '"', '""', "'", "''", '"a";"b"', "a;b,c\td|e", "first\r\nsecond",
    "\u202eevil", "\u200b", "\ufeff", "a\u0301", "ﷺ", "𝕳𝖆𝖒𝖆𝖗", "👩‍👩‍👧‍👦", "Ω≈ç√∫", "田中さん", "ا͏ل", "ÆØÅæøåÄÖäöÞþÐð",
    "sep=;", "Navn", "#N/A", "#REF!", "1.1.1900", "_x0041_", "x" * 5_000,
)  # fmt: skip


@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_naughty_cells_are_texts_like_any_other(kind: str) -> None:
    rows = [("Inventarnr", "Navn", "Merknad"), *((f"N{number}", "Stol", text) for number, text in enumerate(NAUGHTY))]
    content = make_workbook(rows) if kind == "workbook" else delimited(rows, delimiter=",").encode()

    sheet = read_or_refuse(content)

    assert sheet is not None
    assert sheet.rejected == ()
    assert [row.notes for row in sheet.rows] == [clean_lines(text) or None for text in NAUGHTY]


def test_naughty_headers_are_not_read_and_do_no_harm() -> None:
    rows = [["Navn", *NAUGHTY[:-1]], ["Stol", *("x" for _ in NAUGHTY[:-1])]]

    sheet = read_or_refuse(delimited(rows, delimiter=";").encode())

    assert sheet is not None
    assert [row.name for row in sheet.rows] == ["Stol"]


def test_the_big_list_of_naughty_strings_is_read_as_it_was_written() -> None:
    path = shared_file("corpora", "big-list-of-naughty-strings")
    strings = json.loads(next(path.glob("*.json")).read_text(encoding="utf-8"))
    rows = [("Inventarnr", "Navn", "Merknad"), *((f"N{number}", "Stol", text) for number, text in enumerate(strings))]

    sheet = read_or_refuse(delimited(rows, delimiter=";").encode("utf-8", "surrogatepass"))

    assert sheet is not None
    assert (len(sheet.rows), sheet.rejected) == (len(strings), ())
    assert [row.notes for row in sheet.rows] == [clean_lines(text) or None for text in strings]
