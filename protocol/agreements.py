"""What a set of signed messages amounts to: the state of one agreement, the same on both sides.

Here: `state_of`, pure, order-free, idempotent and without a clock, and what makes a step legal. Not here: the table of
who may do what when (`protocol.transitions`), adding up (`protocol.ledger`), the causal order (`protocol.causality`),
and what a node does about a state (the node's policy).

The rules, by the numbers of SPEC.md, section 7:

R0  A message is judged by what its sender had seen: the messages in its `seen` list and whatever their senders had
    seen. In that view the agreement has a phase; TRANSITIONS says who may take which step in that phase. What is
    illegal stays in the set without effect.
R1  The request without `supersedes` opens. Only the proposer accepts it: naming its digest, for the same quantity of
    the same Intent, under ids of the proposer's origin, published no later than the request's `endTime`.
R2  The proposer declines with a Reject that names no agreement. Accepts with different ids, or an Accept and a
    decline, neither of which saw the other, are disputed. If the proposer gives, its stock stays held as if accepted;
    if the proposer receives, the giver is free.
R3  The respondent withdraws with an Undo of the request: before an Accept that ends it, after it (or crossing it) it
    cancels what is agreed minus what is given.
R4  The proposer revokes with a Reject of the request that names the agreement: it cancels the same.
R5  A change is a request that supersedes the agreement, for another quantity of the same Intent, at most one open per
    party. The other party accepts it (its digest, the same ids, not below what is given, in time) or declines it; its
    author may withdraw it. Of an Accept and an Undo that cross, and of two changes that cross, the giver's act counts;
    else the later Accept replaces the former.
R6  A handover is an event by the giver without `mirrors`, under the commitment, in its unit. It stands unless its
    sender had seen that the agreement ended, or it leads over what is agreed in its sender's view.
R7  A receipt is an event by the receiver: of one handover (`mirrors`, once), or of none, which closes unilaterally.
    Its quantity is the receiver's own, within what is agreed. What is given is the larger of both counts.
R8  A Reject of an event by the other party disputes it. A receipt that saw the dispute settles a disputed handover,
    any event that saw it a disputed receipt; and who disputed may take it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from protocol.activities import Accept, RecordEvent, Reject, Request, Undo
from protocol.causality import CausalOrder, order_by_knowledge
from protocol.documents import Event
from protocol.errors import LimitExceeded
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.ledger import Change, Dispute, ExchangeMessage, Ledger, Parties
from protocol.limits import AGREEMENT_MESSAGES_MAX, SEEN_DIGESTS_MAX
from protocol.rulings import IllegalStep, Ruling, rule_on
from protocol.transitions import Phase, Step
from protocol.vocabulary import Purpose, Unit

__all__ = ["AgreementState", "ExchangeMessage", "Phase", "state_of"]


@dataclass(frozen=True, slots=True)
class AgreementState:
    """Where an agreement stands, for both parties alike.

    `quantity` is what is agreed, or asked for while there is no agreement; all amounts are in `unit`. `handed` is the
    sum of legal handovers, `received` that of legal receipts by the receiver's count, `given` the larger of the two
    within `quantity`. `held` is what the giver must keep promised: nothing of it may be promised again until `held`
    says so. `illegal` tells for each message without effect why. `heads` is what the next message of either party
    lists as `seen`, at most SEEN_DIGESTS_MAX.
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
    disputed_handovers: tuple[Event, ...]
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
    """The state of the agreement that these messages of both parties make up; their order and repetition is nothing.

    `messages` are all that are known of one agreement, its opening request among them; `purpose` is that of the
    Proposal. Raises ValueError if there is no opening request by the respondent, or there are two with different ids,
    LimitExceeded on more than AGREEMENT_MESSAGES_MAX messages. A hostile message is never an error, only illegal.

    >>> from datetime import UTC, datetime
    >>> from protocol.activities import parse_recorded
    >>> from protocol.compose import compose_request, seal
    >>> from protocol.keys import ProofKey
    >>> from protocol.vocabulary import Counterfactual, Quantity
    >>> import schemas
    >>> now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> asker, baerum = "https://asker.example/actor", "https://baerum.example/actor"
    >>> key = ProofKey.from_seed(bytes(range(32)), key_id=f"{baerum}#proof-1")
    >>> unsigned = compose_request(
    ...     iri="https://baerum.example/activities/1", actor_iri=baerum, to=asker,
    ...     satisfies="https://asker.example/proposals/1#primary", quantity=Quantity.of(12, Unit.ONE),
    ...     proposal_version=1, proposal_digest=None, counterfactual=Counterfactual.BUY_NEW, expires_at=None,
    ...     seen=frozenset(), published=now, context=schemas.message_context())
    >>> request = parse_recorded(seal(unsigned, key=key, created=now))
    >>> state = state_of([request, request], proposer=asker, respondent=baerum, purpose=Purpose.OFFER)
    >>> state.phase.value, state.quantity, state.held, state.heads == {request.header.digest}
    ('requested', Decimal('12'), Decimal('0'), True)
    """
    parties = Parties(proposer=proposer, respondent=respondent, purpose=purpose)
    by_digest = {message.header.digest: message for message in messages}
    if len(by_digest) > AGREEMENT_MESSAGES_MAX:
        raise LimitExceeded(f"an agreement of {len(by_digest)} messages")
    root = _opening_request(by_digest.values(), parties=parties)
    illegal = {
        digest: "its sender is no party"
        for digest, message in by_digest.items()
        if message.header.actor_iri not in (proposer, respondent)
    }
    seen = {digest: message.seen for digest, message in by_digest.items() if digest not in illegal}
    order = order_by_knowledge(seen, first=root.header.digest)
    illegal |= dict.fromkeys(order.circular, "what it saw leads back to itself")
    ledger = Ledger(root=root, parties=parties, views=order.views)
    illegal |= _add_legal_steps(ledger, messages=[by_digest[digest] for digest in order.digests])
    return _summary(ledger, illegal=illegal, heads=_heads(order, by_digest=by_digest))


def _opening_request(messages: Iterable[ExchangeMessage], *, parties: Parties) -> Request:
    """The request that everything is about.

    A respondent may have used one id for two requests; then the one counts that the proposer's answer names by its
    digest, else the one with the lower digest, so that both sides mean the same.
    """
    answered: set[Digest | None] = set()
    candidates: list[Request] = []
    for message in messages:
        actor_iri = message.header.actor_iri
        if isinstance(message, Request) and message.terms.supersedes is None and actor_iri == parties.respondent:
            candidates.append(message)
        elif isinstance(message, Accept | Reject) and actor_iri == parties.proposer:
            answered.add(message.object_digest)
    if len({request.header.iri for request in candidates}) != 1:
        raise ValueError("the messages have no opening request by the respondent, or several")
    return min(candidates, key=lambda request: (request.header.digest not in answered, request.header.digest))


def _add_legal_steps(ledger: Ledger, *, messages: Sequence[ExchangeMessage]) -> dict[Digest, str]:
    """Add what is legal of the messages, which are in causal order; return why the others are not."""
    illegal: dict[Digest, str] = {}
    legal_steps: list[tuple[int, Ruling, ExchangeMessage]] = []
    legal_positions = 0
    for position, message in enumerate(messages):
        if message is ledger.root:
            continue
        view = ledger
        if legal_positions & ~ledger.views[position]:
            # The sender had not seen everything legal that comes before: judge by what it had seen.
            view = Ledger(root=ledger.root, parties=ledger.parties, views=ledger.views)
            for earlier, ruling, known in legal_steps:
                if ledger.views[position] >> earlier & 1:
                    _add_step(view, ruling, message=known, position=earlier)
        try:
            ruling = rule_on(message, view=view, handed=ledger.handed)
        except IllegalStep as reason:
            illegal[message.header.digest] = str(reason)
            continue
        legal_steps.append((position, ruling, message))
        legal_positions |= 1 << position
        _add_step(ledger, ruling, message=message, position=position)
    return illegal


def _add_step(ledger: Ledger, ruling: Ruling, *, message: ExchangeMessage, position: int) -> None:
    if isinstance(message, RecordEvent):
        add_event = ledger.add_handover if ruling.step is Step.HANDOVER else ledger.add_receipt
        add_event(position, message.event)
    elif isinstance(message, Request):
        ledger.changes.append(Change(position=position, request=message))
    elif ruling.change is not None:
        ledger.answer_change(ruling.change, step=ruling.step, position=position)
    elif ruling.dispute is not None:
        ledger.withdraw_dispute(ruling.dispute)
    elif isinstance(message, Accept):
        ledger.accepts.append((position, message))
    elif isinstance(message, Reject) and ruling.event is not None:
        is_of_receipt = ruling.step is Step.DISPUTE_RECEIPT
        ledger.open_disputes.append(Dispute(position, message, event=ruling.event, is_of_receipt=is_of_receipt))
    elif isinstance(message, Reject) and ruling.step is Step.DECLINE:
        ledger.declines.append((position, message))
    else:
        ledger.endings.append((position, message))


def _heads(order: CausalOrder, *, by_digest: Mapping[Digest, ExchangeMessage]) -> frozenset[Digest]:
    """What nobody in the set has seen; if that is more than one message may list, the latest of each party first.

    A party with one memory has one head, its latest message, which therefore is always among them.
    """
    known = 0
    for view in order.views:
        known |= view
    counts: dict[ActorIri, int] = {}
    ranked: list[tuple[int, int, Digest]] = []
    for position in range(len(order.digests) - 1, -1, -1):
        if known >> position & 1:
            continue
        digest = order.digests[position]
        author = by_digest[digest].header.actor_iri
        counts[author] = counts.get(author, 0) + 1
        ranked.append((counts[author], -position, digest))
    return frozenset(digest for _, _, digest in sorted(ranked)[:SEEN_DIGESTS_MAX])


def _summary(ledger: Ledger, *, illegal: Mapping[Digest, str], heads: frozenset[Digest]) -> AgreementState:
    accept = ledger.accepts[0][1] if ledger.accepts else None
    terms = None if accept is None else accept.result
    disputes = ledger.open_disputes
    disputed = {dispute.event.iri for dispute in disputes}
    asked = ledger.root.terms.commitment.quantity
    return AgreementState(
        phase=ledger.phase(),
        unit=asked.unit,
        quantity=ledger.quantity,
        handed=ledger.handed,
        received=ledger.received,
        given=ledger.given,
        held=ledger.held,
        root=ledger.root,
        accept=accept,
        agreement_iri=None if terms is None else terms.iri,
        commitment_iri=None if terms is None else terms.commitment.iri,
        refusal=ledger.declines[0][1] if ledger.declines else None,
        cancellation=ledger.endings[0][1] if ledger.endings else None,
        open_handovers=tuple(
            event for _, event in ledger.handovers if not ledger.is_receipted(event) and event.iri not in disputed
        ),
        disputed_handovers=tuple(
            event for _, event in ledger.handovers if not ledger.is_receipted(event) and event.iri in disputed
        ),
        disputes=tuple(dispute.reject for dispute in disputes),
        open_changes=tuple(change.request for change in ledger.open_changes()),
        illegal=MappingProxyType(dict(illegal)),
        heads=heads,
    )
