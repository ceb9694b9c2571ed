"""One authentic message of a peer: judged, applied, answered and stored in one transaction."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from node.domain.agreements import has_room
from node.domain.outcomes import Refused, RefusedError, refuse
from node.domain.peers import Peer, decide_admission
from node.domain.requests import Approval
from node.operations.author import Author
from node.operations.receive_exchange import receive_exchange_message, receive_request
from node.operations.receive_peering import receive_block, receive_follow, receive_follow_answer, receive_unfollow
from node.operations.receive_proposal import receive_deletion, receive_proposal
from node.store import agreements, audit, messages, peers
from protocol.activities import (
    Accept,
    Activity,
    Block,
    CreateProposal,
    DeleteProposal,
    Follow,
    RecordEvent,
    Reject,
    Request,
    Undo,
    UpdateProposal,
)

APPLIED = "applied"
ILLEGAL = "illegal"


@dataclass(frozen=True, slots=True)
class Signature:
    """The HTTP signature that brought the message: its key, and what keeps it from being used twice."""

    key_iri: str
    nonce: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What the message came to: `applied` or `illegal`; `repeated` if it had been received before."""

    outcome: str
    repeated: bool


def receive_activity(
    connection: sqlite3.Connection,
    activity: Activity,
    *,
    signature: Signature,
    author: Author,
    approval: Approval,
    now: datetime,
) -> Received:
    """Apply the activity and return its outcome; a repetition returns the stored outcome and changes nothing.

    Raises RefusedError, which undoes everything, with the codes `replayed`, `conflict`, `unknown-peer`, `blocked`,
    `not-followed`, `not-accepted` and `too-many`. An authentic message of a peer in good standing is always stored,
    also when it is illegal in the state of its agreement.
    """
    header = activity.header
    if not audit.record_nonce(
        connection, key_iri=signature.key_iri, nonce=signature.nonce, expires_at=signature.expires_at
    ):
        raise refuse("replayed", "This signature has been used before. Sign the message anew.")
    known = messages.find_message(connection, header.iri)
    if known is not None:
        if known.digest != header.digest:
            raise refuse("conflict", "Another message with this id has been received. Use a new id.")
        return Received(outcome=known.outcome, repeated=True)
    peer = peers.find_peer_by_actor(connection, header.actor_iri)
    if peer is None:
        raise refuse("unknown-peer", "This node does not know you. Send a Follow first.")
    thread_iri = _find_thread(connection, activity, peer=peer)
    match decide_admission(peer, activity, in_thread=thread_iri is not None):
        case Refused() as refused:
            raise RefusedError(refused)
        case None:
            pass
    if _begins_thread(activity):
        if messages.find_thread(connection, header.iri) is not None:
            raise refuse("conflict", "Something else with this id has been received. Use a new id.")
        thread_iri = header.iri
    elif thread_iri is not None:
        share = messages.load_share(connection, thread_iri, peer_id=peer.id)
        if not has_room(share, body_bytes=len(header.body), automatic=False):
            raise refuse("too-many", "You have said all that one party may say about one agreement.")
    message_id = messages.record_message(
        connection, activity, peer_id=peer.id, thread_iri=thread_iri, outcome=APPLIED, now=now
    )
    applied = _apply(connection, activity, peer=peer, thread_iri=thread_iri, author=author, approval=approval, now=now)
    outcome = APPLIED if applied else ILLEGAL
    if not applied:
        messages.record_outcome(connection, message_id, ILLEGAL)
    peers.record_heard(connection, peer.id, now=now)
    audit.record_audit(
        connection, actor=peer.actor_iri, action=f"receive.{type(activity).__name__}", subject=header.iri,
        detail={"outcome": outcome}, now=now,
    )  # fmt: skip
    return Received(outcome=outcome, repeated=False)


def _begins_thread(activity: Activity) -> bool:
    return isinstance(activity, Request) and activity.terms.supersedes is None


def _find_thread(connection: sqlite3.Connection, activity: Activity, *, peer: Peer) -> str | None:
    """The thread with this peer that the message belongs to, or None if it is about no agreement of ours with it.

    An Accept that gives its agreement the id of another one joins none: one id is one agreement.
    """
    match activity:
        case Request(terms=terms):
            named = terms.supersedes
        case RecordEvent(event=event):
            named = event.agreement_iri
        case Accept() | Reject() | Undo():
            named = activity.object_iri
        case _:
            named = None
    thread_iri = None if named is None else messages.find_thread(connection, named)
    agreement = None if thread_iri is None else agreements.find_agreement(connection, thread_iri)
    if agreement is None or agreement.peer_id != peer.id:
        return None
    if isinstance(activity, Accept) and activity.result is not None and activity.result.iri is not None:
        taken_by = messages.find_thread(connection, activity.result.iri)
        return thread_iri if taken_by in (None, thread_iri) else None
    return thread_iri


def _apply(
    connection: sqlite3.Connection,
    activity: Activity,
    *,
    peer: Peer,
    thread_iri: str | None,
    author: Author,
    approval: Approval,
    now: datetime,
) -> bool:
    """Whether the message had an effect that the protocol allows."""
    match activity:
        case Follow():
            return receive_follow(connection, activity, peer=peer, author=author, now=now)
        case Block():
            return receive_block(connection, activity, peer=peer, author=author, now=now)
        case CreateProposal() | UpdateProposal():
            return receive_proposal(connection, activity, peer=peer, author=author)
        case DeleteProposal():
            return receive_deletion(connection, activity, peer=peer, now=now)
        case Request(terms=terms) if terms.supersedes is None:
            return receive_request(connection, activity, peer=peer, author=author, approval=approval, now=now)
        case Request() | RecordEvent():
            return receive_exchange_message(
                connection, activity, peer=peer, thread_iri=thread_iri, author=author, now=now
            )
        case Accept() | Reject() if activity.object_iri == peer.following_iri:
            return receive_follow_answer(connection, activity, peer=peer, now=now)
        case Undo() if activity.object_iri == peer.follower_iri:
            return receive_unfollow(connection, peer=peer)
        case Accept() | Reject() | Undo():
            return receive_exchange_message(
                connection, activity, peer=peer, thread_iri=thread_iri, author=author, now=now
            )
        case _:
            assert_never(activity)
