"""The words of the protocol as types: tiers, purposes, actions, codes, quantities and instants.

Here: closed lists of words that stand in messages, and the two small values that every message uses. Not here: the
messages (`protocol.activities`), and the JSON-LD terms that other organisations read, which are published data
(`schemas/context.json`, `schemas/namespace.jsonld`). Sources: FEP-0837, Valueflows, om2, ActivityStreams 2.0.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

from protocol.errors import InvalidMessage
from protocol.identifiers import Digest, Iri
from protocol.limits import QUANTITY_MAX
from protocol.strict_json import JsonObject, JsonValue

# The collection that stands for everybody (ActivityPub, 5.6).
PUBLIC = Iri("https://www.w3.org/ns/activitystreams#Public")

# Where the extension terms live; each has a row in SPEC.md and an entry in schemas/namespace.jsonld.
NAMESPACE = "https://w3id.org/krets/ns#"

# SHA-256 over the canonical form of the value of `@context` in schemas/context.json, which is frozen: another context
# is another digest, and is read only once it stands in PINNED_CONTEXTS. A test compares it with the published file.
CONTEXT_DIGEST = Digest("sha-256:b9ee8e086655c7d9c8c684762a2f74440ade54e9f26f0f3b6d215641a082e22d")
PINNED_CONTEXTS: frozenset[Digest] = frozenset({CONTEXT_DIGEST})

# A quantity in writing: no sign, no exponent, no leading zero, at most three decimals (grams of a kilogram).
_WHOLE = re.compile(r"0|[1-9][0-9]{0,9}")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,3})?")
_DECIMALS_MAX = 3

# RFC 3339 without its lower-case letters and without leap seconds. Fedify writes nine digits of a second.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)

# The spellings of the two keys of a quantity that are read: the context's, then those of other writers of FEP-0837.
_UNIT_KEYS = ("hasUnit", "om2:hasUnit", "vf:hasUnit")
_NUMBER_KEYS = ("hasNumericalValue", "om2:hasNumericalValue", "vf:hasNumericalValue")
QUANTITY_KEYS: frozenset[str] = frozenset(_UNIT_KEYS + _NUMBER_KEYS)


class Tier(StrEnum):
    """Who may see an offer: `own` < `partners` < `organisations` < `public`; also what a peer is granted."""

    OWN = "own"
    PARTNERS = "partners"
    ORGANISATIONS = "organisations"
    PUBLIC = "public"

    @property
    def rank(self) -> int:
        """0 for `own` to 3 for `public`: a higher rank is seen by more."""
        return _TIER_RANKS[self]

    def reaches(self, other: "Tier") -> bool:
        """Whether an offer of this tier is visible to a peer that was granted the tier `other`.

        >>> [grant.value for grant in Tier if Tier.ORGANISATIONS.reaches(grant)]
        ['own', 'partners', 'organisations']
        """
        return self.rank >= other.rank


_TIER_RANKS = {tier: rank for rank, tier in enumerate(Tier)}


class Purpose(StrEnum):
    """What a Proposal is for (`vf:purpose`): an offer gives, a request (in our words a need) seeks."""

    OFFER = "offer"
    REQUEST = "request"


class Action(StrEnum):
    """What happens to the thing (`vf:action`): given or sold, lent, or something done with it."""

    TRANSFER = "transfer"
    TRANSFER_CUSTODY = "transferCustody"
    DELIVER_SERVICE = "deliverService"


class Unit(StrEnum):
    """Units of om2 that quantities are counted in."""

    ONE = "one"
    KILOGRAM = "kilogram"


class RefusalCode(StrEnum):
    """Why a request, or a change of an agreement, is refused. Readers take an unknown code as `other`."""

    CHANGED = "changed"
    UNAVAILABLE = "unavailable"
    EXPIRED = "expired"
    POLICY = "policy"
    INVALID = "invalid"
    CLOSED = "closed"
    NOT_WANTED = "not-wanted"
    OTHER = "other"


class DisputeCode(StrEnum):
    """Why a handover or a receipt is disputed. Readers take an unknown code as `other`."""

    NOT_RECEIVED = "not-received"
    WRONG_QUANTITY = "wrong-quantity"
    DAMAGED = "damaged"
    WRONG_THING = "wrong-thing"
    OTHER = "other"


class CancelCode(StrEnum):
    """Why a request is withdrawn or an agreement cancelled. Readers take an unknown code as `other`."""

    NO_LONGER_NEEDED = "no-longer-needed"
    NO_LONGER_AVAILABLE = "no-longer-available"
    CHANGED = "changed"
    OTHER = "other"


class Counterfactual(StrEnum):
    """What the receiver would have done otherwise; measures displacement (reference: environmental accounting)."""

    BUY_NEW = "buy-new"
    BUY_USED = "buy-used"
    BORROW = "borrow"
    DO_WITHOUT = "do-without"
    NOT_SAID = "not-said"


class OrganisationKind(StrEnum):
    """What kind of organisation runs a node."""

    MUNICIPALITY = "municipality"
    CHARITY = "charity"
    REFURBISHER = "refurbisher"
    CARRIER = "carrier"
    HUB = "hub"
    WORKSHOP = "workshop"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount from 0 to QUANTITY_MAX in one unit: whole in `one`, at most three decimals in `kilogram`.

    Construction raises ValueError outside that range; what arrives from others goes through `parse_quantity`.
    """

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not self.value.is_finite() or not 0 <= self.value <= QUANTITY_MAX:
            raise ValueError(f"a quantity lies between 0 and {QUANTITY_MAX}, not at {self.value}")
        decimals_max = 0 if self.unit is Unit.ONE else _DECIMALS_MAX
        if self.value != round(self.value, decimals_max):
            raise ValueError(f"{self.value} has more decimals than the unit {self.unit} allows")

    @classmethod
    def of(cls, value: int | str, unit: Unit) -> Self:
        """The quantity with this value, for callers that do not hold a Decimal. Raises ValueError as the class does.

        >>> Quantity.of(24, Unit.ONE).to_wire()
        {'hasUnit': 'one', 'hasNumericalValue': '24'}
        """
        return cls(value=Decimal(value), unit=unit)

    def to_wire(self) -> JsonObject:
        """The JSON object that states this quantity: a unit, and the number as a decimal text without exponent.

        >>> Quantity.of("1.50", Unit.KILOGRAM).to_wire()
        {'hasUnit': 'kilogram', 'hasNumericalValue': '1.5'}
        """
        return {"hasUnit": self.unit.value, "hasNumericalValue": format(self.value.normalize(), "f")}


def parse_quantity(value: JsonValue, *, allow_zero: bool) -> Quantity:
    """The quantity that a JSON object states. Raises InvalidMessage.

    The number is a text (`"24"`, `"1.5"`), never a JSON number; the keys may carry the prefix `om2:` or `vf:`, but no
    key may stand there in two spellings.

    >>> parse_quantity({"hasUnit": "one", "hasNumericalValue": "24"}, allow_zero=False)
    Quantity(value=Decimal('24'), unit=<Unit.ONE: 'one'>)
    >>> parse_quantity({"hasUnit": "one", "hasNumericalValue": "0"}, allow_zero=False)
    Traceback (most recent call last):
    ...
    protocol.errors.InvalidMessage: a quantity of zero
    """
    if not isinstance(value, dict):
        raise InvalidMessage("a quantity is an object with a unit and a number")
    unit_text = _only_spelling(value, _UNIT_KEYS)
    if unit_text not in (Unit.ONE, Unit.KILOGRAM):
        raise InvalidMessage(f"unknown unit {unit_text!r}")
    unit = Unit(unit_text)
    number = _only_spelling(value, _NUMBER_KEYS)
    pattern = _WHOLE if unit is Unit.ONE else _DECIMAL
    if not isinstance(number, str) or not pattern.fullmatch(number):
        raise InvalidMessage(f"not a number of {unit}: {number!r}")
    amount = Decimal(number)
    if amount > QUANTITY_MAX:
        raise InvalidMessage(f"a quantity over {QUANTITY_MAX}")
    if amount == 0 and not allow_zero:
        raise InvalidMessage("a quantity of zero")
    return Quantity(value=amount, unit=unit)


def _only_spelling(value: JsonObject, keys: tuple[str, ...]) -> JsonValue:
    """The value under the one of these keys that is there; None under none. Raises InvalidMessage under several."""
    present = [key for key in keys if key in value]
    if len(present) > 1:
        raise InvalidMessage(f"{present[0]} stands there in {len(present)} spellings")
    return value[present[0]] if present else None


def format_instant(at: datetime) -> str:
    """The instant as `YYYY-MM-DDTHH:MM:SSZ`, fractions of a second cut off. Raises ValueError on a naive datetime.

    >>> format_instant(datetime(2026, 11, 23, 9, 30, 15, 999, tzinfo=UTC))
    '2026-11-23T09:30:15Z'
    """
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_instant(text: JsonValue) -> datetime:
    """The aware UTC instant that an RFC 3339 text with seconds and zone states. Raises InvalidMessage.

    >>> parse_instant("2026-11-23T10:30:15.25+01:00")
    datetime.datetime(2026, 11, 23, 9, 30, 15, 250000, tzinfo=datetime.timezone.utc)
    """
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise InvalidMessage(f"not an instant with seconds and a time zone: {text!r}")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        # The 30th of February, the year 0, or a zone that leads out of the years 1 to 9999.
        raise InvalidMessage(f"no such instant: {text!r}") from error
