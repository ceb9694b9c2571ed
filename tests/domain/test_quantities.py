"""Base units and back."""

from decimal import Decimal

import pytest

from node.domain.quantities import base_units_of, quantity_of
from protocol.vocabulary import Quantity, Unit


@pytest.mark.parametrize(
    ("value", "unit", "base"), [("12", Unit.ONE, 12), ("1.5", Unit.KILOGRAM, 1500), ("0.001", Unit.KILOGRAM, 1)]
)
def test_a_quantity_survives_the_way_to_base_units_and_back(value: str, unit: Unit, base: int) -> None:
    assert base_units_of(Decimal(value), unit=unit) == base
    assert quantity_of(base, unit=unit) == Quantity(value=Decimal(value), unit=unit)
