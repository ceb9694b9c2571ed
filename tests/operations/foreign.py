"""Messages as other software might write them: signed by a town's key, outside its own operations."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from node.domain.agreements import Agreement
from node.store import messages
from protocol.activities import parse_recorded
from protocol.compose import (
    compose_accept_request,
    compose_agreement,
    compose_create,
    compose_event,
    compose_reject,
    compose_request,
    seal,
)
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.proofs import sign_document
from protocol.strict_json import JsonObject
from protocol.vocabulary import Action, Counterfactual, Quantity, Unit
from tests.cast import Town


def sealed(town: Town, unsigned: JsonObject) -> bytes:
    """The bytes of a message that the town signs."""
    return seal(unsigned, key=town.author.proof_key, created=town.clock.now)


def compose_for(town: Town, compose: Callable[..., JsonObject], **fields: object) -> bytes:
    """A message of the town with the fields that every message has filled in."""
    return sealed(
        town,
        compose(
            iri=town.author.mint("activities"), actor_iri=town.actor_iri, published=town.clock.now,
            context=town.author.context, **fields,
        ),
    )  # fmt: skip


def pieces(count: int) -> Quantity:
    """So many."""
    return Quantity(Decimal(count), Unit.ONE)


def a_request(
    town: Town, to: Town, satisfies: str, *, quantity: Quantity, supersedes: Iri | None = None,
    seen: Iterable[str] = (), iri: Iri | None = None,
) -> bytes:  # fmt: skip
    """A request, or with `supersedes` a change of an agreement."""
    return sealed(
        town,
        compose_request(
            iri=iri or town.author.mint("activities"), actor_iri=town.actor_iri, to=to.actor_iri,
            satisfies=Iri(satisfies), quantity=quantity, proposal_version=None, proposal_digest=None,
            counterfactual=Counterfactual.NOT_SAID, expires_at=None, seen=frozenset(Digest(one) for one in seen),
            published=town.clock.now, context=town.author.context, supersedes=supersedes,
        ),
    )  # fmt: skip


def an_accept(town: Town, to: Town, request_iri: str, *, agreement_iri: Iri) -> bytes:
    """Yes to a request that the town has, with this id for the agreement."""
    stored = messages.list_thread(town.connection, request_iri)[0]
    request = parse_recorded(stored.body)
    commitment = request.terms.commitment  # type: ignore[union-attr]
    terms = compose_agreement(
        iri=agreement_iri, attributed_to=town.actor_iri, commitment_iri=Iri(f"{agreement_iri}#primary"),
        satisfies=commitment.satisfies, quantity=commitment.quantity, proposal_version=None, proposal_digest=None,
        counterfactual=Counterfactual.NOT_SAID, context=town.author.context,
    )  # fmt: skip
    return compose_for(
        town, compose_accept_request, object_iri=Iri(request_iri), object_digest=Digest(stored.digest),
        to=to.actor_iri, signed_agreement=sign_document(terms, key=town.author.proof_key, created=town.clock.now),
        seen=frozenset({Digest(stored.digest)}),
    )  # fmt: skip


def a_close(town: Town, agreement: Agreement, giver: ActorIri, *, quantity: int, seen: Iterable[str]) -> bytes:
    """The receiver's own count, without a handover of the giver."""
    assert agreement.agreement_iri is not None
    event = compose_event(
        iri=town.author.mint("events"), action=Action.TRANSFER, agreement_iri=agreement.agreement_iri,
        fulfills=Iri(f"{agreement.agreement_iri}#primary"), provider=giver, receiver=town.actor_iri,
        quantity=pieces(quantity), occurred_at=town.clock.now, mirrors=None, context=town.author.context,
    )  # fmt: skip
    return compose_for(
        town, compose_create, audience=(giver,), agreement_iri=agreement.agreement_iri,
        signed_object=sign_document(event, key=town.author.proof_key, created=town.clock.now),
        seen=frozenset(Digest(one) for one in seen),
    )  # fmt: skip


def a_no(town: Town, to: Town, object_iri: str, *, text: str | None = None) -> bytes:
    """A Reject of whatever it is."""
    return compose_for(
        town, compose_reject, object_iri=Iri(object_iri), to=to.actor_iri, code="policy", text=text, seen=frozenset()
    )


def fill_thread(town: Town, speaker: Town, request_iri: str, *, count: int, text: str | None = None) -> None:
    """So many messages of one party that mean nothing, as if `town` had taken or sent them one by one."""
    peer_id = None if speaker is town else town.peer(speaker).id
    for _ in range(count):
        message = parse_recorded(a_no(speaker, town, request_iri, text=text))
        messages.record_message(
            town.connection, message, peer_id=peer_id, thread_iri=request_iri, outcome="illegal", now=town.clock.now
        )
