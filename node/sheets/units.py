"""The units that a header or a value may carry, and what one of each is in the base unit of its field.

Base units: pieces, hundredths of a currency unit, grams, millimetres. Words are in the folded form of `texts.fold`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from node.sheets.fields import Field


def _table(rows: tuple[tuple[str, str], ...]) -> Mapping[str, Decimal]:
    return MappingProxyType({word: Decimal(scale) for scale, words in rows for word in words.split()})


_PIECES: Final = _table(
    (("1", "stk stykk stykker st styck stycken stykke kpl kappaletta pcs pc pieces piece x ea eks"),)
)
# Every currency that is used here counts in hundredths (ISO 4217). Which currency it is, the sheet does not say.
_MONEY: Final = _table(
    (
        ("100", "kr nok sek dkk eur euro euroa e usd gbp kroner kronor krona krone"),
        ("1", "ore cent cents sentti senttia minor"),
        ("100000", "tkr tnok tsek tdkk"),
    )
)
_MASS: Final = _table(
    (
        ("1000", "kg kgs kilo kilos kilogram kilogramm kilograms kiloa"),
        ("1", "g gr gram gramm grams grammaa grammes"),
        ("100", "hg hekto"),
        ("1000000", "t tonn ton tonne tonnes tonnia"),
    )
)
_LENGTH: Final = _table(
    (
        ("10", "cm centimeter centimetre centimeters centimetres senttimetri senttia sentti"),
        ("1", "mm millimeter millimetre millimeters millimetres millimetri millia"),
        ("100", "dm desimeter decimeter desimetri"),
        ("1000", "m meter metre meters metres metri metria"),
        ("25.4", "tommer tomme tum in inch inches tuumaa tuuma"),
    )
)

UNITS: Final[Mapping[Field, Mapping[str, Decimal]]] = MappingProxyType(
    {
        Field.QUANTITY: _PIECES,
        Field.PURCHASE_PRICE: _MONEY,
        Field.MASS: _MASS,
        Field.HEIGHT: _LENGTH,
        Field.WIDTH: _LENGTH,
        Field.DEPTH: _LENGTH,
    }
)

# What a number means when neither header nor value names a unit: pieces, whole currency units, kilograms, centimetres.
DEFAULT_SCALES: Final[Mapping[Field, Decimal]] = MappingProxyType(
    {
        Field.QUANTITY: Decimal(1),
        Field.PURCHASE_PRICE: Decimal(100),
        Field.MASS: Decimal(1000),
        Field.HEIGHT: Decimal(10),
        Field.WIDTH: Decimal(10),
        Field.DEPTH: Decimal(10),
    }
)

# A column headed "Enhet" or "Unit" that holds nothing but these is a unit of measure, not a part of the organisation.
MEASURE_WORDS: Final = frozenset(_PIECES) | frozenset(_MASS) | frozenset(_LENGTH) | {"par", "pair", "sett", "set", "l"}
