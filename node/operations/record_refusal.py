"""Remembering what was not let in."""

import sqlite3
from datetime import datetime

from node.store import audit


def record_refusal(
    connection: sqlite3.Connection, *, status: int, code: str, key_iri: str | None, body_digest: str, now: datetime
) -> None:
    """Keep the digest of a refused message, with the reason it was given."""
    refused = audit.RefusedMessage(at=now, status=status, code=code, key_iri=key_iri, body_digest=body_digest)
    audit.record_refused_message(connection, refused)


def forget_expired_nonces(connection: sqlite3.Connection, *, now: datetime) -> int:
    """Forget signatures too old to be accepted again. Returns how many."""
    return audit.forget_expired_nonces(connection, now=now)
