"""Answering a request for a proposal of ours: yes, no, or too late."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import Agreement
from node.domain.outcomes import refuse
from node.operations.author import Author
from node.operations.publishing import publish_to_peer
from node.operations.threads import apply_thread, decline, load_state
from node.store import agreements, audit, messages, peers, proposals
from protocol.agreements import Phase
from protocol.compose import compose_accept_request, compose_agreement
from protocol.identifiers import Iri
from protocol.proofs import sign_document
from protocol.vocabulary import RefusalCode

_DECIDED = frozenset({Phase.AGREED, Phase.PARTLY_GIVEN, Phase.GIVEN, Phase.COMPLETED})


@dataclass(frozen=True, slots=True)
class AcceptRequest:
    """Say yes to this request."""

    reference: str


@dataclass(frozen=True, slots=True)
class RejectRequest:
    """Say no to this request, with a code and perhaps a word for people."""

    reference: str
    code: RefusalCode
    text: str | None


def accept_request(
    connection: sqlite3.Connection, command: AcceptRequest, *, author: Author, now: datetime
) -> Agreement:
    """Accept the request; whoever waits for more than is left then is answered in the same transaction.

    A request that has been accepted already is returned as it is. Raises RefusedError if it cannot be met.
    """
    agreement = load_request_to_us(connection, command.reference)
    if agreement.phase in _DECIDED:
        return agreement
    if agreement.phase is not Phase.REQUESTED:
        raise refuse("decided", f"Request {agreement.id} is {agreement.phase.value}; it can no longer be accepted.")
    if agreement.expires_at is not None and agreement.expires_at < now:
        raise refuse("expired", f"Request {agreement.id} has expired; the asker must ask again.")
    entry = proposals.find_own_entry(connection, agreement.proposal_iri)
    if entry is None or entry.withdrawn_at is not None:
        raise refuse("withdrawn", "What was asked for has been withdrawn. Reject the request.")
    if agreement.quantity > entry.available:
        raise refuse("unavailable", f"Only {entry.available} are left of what was asked for. Reject the request.")
    send_accept(connection, agreement, author=author, now=now)
    audit.record_audit(
        connection, actor="self", action="request.accept", subject=agreement.request_iri,
        detail={"quantity": agreement.quantity}, now=now,
    )  # fmt: skip
    return agreements.load_agreement(connection, agreement.request_iri)


def reject_request(
    connection: sqlite3.Connection, command: RejectRequest, *, author: Author, now: datetime
) -> Agreement:
    """Reject the request. One that was rejected already is returned as it is."""
    agreement = load_request_to_us(connection, command.reference)
    if agreement.phase is Phase.REJECTED:
        return agreement
    if agreement.phase in _DECIDED:
        raise refuse(
            "decided", f"Request {agreement.id} has been accepted. To cancel it: krets request revoke {agreement.id}."
        )
    if agreement.phase is not Phase.REQUESTED:
        raise refuse("decided", f"Request {agreement.id} is {agreement.phase.value}; there is nothing to reject.")
    entry = proposals.find_own_entry(connection, agreement.proposal_iri)
    available = None if entry is None or entry.withdrawn_at is not None else entry.available
    decline(connection, agreement, code=command.code, text=command.text, available=available, author=author, now=now)
    audit.record_audit(
        connection, actor="self", action="request.reject", subject=agreement.request_iri,
        detail={"code": command.code.value}, now=now,
    )  # fmt: skip
    return agreements.load_agreement(connection, agreement.request_iri)


def expire_requests(connection: sqlite3.Connection, *, author: Author, now: datetime, limit: int) -> int:
    """Answer every request that ran out unanswered with a signed Reject. Returns how many."""
    expired = agreements.list_expired(connection, now=now, limit=limit)
    for agreement in expired:
        decline(
            connection, agreement, code=RefusalCode.EXPIRED, text="Nobody answered in time.", available=None,
            author=author, now=now,
        )  # fmt: skip
    return len(expired)


def send_accept(connection: sqlite3.Connection, agreement: Agreement, *, author: Author, now: datetime) -> None:
    """Sign the agreement and the Accept that carries it, and take the stock."""
    peer = peers.load_peer(connection, agreement.peer_id)
    state = load_state(connection, agreement, author=author)
    asked = state.root.terms
    agreement_iri = author.mint("agreements")
    terms = compose_agreement(
        iri=agreement_iri,
        attributed_to=author.actor_iri,
        commitment_iri=Iri(f"{agreement_iri}#primary"),
        satisfies=asked.commitment.satisfies,
        quantity=asked.commitment.quantity,
        proposal_version=asked.commitment.proposal_version,
        proposal_digest=asked.commitment.proposal_digest,
        counterfactual=asked.counterfactual,
        context=author.context,
    )
    unsigned = compose_accept_request(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=agreement.request_iri,
        object_digest=state.root.header.digest,
        signed_agreement=sign_document(terms, key=author.proof_key, created=now),
        seen=state.heads,
    )
    messages.record_thread_object(connection, agreement_iri, thread_iri=agreement.request_iri)
    publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=agreement.request_iri, now=now)
    apply_thread(connection, agreement.request_iri, author=author, now=now)


def load_request_to_us(connection: sqlite3.Connection, reference: str) -> Agreement:
    """The request for a proposal of ours. Raises RefusedError with advice if there is none."""
    agreement = agreements.find_agreement(connection, reference)
    if agreement is None:
        raise refuse("not-found", f"There is no request {reference}; krets request list shows them.")
    if not agreement.we_propose:
        raise refuse("not-ours", f"Request {agreement.id} is one that we made; {agreement.peer_name} decides about it.")
    return agreement
