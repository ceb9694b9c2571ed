"""Agreements as this node keeps them: the derived state of a thread of signed messages, and what it holds."""

from dataclasses import dataclass
from datetime import datetime

from protocol.agreements import Phase
from protocol.identifiers import Iri
from protocol.vocabulary import Purpose, Unit


@dataclass(frozen=True, slots=True)
class Agreement:
    """A request and what became of it.

    `request_iri` (the IRI of the first Offer) identifies the thread for both sides; `agreement_iri` exists from
    the Accept on. Everything from `phase` on is derived from the messages by `protocol.agreements.state_of`.
    Quantities are base units of `unit`; `held` is what the giver keeps promised.
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
    expires_at: datetime | None
    refusal_code: str | None
    refusal_text: str | None
    still_available: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StockChange:
    """How much more is promised and how much more has left, in base units.

    Both may be negative: a cancellation frees a promise, and a late message can show that a receipt counted
    before was illegal, so that what it claimed has not left after all.
    """

    promised: int
    given: int


def stock_change_of(before: Agreement, *, held: int, given: int) -> StockChange:
    """The change of stock from the agreement's state so far to one that holds and has given so much."""
    return StockChange(promised=held - before.held, given=given - before.given)
