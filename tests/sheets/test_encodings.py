"""Bytes as characters: which encoding is found, and what is refused as no text."""

import pytest

from node.sheets import read_sheet
from tests.sheets.reading import refusal

TABLE = "Navn;Antall\nStol på hjul – «Håg»;24\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (b"Navn;Antall\nStol;24\n", "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig"),
        (b"\xff\xfe" + TABLE.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("windows-1252"), "windows-1252"),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str) -> None:
    sheet = read_sheet(content, file_name="x.csv", columns={})

    assert sheet.encoding == encoding
    assert sheet.columns[0].header == "Navn"
    assert sheet.rows[0].name.startswith("Stol")


def test_windows_letters_outside_latin_1_are_read() -> None:
    sheet = read_sheet("Navn\nŽurnal “à la” €\n".encode("windows-1252"), file_name="x.csv", columns={})

    assert sheet.rows[0].name == "Žurnal “à la” €"


def test_a_byte_that_windows_1252_does_not_have_is_refused_with_its_place() -> None:
    text = refusal(b"Navn\nSt\x81l\n")

    assert "byte 8 " in text
    assert "save it as" in text


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfeN\x00a",
        b"\xff\xfe" + "Navn\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8",
        b"\xef\xbb\xbfNavn\n\xff",
    ],
    ids=["cut in the middle", "lone surrogate", "not what the mark says"],
)
def test_text_that_breaks_its_own_mark_is_refused(content: bytes) -> None:
    assert "does not fit" in refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        b"Navn\nSt\x00l\n",
        bytes(range(1, 32)) * 40,
        b"\x7fELF\x02\x01\x01" + bytes(40) + b"Navn;Antall",
        b"Navn;Antall\n" + b"\x01\x02\x03\x04\x05\x06\x07\x08\x0b" * 9,
    ],
)
def test_binary_content_is_refused(content: bytes) -> None:
    assert "not a table of text" in refusal(content)


def test_a_few_control_characters_become_spaces() -> None:
    sheet = read_sheet(b"Navn;Merknad\nStol\x07en;a\x0bb\x1bc\n", file_name="x.csv", columns={})

    assert (sheet.rows[0].name, sheet.rows[0].notes) == ("Stol en", "a b c")


def test_an_odd_number_of_bytes_is_never_taken_for_utf_16() -> None:
    assert "not a table of text" in refusal("Navn;Antall\n".encode("utf-16-le") + b"x")
