"""Our own proposals as the world sees them: writing the document, and saying anew how much is left."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.catalogue import CatalogueEntry
from node.domain.places import Coordinates
from node.domain.quantities import quantity_of
from node.operations.author import Author
from node.operations.publishing import audience_of, publish_to_tiers
from node.store import proposals
from protocol.canonical import canonicalize, sha256_digest
from protocol.compose import compose_create, compose_delete, compose_proposal, compose_update
from protocol.feeds import FeedName, feeds_with_sight, tier_feed_iri
from protocol.identifiers import Iri
from protocol.proofs import sign_document
from protocol.strict_json import JsonObject
from protocol.vocabulary import Action, Purpose, Tier, Unit


@dataclass(frozen=True, slots=True)
class Draft:
    """What a proposal of ours is to say. `quantity` and `available` are base units of `unit`."""

    iri: Iri
    purpose: Purpose
    item_id: int | None
    name: str
    content: str
    category_iri: Iri | None
    unit: Unit
    quantity: int
    available: int
    minimum: int | None
    condition: str | None
    mass_grams: int | None
    tier: Tier
    coordinates: Coordinates | None
    closes_at: datetime | None
    version: int
    terms_version: int
    published_at: datetime


def publish_draft(
    connection: sqlite3.Connection, draft: Draft, *, before: Tier | None, author: Author, now: datetime
) -> CatalogueEntry:
    """Sign the proposal, store it, and tell every feed that may see it; `before` is the tier it had, if any.

    Widening appends a Create to the feeds that gain sight of it, narrowing a Delete to those that lose it, and
    the feeds that keep sight get an Update. Nothing leaves the node for the tier `own`.
    """
    signed = sign_document(_unsigned_proposal(draft, author=author), key=author.proof_key, created=now)
    had = () if before is None else feeds_with_sight(before)
    has = feeds_with_sight(draft.tier)
    gained = tuple(name for name in has if name not in had)
    kept = tuple(name for name in has if name in had)
    lost = tuple(name for name in had if name not in has)
    audience = audience_of(draft.tier, author=author)
    _record_draft(connection, draft, signed=signed, author=author)
    for names, compose in ((gained, compose_create), (kept, compose_update)):
        if names:
            unsigned = compose(
                iri=author.mint("activities"),
                actor_iri=author.actor_iri,
                audience=audience,
                published=now,
                context=author.context,
                signed_object=signed,
            )
            publish_to_tiers(connection, unsigned, names=names, author=author, now=now)
    if lost:
        _publish_delete(connection, draft.iri, version=draft.version, names=lost, author=author, now=now)
    return _load_own(connection, draft.iri)


def withdraw(connection: sqlite3.Connection, entry: CatalogueEntry, *, author: Author, now: datetime) -> CatalogueEntry:
    """Take our proposal out of the catalogue here and, by a tombstone, at every peer that saw it."""
    version = entry.version + 1
    proposals.record_withdrawn(connection, entry.iri, version=version, now=now)
    names = feeds_with_sight(entry.tier)
    if names:
        _publish_delete(connection, entry.iri, version=version, names=names, author=author, now=now)
    return _load_own(connection, entry.iri)


def draft_of(entry: CatalogueEntry) -> Draft:
    """What our published proposal says, as a draft of its next version with the same terms."""
    return Draft(
        iri=entry.iri,
        purpose=entry.purpose,
        item_id=entry.item_id,
        name=entry.name,
        content=entry.content,
        category_iri=entry.category_iri,
        unit=entry.unit,
        quantity=entry.quantity,
        available=entry.available,
        minimum=entry.minimum,
        condition=entry.condition,
        mass_grams=entry.mass_grams,
        tier=entry.tier,
        coordinates=entry.coordinates,
        closes_at=entry.closes_at,
        version=entry.version + 1,
        terms_version=entry.terms_version,
        published_at=entry.published_at,
    )


def republish_availability(connection: sqlite3.Connection, iri: Iri, *, author: Author, now: datetime) -> None:
    """Say how much of our proposal is left now; when all of it has been given, withdraw it."""
    entry = proposals.find_own_entry(connection, iri)
    if entry is None or entry.withdrawn_at is not None:
        return
    if entry.given >= entry.quantity:
        withdraw(connection, entry, author=author, now=now)
        return
    publish_draft(connection, draft_of(entry), before=entry.tier, author=author, now=now)


def _unsigned_proposal(draft: Draft, *, author: Author) -> JsonObject:
    return compose_proposal(
        iri=draft.iri,
        purpose=draft.purpose,
        attributed_to=author.actor_iri,
        name=draft.name,
        content=draft.content,
        version=draft.version,
        published=draft.published_at,
        closes_at=draft.closes_at,
        action=Action.TRANSFER,
        category_iri=draft.category_iri,
        quantity=quantity_of(draft.quantity, unit=draft.unit),
        available=quantity_of(draft.available, unit=draft.unit),
        minimum=None if draft.minimum is None else quantity_of(draft.minimum, unit=draft.unit),
        latitude=None if draft.coordinates is None else draft.coordinates.latitude,
        longitude=None if draft.coordinates is None else draft.coordinates.longitude,
        condition=draft.condition,
        mass_grams=draft.mass_grams,
        audience=audience_of(draft.tier, author=author),
        context=author.context,
    )


def _record_draft(connection: sqlite3.Connection, draft: Draft, *, signed: JsonObject, author: Author) -> None:
    document = canonicalize(signed)
    category = None if draft.category_iri is None else author.scheme.find(draft.category_iri)
    row = proposals.ProposalRow(
        iri=draft.iri,
        peer_id=None,
        publisher_iri=author.actor_iri,
        item_id=draft.item_id,
        purpose=draft.purpose,
        name=draft.name,
        content=draft.content,
        category_iri=draft.category_iri,
        category_words="" if category is None else " ".join(category.words()),
        unit=draft.unit,
        quantity=draft.quantity,
        stated_available=None,
        minimum=draft.minimum,
        condition=draft.condition,
        mass_grams=draft.mass_grams,
        tier=draft.tier,
        coordinates=draft.coordinates,
        closes_at=draft.closes_at,
        version=draft.version,
        terms_version=draft.terms_version,
        digest=sha256_digest(document),
        document=document,
        published_at=draft.published_at,
    )
    proposals.record_proposal(connection, row)


def _publish_delete(
    connection: sqlite3.Connection,
    iri: Iri,
    *,
    version: int,
    names: tuple[FeedName, ...],
    author: Author,
    now: datetime,
) -> None:
    unsigned = compose_delete(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        audience=tuple(tier_feed_iri(author.origin, name) for name in names),
        published=now,
        context=author.context,
        proposal_iri=iri,
        version=version,
    )
    publish_to_tiers(connection, unsigned, names=names, author=author, now=now)


def _load_own(connection: sqlite3.Connection, iri: Iri) -> CatalogueEntry:
    entry = proposals.find_own_entry(connection, iri)
    if entry is None:
        raise LookupError(iri)
    return entry
