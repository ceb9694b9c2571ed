"""Delimited text as records: quotation marks, lines, delimiters."""

import pytest

from node.sheets.limits import STANDARD_LIMITS
from node.sheets.records import list_records, normalize_text
from tests.sheets.reading import read_lines, refusal


def cells_of(text: str, *, delimiter: str = ";") -> list[tuple[int, tuple[object, ...]]]:
    records = list_records(normalize_text(text), delimiter=delimiter, limits=STANDARD_LIMITS)
    return [(record.line, record.cells) for record in records]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b", ("a", "b")),
        ('"a;b";c', ("a;b", "c")),
        ('"a ""b"" c";d', ('a "b" c', "d")),
        ('"""Ny"" disk";x', ('"Ny" disk', "x")),
        ('"Ny" disk;x', ('"Ny" disk', "x")),
        ('Skjerm 24";x', ('Skjerm 24"', "x")),
        ('"Skjerm 24;x', ('"Skjerm 24', "x")),
        ('"";x', ("", "x")),
        (' "a;b" ;c', ("a;b", "c")),
        (";;x", ("", "", "x")),
        ("a;b;; ;", ("a", "b")),
    ],
)
def test_a_line_is_split_into_cells(text: str, cells: tuple[str, ...]) -> None:
    assert cells_of(text) == [(1, cells)]


def test_a_quoted_cell_may_go_over_several_lines() -> None:
    text = 'a;b\n"1\n2\n3";x\n\nc;d'

    assert cells_of(text) == [(1, ("a", "b")), (2, ("1\n2\n3", "x")), (6, ("c", "d"))]


def test_a_mark_that_is_never_closed_swallows_nothing() -> None:
    text = 'a;b\n1;"x\n2;y\n3;z'

    assert cells_of(text) == [(1, ("a", "b")), (2, ("1", '"x')), (3, ("2", "y")), (4, ("3", "z"))]


def test_two_stray_marks_on_different_lines_do_not_join_them() -> None:
    text = '1;"x\n2;y\n3;"z'

    assert [line for line, _ in cells_of(text)] == [1, 2, 3]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_counts_as_one_line(end: str) -> None:
    text = end.join(["a;b", "", "1;2", " ; ", "3;4", ""])

    assert cells_of(text) == [(1, ("a", "b")), (3, ("1", "2")), (5, ("3", "4"))]


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x85"])
def test_other_separators_of_unicode_end_no_record(separator: str) -> None:
    assert cells_of(f"a{separator}b;c") == [(1, (f"a{separator}b", "c"))]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_by_the_headers(delimiter: str) -> None:
    rows = (["Navn", "Antall", "Merknad"], ["Stol", "2", "a, b; c | d"], ["Bord", "3", "e, f; g | h"])

    sheet = read_lines(*(delimiter.join(f'"{cell}"' for cell in row) for row in rows))

    assert sheet.delimiter == delimiter
    assert [(row.name, row.quantity, row.notes) for row in sheet.rows] == [
        ("Stol", 2, "a, b; c | d"),
        ("Bord", 3, "e, f; g | h"),
    ]


def test_delimiters_inside_the_cells_of_a_single_column_do_not_split_it() -> None:
    sheet = read_lines("Navn", "Stol, blå", "Bord, rundt", "Skap")

    assert [row.name for row in sheet.rows] == ["Stol, blå", "Bord, rundt", "Skap"]


def test_a_stated_separator_is_used_and_its_line_is_counted() -> None:
    sheet = read_lines("sep=,", "Navn,Antall", "Stol,2")

    assert (sheet.delimiter, sheet.rows[0].line, sheet.rows[0].quantity) == (",", 3, 2)


def test_a_file_of_nothing_but_a_separator_line_is_empty() -> None:
    assert "is empty" in refusal(b"sep=;")


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b" ; ;\n;;\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal(content).startswith('"list.csv": The file is empty;')


def test_rows_start_at_the_line_the_record_starts_on() -> None:
    sheet = read_lines("Navn;Merknad", '"Stol";"en', 'to"', "", ";", "Bord;x")

    assert [(row.line, row.name) for row in sheet.rows] == [(2, "Stol"), (6, "Bord")]
    assert sheet.read == 2


def test_a_header_alone_is_a_sheet_without_rows() -> None:
    sheet = read_lines("Navn;Antall")

    assert (sheet.read, sheet.rows, sheet.rejected) == (0, (), ())
