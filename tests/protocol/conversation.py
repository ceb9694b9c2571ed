"""Two organisations in conversation about one agreement, for tests of what their messages amount to.

Messages are values without signatures: `state_of` takes them as verified. Each is made from its words, so the same
words always give the same digest.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from protocol.activities import Accept, Header, RecordEvent, Reject, Request, Undo
from protocol.agreements import AgreementState, ExchangeMessage, state_of
from protocol.documents import AgreementTerms, Commitment, Event
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.vocabulary import Action, Counterfactual, Purpose, Quantity, Unit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROPOSER = ActorIri(Iri("https://asker.example/actor"))
RESPONDENT = ActorIri(Iri("https://baerum.example/actor"))
STRANGER = ActorIri(Iri("https://mallory.example/actor"))
INTENT = Iri("https://asker.example/proposals/1#primary")
AGREEMENT = Iri("https://asker.example/agreements/1")
COMMITMENT = Iri("https://asker.example/agreements/1#primary")


def digest_of_words(*words: object) -> Digest:
    """A digest that is always the same for the same words."""
    return Digest("sha-256:" + hashlib.sha256(repr(words).encode()).hexdigest())


def ones(number: int | str) -> Quantity:
    """So many things."""
    return Quantity(Decimal(number), Unit.ONE)


@dataclass
class Conversation:
    """The messages so far. `seen=None` stands for everything so far, as an honest sender lists it."""

    purpose: Purpose = Purpose.OFFER
    quantity: int = 10
    expires_at: datetime | None = None
    messages: list[ExchangeMessage] = field(default_factory=list)
    counter: int = 0

    def __post_init__(self) -> None:
        self.root = self.request()

    @property
    def giver(self) -> ActorIri:
        """Whose stock it is."""
        return PROPOSER if self.purpose is Purpose.OFFER else RESPONDENT

    @property
    def receiver(self) -> ActorIri:
        """The other one."""
        return RESPONDENT if self.purpose is Purpose.OFFER else PROPOSER

    def state(self) -> AgreementState:
        """What the messages so far amount to."""
        return state_of(self.messages, proposer=PROPOSER, respondent=RESPONDENT, purpose=self.purpose)

    def knowledge(self, seen: tuple[ExchangeMessage, ...] | None) -> frozenset[Digest]:
        """What a message lists as seen: these messages, or the heads of everything."""
        if seen is not None:
            return frozenset(message.header.digest for message in seen)
        return self.state().heads if self.messages else frozenset()

    def header(self, actor_iri: ActorIri, *words: object, published: datetime = NOON, iri: Iri | None = None) -> Header:
        """A header for a new message by this actor, or for one that uses an id again."""
        self.counter += 1
        own_iri = iri or Iri(f"{actor_iri.removesuffix('/actor')}/activities/{self.counter}")
        return Header(
            iri=own_iri,
            actor_iri=actor_iri,
            audience=(),
            published=published,
            digest=digest_of_words(own_iri, self.counter, *words),
            body=b"",
        )

    def add(self, message: ExchangeMessage) -> None:
        """One more message."""
        self.messages.append(message)

    def request(self, *, quantity: int | None = None, seen: tuple[ExchangeMessage, ...] | None = None) -> Request:
        """The respondent asks."""
        amount = self.quantity if quantity is None else quantity
        message = Request(
            header=self.header(RESPONDENT, "request", amount),
            terms=terms_for(ones(amount)),
            expires_at=self.expires_at,
            seen=self.knowledge(seen),
        )
        self.add(message)
        return message

    def accept(
        self,
        *,
        by: ActorIri = PROPOSER,
        seen: tuple[ExchangeMessage, ...] | None = None,
        agreement: Iri = AGREEMENT,
        published: datetime = NOON,
    ) -> Accept:
        """The proposer accepts the request."""
        return self.answer(self.root, by=by, seen=seen, agreement=agreement, published=published)

    def answer(
        self,
        request: Request,
        *,
        by: ActorIri,
        seen: tuple[ExchangeMessage, ...] | None = None,
        agreement: Iri = AGREEMENT,
        published: datetime = NOON,
        different: dict[str, object] | None = None,
    ) -> Accept:
        """Somebody accepts a request or a change; `different` replaces fields of the message."""
        quantity = request.terms.commitment.quantity
        fields: dict[str, object] = {
            "header": self.header(by, "accept", request.header.digest, agreement, published=published),
            "object_iri": request.header.iri,
            "tier": None,
            "tier_version": None,
            "result": terms_for(quantity, iri=agreement, commitment=Iri(f"{agreement}#primary"), by=by),
            "object_digest": request.header.digest,
            "seen": self.knowledge(seen),
        }
        message = Accept(**(fields | (different or {})))  # type: ignore[arg-type]
        self.add(message)
        return message

    def reject(
        self,
        object_iri: Iri,
        *,
        by: ActorIri,
        agreement: Iri | None = None,
        seen: tuple[ExchangeMessage, ...] | None = None,
        object_digest: Digest | None = None,
        code: str | None = "other",
    ) -> Reject:
        """Somebody says no to something."""
        message = Reject(
            header=self.header(by, "reject", object_iri, agreement),
            object_iri=object_iri,
            code=code,
            object_digest=object_digest,
            agreement_iri=agreement,
            available=None,
            text=None,
            seen=self.knowledge(seen),
        )
        self.add(message)
        return message

    def decline(self, *, by: ActorIri = PROPOSER, seen: tuple[ExchangeMessage, ...] | None = None) -> Reject:
        """The proposer says no to the request."""
        return self.reject(self.root.header.iri, by=by, seen=seen)

    def revoke(self, *, by: ActorIri = PROPOSER, seen: tuple[ExchangeMessage, ...] | None = None) -> Reject:
        """The proposer ends what was agreed."""
        return self.reject(self.root.header.iri, by=by, agreement=AGREEMENT, seen=seen)

    def undo(
        self,
        request: Request | Reject,
        *,
        by: ActorIri,
        seen: tuple[ExchangeMessage, ...] | None = None,
        agreement: Iri | None = None,
    ) -> Undo:
        """Somebody takes back a request, a change or a dispute."""
        message = Undo(
            header=self.header(by, "undo", request.header.iri),
            object_iri=request.header.iri,
            code="no-longer-needed",
            agreement_iri=agreement,
            seen=self.knowledge(seen),
        )
        self.add(message)
        return message

    def withdraw(self, *, by: ActorIri = RESPONDENT, seen: tuple[ExchangeMessage, ...] | None = None) -> Undo:
        """The respondent takes the request back."""
        return self.undo(self.root, by=by, seen=seen)

    def change(
        self,
        quantity: int,
        *,
        by: ActorIri,
        seen: tuple[ExchangeMessage, ...] | None = None,
        expires_at: datetime | None = None,
        terms: AgreementTerms | None = None,
        iri: Iri | None = None,
    ) -> Request:
        """Somebody proposes another quantity."""
        message = Request(
            header=self.header(by, "change", quantity, iri=iri),
            terms=terms or terms_for(ones(quantity), supersedes=AGREEMENT),
            expires_at=expires_at,
            seen=self.knowledge(seen),
        )
        self.add(message)
        return message

    def record(
        self,
        quantity: int | Quantity,
        *,
        by: ActorIri,
        mirrors: Iri | None = None,
        seen: tuple[ExchangeMessage, ...] | None = None,
        different: dict[str, object] | None = None,
    ) -> RecordEvent:
        """Somebody records an event; `different` replaces fields of the event."""
        header = self.header(by, "event", quantity, mirrors)
        fields: dict[str, object] = {
            "iri": Iri(f"{by.removesuffix('/actor')}/events/{self.counter}"),
            "action": Action.TRANSFER,
            "agreement_iri": AGREEMENT,
            "fulfills": COMMITMENT,
            "provider": self.giver,
            "receiver": self.receiver,
            "quantity": quantity if isinstance(quantity, Quantity) else ones(quantity),
            "occurred_at": NOON + timedelta(hours=1),
            "mirrors": mirrors,
            "digest": digest_of_words("event", header.digest),
        }
        message = RecordEvent(
            header=header,
            event=Event(**(fields | (different or {}))),  # type: ignore[arg-type]
            seen=self.knowledge(seen),
        )
        self.add(message)
        return message

    def hand_over(self, quantity: int, *, seen: tuple[ExchangeMessage, ...] | None = None) -> RecordEvent:
        """The giver hands over so many."""
        return self.record(quantity, by=self.giver, seen=seen)

    def receipt(
        self, handover: RecordEvent, quantity: int, *, seen: tuple[ExchangeMessage, ...] | None = None
    ) -> RecordEvent:
        """The receiver counts what one handover brought."""
        return self.record(quantity, by=self.receiver, mirrors=handover.event.iri, seen=seen)

    def close(self, quantity: int, *, seen: tuple[ExchangeMessage, ...] | None = None) -> RecordEvent:
        """The receiver says that so many arrived, without the giver."""
        return self.record(quantity, by=self.receiver, seen=seen)

    def dispute(
        self, disputed: RecordEvent, *, by: ActorIri, seen: tuple[ExchangeMessage, ...] | None = None
    ) -> Reject:
        """Somebody contests an event."""
        return self.reject(disputed.event.iri, by=by, seen=seen, code="not-received")


def terms_for(
    quantity: Quantity,
    *,
    iri: Iri | None = None,
    commitment: Iri | None = None,
    by: ActorIri | None = None,
    supersedes: Iri | None = None,
    satisfies: Iri = INTENT,
) -> AgreementTerms:
    """The terms of an agreement about this quantity."""
    return AgreementTerms(
        iri=iri,
        attributed_to=by,
        commitment=Commitment(
            iri=commitment, satisfies=satisfies, quantity=quantity, proposal_version=1, proposal_digest=None
        ),
        counterfactual=Counterfactual.NOT_SAID,
        supersedes=supersedes,
    )


def accepted(purpose: Purpose = Purpose.OFFER) -> Conversation:
    """A conversation in which ten are agreed."""
    talk = Conversation(purpose=purpose)
    talk.accept()
    return talk


def facts(*values: object) -> tuple[object, ...]:
    """Several values to compare at once, amounts with plain numbers among them."""
    return values


def reasons(talk: Conversation) -> list[str]:
    """Why something is illegal."""
    return list(talk.state().illegal.values())
