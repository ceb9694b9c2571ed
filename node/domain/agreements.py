"""Agreements as this node keeps them: the derived state of a thread of signed messages, and what it holds."""

from dataclasses import dataclass
from datetime import datetime

from protocol.agreements import Phase
from protocol.identifiers import Iri
from protocol.limits import PARTY_BYTES_MAX, PARTY_MESSAGES_MAX
from protocol.vocabulary import Purpose, Unit


@dataclass(frozen=True, slots=True)
class Agreement:
    """A request and what became of it.

    `request_iri` (the IRI of the first Offer) identifies the thread for both sides; `agreement_iri` exists from
    the Accept on. Everything from `phase` on is derived from the messages by `protocol.agreements.state_of`.
    Quantities are base units of `unit`; `held` is what the giver keeps promised, `stock_taken` what has left our stock.
    """

    id: int
    request_iri: Iri
    agreement_iri: Iri | None
    proposal_iri: Iri
    proposal_name: str
    purpose: Purpose
    peer_id: int
    peer_name: str
    we_propose: bool
    we_give: bool
    item_id: int | None
    unit: Unit
    phase: Phase
    quantity: int
    given: int
    received: int
    held: int
    stock_taken: int
    expires_at: datetime | None
    refusal_code: str | None
    refusal_text: str | None
    still_available: int | None
    created_at: datetime
    updated_at: datetime


def stock_taken_of(*, given: int, taken: int, owned: int, promised: int) -> int:
    """How much of what was given of an agreement has left our stock, in base units.

    `taken` is how much had left before, `owned` what we own now, `promised` what all agreements hold now. Usually all
    that was given. Less only where the receiver claims what we had cancelled before hearing of it, and have promised
    to others since: then a word of theirs must not break a promise of ours, and people look for the difference.
    """
    return max(0, min(given, owned + taken - promised))


@dataclass(frozen=True, slots=True)
class ThreadShare:
    """What one party has said about one agreement: how many messages, and their bytes."""

    message_count: int
    byte_count: int


def has_room(share: ThreadShare, *, body_bytes: int, automatic: bool) -> bool:
    """Whether the party may say another `body_bytes` about the agreement.

    What a node answers by itself takes at most half of its room: the rest is for people, who must still be able to
    hand over or to end the agreement when a peer has made the node answer as often as it could.
    """
    parts = 2 if automatic else 1
    return (
        share.message_count < PARTY_MESSAGES_MAX // parts and share.byte_count + body_bytes <= PARTY_BYTES_MAX // parts
    )
