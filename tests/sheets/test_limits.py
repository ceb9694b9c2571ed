"""Both sides of every limit on a file, with limits small enough to stand there."""

from dataclasses import replace

import pytest

from node.sheets import Sheet, SheetUnreadable
from node.sheets.limits import HEADER_SEARCH_RECORDS, NAME_CHARS_MAX, NOTES_CHARS_MAX, STANDARD_LIMITS, SheetLimits
from node.sheets.reading import read_sheet_within
from protocol import limits
from tests.sheets.workbooks import SHEET_PART, change_parts, make_workbook, read_parts, replace_in_sheet

TEXT = b"Navn;Antall\nStol;2\nBord;3\n"
BOOK_ROWS: list[list[object]] = [["Navn", "Antall"], ["Stol", 2], ["Bord", 3]]


def read_within(content: bytes, limits: SheetLimits) -> Sheet:
    return read_sheet_within(content, file_name="x", columns={}, limits=limits)


def refusal_within(content: bytes, limits: SheetLimits) -> str:
    with pytest.raises(SheetUnreadable) as caught:
        read_within(content, limits)
    return caught.value.safe_text


def test_a_file_may_have_as_many_bytes_as_the_limit() -> None:
    assert read_within(TEXT, replace(STANDARD_LIMITS, file_bytes_max=len(TEXT) + 1)).read == 2
    assert read_within(TEXT, replace(STANDARD_LIMITS, file_bytes_max=len(TEXT))).read == 2
    assert "larger than 2.5e-05 MB; split it" in refusal_within(TEXT, replace(STANDARD_LIMITS, file_bytes_max=25))


def test_the_standard_limit_of_bytes_is_told_in_megabytes() -> None:
    assert "larger than 50 MB" in refusal_within(bytes(50_000_001), STANDARD_LIMITS)


@pytest.mark.parametrize("content", [TEXT, make_workbook(BOOK_ROWS)], ids=["text", "workbook"])
def test_a_file_may_have_as_many_rows_as_the_limit(content: bytes) -> None:
    assert read_within(content, replace(STANDARD_LIMITS, rows_max=3)).read == 2
    assert read_within(content, replace(STANDARD_LIMITS, rows_max=2)).read == 2
    assert "more than 1 rows; split it" in refusal_within(content, replace(STANDARD_LIMITS, rows_max=1))


@pytest.mark.parametrize("extra", [0, 1])
def test_titles_above_the_header_do_not_count_as_rows(extra: int) -> None:
    above = "".join(f"tittel {number}\n" for number in range(HEADER_SEARCH_RECORDS - 1)).encode()
    content = above + TEXT + b"Skap;1\n" * extra

    if extra:
        assert "more than 2 rows" in refusal_within(content, replace(STANDARD_LIMITS, rows_max=2))
    else:
        assert read_within(content, replace(STANDARD_LIMITS, rows_max=2)).read == 2


@pytest.mark.parametrize("kind", ["text", "quoted", "workbook"])
def test_a_file_may_have_as_many_columns_as_the_limit(kind: str) -> None:
    rows = [["Navn", "Antall", "Merknad"], ["Stol", "2", "x"]]
    content = {
        "text": "\n".join(";".join(row) for row in rows).encode(),
        "quoted": "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows).encode(),
        "workbook": make_workbook(rows),
    }[kind]

    assert len(read_within(content, replace(STANDARD_LIMITS, columns_max=4)).columns) == 3
    assert len(read_within(content, replace(STANDARD_LIMITS, columns_max=3)).columns) == 3
    assert "more than 2 columns; keep only" in refusal_within(content, replace(STANDARD_LIMITS, columns_max=2))


@pytest.mark.parametrize("row", ["Stol;2;;; ;", '"Stol";"2";"";"";" "', "Stol;2"])
def test_empty_cells_beyond_the_limit_of_columns_are_no_columns(row: str) -> None:
    sheet = read_within(f"Navn;Antall;;;\n{row}".encode(), replace(STANDARD_LIMITS, columns_max=2))

    assert [(row.name, row.quantity) for row in sheet.rows] == [("Stol", 2)]


@pytest.mark.parametrize("row", ["Stol;2;;;x", '"Stol";"2";"";"";"x"'])
def test_content_beyond_the_limit_of_columns_rejects_its_row(row: str) -> None:
    sheet = read_within(f"Navn;Antall\n{row}\nBord;1".encode(), replace(STANDARD_LIMITS, columns_max=2))

    assert [row.line for row in sheet.rejected] == [2]
    assert [row.name for row in sheet.rows] == ["Bord"]


@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_a_cell_may_have_as_many_characters_as_the_limit(kind: str) -> None:
    rows = [["Navn", "Antall"], ["x" * 10, "2"]]
    content = make_workbook(rows) if kind == "workbook" else "\n".join(";".join(row) for row in rows).encode()

    assert len(read_within(content, replace(STANDARD_LIMITS, cell_chars_max=11)).rows) == 1
    assert len(read_within(content, replace(STANDARD_LIMITS, cell_chars_max=10)).rows) == 1
    assert [row.line for row in read_within(content, replace(STANDARD_LIMITS, cell_chars_max=9)).rejected] == [2]


def test_a_cell_of_the_standard_limit_is_read_and_one_more_character_rejects_its_row() -> None:
    content = f"Navn;Farge\nA;{'x' * 32_767}\nB;{'x' * 32_768}\n".encode()

    sheet = read_within(content, STANDARD_LIMITS)

    assert [row.name for row in sheet.rows] == ["A"]
    assert "32,768 characters are too many; keep 32,767 at most" in sheet.rejected[0].reason


@pytest.mark.parametrize(("field", "chars_max"), [("name", NAME_CHARS_MAX), ("notes", NOTES_CHARS_MAX)])
def test_a_name_and_notes_may_be_as_long_as_the_limit_and_are_never_cut(field: str, chars_max: int) -> None:
    header = "Navn;Farge" if field == "name" else "Merknad;Navn"
    rows = "".join(f"\n{'x' * length};Stol" for length in (chars_max - 1, chars_max, chars_max + 1))

    sheet = read_within(f"{header}{rows}".encode(), STANDARD_LIMITS)

    assert [len(getattr(row, field)) for row in sheet.rows] == [chars_max - 1, chars_max]
    assert [row.reason for row in sheet.rejected] == [
        f"the {field} would be {chars_max + 1:,} characters; keep {chars_max:,} at most"
    ]


def test_the_limits_of_texts_are_those_of_the_protocol() -> None:
    assert (NAME_CHARS_MAX, NOTES_CHARS_MAX) == (limits.NAME_CHARS_MAX, limits.CONTENT_CHARS_MAX)


def test_a_file_may_have_as_many_lines_as_the_limit() -> None:
    content = b"Navn;Antall\n\n\nStol;2"

    assert read_within(content, replace(STANDARD_LIMITS, lines_max=5)).read == 1
    assert read_within(content, replace(STANDARD_LIMITS, lines_max=4)).read == 1
    assert "more than 3 lines; split it" in refusal_within(content, replace(STANDARD_LIMITS, lines_max=3))


def test_a_sheet_may_have_rows_numbered_to_the_limit() -> None:
    content = replace_in_sheet(make_workbook(BOOK_ROWS), '<row r="3"', '<row r="9"')

    assert read_within(content, replace(STANDARD_LIMITS, lines_max=10)).rows[1].line == 9
    assert read_within(content, replace(STANDARD_LIMITS, lines_max=9)).rows[1].line == 9
    assert "more than 8 rows; split it" in refusal_within(content, replace(STANDARD_LIMITS, lines_max=8))


def test_a_row_number_without_end_is_refused_and_not_walked_to() -> None:
    content = replace_in_sheet(make_workbook(BOOK_ROWS), '<row r="3"', f'<row r="{10**18}"')

    assert "rows; split it" in refusal_within(content, replace(STANDARD_LIMITS, lines_max=10_000))


def test_as_many_cells_are_walked_through_as_the_limit() -> None:
    content = make_workbook(BOOK_ROWS)

    assert read_within(content, replace(STANDARD_LIMITS, scanned_cells_max=7)).read == 2
    assert read_within(content, replace(STANDARD_LIMITS, scanned_cells_max=6)).read == 2
    assert "too many cells" in refusal_within(content, replace(STANDARD_LIMITS, scanned_cells_max=5))


def test_a_cell_in_the_last_column_costs_a_whole_row_of_cells() -> None:
    content = replace_in_sheet(make_workbook([["Navn"], ["Stol"], ["", "x"]]), 'r="B3"', 'r="XFD3"')

    assert read_within(content, STANDARD_LIMITS).rejected[0].line == 3
    assert "too many cells" in refusal_within(content, replace(STANDARD_LIMITS, scanned_cells_max=16_000))


def test_a_workbook_may_unpack_to_as_many_bytes_as_the_limit() -> None:
    content = make_workbook(BOOK_ROWS)
    unpacked = sum(len(body) for body in read_parts(content).values())

    assert read_within(content, replace(STANDARD_LIMITS, unpacked_bytes_max=unpacked + 1)).read == 2
    assert read_within(content, replace(STANDARD_LIMITS, unpacked_bytes_max=unpacked)).read == 2
    assert "unpacks to more than" in refusal_within(content, replace(STANDARD_LIMITS, unpacked_bytes_max=unpacked - 1))


def test_a_bomb_is_refused_by_what_it_declares() -> None:
    content = change_parts(make_workbook(BOOK_ROWS), {SHEET_PART: b"<worksheet>" + bytes(9_000_000)})
    assert len(content) < 20_000

    text = refusal_within(content, replace(STANDARD_LIMITS, unpacked_bytes_max=8_388_608))

    assert "unpacks to more than 8 MiB" in text


def test_a_workbook_may_have_as_many_parts_as_the_limit() -> None:
    content = make_workbook(BOOK_ROWS)
    parts = len(read_parts(content))

    assert read_within(content, replace(STANDARD_LIMITS, archive_parts_max=parts + 1)).read == 2
    assert read_within(content, replace(STANDARD_LIMITS, archive_parts_max=parts)).read == 2
    assert "parts; save only" in refusal_within(content, replace(STANDARD_LIMITS, archive_parts_max=parts - 1))
