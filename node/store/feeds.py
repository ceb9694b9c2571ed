"""Feeds with dense numbers, and subscriptions: a peer's cursor in a feed. No row per message and peer."""

import sqlite3
from datetime import datetime, timedelta

from node.domain.delivery import FeedEntry, Subscription
from node.store.rows import instant_of, instant_text

_SUBSCRIPTION = """
    SELECT subscriptions.*, feeds.name AS feed_name, feeds.head_seq, feeds.peer_id IS NOT NULL AS bilateral
    FROM subscriptions JOIN feeds ON feeds.id = subscriptions.feed_id
"""


def ensure_feed(connection: sqlite3.Connection, *, name: str, iri: str, peer_id: int | None) -> int:
    """The feed's row id, made if it is new. `peer_id` is set for the bilateral feed of that peer."""
    connection.execute("INSERT OR IGNORE INTO feeds (iri, name, peer_id) VALUES (?, ?, ?)", (iri, name, peer_id))
    return int(connection.execute("SELECT id FROM feeds WHERE name = ?", (name,)).fetchone()["id"])


def find_feed_by_name(connection: sqlite3.Connection, name: str) -> int | None:
    """The row id of the feed with this name, or None."""
    row = connection.execute("SELECT id FROM feeds WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row["id"])


def find_bilateral_feed(connection: sqlite3.Connection, peer_id: int) -> int | None:
    """The row id of the feed that only this peer reads, or None."""
    row = connection.execute("SELECT id FROM feeds WHERE peer_id = ?", (peer_id,)).fetchone()
    return None if row is None else int(row["id"])


def load_head(connection: sqlite3.Connection, feed_id: int) -> int:
    """The number of the feed's last entry, 0 while it is empty. Raises LookupError."""
    row = connection.execute("SELECT head_seq FROM feeds WHERE id = ?", (feed_id,)).fetchone()
    if row is None:
        raise LookupError(f"no feed {feed_id}")
    return int(row["head_seq"])


def record_entry(connection: sqlite3.Connection, feed_id: int, *, message_id: int) -> int:
    """Append the message to the feed. Returns its number, one more than the last."""
    row = connection.execute(
        "UPDATE feeds SET head_seq = head_seq + 1 WHERE id = ? RETURNING head_seq", (feed_id,)
    ).fetchone()
    connection.execute(
        "INSERT INTO feed_entries (feed_id, seq, message_id) VALUES (?, ?, ?)", (feed_id, row["head_seq"], message_id)
    )
    return int(row["head_seq"])


def list_entries(connection: sqlite3.Connection, feed_id: int, *, after: int, limit: int) -> list[FeedEntry]:
    """The entries after this number, in order."""
    rows = connection.execute(
        "SELECT seq, iri, body FROM feed_entries JOIN messages ON messages.id = message_id"
        " WHERE feed_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (feed_id, after, limit),
    )
    return [FeedEntry(seq=row["seq"], message_iri=row["iri"], body=row["body"]) for row in rows]


def ensure_subscription(connection: sqlite3.Connection, *, peer_id: int, feed_id: int) -> None:
    """The peer reads this feed; an existing cursor stays where it is."""
    connection.execute("INSERT OR IGNORE INTO subscriptions (peer_id, feed_id) VALUES (?, ?)", (peer_id, feed_id))


def delete_tier_subscriptions(connection: sqlite3.Connection, peer_id: int) -> None:
    """The peer reads no tier feed any more; its bilateral feed goes on."""
    connection.execute(
        "DELETE FROM subscriptions WHERE peer_id = ? AND feed_id IN (SELECT id FROM feeds WHERE peer_id IS NULL)",
        (peer_id,),
    )


def list_subscriptions(connection: sqlite3.Connection, *, peer_id: int | None = None, limit: int) -> list[Subscription]:
    """Cursors, of one peer or of all, bilateral feeds first."""
    rows = connection.execute(
        _SUBSCRIPTION + " WHERE ? IS NULL OR subscriptions.peer_id = ?"
        " ORDER BY subscriptions.peer_id, bilateral DESC, feed_id LIMIT ?",
        (peer_id, peer_id, limit),
    )
    return [_subscription_of(row) for row in rows]


def list_due(connection: sqlite3.Connection, *, now: datetime, limit: int) -> list[Subscription]:
    """Cursors behind their feed whose next attempt is due, longest waiting first.

    A tier feed waits until the same peer's bilateral feed has been delivered, because that feed's first entry is
    the Accept which tells the peer that there is a tier feed to expect.
    """
    rows = connection.execute(
        _SUBSCRIPTION + " WHERE acknowledged_seq < head_seq AND (next_attempt_at IS NULL OR next_attempt_at <= ?)"
        " AND (bilateral OR NOT EXISTS ("
        "   SELECT 1 FROM subscriptions AS own JOIN feeds AS bilateral_feed ON bilateral_feed.id = own.feed_id"
        "   WHERE own.peer_id = subscriptions.peer_id AND bilateral_feed.peer_id IS NOT NULL"
        "   AND own.acknowledged_seq < bilateral_feed.head_seq))"
        " ORDER BY next_attempt_at, subscriptions.peer_id LIMIT ?",
        (instant_text(now), limit),
    )
    return [_subscription_of(row) for row in rows]


def find_next_attempt(connection: sqlite3.Connection) -> datetime | None:
    """When the earliest held-back push is due, or None if none is held back."""
    row = connection.execute(
        "SELECT min(next_attempt_at) AS at FROM subscriptions JOIN feeds ON feeds.id = feed_id"
        " WHERE acknowledged_seq < head_seq"
    ).fetchone()
    return instant_of(row["at"])


def record_acknowledged(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, through_seq: int, now: datetime
) -> None:
    """The peer has acknowledged everything through this number; a cursor never goes back."""
    connection.execute(
        "UPDATE subscriptions SET acknowledged_seq = max(acknowledged_seq, ?), failures = 0, last_error = NULL,"
        " next_attempt_at = NULL, last_success_at = ? WHERE peer_id = ? AND feed_id = ?",
        (through_seq, instant_text(now), peer_id, feed_id),
    )


def record_failure(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, error: str, next_attempt_at: datetime
) -> None:
    """The push failed; the cursor stays and the next attempt waits."""
    # Whole seconds are kept. Rounded down, an attempt would come up to a second before its time.
    whole = next_attempt_at.replace(microsecond=0)
    due_at = whole if whole == next_attempt_at else whole + timedelta(seconds=1)
    connection.execute(
        "UPDATE subscriptions SET failures = failures + 1, last_error = ?, next_attempt_at = ?"
        " WHERE peer_id = ? AND feed_id = ?",
        (error, instant_text(due_at), peer_id, feed_id),
    )


def _subscription_of(row: sqlite3.Row) -> Subscription:
    return Subscription(
        peer_id=row["peer_id"],
        feed_id=row["feed_id"],
        feed_name=row["feed_name"],
        bilateral=bool(row["bilateral"]),
        acknowledged_seq=row["acknowledged_seq"],
        head_seq=row["head_seq"],
        next_attempt_at=instant_of(row["next_attempt_at"]),
        failures=row["failures"],
        last_error=row["last_error"],
        last_success_at=instant_of(row["last_success_at"]),
    )
