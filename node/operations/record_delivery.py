"""What a push came to."""

import sqlite3
from datetime import datetime

from node.store import feeds

ERROR_CHARS_MAX = 300
"""Of an error text that is kept for people."""


def record_delivered(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, through_seq: int, now: datetime
) -> None:
    """The peer answered that it has everything through this number."""
    feeds.record_acknowledged(connection, peer_id=peer_id, feed_id=feed_id, through_seq=through_seq, now=now)


def record_failed(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, error: str, next_attempt_at: datetime
) -> None:
    """The push failed; it will be tried again then, for as long as the peer is one."""
    feeds.record_failure(
        connection, peer_id=peer_id, feed_id=feed_id, error=error[:ERROR_CHARS_MAX], next_attempt_at=next_attempt_at
    )
