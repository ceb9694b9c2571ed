"""Offering an item, changing the offer, saying what we need, and withdrawing either."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from node.domain.catalogue import CatalogueEntry
from node.domain.inventory import LAST_DAY, Item, Releasable, decide_release
from node.domain.outcomes import Refused, RefusedError, refuse
from node.operations.author import Author
from node.operations.availability import Draft, draft_of, publish_draft, withdraw
from node.operations.edit_inventory import load_item, load_present_item, resolve_category
from node.operations.threads import decline_unmeetable
from node.store import audit, proposals
from protocol.limits import NAME_CHARS_MAX
from protocol.vocabulary import Purpose, Tier, Unit


@dataclass(frozen=True, slots=True)
class PublishOffer:
    """Offer so many pieces of an item to a tier; `gone_by_on` is the last day it can be had."""

    item_ref: str
    quantity: int
    tier: Tier
    gone_by_on: date | None
    minimum: int | None


@dataclass(frozen=True, slots=True)
class EditOffer:
    """Change an open offer; None leaves a term as it is."""

    offer_ref: str
    quantity: int | None
    tier: Tier | None
    gone_by_on: date | None
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class PublishNeed:
    """Say that we need so many of something by a day; the category is guessed from the text if absent."""

    text: str
    quantity: int
    by_on: date | None
    category: str | None
    tier: Tier


@dataclass(frozen=True, slots=True)
class WithdrawProposal:
    """Take an offer or need of ours out of the catalogue."""

    reference: str
    purpose: Purpose


def publish_offer(
    connection: sqlite3.Connection, command: PublishOffer, *, author: Author, now: datetime
) -> CatalogueEntry:
    """Publish the offer to every feed that may see its tier."""
    item = load_present_item(connection, command.item_ref)
    _check_release(item, quantity=command.quantity, tier=command.tier, author=author)
    closes_at = _end_of_day(command.gone_by_on or item.gone_by_on, now=now)
    _check_minimum(command.minimum, quantity=command.quantity)
    draft = Draft(
        iri=author.mint("proposals"),
        purpose=Purpose.OFFER,
        item_id=item.id,
        name=item.name,
        content=item.notes or "",
        category_iri=item.category_iri,
        unit=Unit.ONE,
        quantity=command.quantity,
        available=command.quantity,
        minimum=command.minimum,
        condition=item.condition,
        mass_grams=item.mass_grams,
        tier=command.tier,
        coordinates=author.coordinates,
        closes_at=closes_at,
        version=1,
        terms_version=1,
        published_at=now,
    )
    entry = publish_draft(connection, draft, before=None, author=author, now=now)
    _audit(connection, "offer.publish", entry, now=now)
    return entry


def edit_offer(connection: sqlite3.Connection, command: EditOffer, *, author: Author, now: datetime) -> CatalogueEntry:
    """Publish the next version of the offer. Fewer than are promised or given cannot be offered."""
    entry = load_own(connection, command.offer_ref, purpose=Purpose.OFFER)
    if command == EditOffer(command.offer_ref, quantity=None, tier=None, gone_by_on=None):
        raise refuse("nothing", "Say what to change, for example --quantity 4.")
    quantity, tier = command.quantity or entry.quantity, command.tier or entry.tier
    if command.quantity is not None and command.quantity < max(1, entry.promised + entry.given):
        raise refuse("quantity", f"{entry.promised + entry.given} are promised or given; offer at least those.")
    minimum = command.minimum or entry.minimum
    _check_minimum(minimum, quantity=quantity)
    item = load_item(connection, str(entry.item_id))
    spared = replace(item, offered=item.offered - (entry.quantity - entry.given))
    _check_release(spared, quantity=quantity - entry.given, tier=tier, author=author)
    draft = replace(
        draft_of(entry),
        quantity=quantity,
        available=quantity - entry.promised - entry.given,
        minimum=minimum,
        tier=tier,
        closes_at=entry.closes_at if command.gone_by_on is None else _end_of_day(command.gone_by_on, now=now),
        terms_version=entry.version + 1,
    )
    edited = publish_draft(connection, draft, before=entry.tier, author=author, now=now)
    decline_unmeetable(connection, entry.iri, author=author, now=now)
    _audit(connection, "offer.edit", edited, now=now)
    return edited


def publish_need(
    connection: sqlite3.Connection, command: PublishNeed, *, author: Author, now: datetime
) -> CatalogueEntry:
    """Publish the need to every feed that may see its tier."""
    text = command.text.strip()
    if not 0 < len(text) <= NAME_CHARS_MAX:
        raise refuse("text", f"Say in 1 to {NAME_CHARS_MAX} characters what you need.")
    if command.quantity < 1:
        raise refuse("quantity", "The quantity must be 1 or more.")
    category = resolve_category(command.category, author=author) or author.scheme.find_by_text(text)
    if category is None:
        slugs = ", ".join(known.slug for known in author.scheme.categories)
        raise refuse("category", f"What kind of thing is it? Add --category with one of: {slugs}.")
    draft = Draft(
        iri=author.mint("proposals"),
        purpose=Purpose.REQUEST,
        item_id=None,
        name=text,
        content="",
        category_iri=category.iri,
        unit=Unit.ONE,
        quantity=command.quantity,
        available=command.quantity,
        minimum=None,
        condition=None,
        mass_grams=None,
        tier=command.tier,
        coordinates=author.coordinates,
        closes_at=_end_of_day(command.by_on, now=now),
        version=1,
        terms_version=1,
        published_at=now,
    )
    entry = publish_draft(connection, draft, before=None, author=author, now=now)
    _audit(connection, "need.publish", entry, now=now)
    return entry


def withdraw_proposal(
    connection: sqlite3.Connection, command: WithdrawProposal, *, author: Author, now: datetime
) -> CatalogueEntry:
    """Withdraw it everywhere; who waits for it is answered at once, what is agreed stays agreed."""
    entry = load_own(connection, command.reference, purpose=command.purpose)
    gone = withdraw(connection, entry, author=author, now=now)
    decline_unmeetable(connection, entry.iri, author=author, now=now)
    _audit(connection, f"{_noun(command.purpose)}.withdraw", gone, now=now)
    return gone


def load_own(connection: sqlite3.Connection, reference: str, *, purpose: Purpose) -> CatalogueEntry:
    """Our own open offer or need. Raises RefusedError with advice if there is none."""
    entry = proposals.find_own_entry(connection, reference)
    noun = _noun(purpose)
    if entry is None or entry.purpose is not purpose:
        raise refuse("not-found", f"There is no {noun} {reference}; krets {noun} list shows them.")
    if entry.withdrawn_at is not None:
        raise refuse("withdrawn", f"The {noun} {reference} has been withdrawn already.")
    return entry


def _check_release(item: Item, *, quantity: int, tier: Tier, author: Author) -> None:
    category = None if item.category_iri is None else author.scheme.find(item.category_iri)
    match decide_release(item, category=category, quantity=quantity, tier=tier):
        case Refused() as refused:
            raise RefusedError(refused)
        case Releasable():
            return


def _check_minimum(minimum: int | None, *, quantity: int) -> None:
    if minimum is not None and not 1 <= minimum <= quantity:
        raise refuse("minimum", f"The smallest part must be from 1 to the quantity offered, {quantity}: --minimum.")


def _end_of_day(on: date | None, *, now: datetime) -> datetime | None:
    """The end of that day in UTC. Raises RefusedError if it is past, or further away than any list reaches."""
    if on is None:
        return None
    if on > LAST_DAY:
        raise refuse("date", f"{on.isoformat()} is too far away. Leave the day out where there is no end.")
    end = datetime.combine(on + timedelta(days=1), time(), tzinfo=UTC)
    if end <= now:
        raise refuse("date", f"{on.isoformat()} is past. Give a day from today on.")
    return end


def _noun(purpose: Purpose) -> str:
    return "offer" if purpose is Purpose.OFFER else "need"


def _audit(connection: sqlite3.Connection, action: str, entry: CatalogueEntry, *, now: datetime) -> None:
    audit.record_audit(
        connection, actor="self", action=action, subject=entry.iri,
        detail={"version": entry.version, "quantity": entry.quantity, "tier": entry.tier.value}, now=now,
    )  # fmt: skip
