"""A peer's messages about agreements: requests, decisions, cancellations, handovers and disputes."""

import sqlite3
from datetime import datetime

from node.domain.agreements import Agreement, has_room
from node.domain.catalogue import CatalogueEntry
from node.domain.peers import FollowerState, Peer
from node.domain.quantities import base_units_of
from node.domain.requests import Approval, AskedFor, Declined, Granted, Waiting, decide_request
from node.operations.author import Author
from node.operations.decide_request import send_accept
from node.operations.publishing import publish_to_peer
from node.operations.threads import apply_thread, decline
from node.store import agreements, messages, proposals
from protocol.activities import Accept, RecordEvent, Reject, Request, Undo
from protocol.agreements import AgreementState
from protocol.compose import compose_reject
from protocol.vocabulary import Purpose, RefusalCode


def receive_request(
    connection: sqlite3.Connection,
    request: Request,
    *,
    peer: Peer,
    author: Author,
    approval: Approval,
    now: datetime,
) -> bool:
    """Begin the thread, and answer at once where there is nothing to wait for."""
    proposal_iri = request.terms.commitment.satisfies.partition("#")[0]
    entry = proposals.find_own_entry(connection, proposal_iri) if not proposal_iri.isdecimal() else None
    begun = _begin(connection, request, entry, proposal_iri=proposal_iri, peer=peer, now=now)
    apply_thread(connection, begun.request_iri, author=author, now=now)
    asked = AskedFor(
        quantity=begun.quantity,
        proposal_version=request.terms.commitment.proposal_version,
        expires_at=request.expires_at,
    )
    if entry is not None and entry.unit is not request.terms.commitment.quantity.unit:
        entry = None
    granted_tier = peer.granted_tier if peer.follower_state is FollowerState.ACCEPTED else None
    match decide_request(entry, asked, granted_tier=granted_tier, approval=approval, now=now):
        case Granted():
            send_accept(connection, begun, author=author, now=now)
        case Declined(code=code, text=text, available=available):
            decline(connection, begun, code=code, text=text, available=available, author=author, now=now)
        case Waiting():
            pass
    return True


def receive_exchange_message(
    connection: sqlite3.Connection,
    activity: Request | Accept | Reject | Undo | RecordEvent,
    *,
    peer: Peer,
    thread_iri: str | None,
    author: Author,
    now: datetime,
) -> bool:
    """Recompute the agreement with the message in its set. False if it had no legal effect there.

    A message about nothing that we have with this peer (`thread_iri` is None) is stored and has no effect.
    """
    if thread_iri is None:
        return False
    agreement = agreements.load_agreement(connection, thread_iri)
    _name_objects(connection, activity, thread_iri=agreement.request_iri)
    state = apply_thread(connection, agreement.request_iri, author=author, now=now)
    if activity.header.digest in state.illegal:
        return False
    if isinstance(activity, Request):
        _refuse_change(connection, activity, agreement, state, peer=peer, author=author, now=now)
    return True


def _begin(
    connection: sqlite3.Connection,
    request: Request,
    entry: CatalogueEntry | None,
    *,
    proposal_iri: str,
    peer: Peer,
    now: datetime,
) -> Agreement:
    asked = request.terms.commitment.quantity
    purpose = Purpose.OFFER if entry is None else entry.purpose
    begun = agreements.NewAgreement(
        request_iri=request.header.iri,
        proposal_iri=entry.iri if entry is not None else request.terms.commitment.satisfies,
        proposal_name=entry.name if entry is not None else proposal_iri,
        purpose=purpose,
        peer_id=peer.id,
        we_propose=True,
        we_give=purpose is Purpose.OFFER,
        item_id=None if entry is None else entry.item_id,
        unit=asked.unit,
        quantity=base_units_of(asked.value, unit=asked.unit),
        expires_at=request.expires_at,
    )
    messages.record_thread_object(connection, request.header.iri, thread_iri=request.header.iri)
    agreements.record_agreement(connection, begun, now=now)
    return agreements.load_agreement(connection, request.header.iri)


def _name_objects(
    connection: sqlite3.Connection, activity: Request | Accept | Reject | Undo | RecordEvent, *, thread_iri: str
) -> None:
    """Remember the objects that the message brings, because later messages name them."""
    match activity:
        case Accept(result=result) if result is not None and result.iri is not None:
            messages.record_thread_object(connection, result.iri, thread_iri=thread_iri)
        case RecordEvent(event=event):
            messages.record_thread_object(connection, event.iri, thread_iri=thread_iri)
        case Request(header=header) | Reject(header=header):
            # A change is answered by its id, a dispute taken back.
            messages.record_thread_object(connection, header.iri, thread_iri=thread_iri)
        case _:
            pass


def _refuse_change(
    connection: sqlite3.Connection,
    change: Request,
    agreement: Agreement,
    state: AgreementState,
    *,
    peer: Peer,
    author: Author,
    now: datetime,
) -> None:
    """Answer a change of an agreement: this node does not make or take changes yet, and says so at once.

    A peer that has made us say so very often is left without an answer; an open change of its own stops it.
    """
    said = messages.load_share(connection, agreement.request_iri, peer_id=None)
    if not has_room(said, body_bytes=0, automatic=True):
        return
    unsigned = compose_reject(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=change.header.iri,
        object_digest=change.header.digest,
        code=RefusalCode.POLICY,
        text="This node does not change agreements; cancel and ask anew.",
        seen=state.heads,
    )
    publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=agreement.request_iri, now=now)
    apply_thread(connection, agreement.request_iri, author=author, now=now)
