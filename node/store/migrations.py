"""The schema and its history. A migration and the record that it ran commit together.

Constraints carry the invariants: nothing is promised beyond what is there, a message is stored once, a feed has
no two entries with one number.
"""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from node.store.search import SEARCH_SCHEMA

if TYPE_CHECKING:
    from sqlite_utils import Database as UtilsDatabase

MIGRATION_SET = "krets"
"""The name under which sqlite-utils keeps the record of what ran, in its table `_sqlite_migrations`."""

_SCHEMA_1 = """
CREATE TABLE node (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    actor_iri TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE peers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_iri TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL UNIQUE,
    name TEXT, kind TEXT, country TEXT, org_number TEXT,
    inbox_iri TEXT, recovery_fingerprint TEXT,
    latitude REAL, longitude REAL,
    follower_state TEXT NOT NULL,
    follower_iri TEXT,
    granted_tier TEXT,
    granted_version INTEGER NOT NULL DEFAULT 0,
    following_state TEXT NOT NULL,
    following_iri TEXT,
    received_tier TEXT,
    received_version INTEGER NOT NULL DEFAULT 0,
    blocked_at TEXT,
    created_at TEXT NOT NULL,
    last_heard_at TEXT
) STRICT;

CREATE TABLE peer_keys (
    iri TEXT PRIMARY KEY,
    peer_id INTEGER NOT NULL REFERENCES peers (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('proof', 'transport')),
    material TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
CREATE INDEX peer_keys_by_peer ON peer_keys (peer_id);

CREATE TABLE unverified_follows (
    peer_id INTEGER PRIMARY KEY REFERENCES peers (id) ON DELETE CASCADE,
    target_uri TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    received_at TEXT NOT NULL
) STRICT;

CREATE TABLE replay_memory (
    key_iri TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (key_iri, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_memory_by_expiry ON replay_memory (expires_at);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL,
    type TEXT NOT NULL,
    peer_id INTEGER REFERENCES peers (id),
    thread_iri TEXT,
    body BLOB NOT NULL,
    outcome TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_thread ON messages (thread_iri) WHERE thread_iri IS NOT NULL;

CREATE TABLE thread_objects (
    object_iri TEXT PRIMARY KEY,
    thread_iri TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE refused_messages (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    status INTEGER NOT NULL,
    code TEXT NOT NULL,
    key_iri TEXT,
    body_digest TEXT NOT NULL
) STRICT;

CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    iri TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    peer_id INTEGER UNIQUE REFERENCES peers (id),
    head_seq INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE feed_entries (
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    seq INTEGER NOT NULL,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    PRIMARY KEY (feed_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
    peer_id INTEGER NOT NULL REFERENCES peers (id),
    feed_id INTEGER NOT NULL REFERENCES feeds (id),
    acknowledged_seq INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    last_success_at TEXT,
    PRIMARY KEY (peer_id, feed_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_batches (
    id INTEGER PRIMARY KEY,
    file_name TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    undone_at TEXT
) STRICT;

CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    iri TEXT NOT NULL UNIQUE,
    identity TEXT UNIQUE,
    name TEXT NOT NULL,
    category_iri TEXT,
    quantity INTEGER NOT NULL,
    promised INTEGER NOT NULL DEFAULT 0,
    condition TEXT, inventory_number TEXT, serial_number TEXT,
    unit_text TEXT, location_text TEXT, maker TEXT, model TEXT, notes TEXT,
    mass_grams INTEGER, height_mm INTEGER, width_mm INTEGER, depth_mm INTEGER,
    purchase_price_minor INTEGER, acquired_on TEXT, gone_by_on TEXT,
    batch_id INTEGER REFERENCES import_batches (id),
    edited_at TEXT,
    created_at TEXT NOT NULL,
    removed_at TEXT,
    CHECK (quantity >= 0), CHECK (promised >= 0), CHECK (promised <= quantity)
) STRICT;
CREATE INDEX items_by_batch ON items (batch_id);

CREATE INDEX items_by_inventory_number ON items (inventory_number) WHERE inventory_number IS NOT NULL;
CREATE INDEX items_by_serial_number ON items (serial_number) WHERE serial_number IS NOT NULL;

CREATE TABLE proposals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    iri TEXT NOT NULL UNIQUE,
    peer_id INTEGER REFERENCES peers (id),
    publisher_iri TEXT NOT NULL,
    item_id INTEGER REFERENCES items (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('offer', 'request')),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    category_iri TEXT,
    category_words TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    promised INTEGER NOT NULL DEFAULT 0,
    given INTEGER NOT NULL DEFAULT 0,
    stated_available INTEGER,
    minimum INTEGER,
    condition TEXT,
    mass_grams INTEGER,
    tier TEXT NOT NULL,
    latitude REAL, longitude REAL,
    closes_at TEXT,
    version INTEGER NOT NULL,
    terms_version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    document BLOB NOT NULL,
    published_at TEXT NOT NULL,
    withdrawn_at TEXT,
    CHECK (promised >= 0), CHECK (given >= 0), CHECK (promised + given <= quantity),
    CHECK ((peer_id IS NULL) = (stated_available IS NULL))
) STRICT;
CREATE INDEX proposals_by_category ON proposals (category_iri, purpose);
CREATE INDEX proposals_by_item ON proposals (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX proposals_by_peer ON proposals (peer_id);

CREATE TABLE tombstones (
    proposal_iri TEXT PRIMARY KEY,
    peer_id INTEGER NOT NULL REFERENCES peers (id),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agreements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request_iri TEXT NOT NULL UNIQUE,
    agreement_iri TEXT UNIQUE,
    proposal_iri TEXT NOT NULL,
    proposal_name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    peer_id INTEGER NOT NULL REFERENCES peers (id),
    we_propose INTEGER NOT NULL,
    we_give INTEGER NOT NULL,
    item_id INTEGER REFERENCES items (id),
    unit TEXT NOT NULL,
    phase TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    given INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    stock_taken INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT,
    refusal_code TEXT, refusal_text TEXT, still_available INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    CHECK (held >= 0), CHECK (given >= 0), CHECK (stock_taken BETWEEN 0 AND given)
) STRICT;
CREATE INDEX agreements_by_proposal ON agreements (proposal_iri, phase);
CREATE INDEX agreements_by_peer ON agreements (peer_id);
CREATE INDEX agreements_by_item ON agreements (item_id) WHERE item_id IS NOT NULL;

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
"""


def create_schema(connection: sqlite3.Connection) -> None:
    """The first schema, with full text over the catalogue (external content: triggers keep it true)."""
    for statement in _SCHEMA_1.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    for statement in SEARCH_SCHEMA:
        connection.execute(statement)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (create_schema,)
"""In the order they run. A name, once released, stays: it is what the record knows a migration by."""


class NewerSchemaError(sqlite3.DatabaseError):
    """The database has been through migrations that this version does not know."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest schema. Safe to call at every start and from two processes at once.

    Raises NewerSchemaError, and changes nothing, where a newer version has changed the schema.
    """
    if not _is_current(connection):
        _apply(connection)


def _is_current(connection: sqlite3.Connection) -> bool:
    """Whether every migration has run. Only reads, as the start of almost every command does."""
    recorded = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_sqlite_migrations'"
    if not connection.execute(recorded).fetchone()[0]:
        return False
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (MIGRATION_SET,))
    applied = {row[0] for row in rows}
    known = {migration.__name__ for migration in MIGRATIONS}
    if not applied <= known:
        raise NewerSchemaError("it was made by a newer version of krets; install that version")
    return known <= applied


def _apply(connection: sqlite3.Connection) -> None:
    # Imported here: a person waits for every import of every command, and this one is needed only after an upgrade.
    from sqlite_utils import Database as UtilsDatabase
    from sqlite_utils import Migrations

    known = Migrations(MIGRATION_SET)
    for migration in MIGRATIONS:
        known(name=migration.__name__)(_taking_database(migration))
    connection.execute("BEGIN IMMEDIATE")
    try:
        known.apply(UtilsDatabase(connection))
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    if connection.in_transaction:
        connection.execute("COMMIT")


def _taking_database(migration: Callable[[sqlite3.Connection], None]) -> "Callable[[UtilsDatabase], None]":
    def run(db: "UtilsDatabase") -> None:
        migration(db.conn)

    return run
