"""Decisions about requests: may we ask, may they have it, may we say yes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from node.domain.catalogue import CatalogueEntry
from node.domain.outcomes import Refused
from protocol.vocabulary import Purpose, RefusalCode, Tier


class Approval(StrEnum):
    """Who says yes to a request that can be met: a person, or the node at once."""

    PERSON = "person"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class Declined:
    """The answer to the asker is no, with what they could still get in base units."""

    code: RefusalCode
    text: str
    available: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request can be met and waits for a person."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The request can be met and is accepted at once."""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What an arriving request asks: base units, and the proposal's version that the asker had read."""

    quantity: int
    proposal_version: int | None
    expires_at: datetime | None


def decide_request(
    entry: CatalogueEntry | None,
    asked: AskedFor,
    *,
    granted_tier: Tier | None,
    approval: Approval,
    now: datetime,
) -> Granted | Waiting | Declined:
    """The answer to a peer's request for (part of) a proposal of ours.

    A proposal that the asker's tier does not reach is answered like one that does not exist.
    """
    if entry is None or not entry.own or entry.withdrawn_at is not None:
        return Declined(code=RefusalCode.UNAVAILABLE, text="It is no longer available.", available=None)
    if granted_tier is None or not entry.tier.reaches(granted_tier):
        return Declined(code=RefusalCode.UNAVAILABLE, text="It is no longer available.", available=None)
    if entry.closes_at is not None and entry.closes_at <= now:
        return Declined(code=RefusalCode.CLOSED, text="It has closed.", available=None)
    if asked.expires_at is not None and asked.expires_at < now:
        return Declined(code=RefusalCode.EXPIRED, text="The request had expired when it arrived.", available=None)
    if asked.proposal_version is not None and asked.proposal_version < entry.terms_version:
        return Declined(
            code=RefusalCode.CHANGED, text="It has changed since you read it; look again.", available=entry.available
        )
    if asked.quantity > entry.available:
        return Declined(code=RefusalCode.UNAVAILABLE, text="Somebody was quicker.", available=entry.available)
    if asked.quantity < _least(entry):
        return Declined(
            code=RefusalCode.POLICY, text="It is less than the smallest part given.", available=entry.available
        )
    if approval is Approval.AUTOMATIC:
        return Granted()
    return Waiting()


def decide_asking(
    entry: CatalogueEntry | None, *, quantity: int, giving_item: bool, now: datetime
) -> CatalogueEntry | Refused:
    """The entry if it may be asked for so much, as far as this node knows; the publisher has the last word."""
    if entry is None:
        return Refused(
            code="not-found",
            safe_text="The catalogue has nothing of this number or address; krets catalogue search shows what it has.",
        )
    if entry.own:
        return Refused(code="own", safe_text="This is your own organisation's; there is nothing to ask for.")
    if entry.withdrawn_at is not None:
        return Refused(
            code="withdrawn", safe_text="Its publisher has withdrawn it, or no longer shows it to this node."
        )
    if entry.closes_at is not None and entry.closes_at <= now:
        return Refused(code="closed", safe_text="It has closed.")
    if quantity < 1:
        return Refused(code="quantity", safe_text="The quantity must be 1 or more.")
    if quantity > entry.available:
        return Refused(code="quantity", safe_text=f"Only {entry.available} are available, as last heard.")
    if quantity < _least(entry):
        return Refused(code="quantity", safe_text=f"The smallest part given is {_least(entry)}.")
    if entry.purpose is Purpose.REQUEST and not giving_item:
        return Refused(code="item-missing", safe_text="To fill a need, say which item you give: --item ITEM.")
    if entry.purpose is Purpose.OFFER and giving_item:
        return Refused(code="item-given", safe_text="This is an offer; leave out --item.")
    return entry


def _least(entry: CatalogueEntry) -> int:
    """The smallest part, or all that is left where that is less: nothing is left over that nobody may ask for."""
    return min(entry.minimum or 1, entry.available)
