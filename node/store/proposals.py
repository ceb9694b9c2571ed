"""The catalogue's rows: our own proposals and those of peers, with the signed document of each."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.catalogue import CatalogueEntry
from node.domain.places import Coordinates, distance_km
from node.store.rows import instant_of, instant_text, required_instant
from node.store.search import match_expression, stands_inside
from protocol.identifiers import ActorIri, Iri
from protocol.vocabulary import Purpose, Tier, Unit

_ENTRY = """
    SELECT proposals.*, coalesce(peers.name, peers.origin, '') AS publisher_name
    FROM proposals LEFT JOIN peers ON peers.id = proposals.peer_id
"""

CANDIDATES_MAX = 2_000
"""Newest matches that are ranked by distance: ranking is bounded, whatever the words (performance rule 9)."""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """What a new or changed row holds. `stated_available` is what a peer said; None for our own."""

    iri: Iri
    peer_id: int | None
    publisher_iri: ActorIri
    item_id: int | None
    purpose: Purpose
    name: str
    content: str
    category_iri: Iri | None
    category_words: str
    unit: Unit
    quantity: int
    stated_available: int | None
    minimum: int | None
    condition: str | None
    mass_grams: int | None
    tier: Tier
    coordinates: Coordinates | None
    closes_at: datetime | None
    version: int
    terms_version: int
    digest: str
    document: bytes
    published_at: datetime


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What narrows a search. None means any."""

    words: str | None = None
    category_iri: str | None = None
    purpose: Purpose | None = None
    tier: Tier | None = None
    near: Coordinates | None = None
    within_km: float | None = None
    open_only: bool = True


def find_entry(connection: sqlite3.Connection, iri: str) -> CatalogueEntry | None:
    """The proposal with this IRI, ours or a peer's, withdrawn ones included; None if unknown."""
    row = connection.execute(f"{_ENTRY} WHERE proposals.iri = ?", (iri,)).fetchone()
    return None if row is None else _entry_of(row)


def find_own_entry(connection: sqlite3.Connection, reference: str) -> CatalogueEntry | None:
    """Our own proposal with this number or IRI, or None."""
    column = "id" if reference.isdecimal() else "iri"
    row = connection.execute(f"{_ENTRY} WHERE proposals.{column} = ? AND peer_id IS NULL", (reference,)).fetchone()
    return None if row is None else _entry_of(row)


def find_entry_by_reference(connection: sqlite3.Connection, reference: str) -> CatalogueEntry | None:
    """The proposal with this number or IRI, whoever published it, or None."""
    column = "id" if reference.isdecimal() else "iri"
    row = connection.execute(f"{_ENTRY} WHERE proposals.{column} = ?", (reference,)).fetchone()
    return None if row is None else _entry_of(row)


def list_own(connection: sqlite3.Connection, *, purpose: Purpose, open_only: bool, limit: int) -> list[CatalogueEntry]:
    """Our own proposals, newest first."""
    rows = connection.execute(
        f"{_ENTRY} WHERE peer_id IS NULL AND purpose = ? AND (NOT ? OR withdrawn_at IS NULL)"
        " ORDER BY proposals.id DESC LIMIT ?",
        (purpose, open_only, limit),
    )
    return [_entry_of(row) for row in rows]


def list_public(connection: sqlite3.Connection, *, now: datetime, limit: int) -> list[CatalogueEntry]:
    """Our own open proposals that anybody may see and that something is left of, newest first."""
    rows = connection.execute(
        f"{_ENTRY} WHERE peer_id IS NULL AND tier = ? AND withdrawn_at IS NULL"
        " AND (closes_at IS NULL OR closes_at > ?) AND (purpose = ? OR promised + given < quantity)"
        " ORDER BY proposals.id DESC LIMIT ?",
        (Tier.PUBLIC, instant_text(now), Purpose.REQUEST, limit),
    )
    return [_entry_of(row) for row in rows]


def list_offers_of_category(connection: sqlite3.Connection, category_iri: str, *, limit: int) -> list[CatalogueEntry]:
    """Open offers of this category from anybody, newest first: the candidates for a need."""
    rows = connection.execute(
        f"{_ENTRY} WHERE category_iri = ? AND purpose = ? AND withdrawn_at IS NULL ORDER BY proposals.id DESC LIMIT ?",
        (category_iri, Purpose.OFFER, limit),
    )
    return [_entry_of(row) for row in rows]


def search_entries(
    connection: sqlite3.Connection, wanted: SearchFilter, *, now: datetime, limit: int
) -> list[tuple[CatalogueEntry, float | None]]:
    """Entries that match, with their distance in kilometres where both places are known.

    Nearest first when `near` is given, else newest first. Words that are all punctuation find nothing. Words that no
    word begins with are looked for inside the words of the newest entries: a Nordic compound has its meaning last.
    """
    expression = match_expression(wanted.words) if wanted.words else None
    if wanted.words and expression is None:
        return []
    clauses, parameters = _conditions(wanted, now)
    candidates = limit if wanted.near is None else max(limit, CANDIDATES_MAX)
    entries = _list_matching(connection, clauses, parameters, expression=expression, limit=candidates)
    if not entries and wanted.words:
        newest = _list_matching(connection, clauses, parameters, expression=None, limit=CANDIDATES_MAX)
        entries = [entry for entry in newest if stands_inside(wanted.words, f"{entry.name} {entry.content}")]
    if wanted.near is None:
        return [(entry, None) for entry in entries[:limit]]
    return _nearest(entries, wanted.near, within_km=wanted.within_km)[:limit]


def _list_matching(
    connection: sqlite3.Connection,
    clauses: list[str],
    parameters: list[object],
    *,
    expression: str | None,
    limit: int,
) -> list[CatalogueEntry]:
    """The newest entries under these conditions, and under the full-text expression if there is one."""
    if expression is not None:
        clauses = [*clauses, "proposals.id IN (SELECT rowid FROM proposals_fts WHERE proposals_fts MATCH ?)"]
        parameters = [*parameters, expression]
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    rows = connection.execute(f"{_ENTRY}{where} ORDER BY proposals.id DESC LIMIT ?", (*parameters, limit))
    return [_entry_of(row) for row in rows]


def _conditions(wanted: SearchFilter, now: datetime) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    parameters: list[object] = []
    for column, value in (
        ("category_iri", wanted.category_iri),
        ("purpose", wanted.purpose),
        ("tier", wanted.tier),
    ):
        if value is not None:
            clauses.append(f"{column} = ?")
            parameters.append(value)
    if wanted.open_only:
        clauses.append("withdrawn_at IS NULL AND (closes_at IS NULL OR closes_at > ?)")
        clauses.append("coalesce(stated_available, quantity - promised - given) > 0")
        parameters.append(instant_text(now))
    return clauses, parameters


def _nearest(
    entries: list[CatalogueEntry], near: Coordinates, *, within_km: float | None
) -> list[tuple[CatalogueEntry, float | None]]:
    placed: list[tuple[CatalogueEntry, float | None]] = [
        (entry, None if entry.coordinates is None else distance_km(near, entry.coordinates)) for entry in entries
    ]
    if within_km is not None:
        placed = [(entry, apart) for entry, apart in placed if apart is not None and apart <= within_km]
    return sorted(placed, key=lambda found: (found[1] is None, found[1] or 0.0))


def load_document(connection: sqlite3.Connection, iri: str) -> bytes | None:
    """The signed document of the proposal as it stands now, or None if there is none."""
    row = connection.execute("SELECT document FROM proposals WHERE iri = ?", (iri,)).fetchone()
    return None if row is None else bytes(row["document"])


def record_proposal(connection: sqlite3.Connection, row: ProposalRow) -> int:
    """Insert the proposal, or bring a known one to this version and reopen it. Returns its number."""
    known = connection.execute("SELECT id FROM proposals WHERE iri = ?", (row.iri,)).fetchone()
    place = row.coordinates
    values = {
        "peer_id": row.peer_id, "publisher_iri": row.publisher_iri, "item_id": row.item_id, "purpose": row.purpose,
        "name": row.name, "content": row.content, "category_iri": row.category_iri,
        "category_words": row.category_words, "unit": row.unit, "quantity": row.quantity,
        "stated_available": row.stated_available, "minimum": row.minimum, "condition": row.condition,
        "mass_grams": row.mass_grams,
        "tier": row.tier, "latitude": place and place.latitude, "longitude": place and place.longitude,
        "closes_at": instant_text(row.closes_at), "version": row.version, "terms_version": row.terms_version,
        "digest": row.digest, "document": row.document, "withdrawn_at": None,
    }  # fmt: skip
    if known is not None:
        assignments = ", ".join(f"{name} = ?" for name in values)
        connection.execute(f"UPDATE proposals SET {assignments} WHERE id = ?", (*values.values(), known["id"]))
        return int(known["id"])
    values |= {"iri": row.iri, "published_at": instant_text(row.published_at)}
    cursor = connection.execute(
        f"INSERT INTO proposals ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", (*values.values(),)
    )
    return int(cursor.lastrowid or 0)


def record_withdrawn(connection: sqlite3.Connection, iri: str, *, version: int, now: datetime) -> None:
    """The proposal is gone from the catalogue; its row stays for what refers to it."""
    connection.execute(
        "UPDATE proposals SET withdrawn_at = ?, version = ? WHERE iri = ?", (instant_text(now), version, iri)
    )


def record_stock(connection: sqlite3.Connection, iri: str, *, promised: int, given: int) -> None:
    """What of our own proposal is promised and what has been given."""
    connection.execute(
        "UPDATE proposals SET promised = ?, given = ? WHERE iri = ? AND peer_id IS NULL", (promised, given, iri)
    )


def withdraw_all_of_peer(connection: sqlite3.Connection, peer_id: int, *, now: datetime) -> int:
    """Take everything a peer published out of the catalogue. Returns how many."""
    return connection.execute(
        "UPDATE proposals SET withdrawn_at = ? WHERE peer_id = ? AND withdrawn_at IS NULL",
        (instant_text(now), peer_id),
    ).rowcount


def record_tombstone(connection: sqlite3.Connection, iri: str, *, peer_id: int, version: int) -> None:
    """The peer deleted this proposal at this version; an older version must not bring it back."""
    connection.execute(
        "INSERT INTO tombstones (proposal_iri, peer_id, version) VALUES (?, ?, ?)"
        " ON CONFLICT (proposal_iri) DO UPDATE SET version = max(version, excluded.version)",
        (iri, peer_id, version),
    )


def find_tombstone(connection: sqlite3.Connection, iri: str) -> int | None:
    """The version at which the proposal was deleted, or None."""
    row = connection.execute("SELECT version FROM tombstones WHERE proposal_iri = ?", (iri,)).fetchone()
    return None if row is None else int(row["version"])


def delete_tombstones(connection: sqlite3.Connection, peer_id: int) -> None:
    """A tombstone binds within its feed: forget them when the peer's feed is replaced by another."""
    connection.execute("DELETE FROM tombstones WHERE peer_id = ?", (peer_id,))


def _entry_of(row: sqlite3.Row) -> CatalogueEntry:
    stated, latitude = row["stated_available"], row["latitude"]
    return CatalogueEntry(
        id=row["id"],
        iri=row["iri"],
        peer_id=row["peer_id"],
        publisher_name=row["publisher_name"],
        publisher_iri=row["publisher_iri"],
        item_id=row["item_id"],
        purpose=Purpose(row["purpose"]),
        name=row["name"],
        content=row["content"],
        category_iri=row["category_iri"],
        unit=Unit(row["unit"]),
        quantity=row["quantity"],
        promised=row["promised"],
        given=row["given"],
        available=row["quantity"] - row["promised"] - row["given"] if stated is None else stated,
        minimum=row["minimum"],
        condition=row["condition"],
        mass_grams=row["mass_grams"],
        tier=Tier(row["tier"]),
        coordinates=None if latitude is None else Coordinates(latitude=latitude, longitude=row["longitude"]),
        closes_at=instant_of(row["closes_at"]),
        version=row["version"],
        terms_version=row["terms_version"],
        digest=row["digest"],
        published_at=required_instant(row["published_at"]),
        withdrawn_at=instant_of(row["withdrawn_at"]),
    )
