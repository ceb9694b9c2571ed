"""Numbers as people and office programs write them, read exactly.

One value alone can be ambiguous: "1,804" is 1.804 with a decimal comma and 1804 with a decimal point. So a text is read
under both marks at once (`NumberReading`), and the readings of a whole column, then of the whole file, decide
(`decide_mark`). A value that only one mark can read is read under that one whatever the column says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from node.sheets.limits import NUMBER_CHARS_MAX
from node.sheets.texts import clean_line, fold_together


class DecimalMark(StrEnum):
    """What stands before the decimals."""

    COMMA = ","
    POINT = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberReading:
    """What a text says under each decimal mark (None: nothing), and the unit it carries in base units, or None.

    `ungrouped` is true when thousands are written with spaces or apostrophes, or not set apart at all: then a point or
    comma before three digits is no thousands separator in this column.
    """

    as_comma: Decimal | None
    as_point: Decimal | None
    scale: Decimal | None
    ungrouped: bool

    def under(self, mark: DecimalMark) -> Decimal:
        """The value under the mark, or the only value there is."""
        comma_first = (self.as_comma, self.as_point)
        preferred, other = comma_first if mark is DecimalMark.COMMA else comma_first[::-1]
        value = other if preferred is None else preferred
        if value is None:
            raise ValueError("a reading has at least one value")
        return value


# Marks that stand between thousands besides point and comma. Spaces of every width are one space already.
_APOSTROPHES: Final = "'’‘´`"
_DASHES: Final = str.maketrans(dict.fromkeys("−–—‐‑", "-"))
_SIGNS: Final = str.maketrans({"€": " eur ", "£": " gbp ", "$": " usd ", '"': " in ", "″": " in ", "”": " in "})
_GROUP_GAP: Final = re.compile(rf"(?<=[0-9])[ {_APOSTROPHES}](?=[0-9]{{3}}(?![0-9]))")
_AFFIXED: Final = re.compile(r"([^0-9+\-.,]*)([+-]?) ?([.,]?[0-9](?:[0-9.,_]*[0-9])?)([^0-9]*)")
_SCIENTIFIC: Final = re.compile(r"([+-]?[0-9]+(?:[.,][0-9]+)?)[eE]([+-]?[0-9]{1,2})")
# "4 485,-" and "4485:-" are whole amounts of money.
_WHOLE_AMOUNT: Final = re.compile(r"^[,.:]-+")
_BARE_THOUSANDS: Final = re.compile(r"[0-9]{4,}")
# The point of "kr." and "stk.", which is no decimal mark.
_ABBREVIATION_POINT: Final = re.compile(r"(?<=[^\W\d_])\.")

# Whole part (plain, or in groups of three by the other mark or by "_", which stands for spaces and apostrophes), then
# decimals.
_UNDER: Final[Mapping[DecimalMark, re.Pattern[str]]] = MappingProxyType(
    {
        mark: re.compile(
            rf"([1-9][0-9]{{0,2}}(?:{re.escape(other)}[0-9]{{3}})+|[1-9][0-9]{{0,2}}(?:_[0-9]{{3}})+|[0-9]+)?"
            rf"(?:{re.escape(mark)}([0-9]+))?"
        )
        for mark, other in ((DecimalMark.COMMA, DecimalMark.POINT), (DecimalMark.POINT, DecimalMark.COMMA))
    }
)


def find_number(text: str, *, units: Mapping[str, Decimal]) -> NumberReading | None:
    """Read a text as a number with at most one known unit before or after it; None when it is not one.

    >>> find_number("4 485,00 kr", units={"kr": Decimal(100)}).as_comma
    Decimal('4485.00')
    """
    if len(text) > NUMBER_CHARS_MAX:
        return None
    line = clean_line(text).translate(_DASHES)
    if "_" in line:  # stands for a gap between thousands below
        return None
    scientific = _SCIENTIFIC.fullmatch(line)
    if scientific is not None:
        value = Decimal(scientific.group(1).replace(",", ".") + "e" + scientific.group(2))
        return NumberReading(as_comma=value, as_point=value, scale=None, ungrouped=False)
    spelled = _ABBREVIATION_POINT.sub(" ", line.translate(_SIGNS)).strip()
    found = _AFFIXED.fullmatch(_GROUP_GAP.sub("_", spelled))
    if found is None:
        return None
    before, sign, core, after = found.groups()
    affix = (before + _WHOLE_AMOUNT.sub("", after.lstrip())).replace(" ", "")
    word = fold_together(affix)
    # A sign that folding would drop ("50 %", "12?") must not pass for a bare number.
    if affix and (not affix.isalpha() or word not in units):
        return None
    negate = sign == "-"
    as_comma = _read_under(core, mark=DecimalMark.COMMA, negate=negate)
    as_point = _read_under(core, mark=DecimalMark.POINT, negate=negate)
    if as_comma is None and as_point is None:
        return None
    ungrouped = "_" in core or _BARE_THOUSANDS.match(core) is not None
    return NumberReading(as_comma=as_comma, as_point=as_point, scale=units.get(word), ungrouped=ungrouped)


def _read_under(core: str, *, mark: DecimalMark, negate: bool) -> Decimal | None:
    found = _UNDER[mark].fullmatch(core)
    if found is None:
        return None
    whole, decimals = found.group(1) or "0", found.group(2) or ""
    digits = whole.replace(".", "").replace(",", "").replace("_", "")
    return Decimal(f"{'-' if negate else ''}{digits}.{decimals}")


def decide_mark(readings: Iterable[NumberReading]) -> DecimalMark | None:
    """The decimal mark that the values of a column (or file) prove, or None when they prove neither.

    Proof is a value that only one mark can read ("4485,00"; "1.234.567"). Without proof, thousands that are written
    without point and comma elsewhere in the column make a point or comma before three digits a decimal mark.
    """
    proofs_comma = proofs_point = 0
    ungrouped = commas = points = False
    for reading in readings:
        ungrouped = ungrouped or reading.ungrouped
        if reading.as_point is None:
            proofs_comma += 1
        elif reading.as_comma is None:
            proofs_point += 1
        elif reading.as_comma != reading.as_point:
            # The decimal reading is the one nearer to zero: "1,804" is 1.804 or 1804.
            commas = commas or abs(reading.as_comma) < abs(reading.as_point)
            points = points or abs(reading.as_comma) > abs(reading.as_point)
    if proofs_comma != proofs_point:
        return DecimalMark.COMMA if proofs_comma > proofs_point else DecimalMark.POINT
    if ungrouped and commas != points:
        return DecimalMark.COMMA if commas else DecimalMark.POINT
    return None


def whole_only(reading: NumberReading) -> NumberReading:
    """The reading without a value that has decimals, if the other has none: "1.200" pieces are 1200, not 1.2."""
    comma, point = reading.as_comma, reading.as_point
    if comma is None or point is None or _is_whole(comma) == _is_whole(point):
        return reading
    return NumberReading(
        as_comma=comma if _is_whole(comma) else None,
        as_point=point if _is_whole(point) else None,
        scale=reading.scale,
        ungrouped=reading.ungrouped,
    )


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()
