"""Who did what: the audit log, the refusals, and the memory of signatures already used."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from node.store.rows import instant_text, json_text, required_instant

REFUSALS_MAX = 10_000
"""Refused messages remembered. Anybody on the network can cause one, so the table must not grow without end."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log. `actor` is an actor IRI, or `self` for what was done at this node."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that was not let in, by the digest of its bytes."""

    at: datetime
    status: int
    code: str
    key_iri: str | None
    body_digest: str


def record_audit(
    connection: sqlite3.Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Append a line."""
    connection.execute(
        "INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
        (instant_text(now), actor, action, subject, json_text(detail)),
    )


def list_audit(connection: sqlite3.Connection, *, limit: int) -> list[AuditEntry]:
    """The newest lines first."""
    rows = connection.execute("SELECT * FROM audit_log ORDER BY id DESC LIMIT ?", (limit,))
    return [
        AuditEntry(
            at=required_instant(row["at"]),
            actor=row["actor"],
            action=row["action"],
            subject=row["subject"],
            detail=row["detail"],
        )
        for row in rows
    ]


def record_refused_message(connection: sqlite3.Connection, refused: RefusedMessage) -> None:
    """Remember a refusal; the oldest is forgotten when there are too many."""
    cursor = connection.execute(
        "INSERT INTO refused_messages (at, status, code, key_iri, body_digest) VALUES (?, ?, ?, ?, ?)",
        (instant_text(refused.at), refused.status, refused.code, refused.key_iri, refused.body_digest),
    )
    connection.execute("DELETE FROM refused_messages WHERE id <= ?", (int(cursor.lastrowid or 0) - REFUSALS_MAX,))


def list_refused_messages(connection: sqlite3.Connection, *, limit: int) -> list[RefusedMessage]:
    """The newest refusals first."""
    rows = connection.execute("SELECT * FROM refused_messages ORDER BY id DESC LIMIT ?", (limit,))
    return [
        RefusedMessage(
            at=required_instant(row["at"]),
            status=row["status"],
            code=row["code"],
            key_iri=row["key_iri"],
            body_digest=row["body_digest"],
        )
        for row in rows
    ]


def record_nonce(connection: sqlite3.Connection, *, key_iri: str, nonce: str, expires_at: datetime) -> bool:
    """Remember that this signature was used. False if it was used before."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO replay_memory (key_iri, nonce, expires_at) VALUES (?, ?, ?)",
        (key_iri, nonce, instant_text(expires_at)),
    )
    return cursor.rowcount == 1


def forget_expired_nonces(connection: sqlite3.Connection, *, now: datetime) -> int:
    """Forget signatures that would be refused as expired anyway. Returns how many."""
    return connection.execute("DELETE FROM replay_memory WHERE expires_at < ?", (instant_text(now),)).rowcount
