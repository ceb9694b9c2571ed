"""What a set of signed messages amounts to: the state of one agreement, the same on both sides.

Here: `state_of`, pure, order-free, idempotent and without a clock. Not here: the table of legal steps
(`protocol.transitions`), and what a node does about a state (the node's policy).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from protocol.activities import Accept, RecordEvent, Reject, Request, Undo
from protocol.documents import Event
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.transitions import Phase
from protocol.vocabulary import Purpose, Unit

__all__ = ["AgreementState", "ExchangeMessage", "Phase", "state_of"]

ExchangeMessage: TypeAlias = Request | Accept | Reject | Undo | RecordEvent


@dataclass(frozen=True, slots=True)
class AgreementState:
    """Where an agreement stands, for both parties alike.

    `quantity` is what is agreed, or asked for while there is no agreement; all amounts are in `unit`. `handed` is
    the sum of legal handovers, `received` that of legal receipts by the receiver's count, `given` the larger of the
    two within `quantity`. `held` is what the giver must keep promised: nothing that was promised may be promised
    again until `held` says so. `illegal` tells for each message without effect why. `heads` is what the next message
    of either party lists as `seen`, at most SEEN_DIGESTS_MAX.
    """

    phase: Phase
    unit: Unit
    quantity: Decimal
    handed: Decimal
    received: Decimal
    given: Decimal
    held: Decimal
    root: Request
    accept: Accept | None
    agreement_iri: Iri | None
    commitment_iri: Iri | None
    refusal: Reject | None
    cancellation: Undo | Reject | None
    open_handovers: tuple[Event, ...]
    disputes: tuple[Reject, ...]
    open_changes: tuple[Request, ...]
    illegal: Mapping[Digest, str]
    heads: frozenset[Digest]

    @property
    def refusal_code(self) -> str | None:
        """Why the request was refused, where it was and a reason was given."""
        return None if self.refusal is None else self.refusal.code

    @property
    def cancel_code(self) -> str | None:
        """Why the request was withdrawn or the agreement ended, where it was and a reason was given."""
        return None if self.cancellation is None else self.cancellation.code


def state_of(
    messages: Iterable[ExchangeMessage], *, proposer: ActorIri, respondent: ActorIri, purpose: Purpose
) -> AgreementState:
    """The state of the agreement that these messages of both parties make up."""
    raise NotImplementedError
