"""What stands open in the whole node: how much there is of each noun, and how delivery to each peer stands."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.delivery import Subscription
from node.store import feeds, peers
from protocol.vocabulary import Purpose

NAMED_ENTRIES_MAX = 100
"""Waiting entries of one feed whose kinds are counted; beyond that the number says enough."""

_COUNTS = """
    SELECT
        (SELECT count(*) FROM items WHERE removed_at IS NULL) AS items,
        (SELECT count(*) FROM proposals WHERE peer_id IS NULL AND purpose = ? AND withdrawn_at IS NULL) AS offers,
        (SELECT count(*) FROM proposals WHERE peer_id IS NULL AND purpose = ? AND withdrawn_at IS NULL) AS needs,
        (SELECT count(*) FROM proposals WHERE peer_id IS NOT NULL AND withdrawn_at IS NULL) AS from_peers,
        (SELECT count(*) FROM agreements WHERE phase = 'requested' AND we_propose) AS requests_to_answer,
        (SELECT count(*) FROM agreements WHERE phase = 'requested' AND NOT we_propose) AS requests_waiting,
        (SELECT count(*) FROM agreements WHERE phase IN ('agreed', 'partly-given', 'given')) AS agreements_open,
        (SELECT count(*) FROM agreements WHERE phase = 'disputed') AS agreements_disputed,
        (SELECT count(*) FROM peers WHERE follower_state IN ('unverified', 'pending') AND blocked_at IS NULL)
            AS peers_to_answer
"""


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts of what is open. `from_peers` are the offers and needs of peers in our catalogue."""

    items: int
    offers: int
    needs: int
    from_peers: int
    requests_to_answer: int
    requests_waiting: int
    agreements_open: int
    agreements_disputed: int
    peers_to_answer: int


def load_overview(connection: sqlite3.Connection) -> Overview:
    """The counts now."""
    row = connection.execute(_COUNTS, (Purpose.OFFER, Purpose.REQUEST)).fetchone()
    return Overview(**{name: int(row[name]) for name in row.keys()})  # noqa: SIM118 - a Row has no other names


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many waiting entries are of this type of message (`messages.type`)."""

    type: str
    count: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one peer has acknowledged one feed, and what waits for it.

    `kinds` names what waits, up to NAMED_ENTRIES_MAX entries; it is empty for more.
    """

    peer_id: int
    peer: str
    feed: str
    bilateral: bool
    acknowledged: int
    head: int
    waiting: int
    kinds: tuple[KindCount, ...]
    failures: int
    last_error: str | None
    next_attempt_at: datetime | None
    last_success_at: datetime | None


def list_deliveries(connection: sqlite3.Connection, *, waiting_only: bool, limit: int) -> list[Delivery]:
    """Peers' cursors, those of one peer beside each other."""
    names = {peer.id: peer.name or peer.origin for peer in peers.list_peers(connection, limit=limit)}
    return [
        Delivery(
            peer_id=cursor.peer_id,
            peer=names.get(cursor.peer_id, f"peer {cursor.peer_id}"),
            feed=cursor.feed_name,
            bilateral=cursor.bilateral,
            acknowledged=cursor.acknowledged_seq,
            head=cursor.head_seq,
            waiting=cursor.waiting,
            kinds=_count_kinds(connection, cursor),
            failures=cursor.failures,
            last_error=cursor.last_error,
            next_attempt_at=cursor.next_attempt_at,
            last_success_at=cursor.last_success_at,
        )
        for cursor in feeds.list_subscriptions(connection, limit=limit)
        if cursor.waiting > 0 or not waiting_only
    ]


def _count_kinds(connection: sqlite3.Connection, cursor: Subscription) -> tuple[KindCount, ...]:
    if cursor.waiting > NAMED_ENTRIES_MAX:
        return ()
    rows = connection.execute(
        "SELECT messages.type, count(*) AS count FROM feed_entries JOIN messages ON messages.id = message_id"
        " WHERE feed_id = ? AND seq > ? GROUP BY messages.type ORDER BY min(seq)",
        (cursor.feed_id, cursor.acknowledged_seq),
    )
    return tuple(KindCount(type=row["type"], count=row["count"]) for row in rows)
