"""Which characters the bytes of a text file stand for: UTF-8, UTF-16 or Windows-1252.

These are what office programs in the Nordic countries write: "CSV" is Windows-1252, "CSV UTF-8" is UTF-8 with a byte
order mark, "Unicode text" is UTF-16 little endian, and other programs write plain UTF-8.
"""

import re
from dataclasses import dataclass
from typing import Final

from node.sheets.errors import SheetUnreadable

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig", "utf-8"),
    (b"\xff\xfe", "utf-16-le", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be", "utf-16-be"),
)
# Bytes looked at to tell UTF-16 without a mark, and characters looked at to tell text from anything else.
_SAMPLE_BYTES: Final = 4_096
_SAMPLE_CHARS: Final = 65_536
# In UTF-16 every Latin letter, digit and delimiter has one zero byte: far more than half of a table's characters.
_ZERO_SHARE_MIN: Final = 0.4
_STRAY_ZERO_SHARE_MAX: Final = 0.05
# Text has next to no control characters; a few slip into notes. Compiled and packed files have 5 % and more.
_CONTROLS_TOLERATED: Final = 8
_CONTROL_SHARE_MAX: Final = 0.005
_CONTROLS: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_ADVICE: Final = "open it in a spreadsheet program and save it as XLSX or as CSV UTF-8"


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text without byte order mark, and the name of the codec that read it."""

    encoding: str
    text: str


def decode_text(content: bytes) -> DecodedText:
    """Decode the bytes of a text file. Raises SheetUnreadable when they are no text in a known encoding."""
    decoded = _decode(content)
    sample = decoded.text[:_SAMPLE_CHARS]
    controls = len(_CONTROLS.findall(sample))
    if "\x00" in decoded.text or controls > max(_CONTROLS_TOLERATED, _CONTROL_SHARE_MAX * len(sample)):
        raise SheetUnreadable(f"The file is not a table of text; {_ADVICE}.")
    return decoded


def _decode(content: bytes) -> DecodedText:
    for mark, name, codec in _MARKS:
        if content.startswith(mark):
            return DecodedText(name, _decode_strictly(content[len(mark) :], codec=codec))
    unmarked = _unmarked_utf_16(content)
    if unmarked is not None:
        return DecodedText(unmarked, _decode_strictly(content, codec=unmarked))
    try:
        return DecodedText("utf-8", content.decode("utf-8"))
    except UnicodeDecodeError:
        return DecodedText("windows-1252", _decode_strictly(content, codec="windows-1252"))


def _decode_strictly(content: bytes, *, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise SheetUnreadable(
            f"The file looks like {codec} text but byte {error.start + 1} does not fit; {_ADVICE}."
        ) from error


def _unmarked_utf_16(content: bytes) -> str | None:
    sample = content[:_SAMPLE_BYTES]
    pairs = len(sample) // 2
    if pairs == 0 or len(content) % 2:
        return None
    zeros_first = sample[0 : 2 * pairs : 2].count(0) / pairs
    zeros_second = sample[1 : 2 * pairs : 2].count(0) / pairs
    if zeros_second >= _ZERO_SHARE_MIN and zeros_first <= _STRAY_ZERO_SHARE_MAX:
        return "utf-16-le"
    if zeros_first >= _ZERO_SHARE_MIN and zeros_second <= _STRAY_ZERO_SHARE_MAX:
        return "utf-16-be"
    return None
