"""The durable objects that activities carry: Proposal, Agreement with its Commitment, EconomicEvent.

Here: their values, and reading them from a JSON object, whoever wrote it: also documents in the published form of
FEP-0837, without our extension terms. Not here: activities and proofs (`protocol.activities`), writing
(`protocol.compose`). Unknown keys are ignored; they are signed all the same.
"""

from dataclasses import dataclass
from datetime import datetime

from protocol.canonical import canonicalize, sha256_digest
from protocol.errors import InvalidMessage
from protocol.fields import (
    optional_code,
    optional_digest,
    optional_integer,
    optional_iri,
    optional_line,
    optional_paragraphs,
    require_type,
    required_actor_iri,
    required_audience,
    required_degrees,
    required_iri,
    required_object,
)
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.limits import CONTENT_CHARS_MAX, NAME_CHARS_MAX, QUANTITY_MAX, SAFE_INTEGER_MAX
from protocol.strict_json import JsonObject
from protocol.vocabulary import Action, Counterfactual, Purpose, Quantity, parse_instant, parse_quantity

# The fragment under which the primary Intent of a Proposal and the primary Commitment of an Agreement stand
# (recommended by FEP-0837).
PRIMARY_FRAGMENT = "#primary"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A published offer or need.

    `version` counts from 1; a higher one replaces a lower one. `quantity` is the original amount, `available` what is
    left of it (may be 0), `minimum` the least that is given at once; all in one unit. `closes_at` is the wire's
    `endTime`. `latitude` and `longitude` are degrees, both or neither. `mass_grams` is for one unit of the quantity.
    `canonical` is the canonical form of the document standing alone, with its `@context` and its proof; `digest` is
    over that.
    """

    iri: Iri
    purpose: Purpose
    attributed_to: ActorIri
    name: str
    content: str
    version: int
    published: datetime
    closes_at: datetime | None
    action: Action
    intent_iri: Iri
    category_iri: Iri | None
    quantity: Quantity
    available: Quantity
    minimum: Quantity | None
    latitude: float | None
    longitude: float | None
    condition: str | None
    mass_grams: int | None
    audience: tuple[Iri, ...]
    canonical: bytes
    digest: Digest


@dataclass(frozen=True, slots=True)
class Commitment:
    """What one side commits to: so much of the Intent that `satisfies` names, as of that version of the Proposal."""

    iri: Iri | None
    satisfies: Iri
    quantity: Quantity
    proposal_version: int | None
    proposal_digest: Digest | None


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """An Agreement: as asked for (without `iri`), as accepted (with it), or as changed (`supersedes` names it)."""

    iri: Iri | None
    attributed_to: ActorIri | None
    commitment: Commitment
    counterfactual: Counterfactual
    supersedes: Iri | None


@dataclass(frozen=True, slots=True)
class Event:
    """An EconomicEvent: a handover, or with `mirrors` (or by the receiver) a receipt. `digest` as for a Proposal."""

    iri: Iri
    action: Action
    agreement_iri: Iri
    fulfills: Iri
    provider: ActorIri
    receiver: ActorIri
    quantity: Quantity
    occurred_at: datetime
    mirrors: Iri | None
    digest: Digest


def parse_proposal(document: JsonObject, *, published_default: datetime | None, canonical: bytes | None) -> Proposal:
    """The Proposal that a document states, standing alone. Raises InvalidMessage or InvalidIdentifier.

    `canonical` is the document's canonical form where the caller has it already; None lets it be made here. FEP-0837
    leaves out what we always write: an absent `version` is 1, an absent `availableQuantity` the whole quantity, an
    absent name or content empty, an absent `published` is `published_default` (refused where that is None). What a
    `reciprocal` Intent asks in return is not read.
    """
    require_type(document, "Proposal")
    iri = required_iri(document, "id")
    if document.get("unitBased", False) is not False:
        raise InvalidMessage("unitBased quantities are not understood")
    intent = required_object(document, "publishes")
    intent_iri = _intent_iri(intent, proposal_iri=iri)
    quantity, available, minimum = _intent_quantities(intent)
    latitude, longitude = _place(document)
    published = parse_instant(document["published"]) if "published" in document else published_default
    if published is None:
        raise InvalidMessage("published is absent")
    canonical = canonicalize(document) if canonical is None else canonical
    return Proposal(
        iri=iri,
        purpose=_purpose(document),
        attributed_to=required_actor_iri(document, "attributedTo"),
        name=optional_line(document, "name", chars_max=NAME_CHARS_MAX) or "",
        content=optional_paragraphs(document, "content", chars_max=CONTENT_CHARS_MAX) or "",
        version=optional_integer(document, "version", largest=SAFE_INTEGER_MAX) or 1,
        published=published,
        closes_at=parse_instant(document["endTime"]) if "endTime" in document else None,
        action=_action(intent),
        intent_iri=intent_iri,
        category_iri=optional_iri(intent, "resourceConformsTo"),
        quantity=quantity,
        available=available,
        minimum=minimum,
        latitude=latitude,
        longitude=longitude,
        condition=optional_line(intent, "condition", chars_max=NAME_CHARS_MAX),
        mass_grams=optional_integer(intent, "massGrams", largest=QUANTITY_MAX),
        audience=required_audience(document),
        canonical=canonical,
        digest=sha256_digest(canonical),
    )


def parse_agreement_terms(document: JsonObject) -> AgreementTerms:
    """The terms that an Agreement states. Raises InvalidMessage or InvalidIdentifier.

    What is stipulated in return (`stipulatesReciprocal`) is not read. An absent or unknown counterfactual is
    `not-said`.
    """
    require_type(document, "Agreement")
    said = optional_code(document, "counterfactual")
    return AgreementTerms(
        iri=optional_iri(document, "id"),
        attributed_to=required_actor_iri(document, "attributedTo") if "attributedTo" in document else None,
        commitment=_commitment(required_object(document, "stipulates")),
        counterfactual=Counterfactual(said) if said in tuple(Counterfactual) else Counterfactual.NOT_SAID,
        supersedes=optional_iri(document, "supersedes"),
    )


def parse_event(document: JsonObject, *, canonical: bytes | None) -> Event:
    """The EconomicEvent that a document states, standing alone. Raises InvalidMessage or InvalidIdentifier.

    `canonical` is the document's canonical form where the caller has it already; None lets it be made here.
    """
    require_type(document, "EconomicEvent")
    return Event(
        iri=required_iri(document, "id"),
        action=_action(document),
        agreement_iri=required_iri(document, "context"),
        fulfills=required_iri(document, "fulfills"),
        provider=required_actor_iri(document, "provider"),
        receiver=required_actor_iri(document, "receiver"),
        quantity=parse_quantity(document.get("resourceQuantity"), allow_zero=False),
        occurred_at=parse_instant(document.get("hasPointInTime")),
        mirrors=optional_iri(document, "mirrors"),
        digest=sha256_digest(canonicalize(document) if canonical is None else canonical),
    )


def _commitment(document: JsonObject) -> Commitment:
    require_type(document, "Commitment")
    return Commitment(
        iri=optional_iri(document, "id"),
        satisfies=required_iri(document, "satisfies"),
        quantity=parse_quantity(document.get("resourceQuantity"), allow_zero=False),
        proposal_version=optional_integer(document, "proposalVersion", largest=SAFE_INTEGER_MAX),
        proposal_digest=optional_digest(document, "proposalDigest"),
    )


def _intent_iri(intent: JsonObject, *, proposal_iri: Iri) -> Iri:
    require_type(intent, "Intent")
    intent_iri = required_iri(intent, "id")
    # A part of the Proposal's document, and so under the same authority (FEP-0837: a fragment of its id).
    if not intent_iri.startswith(f"{proposal_iri}#"):
        raise InvalidMessage("the Intent's id is not a fragment of the Proposal's")
    return intent_iri


def _intent_quantities(intent: JsonObject) -> tuple[Quantity, Quantity, Quantity | None]:
    """The whole, the available and the least quantity, checked to be of one unit and in order."""
    whole = parse_quantity(intent.get("resourceQuantity"), allow_zero=False)
    available, minimum = whole, None
    if "availableQuantity" in intent:
        available = parse_quantity(intent["availableQuantity"], allow_zero=True)
    if "minimumQuantity" in intent:
        minimum = parse_quantity(intent["minimumQuantity"], allow_zero=False)
    for part in (available, minimum):
        if part is not None and (part.unit is not whole.unit or part.value > whole.value):
            raise InvalidMessage("a part of the quantity is in another unit or larger than the whole")
    return whole, available, minimum


def _place(document: JsonObject) -> tuple[float | None, float | None]:
    """Latitude and longitude of `location`; None and None where there is none, or a place without coordinates."""
    if "location" not in document:
        return None, None
    place = required_object(document, "location")
    require_type(place, "Place")
    if "latitude" not in place and "longitude" not in place:
        return None, None
    return required_degrees(place, "latitude", largest=90), required_degrees(place, "longitude", largest=180)


def _purpose(document: JsonObject) -> Purpose:
    value = document.get("purpose")
    if value not in (Purpose.OFFER, Purpose.REQUEST):
        raise InvalidMessage(f"unknown purpose {value!r}")
    return Purpose(value)


def _action(document: JsonObject) -> Action:
    value = document.get("action")
    if not isinstance(value, str) or value not in tuple(Action):
        raise InvalidMessage(f"unknown action {value!r}")
    return Action(value)
