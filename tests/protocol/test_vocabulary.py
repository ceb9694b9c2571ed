"""Tiers, quantities and instants: what they allow, and both sides of each limit."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import InvalidMessage
from protocol.limits import QUANTITY_MAX
from protocol.strict_json import JsonObject, JsonValue
from protocol.vocabulary import NAMESPACE, PUBLIC, Quantity, Tier, Unit, format_instant, parse_instant, parse_quantity

WHOLE = st.integers(0, QUANTITY_MAX).map(lambda number: Quantity(Decimal(number), Unit.ONE))
GRAMS = st.integers(0, QUANTITY_MAX * 1000).map(lambda number: Quantity(Decimal(number) / 1000, Unit.KILOGRAM))


def test_the_tiers_are_ordered_from_own_to_public() -> None:
    assert [tier.rank for tier in (Tier.OWN, Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("tier", "grants"),
    [
        (Tier.OWN, []),
        (Tier.PARTNERS, [Tier.PARTNERS]),
        (Tier.ORGANISATIONS, [Tier.PARTNERS, Tier.ORGANISATIONS]),
        (Tier.PUBLIC, [Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC]),
    ],
)
def test_an_offer_reaches_the_peers_whose_grant_is_within_its_tier(tier: Tier, grants: list[Tier]) -> None:
    assert [grant for grant in (Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC) if tier.reaches(grant)] == grants


def test_the_names_that_others_rely_on_are_as_published() -> None:
    assert NAMESPACE == "https://w3id.org/krets/ns#"
    assert PUBLIC == "https://www.w3.org/ns/activitystreams#Public"


@pytest.mark.parametrize("value", ["0", str(QUANTITY_MAX)])
def test_a_quantity_reaches_from_nothing_to_the_limit(value: str) -> None:
    assert Quantity.of(value, Unit.KILOGRAM).value == Decimal(value)


@pytest.mark.parametrize("value", ["-1", str(QUANTITY_MAX + 1), "NaN", "Infinity", "0.5"])
def test_a_quantity_outside_its_range_is_a_mistake_of_the_caller(value: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|decimals"):
        Quantity.of(value, Unit.ONE)


def test_kilograms_have_at_most_three_decimals() -> None:
    assert Quantity.of("0.001", Unit.KILOGRAM).to_wire()["hasNumericalValue"] == "0.001"

    with pytest.raises(ValueError, match="more decimals"):
        Quantity.of("0.0001", Unit.KILOGRAM)


@given(quantity=WHOLE | GRAMS)
def test_every_quantity_is_read_back_as_written(quantity: Quantity) -> None:
    assert parse_quantity(quantity.to_wire(), allow_zero=True) == quantity


@pytest.mark.parametrize(
    "wire",
    [
        {"hasUnit": "one", "hasNumericalValue": "24"},
        {"om2:hasUnit": "one", "om2:hasNumericalValue": "24"},
        {"vf:hasUnit": "one", "vf:hasNumericalValue": "24"},
        {"type": "om2:Measure", "vf:hasUnit": "one", "hasNumericalValue": "24"},
    ],
)
def test_a_quantity_is_read_with_any_known_prefix(wire: JsonObject) -> None:
    assert parse_quantity(wire, allow_zero=False) == Quantity.of(24, Unit.ONE)


@pytest.mark.parametrize(
    "wire",
    [
        None,
        "24",
        [],
        {},
        {"hasUnit": "one"},
        {"hasNumericalValue": "24"},
        {"hasUnit": ["one"], "hasNumericalValue": "24"},
        {"hasUnit": "hour", "hasNumericalValue": "24"},
        {"hasUnit": "one", "vf:hasUnit": "one", "hasNumericalValue": "24"},
        {"hasUnit": "one", "hasNumericalValue": "24", "om2:hasNumericalValue": "24"},
        {"hasUnit": "one", "hasNumericalValue": 24},
        {"hasUnit": "one", "hasNumericalValue": "24.0"},
        {"hasUnit": "one", "hasNumericalValue": "+24"},
        {"hasUnit": "one", "hasNumericalValue": " 24"},
        {"hasUnit": "one", "hasNumericalValue": "24\n"},
        {"hasUnit": "one", "hasNumericalValue": "٢٤"},
        {"hasUnit": "one", "hasNumericalValue": "1_000"},
        {"hasUnit": "one", "hasNumericalValue": str(QUANTITY_MAX + 1)},
        {"hasUnit": "one", "hasNumericalValue": "9" * 5_000},
        {"hasUnit": "kilogram", "hasNumericalValue": "1.2345"},
        {"hasUnit": "kilogram", "hasNumericalValue": "1."},
        {"hasUnit": "kilogram", "hasNumericalValue": "NaN"},
    ],
)
def test_anything_else_is_no_quantity(wire: JsonValue) -> None:
    with pytest.raises(InvalidMessage):
        parse_quantity(wire, allow_zero=True)


def test_zero_is_a_quantity_only_where_it_may_be() -> None:
    nothing: JsonObject = {"hasUnit": "kilogram", "hasNumericalValue": "0.000"}

    assert parse_quantity(nothing, allow_zero=True).value == 0
    with pytest.raises(InvalidMessage, match="zero"):
        parse_quantity(nothing, allow_zero=False)


@given(at=st.datetimes(timezones=st.just(UTC)))
def test_every_instant_is_read_back_to_the_second(at: datetime) -> None:
    assert parse_instant(format_instant(at)) == at.replace(microsecond=0)


def test_an_instant_is_written_in_utc_wherever_it_was() -> None:
    oslo = timezone(timedelta(hours=1))

    assert format_instant(datetime(2026, 11, 23, 0, 30, tzinfo=oslo)) == "2026-11-22T23:30:00Z"


def test_an_instant_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_instant(datetime(2026, 11, 23))  # noqa: DTZ001


def test_nine_decimals_of_a_second_are_read() -> None:
    assert parse_instant("2026-11-23T09:48:45.041325026Z") == datetime(2026, 11, 23, 9, 48, 45, 41325, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        1795608000,
        "2026-11-23",
        "2026-11-23T12:00Z",
        "2026-11-23T12:00:00",
        "2026-11-23 12:00:00Z",
        "2026-11-23T12:00:00z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T12:00:60Z",
        "2026-02-30T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-11-23T12:00:00.1234567890Z",
        "2026-11-23T12:00:00+24:00",
        "٢٠٢٦-11-23T12:00:00Z",
        "2026-11-23T12:00:00Z\n",
    ],
)
def test_anything_else_is_no_instant(text: JsonValue) -> None:
    with pytest.raises(InvalidMessage):
        parse_instant(text)


@given(text=st.text())
def test_reading_an_instant_raises_nothing_but_a_protocol_error(text: str) -> None:
    try:
        at = parse_instant(text)
    except InvalidMessage:
        return
    assert at.tzinfo is UTC
