"""What delivery needs to know: a peer's cursor in one feed, the entries behind it, and what a push came to."""

from dataclasses import dataclass
from datetime import datetime

FINAL_REFUSALS = frozenset({"blocked", "not-accepted"})
"""Codes of a 403 by which a peer says that it will never take this message; what comes behind it is sent."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A peer's cursor in one feed. `next_attempt_at` is None when nothing holds the next push back."""

    peer_id: int
    feed_id: int
    feed_name: str
    bilateral: bool
    acknowledged_seq: int
    head_seq: int
    next_attempt_at: datetime | None
    failures: int
    last_error: str | None
    last_success_at: datetime | None

    @property
    def waiting(self) -> int:
        """Entries not yet acknowledged."""
        return self.head_seq - self.acknowledged_seq


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed: its dense number from 1, and the exact bytes to send."""

    seq: int
    message_iri: str
    body: bytes
