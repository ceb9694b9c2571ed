"""The catalogue: proposals of our own and of peers alike, and which need an offer answers."""

from dataclasses import dataclass
from datetime import datetime

from node.domain.places import Coordinates, distance_km
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.vocabulary import Purpose, Tier, Unit


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One published offer or need, ours (`peer_id` None) or a peer's.

    `quantity`, `promised`, `given` and `available` are base units of `unit`. For a peer's entry `promised` and
    `given` are 0 and `available` is what the peer last said. `terms_version` is the version of the last change
    that a request must have known of; mere changes of availability keep it.
    """

    id: int
    iri: Iri
    peer_id: int | None
    publisher_name: str
    publisher_iri: ActorIri
    item_id: int | None
    purpose: Purpose
    name: str
    content: str
    category_iri: Iri | None
    unit: Unit
    quantity: int
    promised: int
    given: int
    available: int
    minimum: int | None
    condition: str | None
    mass_grams: int | None
    tier: Tier
    coordinates: Coordinates | None
    closes_at: datetime | None
    version: int
    terms_version: int
    digest: Digest
    published_at: datetime
    withdrawn_at: datetime | None

    @property
    def own(self) -> bool:
        """Whether this node published it."""
        return self.peer_id is None

    @property
    def intent_iri(self) -> Iri:
        """What a commitment satisfies."""
        return Iri(f"{self.iri}#primary")


@dataclass(frozen=True, slots=True)
class Match:
    """An offer that answers a need, and why."""

    need_iri: Iri
    offer: CatalogueEntry
    distance_km: float | None
    because: str


@dataclass(frozen=True, slots=True)
class NoMatch:
    """The offer does not answer the need."""

    because: str


def decide_match(need: CatalogueEntry, offer: CatalogueEntry, *, now: datetime) -> Match | NoMatch:
    """An offer answers a need of the same category if it is open and has enough in the same unit."""
    if need.purpose is not Purpose.REQUEST or offer.purpose is not Purpose.OFFER:
        raise ValueError("a match is between a need and an offer")
    if need.publisher_iri == offer.publisher_iri:
        return NoMatch(because="both are the same organisation's")
    if need.category_iri is None or need.category_iri != offer.category_iri:
        return NoMatch(because="another category")
    if offer.withdrawn_at is not None or (offer.closes_at is not None and offer.closes_at <= now):
        return NoMatch(because="the offer has closed")
    wanted = need.quantity - need.given - need.promised
    if wanted <= 0:
        return NoMatch(because="the need is met")
    if offer.unit is not need.unit or offer.available < wanted:
        return NoMatch(because="not enough available")
    apart = None
    if need.coordinates is not None and offer.coordinates is not None:
        apart = distance_km(need.coordinates, offer.coordinates)
    reason = f"same category, {offer.available} available of {wanted} needed"
    if apart is not None:
        reason += f", {apart:.0f} km away"
    return Match(need_iri=need.iri, offer=offer, distance_km=apart, because=reason)
