"""The one row that says whose database this is."""

import sqlite3
from datetime import datetime

from node.store.rows import instant_text


def find_actor(connection: sqlite3.Connection) -> str | None:
    """The actor IRI that the database was made for, or None if it was not yet."""
    row = connection.execute("SELECT actor_iri FROM node").fetchone()
    return None if row is None else str(row["actor_iri"])


def record_actor(connection: sqlite3.Connection, actor_iri: str, *, now: datetime) -> None:
    """The database is this actor's, for good."""
    connection.execute(
        "INSERT INTO node (only_row, actor_iri, created_at) VALUES (1, ?, ?)", (actor_iri, instant_text(now))
    )
