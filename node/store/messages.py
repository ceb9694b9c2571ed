"""Signed messages as they were sent or received: exact bytes, digest, and what each came to.

A thread is all messages about one agreement; its name is the IRI of the Offer that began it. `thread_objects`
says which thread an object (an agreement, an event, a change) belongs to, because later messages name those.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import ThreadShare
from node.store.rows import instant_text, required_instant
from protocol.activities import Activity
from protocol.limits import AGREEMENT_MESSAGES_MAX


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as stored. `peer_id` is None for our own.

    `outcome` is `sent` or `refused` (by its peer, for good) for ours, `applied` or `illegal` for a peer's.
    """

    id: int
    iri: str
    digest: str
    type: str
    peer_id: int | None
    thread_iri: str | None
    body: bytes
    outcome: str
    recorded_at: datetime


def find_message(connection: sqlite3.Connection, iri: str) -> StoredMessage | None:
    """The message with this id, or None."""
    row = connection.execute("SELECT * FROM messages WHERE iri = ?", (iri,)).fetchone()
    return None if row is None else _message_of(row)


def list_thread(connection: sqlite3.Connection, thread_iri: str) -> list[StoredMessage]:
    """Every message of an agreement, in the order this node got or sent them.

    Raises OverflowError rather than leave one out: a state without its latest messages would be another state.
    """
    rows = connection.execute(
        "SELECT * FROM messages WHERE thread_iri = ? ORDER BY id LIMIT ?", (thread_iri, AGREEMENT_MESSAGES_MAX + 1)
    ).fetchall()
    if len(rows) > AGREEMENT_MESSAGES_MAX:
        raise OverflowError(f"the thread {thread_iri} has more messages than two parties may send")
    return [_message_of(row) for row in rows]


def load_share(connection: sqlite3.Connection, thread_iri: str, *, peer_id: int | None) -> ThreadShare:
    """What one party has said about an agreement so far; `peer_id` is None for us."""
    row = connection.execute(
        "SELECT count(*) AS messages, coalesce(sum(length(body)), 0) AS bytes FROM messages"
        " WHERE thread_iri = ? AND peer_id IS ?",
        (thread_iri, peer_id),
    ).fetchone()
    return ThreadShare(message_count=row["messages"], byte_count=row["bytes"])


def record_message(
    connection: sqlite3.Connection,
    activity: Activity,
    *,
    peer_id: int | None,
    thread_iri: str | None,
    outcome: str,
    now: datetime,
) -> int:
    """Store the message's exact bytes. Returns its row id; the id of a message is unique, whoever sent it."""
    header = activity.header
    cursor = connection.execute(
        "INSERT INTO messages (iri, digest, type, peer_id, thread_iri, body, outcome, recorded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (header.iri, header.digest, type(activity).__name__, peer_id, thread_iri, header.body, outcome,
         instant_text(now)),
    )  # fmt: skip
    return int(cursor.lastrowid or 0)


def record_outcome(connection: sqlite3.Connection, message_id: int, outcome: str) -> None:
    """What the message came to."""
    connection.execute("UPDATE messages SET outcome = ? WHERE id = ?", (outcome, message_id))


def record_thread_object(connection: sqlite3.Connection, object_iri: str, *, thread_iri: str) -> None:
    """The object belongs to the thread. The first thread to name an object keeps it."""
    connection.execute(
        "INSERT OR IGNORE INTO thread_objects (object_iri, thread_iri) VALUES (?, ?)", (object_iri, thread_iri)
    )


def find_thread(connection: sqlite3.Connection, object_iri: str) -> str | None:
    """The thread that an Offer, agreement, event or change belongs to, or None."""
    row = connection.execute("SELECT thread_iri FROM thread_objects WHERE object_iri = ?", (object_iri,)).fetchone()
    return None if row is None else str(row["thread_iri"])


def has_messages_of(connection: sqlite3.Connection, peer_id: int) -> bool:
    """Whether any message of this peer is stored."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE peer_id = ?) AS any_row", (peer_id,)
    ).fetchone()
    return bool(row["any_row"])


def delete_catalogue_messages(connection: sqlite3.Connection, peer_id: int) -> None:
    """Forget what a peer published, so that a new tier's feed, which repeats it, is applied from its start."""
    connection.execute(
        "DELETE FROM messages WHERE peer_id = ? AND type IN ('CreateProposal', 'UpdateProposal', 'DeleteProposal')",
        (peer_id,),
    )


def _message_of(row: sqlite3.Row) -> StoredMessage:
    return StoredMessage(
        id=row["id"],
        iri=row["iri"],
        digest=row["digest"],
        type=row["type"],
        peer_id=row["peer_id"],
        thread_iri=row["thread_iri"],
        body=row["body"],
        outcome=row["outcome"],
        recorded_at=required_instant(row["recorded_at"]),
    )
