"""Cleaning, comparing and showing the text of a cell. Nothing here knows what a column means."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from node.sheets.limits import HEADER_CHARS_MAX, SHOWN_CHARS_MAX

# Control characters but for tab, line feed and carriage return (which count as white space below).
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# Invisible marks that exports leave at the edges of cells: zero-width space and the byte order mark.
_INVISIBLE: Final = "\u200b\ufeff"
_CAMEL_HUMP: Final = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_WORD: Final = re.compile(r"[a-z0-9]+")
# Letters that Unicode does not decompose into a base letter and a mark.
_UNDECOMPOSED: Final = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "þ": "th", "ł": "l"})
# What a spreadsheet program takes for the start of a formula (OWASP, "CSV Injection").
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def clean_line(text: str) -> str:
    """The text on one line: NFC, control characters and runs of white space (no-break ones too) as one space.

    The apostrophe that `write_rejects` and other careful programs put before a formula character is taken off again,
    so that a corrected file of rejects reads as the original did.
    """
    text = _unguard(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text).strip(_INVISIBLE)
    return " ".join(text.split())


def clean_lines(text: str) -> str:
    """Like `clean_line`, but line breaks between lines with text stay, as one line feed each. For notes."""
    if "\n" not in text and "\r" not in text:
        return clean_line(text)
    lines = (clean_line(line) for line in _unguard(text).replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def starts_a_formula(text: str) -> bool:
    """Whether a spreadsheet program may take the text for a formula, white space in front or not."""
    return text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)


def _unguard(text: str) -> str:
    return text[1:] if text.startswith("'") and starts_a_formula(text[1:]) else text


def fold(text: str) -> tuple[str, ...]:
    """The words of a text as plain a-z and 0-9: case, diacritics, punctuation and camel humps no longer matter.

    >>> fold("Må være borte innen (dato)")
    ('ma', 'vaere', 'borte', 'innen', 'dato')
    """
    return _fold_short(text) if len(text) <= HEADER_CHARS_MAX else _fold(text)


def _fold(text: str) -> tuple[str, ...]:
    humps = _CAMEL_HUMP.sub(" ", text)
    folded = unicodedata.normalize("NFKD", humps.casefold().translate(_UNDECOMPOSED))
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return tuple(_WORD.findall(bare))


# A column of makers or conditions repeats a few words over all its rows; 2,048 short texts are under 1 MB.
_fold_short = lru_cache(maxsize=2_048)(_fold)


def fold_together(text: str) -> str:
    """The folded words without spaces between, the form in which words are looked up."""
    return "".join(fold(text))


def shown(text: str) -> str:
    """The text in quotation marks as a reason may quote it: one line, printable, at most SHOWN_CHARS_MAX characters."""
    line = clean_line(text[: 4 * SHOWN_CHARS_MAX])
    printable = "".join(character if character.isprintable() else "?" for character in line)
    if len(printable) > SHOWN_CHARS_MAX:
        printable = printable[:SHOWN_CHARS_MAX].rstrip() + "…"
    return f'"{printable}"'
