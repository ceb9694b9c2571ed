"""Ending what was asked or agreed: withdrawn by who asked, revoked by who said yes."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import Agreement
from node.domain.outcomes import refuse
from node.operations.author import Author
from node.operations.decide_request import load_request_to_us
from node.operations.threads import load_state, say_in_thread
from node.store import agreements, audit, peers
from protocol.agreements import AgreementState, Phase
from protocol.compose import compose_reject, compose_undo
from protocol.vocabulary import CancelCode

_ENDED = frozenset({Phase.REJECTED, Phase.WITHDRAWN, Phase.CANCELLED, Phase.COMPLETED, Phase.GIVEN})


@dataclass(frozen=True, slots=True)
class WithdrawRequest:
    """Take back a request of ours, or cancel what is still open of the agreement it led to."""

    reference: str
    code: CancelCode


@dataclass(frozen=True, slots=True)
class RevokeRequest:
    """Cancel what is still open of a request that we accepted."""

    reference: str
    code: CancelCode


def withdraw_request(
    connection: sqlite3.Connection, command: WithdrawRequest, *, author: Author, now: datetime
) -> Agreement:
    """Send the Undo. What was given stays given."""
    agreement = agreements.find_agreement(connection, command.reference)
    if agreement is None:
        raise refuse("not-found", f"There is no request {command.reference}; krets request list shows them.")
    if agreement.we_propose:
        raise refuse(
            "not-ours", f"Request {agreement.id} was made by {agreement.peer_name}. To cancel: krets request revoke."
        )
    _check_open(agreement)
    peer = peers.load_peer(connection, agreement.peer_id)
    state = load_state(connection, agreement, author=author)
    _check_something_held(agreement, state)
    unsigned = compose_undo(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=agreement.request_iri,
        code=command.code,
        agreement_iri=agreement.agreement_iri,
        seen=state.heads,
    )
    say_in_thread(connection, unsigned, agreement=agreement, peer=peer, author=author, now=now)
    return _ended(connection, agreement, action="request.withdraw", code=command.code, now=now)


def revoke_request(
    connection: sqlite3.Connection, command: RevokeRequest, *, author: Author, now: datetime
) -> Agreement:
    """Send the Reject that cancels the agreement. What was given stays given."""
    agreement = load_request_to_us(connection, command.reference)
    if agreement.phase is Phase.REQUESTED:
        raise refuse("not-agreed", f"Request {agreement.id} has not been accepted. To say no: krets request reject.")
    _check_open(agreement)
    peer = peers.load_peer(connection, agreement.peer_id)
    state = load_state(connection, agreement, author=author)
    _check_something_held(agreement, state)
    unsigned = compose_reject(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=agreement.request_iri,
        object_digest=state.root.header.digest,
        code=command.code,
        agreement_iri=agreement.agreement_iri,
        available=None,
        text=None,
        seen=state.heads,
    )
    say_in_thread(connection, unsigned, agreement=agreement, peer=peer, author=author, now=now)
    return _ended(connection, agreement, action="request.revoke", code=command.code, now=now)


def _check_open(agreement: Agreement) -> None:
    if agreement.phase in _ENDED:
        raise refuse("ended", f"Request {agreement.id} is {agreement.phase.value}; nothing of it is open.")


def _check_something_held(agreement: Agreement, state: AgreementState) -> None:
    if state.disputes and agreement.held == 0:
        raise refuse(
            "disputed",
            f"Nothing of agreement {agreement.id} is held any more, so there is nothing to end. A dispute ends when the"
            " receiver signs for what it disputed, or when whoever disputed takes it back: krets handover dispute"
            f" {agreement.id} --withdraw.",
        )


def _ended(
    connection: sqlite3.Connection, agreement: Agreement, *, action: str, code: CancelCode, now: datetime
) -> Agreement:
    audit.record_audit(
        connection, actor="self", action=action, subject=agreement.request_iri, detail={"code": code.value}, now=now
    )
    return agreements.load_agreement(connection, agreement.request_iri)
