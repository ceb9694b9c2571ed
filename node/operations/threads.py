"""From the messages of an agreement to its derived state, and from a change of state to the stock.

One way in for every message, ours or theirs: recompute the state, write it, move the stock by the difference,
tell the catalogue, and answer those whom the change leaves without.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from node.domain.agreements import Agreement, stock_taken_of
from node.domain.outcomes import refuse
from node.domain.peers import Peer
from node.domain.quantities import base_units_of, quantity_of
from node.operations.author import Author
from node.operations.availability import republish_availability
from node.operations.publishing import publish_to_peer
from node.store import agreements, audit, items, messages, peers, proposals
from protocol.activities import Accept, Activity, RecordEvent, Reject, Request, Undo, parse_recorded
from protocol.agreements import AgreementState, Phase, state_of
from protocol.compose import compose_reject
from protocol.identifiers import Iri
from protocol.strict_json import JsonObject
from protocol.vocabulary import Purpose, RefusalCode

ExchangeMessage = Request | Accept | Reject | Undo | RecordEvent

PENDING_MAX = 1_000
"""Requests waiting for one proposal that are answered in one transaction."""


def load_state(connection: sqlite3.Connection, agreement: Agreement, *, author: Author) -> AgreementState:
    """The state of the thread, computed anew from its stored messages."""
    peer = peers.load_peer(connection, agreement.peer_id)
    proposer, respondent = author.actor_iri, peer.actor_iri
    if not agreement.we_propose:
        proposer, respondent = respondent, proposer
    thread = messages.list_thread(connection, agreement.request_iri)
    return state_of(
        _exchange_messages(parse_recorded(stored.body) for stored in thread),
        proposer=proposer,
        respondent=respondent,
        purpose=agreement.purpose,
    )


def apply_thread(connection: sqlite3.Connection, request_iri: str, *, author: Author, now: datetime) -> AgreementState:
    """Bring row, stock and catalogue to what the thread's messages say now."""
    before = agreements.load_agreement(connection, request_iri)
    state = load_state(connection, before, author=author)
    derived = _derived_of(before, state)
    agreements.record_state(connection, before.id, derived, now=now)
    if before.we_give and before.item_id is not None:
        _apply_to_item(connection, before, before.item_id, given=derived.given, now=now)
    if before.we_propose:
        _apply_to_proposal(connection, before.proposal_iri, author=author, now=now)
    return state


def say_in_thread(
    connection: sqlite3.Connection,
    unsigned: JsonObject,
    *,
    agreement: Agreement,
    peer: Peer,
    author: Author,
    now: datetime,
) -> Activity:
    """Send what a person says about an agreement, and bring everything to what it says now.

    Raises RefusedError, which undoes everything, if it would have no effect: nobody signs what means nothing.
    """
    said = publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=agreement.request_iri, now=now)
    state = apply_thread(connection, agreement.request_iri, author=author, now=now)
    reason = state.illegal.get(said.header.digest)
    if reason is not None:
        raise refuse("no-effect", f"Agreement {agreement.id} is {agreement.phase.value}; that is ruled out: {reason}.")
    return said


def _apply_to_item(
    connection: sqlite3.Connection, before: Agreement, item_id: int, *, given: int, now: datetime
) -> None:
    """Promise what all agreements hold of the item, and let what was given leave the stock."""
    item = items.find_item(connection, str(item_id))
    if item is None:
        raise LookupError(f"no item {item_id}")
    promised = agreements.sum_held_of_item(connection, item_id)
    taken = stock_taken_of(given=given, taken=before.stock_taken, owned=item.quantity, promised=promised)
    items.record_stock(connection, item_id, promised=promised, quantity=item.quantity + before.stock_taken - taken)
    agreements.record_stock_taken(connection, before.id, taken)
    if taken < given and given != before.given:
        audit.record_audit(
            connection, actor="self", action="stock.short", subject=item.iri,
            detail={"agreement": before.id, "given": given, "taken": taken}, now=now,
        )  # fmt: skip


def _apply_to_proposal(connection: sqlite3.Connection, iri: Iri, *, author: Author, now: datetime) -> None:
    """Count what all agreements hold and have given of our proposal, and tell the catalogue if that has changed.

    Never more than the proposal is about: a giver may offer more than our need, and a receiver may claim what we had
    cancelled, but neither makes more of it.
    """
    entry = proposals.find_own_entry(connection, iri)
    if entry is None:
        return
    held, given = agreements.sum_of_proposal(connection, iri)
    promised = min(held, entry.quantity)
    given = min(given, entry.quantity - promised)
    if (promised, given) == (entry.promised, entry.given):
        return
    proposals.record_stock(connection, iri, promised=promised, given=given)
    if promised + given != entry.promised + entry.given or given == entry.quantity:
        republish_availability(connection, iri, author=author, now=now)
        decline_unmeetable(connection, iri, author=author, now=now)


def decline_unmeetable(connection: sqlite3.Connection, proposal_iri: str, *, author: Author, now: datetime) -> int:
    """Answer at once everybody who waits for more of the proposal than is left. Returns how many."""
    entry = proposals.find_entry(connection, proposal_iri)
    left = 0 if entry is None or entry.withdrawn_at is not None else entry.available
    wanted = agreements.AgreementFilter(phases=frozenset({Phase.REQUESTED}), proposal_iri=proposal_iri, we_propose=True)
    declined = [
        agreement
        for agreement in agreements.list_agreements(connection, wanted, limit=PENDING_MAX)
        if agreement.quantity > left
    ]
    for agreement in declined:
        decline(
            connection, agreement, code=RefusalCode.UNAVAILABLE, text="Somebody was quicker.", available=left,
            author=author, now=now,
        )  # fmt: skip
    return len(declined)


def decline(
    connection: sqlite3.Connection,
    agreement: Agreement,
    *,
    code: RefusalCode,
    text: str | None,
    available: int | None,
    author: Author,
    now: datetime,
) -> None:
    """Say no to a request for a proposal of ours, with what this asker could still get."""
    state = load_state(connection, agreement, author=author)
    peer = peers.load_peer(connection, agreement.peer_id)
    unsigned = compose_reject(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=agreement.request_iri,
        object_digest=state.root.header.digest,
        code=code,
        agreement_iri=None,
        available=quantity_of(available, unit=agreement.unit) if available else None,
        text=text,
        seen=state.heads,
    )
    publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=agreement.request_iri, now=now)
    apply_thread(connection, agreement.request_iri, author=author, now=now)


def _exchange_messages(activities: Iterable[Activity]) -> Iterable[ExchangeMessage]:
    for activity in activities:
        if isinstance(activity, Request | Accept | Reject | Undo | RecordEvent):
            yield activity


def _derived_of(before: Agreement, state: AgreementState) -> agreements.DerivedState:
    unit = before.unit
    refusal = state.refusal
    available = None if refusal is None else refusal.available
    return agreements.DerivedState(
        agreement_iri=state.agreement_iri,
        phase=state.phase,
        quantity=base_units_of(state.quantity, unit=unit),
        given=base_units_of(state.given, unit=unit),
        received=base_units_of(state.received, unit=unit),
        held=base_units_of(state.held, unit=unit),
        refusal_code=state.refusal_code or state.cancel_code,
        refusal_text=None if refusal is None else refusal.text,
        still_available=None if available is None else base_units_of(available.value, unit=unit),
    )


def purpose_gives(purpose: Purpose, *, we_propose: bool) -> bool:
    """Whether this node is the giver: the proposer of an offer, the respondent of a need."""
    return we_propose == (purpose is Purpose.OFFER)
