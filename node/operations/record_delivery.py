"""What a push came to."""

import sqlite3
from datetime import datetime

from node.store import audit, feeds, messages

ERROR_CHARS_MAX = 300
"""Of an error text that is kept for people."""

REFUSED = "refused"
"""Outcome of a message of ours that its peer will never take."""


def record_delivered(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, through_seq: int, now: datetime
) -> None:
    """The peer answered that it has everything through this number."""
    feeds.record_acknowledged(connection, peer_id=peer_id, feed_id=feed_id, through_seq=through_seq, now=now)


def record_refused(connection: sqlite3.Connection, *, message_iri: str, error: str, now: datetime) -> None:
    """The peer will never take this message of ours; people find it as refused, and what comes behind it is sent."""
    stored = messages.find_message(connection, message_iri)
    if stored is None:
        raise LookupError(message_iri)
    messages.record_outcome(connection, stored.id, REFUSED)
    audit.record_audit(
        connection, actor="self", action="delivery.refused", subject=message_iri,
        detail={"error": error[:ERROR_CHARS_MAX]}, now=now,
    )  # fmt: skip


def record_failed(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, error: str, next_attempt_at: datetime
) -> None:
    """The push failed; it will be tried again then, for as long as the peer is one."""
    feeds.record_failure(
        connection, peer_id=peer_id, feed_id=feed_id, error=error[:ERROR_CHARS_MAX], next_attempt_at=next_attempt_at
    )
