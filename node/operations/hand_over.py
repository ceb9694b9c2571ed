"""Giving, receiving and disputing what was agreed. Parts are allowed."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import Agreement
from node.domain.outcomes import refuse
from node.domain.peers import Peer
from node.domain.quantities import base_units_of, quantity_of
from node.operations.author import Author
from node.operations.threads import load_state, say_in_thread
from node.store import agreements, audit, messages, peers
from protocol.activities import RecordEvent, parse_recorded
from protocol.agreements import AgreementState, Phase
from protocol.compose import compose_create, compose_event, compose_reject, compose_undo
from protocol.documents import Event
from protocol.identifiers import ActorIri, Iri
from protocol.proofs import sign_document
from protocol.vocabulary import Action, DisputeCode


@dataclass(frozen=True, slots=True)
class GiveHandover:
    """We have handed over so much; None means all that is still open."""

    reference: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class ReceiveHandover:
    """We have received so much; None means what the giver says it gave."""

    reference: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class DisputeHandover:
    """What the other side says about its newest handover or receipt is not so."""

    reference: str
    code: DisputeCode
    text: str | None


@dataclass(frozen=True, slots=True)
class WithdrawDispute:
    """We no longer contest what we disputed."""

    reference: str


def give(connection: sqlite3.Connection, command: GiveHandover, *, author: Author, now: datetime) -> Agreement:
    """Sign that we handed over. Raises RefusedError beyond what is still held."""
    agreement = _load_running(connection, command.reference)
    if not agreement.we_give:
        raise refuse(
            "not-giver", f"{agreement.peer_name} gives here. To confirm: krets handover receive {agreement.id}."
        )
    quantity = agreement.held if command.quantity is None else command.quantity
    if agreement.held == 0:
        raise refuse("nothing-open", "Everything that was agreed has been handed over or cancelled.")
    if not 1 <= quantity <= agreement.held:
        raise refuse("quantity", f"{_up_to(agreement.held)} can still be handed over.")
    _record_event(connection, agreement, quantity=quantity, mirrors=None, author=author, now=now)
    _audit(connection, "handover.give", agreement, {"quantity": quantity}, now=now)
    return agreements.load_agreement(connection, agreement.request_iri)


def receive(connection: sqlite3.Connection, command: ReceiveHandover, *, author: Author, now: datetime) -> Agreement:
    """Sign that we received: the giver's oldest unconfirmed handover, or without one, on our own word.

    A number is needed where there is no handover to confirm, or it is disputed: nobody signs for what was not announced
    by leaving a number out, or by saying it twice.
    """
    agreement = _load_running(connection, command.reference)
    if agreement.we_give:
        raise refuse("not-receiver", f"We give here. To hand over: krets handover give {agreement.id}.")
    state = load_state(connection, agreement, author=author)
    mirrored = next(iter((*state.open_handovers, *state.disputed_handovers)), None)
    most = agreement.quantity - (agreement.given if mirrored is None else agreement.received)
    if most == 0 or (mirrored is None and agreement.held == 0):
        raise refuse("nothing-open", "Everything that was agreed has been received or cancelled.")
    quantity = command.quantity
    if quantity is None:
        quantity = _confirmed_quantity(agreement, state)
    if not 1 <= quantity <= most:
        raise refuse("quantity", f"{_up_to(most)} can still be received.")
    _record_event(
        connection, agreement, quantity=quantity, mirrors=None if mirrored is None else mirrored.iri, author=author,
        now=now,
    )  # fmt: skip
    _audit(connection, "handover.receive", agreement, {"quantity": quantity}, now=now)
    return agreements.load_agreement(connection, agreement.request_iri)


def dispute(connection: sqlite3.Connection, command: DisputeHandover, *, author: Author, now: datetime) -> Agreement:
    """Sign that the other side's newest handover or receipt is not as it says; people settle it from there."""
    agreement = _load_running(connection, command.reference)
    state = load_state(connection, agreement, author=author)
    peer = peers.load_peer(connection, agreement.peer_id)
    event = _newest_event_of_peer(connection, agreement, state)
    unsigned = compose_reject(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=event.iri,
        object_digest=event.digest,
        code=command.code,
        agreement_iri=agreement.agreement_iri,
        available=None,
        text=command.text,
        seen=state.heads,
    )
    said = say_in_thread(connection, unsigned, agreement=agreement, peer=peer, author=author, now=now)
    messages.record_thread_object(connection, said.header.iri, thread_iri=agreement.request_iri)
    _audit(connection, "handover.dispute", agreement, {"code": command.code.value, "event": event.iri}, now=now)
    return agreements.load_agreement(connection, agreement.request_iri)


def withdraw_dispute(
    connection: sqlite3.Connection, command: WithdrawDispute, *, author: Author, now: datetime
) -> Agreement:
    """Take back our newest dispute of this agreement. Raises RefusedError if we have none open."""
    agreement = _load_running(connection, command.reference)
    state = load_state(connection, agreement, author=author)
    ours = [known for known in state.disputes if known.header.actor_iri == author.actor_iri]
    if not ours:
        raise refuse("nothing-disputed", f"We dispute nothing of agreement {agreement.id}.")
    peer = peers.load_peer(connection, agreement.peer_id)
    unsigned = compose_undo(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=ours[-1].header.iri,
        code=None,
        agreement_iri=agreement.agreement_iri,
        seen=state.heads,
    )
    say_in_thread(connection, unsigned, agreement=agreement, peer=peer, author=author, now=now)
    _audit(connection, "handover.dispute-withdrawn", agreement, {"dispute": ours[-1].header.iri}, now=now)
    return agreements.load_agreement(connection, agreement.request_iri)


def _confirmed_quantity(agreement: Agreement, state: AgreementState) -> int:
    """What the giver says it gave. A signature for anything else needs a number that a person has counted."""
    if state.open_handovers:
        return base_units_of(state.open_handovers[0].quantity.value, unit=agreement.unit)
    if state.disputed_handovers:
        raise refuse("disputed", "This handover is disputed. To settle that, say what has arrived: --quantity.")
    raise refuse(
        "nothing-to-confirm",
        f"{agreement.peer_name} has handed over nothing that waits to be confirmed. To sign for what has arrived all"
        " the same, say how much: --quantity.",
    )


def _up_to(most: int) -> str:
    return "Only 1" if most == 1 else f"Between 1 and {most}"


def _load_running(connection: sqlite3.Connection, reference: str) -> Agreement:
    agreement = agreements.find_agreement(connection, reference)
    if agreement is None:
        raise refuse("not-found", f"There is no agreement {reference}; krets agreement list shows them.")
    if agreement.phase is Phase.REQUESTED and agreement.we_propose:
        raise refuse("not-agreed", f"Request {agreement.id} waits for your yes: krets request accept {agreement.id}.")
    if agreement.agreement_iri is None or agreement.phase in (Phase.REQUESTED, Phase.REJECTED, Phase.WITHDRAWN):
        raise refuse("not-agreed", f"Agreement {agreement.id} is {agreement.phase.value}; nothing has been agreed.")
    return agreement


def _record_event(
    connection: sqlite3.Connection,
    agreement: Agreement,
    *,
    quantity: int,
    mirrors: Iri | None,
    author: Author,
    now: datetime,
) -> None:
    peer = peers.load_peer(connection, agreement.peer_id)
    state = load_state(connection, agreement, author=author)
    if state.commitment_iri is None or state.agreement_iri is None:
        raise LookupError("a running agreement has a commitment")
    provider, receiver = _sides(agreement, peer, author)
    event_iri = author.mint("events")
    event = compose_event(
        iri=event_iri,
        action=Action.TRANSFER,
        agreement_iri=state.agreement_iri,
        fulfills=state.commitment_iri,
        provider=provider,
        receiver=receiver,
        quantity=quantity_of(quantity, unit=agreement.unit),
        occurred_at=now,
        mirrors=mirrors,
        context=author.context,
    )
    unsigned = compose_create(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        audience=(peer.actor_iri,),
        published=now,
        context=author.context,
        signed_object=sign_document(event, key=author.proof_key, created=now),
        agreement_iri=state.agreement_iri,
        seen=state.heads,
    )
    messages.record_thread_object(connection, event_iri, thread_iri=agreement.request_iri)
    say_in_thread(connection, unsigned, agreement=agreement, peer=peer, author=author, now=now)


def _sides(agreement: Agreement, peer: Peer, author: Author) -> tuple[ActorIri, ActorIri]:
    if agreement.we_give:
        return author.actor_iri, peer.actor_iri
    return peer.actor_iri, author.actor_iri


def _newest_event_of_peer(connection: sqlite3.Connection, agreement: Agreement, state: AgreementState) -> Event:
    for stored in reversed(messages.list_thread(connection, agreement.request_iri)):
        if stored.peer_id == agreement.peer_id and stored.digest not in state.illegal:
            activity = parse_recorded(stored.body)
            if isinstance(activity, RecordEvent):
                return activity.event
    raise refuse("nothing-to-dispute", f"{agreement.peer_name} has not handed over or confirmed anything yet.")


def _audit(
    connection: sqlite3.Connection, action: str, agreement: Agreement, detail: dict[str, object], *, now: datetime
) -> None:
    audit.record_audit(connection, actor="self", action=action, subject=agreement.request_iri, detail=detail, now=now)
