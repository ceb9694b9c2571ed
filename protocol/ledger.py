"""What a set of legal steps of one agreement adds up to: decisions, quantity, what was given, phase.

Here: adding up, and the rules for two steps that crossed. Not here: which steps are legal (`protocol.agreements`) and
the table of who may do what (`protocol.transitions`). Steps are added in causal order.

Where both parties acted without knowing of each other, the giver's act counts: it is the giver's stock that must not
be promised twice. So no message of the receiver ever raises what the giver has to hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from protocol.activities import Accept, RecordEvent, Reject, Request, Undo
from protocol.documents import Event
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.transitions import Phase, Step
from protocol.vocabulary import Purpose

ExchangeMessage: TypeAlias = Request | Accept | Reject | Undo | RecordEvent


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is who in one agreement: the proposer gives for an offer, the respondent for a need."""

    proposer: ActorIri
    respondent: ActorIri
    purpose: Purpose

    @property
    def giver(self) -> ActorIri:
        """The party whose stock it is."""
        return self.proposer if self.purpose is Purpose.OFFER else self.respondent

    @property
    def receiver(self) -> ActorIri:
        """The other party."""
        return self.respondent if self.purpose is Purpose.OFFER else self.proposer


@dataclass(slots=True)
class Change:
    """One proposed change with what became of it. Positions are those of the causal order."""

    position: int
    request: Request
    accepted_at: int | None = None
    declined_at: int | None = None
    is_withdrawn: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it or taken it back."""
        return self.accepted_at is None and self.declined_at is None and not self.is_withdrawn

    @property
    def quantity(self) -> Decimal:
        """What would be agreed."""
        return self.request.terms.commitment.quantity.value


@dataclass(frozen=True, slots=True)
class Dispute:
    """A contested handover or receipt."""

    position: int
    reject: Reject
    event: Event
    is_of_receipt: bool


@dataclass(slots=True)
class Ledger:
    """The steps added so far. `views` has the view of every position, as in `protocol.causality`."""

    root: Request
    parties: Parties
    views: Sequence[int]
    accepts: list[tuple[int, Accept]] = field(default_factory=list)
    declines: list[tuple[int, Reject]] = field(default_factory=list)
    endings: list[tuple[int, Undo | Reject]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    handovers: list[tuple[int, Event]] = field(default_factory=list)
    receipts: list[tuple[int, Event]] = field(default_factory=list)
    open_disputes: list[Dispute] = field(default_factory=list)
    handed: Decimal = Decimal(0)
    _receipted: dict[Iri, Decimal] = field(default_factory=dict)
    _closed: Decimal = Decimal(0)

    # --- adding: one function for what each kind of step leaves behind ---

    def add_handover(self, position: int, event: Event) -> None:
        """The giver's word that so much was handed over."""
        self.handovers.append((position, event))
        self.handed += event.quantity.value
        self._settle(position, event)

    def add_receipt(self, position: int, event: Event) -> None:
        """The receiver's word that so much was received, of one handover or of none in particular."""
        self.receipts.append((position, event))
        if event.mirrors is None:
            self._closed += event.quantity.value
        else:
            # Two receipts of one handover come from a receiver that forgot the first; the larger one counts.
            former = self._receipted.get(event.mirrors, Decimal(0))
            self._receipted[event.mirrors] = max(former, event.quantity.value)
        self._settle(position, event)

    def answer_change(self, request: Request, *, step: Step, position: int) -> None:
        """An answer to a change, or its author's Undo; a second answer of one kind changes nothing."""
        change = next(change for change in self.changes if change.request.header.digest == request.header.digest)
        if step is Step.ACCEPT_CHANGE and change.accepted_at is None:
            change.accepted_at = position
        elif step is Step.DECLINE_CHANGE and change.declined_at is None:
            change.declined_at = position
        elif step is Step.WITHDRAW_CHANGE:
            change.is_withdrawn = True

    def withdraw_dispute(self, dispute: Reject) -> None:
        """Its author no longer contests the event."""
        self.open_disputes = [known for known in self.open_disputes if known.reject != dispute]

    # --- finding what a message names ---

    def find_change(self, iri: Iri, *, digest: Digest | None) -> Change | None:
        """The change with this id, and this digest where one is given."""
        for change in self.changes:
            header = change.request.header
            if header.iri == iri and digest in (None, header.digest):
                return change
        return None

    def find_handover(self, iri: Iri) -> Event | None:
        """The handover with this id."""
        return next((event for _, event in self.handovers if event.iri == iri), None)

    def find_receipt(self, iri: Iri) -> Event | None:
        """The receipt with this id."""
        return next((event for _, event in self.receipts if event.iri == iri), None)

    def find_dispute(self, iri: Iri) -> Dispute | None:
        """The open dispute with this id."""
        return next((dispute for dispute in self.open_disputes if dispute.reject.header.iri == iri), None)

    def has_commitment(self, agreement_iri: Iri | None, commitment_iri: Iri | None) -> bool:
        """Whether an Accept made this agreement with this commitment."""
        return any(ids == (agreement_iri, commitment_iri) for ids in self._agreed_ids())

    def has_agreement(self, agreement_iri: Iri | None) -> bool:
        """Whether an Accept made an agreement with this id."""
        return any(agreed_iri == agreement_iri for agreed_iri, _ in self._agreed_ids())

    def is_receipted(self, handover: Event) -> bool:
        """Whether the receiver has answered this handover with a receipt."""
        return handover.iri in self._receipted

    # --- adding up ---

    @property
    def is_ended(self) -> bool:
        """Whether somebody cancelled what was agreed, or withdrew the request."""
        return bool(self.endings)

    @property
    def received(self) -> Decimal:
        """What was received by the receiver's own count."""
        return sum(self._receipted.values(), self._closed)

    @property
    def quantity(self) -> Decimal:
        """What is agreed, with the changes that took effect; never less than what was handed over."""
        quantity = self.root.terms.commitment.quantity.value
        current: Change | None = None
        for change in sorted(self._effective_changes(), key=_acceptance_position):
            if current is None or not self._prevails(current, over=change):
                quantity, current = self._changed_quantity(quantity, change), change
        return max(quantity, self.handed)

    @property
    def given(self) -> Decimal:
        """What has changed hands: the larger of both parties' counts, within what is agreed."""
        return min(max(self.handed, self.received), self.quantity)

    @property
    def held(self) -> Decimal:
        """What the giver must keep promised; a larger quantity that the giver has offered counts while it is open."""
        if self.is_ended:
            return Decimal(0)
        giver_proposed = self.parties.giver == self.parties.proposer
        if not self.accepts:
            return Decimal(0) if giver_proposed or self.declines else self.root.terms.commitment.quantity.value
        if self.declines and not giver_proposed:
            # The receiver said yes and no: the giver is free.
            return Decimal(0)
        offered = [change.quantity for change in self.open_changes() if self._author(change) == self.parties.giver]
        return max([self.quantity, *offered]) - self.given

    def open_changes(self) -> list[Change]:
        """The changes that wait for an answer; none once the agreement has ended."""
        return [] if self.is_ended else [change for change in self.changes if change.is_open]

    def phase(self) -> Phase:
        """Where the agreement stands."""
        if not self.accepts:
            if self.declines:
                return Phase.REJECTED
            return Phase.WITHDRAWN if self.endings else Phase.REQUESTED
        if self._is_contradictory() or self.open_disputes:
            return Phase.DISPUTED
        if self.held > 0:
            return Phase.PARTLY_GIVEN if self.given > 0 else Phase.AGREED
        if self.given == 0:
            return Phase.CANCELLED
        everything_receipted = all(self.is_receipted(event) for _, event in self.handovers)
        return Phase.COMPLETED if everything_receipted or self.received >= self.handed else Phase.GIVEN

    # --- crossings ---

    def _agreed_ids(self) -> list[tuple[Iri | None, Iri | None]]:
        return [
            (accept.result.iri, accept.result.commitment.iri) for _, accept in self.accepts if accept.result is not None
        ]

    def _author(self, change: Change) -> ActorIri:
        return change.request.header.actor_iri

    def _is_decided_by_giver(self, change: Change) -> bool:
        return self._author(change) != self.parties.giver

    def _effective_changes(self) -> list[Change]:
        """The accepted changes; of an Accept and an Undo that crossed, the giver's one counts."""
        return [
            change
            for change in self.changes
            if change.accepted_at is not None and (not change.is_withdrawn or self._is_decided_by_giver(change))
        ]

    def _prevails(self, current: Change, *, over: Change) -> bool:
        """Whether a change stays in force although another was accepted later: only if it crossed with that one
        and it was the giver who accepted it."""
        cross = not (self.views[over.position] >> current.position | self.views[current.position] >> over.position) & 1
        return cross and self._is_decided_by_giver(current) and not self._is_decided_by_giver(over)

    def _changed_quantity(self, quantity: Decimal, change: Change) -> Decimal:
        if change.declined_at is None:
            return change.quantity
        # One party said yes and no. Its own stock it must hold for both; another's it cannot claim.
        strictest = max if self._is_decided_by_giver(change) else min
        return strictest(quantity, change.quantity)

    def _is_contradictory(self) -> bool:
        """Whether one party decided one thing in two ways, and nobody who knew it has ended the agreement since."""
        contradictions = []
        if self.declines or len(set(self._agreed_ids())) > 1:
            contradictions.append([position for position, _ in (*self.accepts, *self.declines)])
        contradictions.extend(
            [change.accepted_at, change.declined_at]
            for change in self.changes
            if change.accepted_at is not None and change.declined_at is not None
        )
        return not all(self._is_ended_in_knowledge_of(positions) for positions in contradictions)

    def _is_ended_in_knowledge_of(self, positions: list[int]) -> bool:
        mask = sum(1 << position for position in positions)
        return any(self.views[ending] & mask == mask for ending, _ in self.endings)

    def _settle(self, position: int, event: Event) -> None:
        """Strike the disputes that this event settles, because its sender knew of them.

        A disputed handover is settled by a receipt of it, a disputed receipt by any handover or receipt. What was
        made in knowledge of a dispute comes later in the causal order, so adding in that order misses none.
        """
        self.open_disputes = [
            dispute
            for dispute in self.open_disputes
            if not self.views[position] >> dispute.position & 1
            or not (dispute.is_of_receipt or event.mirrors == dispute.event.iri)
        ]


def _acceptance_position(change: Change) -> int:
    return -1 if change.accepted_at is None else change.accepted_at
