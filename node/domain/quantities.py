"""Quantities in the database are integers in base units: pieces for `one`, grams for `kilogram`."""

from decimal import Decimal

from protocol.vocabulary import Quantity, Unit

_BASE_PER_UNIT = {Unit.ONE: 1, Unit.KILOGRAM: 1000}


def base_units_of(value: Decimal, *, unit: Unit) -> int:
    """The value in base units. Exact, because the wire allows no finer step than the base unit."""
    return int(value * _BASE_PER_UNIT[unit])


def quantity_of(base_units: int, *, unit: Unit) -> Quantity:
    """The wire quantity of so many base units."""
    return Quantity(value=Decimal(base_units) / _BASE_PER_UNIT[unit], unit=unit)
