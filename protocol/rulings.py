"""Whether one message is a legal step, judged in the view of its sender.

Here: which step a message is, who may take it (by the table in `protocol.transitions`), and what it must say besides:
the details of the rules R1 to R8 that `protocol.agreements` lists. Not here: finding the view, and adding up.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from protocol.activities import Accept, RecordEvent, Reject, Request, Undo
from protocol.documents import Event
from protocol.errors import ProtocolError
from protocol.identifiers import ActorIri, same_origin
from protocol.ledger import ExchangeMessage, Ledger
from protocol.transitions import TRANSITIONS, Role, Step

# Steps of an agreement that goes on. The table has them in `disputed`, which an agreement can be after its end too.
_STEPS_BEFORE_THE_END = frozenset({Step.WITHDRAW, Step.REVOKE, Step.CHANGE, Step.HANDOVER, Step.CLOSE})


class IllegalStep(ProtocolError):
    """The message has no effect; the text says why. Caught in `protocol.agreements`, where it becomes a value."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A legal step, with what it is about: a change, an event that it records or disputes, a dispute taken back."""

    step: Step
    change: Request | None = None
    event: Event | None = None
    dispute: Reject | None = None


def rule_on(message: ExchangeMessage, *, view: Ledger, handed: Decimal) -> Ruling:
    """The legal step that the message is. Raises IllegalStep.

    `view` is what its sender had seen; `handed` is the sum of all handovers that come before in the causal order, also
    those that the sender had not seen, which for a sender with one memory is the same.
    """
    ruling = _named_step(message, view=view)
    allowed = TRANSITIONS[view.phase()].get(ruling.step)
    if allowed is None:
        raise IllegalStep(f"no {ruling.step} while {view.phase()}")
    if allowed not in _roles_of(message.header.actor_iri, view=view, named=ruling.change or ruling.dispute):
        raise IllegalStep(f"{ruling.step} is for the {allowed}")
    if view.is_ended and ruling.step in _STEPS_BEFORE_THE_END:
        raise IllegalStep(f"no {ruling.step} after the end")
    match message:
        case Request():
            _check_change(message, view=view)
        case Accept():
            _check_accept(message, view=view, accepted=ruling.change or view.root)
        case Reject() | Undo():
            _check_refusal(message, ruling=ruling, view=view)
        case RecordEvent():
            _check_event(message, step=ruling.step, view=view, handed=handed)
        case _:
            assert_never(message)
    return ruling


def _named_step(message: ExchangeMessage, *, view: Ledger) -> Ruling:
    """The step that a message means by its type and by what it names."""
    match message:
        case Request():
            if message.terms.supersedes is None:
                raise IllegalStep("another request opened this agreement")
            return Ruling(Step.CHANGE, change=message)
        case Accept():
            if message.object_iri == view.root.header.iri:
                return Ruling(Step.ACCEPT)
            return Ruling(Step.ACCEPT_CHANGE, change=_named_change(message, view=view))
        case Undo():
            if message.object_iri == view.root.header.iri:
                return Ruling(Step.WITHDRAW)
            dispute = view.find_dispute(message.object_iri)
            if dispute is not None:
                return Ruling(Step.WITHDRAW_DISPUTE, dispute=dispute.reject)
            return Ruling(Step.WITHDRAW_CHANGE, change=_named_change(message, view=view))
        case Reject():
            return _named_refusal(message, view=view)
        case RecordEvent():
            if message.event.mirrors is not None:
                return Ruling(Step.RECEIPT, event=message.event)
            is_giver = message.header.actor_iri == view.parties.giver
            return Ruling(Step.HANDOVER if is_giver else Step.CLOSE, event=message.event)
        case _:
            assert_never(message)


def _named_refusal(message: Reject, *, view: Ledger) -> Ruling:
    if message.object_iri == view.root.header.iri:
        return Ruling(Step.DECLINE if message.agreement_iri is None else Step.REVOKE)
    handover = view.find_handover(message.object_iri)
    if handover is not None:
        return Ruling(Step.DISPUTE_HANDOVER, event=handover)
    receipt = view.find_receipt(message.object_iri)
    if receipt is not None:
        return Ruling(Step.DISPUTE_RECEIPT, event=receipt)
    return Ruling(Step.DECLINE_CHANGE, change=_named_change(message, view=view))


def _named_change(message: Accept | Reject | Undo, *, view: Ledger) -> Request:
    digest = None if isinstance(message, Undo) else message.object_digest
    change = view.find_change(message.object_iri, digest=digest)
    if change is None:
        raise IllegalStep("it names nothing that its sender had seen")
    if change not in view.open_changes():
        raise IllegalStep("the change is answered or withdrawn already")
    return change.request


def _roles_of(actor_iri: ActorIri, *, view: Ledger, named: Request | Reject | None) -> set[Role]:
    parties = view.parties
    roles = {
        Role.EITHER,
        Role.PROPOSER if actor_iri == parties.proposer else Role.RESPONDENT,
        Role.GIVER if actor_iri == parties.giver else Role.RECEIVER,
    }
    if named is not None:
        roles.add(Role.AUTHOR if actor_iri == named.header.actor_iri else Role.COUNTERPARTY)
    return roles


def _check_accept(message: Accept, *, view: Ledger, accepted: Request) -> None:
    """Rules R1 and R5: the answer is to exactly this request, in time, and says the same thing with ids."""
    result = message.result
    if result is None or result.iri is None:
        raise IllegalStep("it leads to no agreement")
    if message.object_digest != accepted.header.digest:
        raise IllegalStep("it does not name the digest of what it accepts")
    asked = accepted.terms.commitment
    if result.commitment.quantity != asked.quantity or result.commitment.satisfies != asked.satisfies:
        raise IllegalStep("it agrees to something else than was asked")
    if accepted.expires_at is not None and message.header.published > accepted.expires_at:
        raise IllegalStep("what it accepts had expired")
    if accepted is view.root:
        if not same_origin(result.iri, view.parties.proposer):
            raise IllegalStep("the agreement is not of the proposer's origin")
        return
    if result.iri != accepted.terms.supersedes or not view.has_commitment(result.iri, result.commitment.iri):
        raise IllegalStep("a changed agreement keeps its ids")
    if asked.quantity.value < view.given:
        raise IllegalStep("more has been given already")


def _check_refusal(message: Reject | Undo, *, ruling: Ruling, view: Ledger) -> None:
    """Rules R2, R3, R4 and R8: what is named is what is meant, and it is not settled already."""
    if message.agreement_iri is not None and not view.has_agreement(message.agreement_iri):
        raise IllegalStep("it names another agreement")
    is_about_root = ruling.step in (Step.DECLINE, Step.REVOKE)
    if isinstance(message, Reject) and is_about_root and message.object_digest not in (None, view.root.header.digest):
        raise IllegalStep("it names another request by its digest")
    if ruling.event is not None:
        if any(dispute.event.iri == ruling.event.iri for dispute in view.open_disputes):
            raise IllegalStep("the event is disputed already")
        if ruling.step is Step.DISPUTE_HANDOVER and view.is_receipted(ruling.event):
            raise IllegalStep("the receiver has receipted the handover")


def _check_change(message: Request, *, view: Ledger) -> None:
    """Rule R5: about this agreement, the same thing in the same unit, and one at a time."""
    asked, first = message.terms.commitment, view.root.terms.commitment
    if not view.has_agreement(message.terms.supersedes):
        raise IllegalStep("it supersedes another agreement")
    if asked.satisfies != first.satisfies or asked.quantity.unit is not first.quantity.unit:
        raise IllegalStep("a change is about the same thing in the same unit")
    if view.find_change(message.header.iri, digest=None) is not None:
        raise IllegalStep("its id is used already")
    author = message.header.actor_iri
    if any(change.request.header.actor_iri == author for change in view.open_changes()):
        raise IllegalStep("its author has a change open already")


def _check_event(message: RecordEvent, *, step: Step, view: Ledger, handed: Decimal) -> None:
    """Rules R6 and R7: under the commitment, between the right two, in the unit, within what is agreed."""
    event, parties = message.event, view.parties
    if not view.has_commitment(event.agreement_iri, event.fulfills):
        raise IllegalStep("it fulfills no commitment of this agreement")
    if (event.provider, event.receiver) != (parties.giver, parties.receiver):
        raise IllegalStep("it is not from the giver to the receiver")
    if event.quantity.unit is not view.root.terms.commitment.quantity.unit:
        raise IllegalStep("it is in another unit than the agreement")
    if view.find_handover(event.iri) is not None or view.find_receipt(event.iri) is not None:
        raise IllegalStep("its id is used already")
    if step is Step.RECEIPT:
        _check_mirrored(event, view=view)
    counted = handed if step is Step.HANDOVER else view.received
    if counted + event.quantity.value > view.quantity:
        raise IllegalStep("it leads over what is agreed")


def _check_mirrored(receipt: Event, *, view: Ledger) -> None:
    handover = None if receipt.mirrors is None else view.find_handover(receipt.mirrors)
    if handover is None:
        raise IllegalStep("it mirrors no handover that its sender had seen")
    if view.is_receipted(handover):
        raise IllegalStep("the handover is receipted already")
    if receipt.action is not handover.action:
        raise IllegalStep("it is another action than the handover")
