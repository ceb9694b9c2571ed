"""Asking for something in the catalogue, or offering to fill a need that stands in it."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import Agreement
from node.domain.catalogue import CatalogueEntry
from node.domain.inventory import Item, Releasable, decide_release
from node.domain.outcomes import Refused, RefusedError, refuse
from node.domain.peers import FollowingState, Peer
from node.domain.quantities import quantity_of
from node.domain.requests import decide_asking
from node.operations.author import Author
from node.operations.edit_inventory import load_present_item
from node.operations.publishing import publish_to_peer
from node.operations.threads import apply_thread
from node.store import agreements, audit, messages, peers, proposals
from protocol.activities import Request
from protocol.compose import compose_request
from protocol.vocabulary import Counterfactual, Purpose, Tier


@dataclass(frozen=True, slots=True)
class MakeRequest:
    """Ask for so many; `item_ref` names what we give when the proposal is a need."""

    reference: str
    quantity: int
    item_ref: str | None
    counterfactual: Counterfactual


def make_request(
    connection: sqlite3.Connection, command: MakeRequest, *, author: Author, expires_at: datetime, now: datetime
) -> Agreement:
    """Send the request to the publisher. The publisher's node has the last word; its answer comes by itself."""
    found = proposals.find_entry_by_reference(connection, command.reference)
    entry = decide_asking(found, quantity=command.quantity, giving_item=command.item_ref is not None, now=now)
    if isinstance(entry, Refused):
        raise RefusedError(entry)
    peer = _publisher(connection, entry)
    item = None if command.item_ref is None else _item_to_give(connection, command, entry, author=author)
    request = _send(connection, command, entry, peer=peer, author=author, expires_at=expires_at, now=now)
    begun = agreements.NewAgreement(
        request_iri=request.header.iri,
        proposal_iri=entry.iri,
        proposal_name=entry.name,
        purpose=entry.purpose,
        peer_id=peer.id,
        we_propose=False,
        we_give=entry.purpose is Purpose.REQUEST,
        item_id=None if item is None else item.id,
        unit=entry.unit,
        quantity=command.quantity,
        expires_at=expires_at,
    )
    agreements.record_agreement(connection, begun, now=now)
    apply_thread(connection, request.header.iri, author=author, now=now)
    audit.record_audit(
        connection, actor="self", action="request.make", subject=request.header.iri,
        detail={"proposal": entry.iri, "quantity": command.quantity}, now=now,
    )  # fmt: skip
    return agreements.load_agreement(connection, request.header.iri)


def _publisher(connection: sqlite3.Connection, entry: CatalogueEntry) -> Peer:
    if entry.peer_id is None:
        raise LookupError(f"{entry.iri} is our own")
    peer = peers.load_peer(connection, entry.peer_id)
    if peer.blocked or peer.following_state is not FollowingState.ACCEPTED:
        raise refuse("not-followed", f"We no longer exchange with {peer.name}; krets peer list shows where it stands.")
    return peer


def _item_to_give(
    connection: sqlite3.Connection, command: MakeRequest, entry: CatalogueEntry, *, author: Author
) -> Item:
    item = load_present_item(connection, str(command.item_ref))
    category = None if item.category_iri is None else author.scheme.find(item.category_iri)
    match decide_release(item, category=category, quantity=command.quantity, tier=Tier.PARTNERS):
        case Refused() as refused:
            raise RefusedError(refused)
        case Releasable():
            pass
    if item.category_iri != entry.category_iri:
        raise refuse("category", f"Item {item.id} is of another category than what is needed.")
    return item


def _send(
    connection: sqlite3.Connection,
    command: MakeRequest,
    entry: CatalogueEntry,
    *,
    peer: Peer,
    author: Author,
    expires_at: datetime,
    now: datetime,
) -> Request:
    iri = author.mint("activities")
    unsigned = compose_request(
        iri=iri,
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        satisfies=entry.intent_iri,
        quantity=quantity_of(command.quantity, unit=entry.unit),
        proposal_version=entry.version,
        proposal_digest=entry.digest,
        counterfactual=command.counterfactual,
        expires_at=expires_at,
        seen=frozenset(),
        published=now,
        context=author.context,
    )
    messages.record_thread_object(connection, iri, thread_iri=iri)
    request = publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=iri, now=now)
    if not isinstance(request, Request):
        raise TypeError("composed a request and read back something else")
    return request
