"""The inventory: items, and the batches they were imported in."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.domain.inventory import Item
from node.store.rows import date_of, instant_of, instant_text, required_instant

_ITEM = """
    SELECT items.*,
        coalesce((SELECT sum(quantity - given) FROM proposals
            WHERE item_id = items.id AND withdrawn_at IS NULL), 0)
        + coalesce((SELECT sum(held) FROM agreements WHERE agreements.item_id = items.id
            AND agreements.proposal_iri NOT IN (SELECT iri FROM proposals
                WHERE item_id = items.id AND withdrawn_at IS NULL)), 0) AS offered
    FROM items
"""
"""`offered` is what open offers could still give away, plus what is held for agreements outside them."""

ITEM_COLUMNS = (
    "name", "category_iri", "quantity", "condition", "inventory_number", "serial_number", "unit_text",
    "location_text", "maker", "model", "notes", "mass_grams", "height_mm", "width_mm", "depth_mm",
    "purchase_price_minor", "acquired_on", "gone_by_on",
)  # fmt: skip
"""The columns that a person or an import may set."""


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """One import of one file."""

    id: int
    file_name: str
    imported_at: datetime
    undone_at: datetime | None


def find_item(connection: sqlite3.Connection, reference: str) -> Item | None:
    """The item with this number or IRI, or None."""
    column = "id" if reference.isdecimal() else "iri"
    row = connection.execute(f"{_ITEM} WHERE items.{column} = ?", (reference,)).fetchone()
    return None if row is None else _item_of(row)


def find_item_by_identity(connection: sqlite3.Connection, identity: str) -> Item | None:
    """The item that an import knows by this identity, removed ones included, or None."""
    row = connection.execute(f"{_ITEM} WHERE items.identity = ?", (identity,)).fetchone()
    return None if row is None else _item_of(row)


def list_items_by_number(
    connection: sqlite3.Connection, *, inventory_numbers: Sequence[str], serial_numbers: Sequence[str]
) -> list[Item]:
    """Items, removed ones not, with any of these numbers, the oldest first."""
    rows = connection.execute(
        f"{_ITEM} WHERE removed_at IS NULL AND (inventory_number IN (SELECT value FROM json_each(?))"
        " OR serial_number IN (SELECT value FROM json_each(?))) ORDER BY items.id",
        (json.dumps(inventory_numbers), json.dumps(serial_numbers)),
    )
    return [_item_of(row) for row in rows]


def list_items(connection: sqlite3.Connection, *, words: str | None, removed: bool, limit: int) -> list[Item]:
    """Items whose name, number and place together contain every one of the words, in the order they were added."""
    # SQLite folds the case of ASCII only.
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    wanted = json.dumps((words or "").casefold().split())
    rows = connection.execute(
        f"{_ITEM} WHERE (removed_at IS NOT NULL) = ? AND NOT EXISTS ("
        " SELECT 1 FROM json_each(?) AS word WHERE instr(casefold("
        "  name || ' ' || coalesce(inventory_number, '') || ' ' || coalesce(location_text, '')), word.value) = 0)"
        " ORDER BY items.id LIMIT ?",
        (removed, wanted, limit),
    )
    return [_item_of(row) for row in rows]


def list_batch(connection: sqlite3.Connection, batch_id: int, *, limit: int) -> list[Item]:
    """The items that an import made and that are still there."""
    rows = connection.execute(
        f"{_ITEM} WHERE batch_id = ? AND removed_at IS NULL ORDER BY items.id LIMIT ?", (batch_id, limit)
    )
    return [_item_of(row) for row in rows]


def count_batch(connection: sqlite3.Connection, batch_id: int) -> int:
    """How many items an import has made that are still there."""
    row = connection.execute(
        "SELECT count(*) AS made FROM items WHERE batch_id = ? AND removed_at IS NULL", (batch_id,)
    ).fetchone()
    return int(row["made"])


def record_item(
    connection: sqlite3.Connection,
    columns: Mapping[str, object],
    *,
    iri: str,
    identity: str | None,
    batch_id: int | None,
    now: datetime,
) -> int:
    """Insert an item with these columns, all of ITEM_COLUMNS. Returns its number."""
    names = [*ITEM_COLUMNS, "iri", "identity", "batch_id", "created_at"]
    values = [*(columns[name] for name in ITEM_COLUMNS), iri, identity, batch_id, instant_text(now)]
    cursor = connection.execute(
        f"INSERT INTO items ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", values
    )
    return int(cursor.lastrowid or 0)


def record_columns(connection: sqlite3.Connection, item_id: int, columns: Mapping[str, object]) -> None:
    """Set some of ITEM_COLUMNS."""
    names = [name for name in ITEM_COLUMNS if name in columns]
    assignments = ", ".join(f"{name} = ?" for name in names)
    connection.execute(f"UPDATE items SET {assignments} WHERE id = ?", [*(columns[name] for name in names), item_id])


def record_edited(connection: sqlite3.Connection, item_id: int, *, now: datetime) -> None:
    """A person has changed the item, so no import overwrites it and no undo removes it."""
    connection.execute("UPDATE items SET edited_at = ? WHERE id = ?", (instant_text(now), item_id))


def record_removed(connection: sqlite3.Connection, item_id: int, *, now: datetime) -> None:
    """The item is no longer in the inventory; its row stays for what refers to it."""
    connection.execute("UPDATE items SET removed_at = ? WHERE id = ?", (instant_text(now), item_id))


def delete_item(connection: sqlite3.Connection, item_id: int) -> None:
    """Take back an imported item that nothing refers to."""
    connection.execute("DELETE FROM items WHERE id = ?", (item_id,))


def record_stock(connection: sqlite3.Connection, item_id: int, *, promised: int, quantity: int) -> None:
    """What we own of the item and what of it is promised. The table refuses to promise more than there is."""
    connection.execute("UPDATE items SET promised = ?, quantity = ? WHERE id = ?", (promised, quantity, item_id))


def record_batch(connection: sqlite3.Connection, *, file_name: str, now: datetime) -> int:
    """Begin an import. Returns its number."""
    cursor = connection.execute(
        "INSERT INTO import_batches (file_name, imported_at) VALUES (?, ?)", (file_name, instant_text(now))
    )
    return int(cursor.lastrowid or 0)


def find_batch(connection: sqlite3.Connection, batch_id: int | None) -> ImportBatch | None:
    """The import with this number, or the newest not undone that brought something in; None if there is none."""
    if batch_id is None:
        row = connection.execute(
            "SELECT * FROM import_batches WHERE undone_at IS NULL AND EXISTS"
            " (SELECT 1 FROM items WHERE batch_id = import_batches.id) ORDER BY id DESC LIMIT 1"
        ).fetchone()
    else:
        row = connection.execute("SELECT * FROM import_batches WHERE id = ?", (batch_id,)).fetchone()
    if row is None:
        return None
    return ImportBatch(
        id=row["id"],
        file_name=row["file_name"],
        imported_at=required_instant(row["imported_at"]),
        undone_at=instant_of(row["undone_at"]),
    )


def record_batch_undone(connection: sqlite3.Connection, batch_id: int, *, now: datetime) -> None:
    """The import was taken back."""
    connection.execute("UPDATE import_batches SET undone_at = ? WHERE id = ?", (instant_text(now), batch_id))


def has_been_offered(connection: sqlite3.Connection, item_id: int) -> bool:
    """Whether any proposal or agreement, open or ended, refers to the item."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM proposals WHERE item_id = ?) OR EXISTS"
        " (SELECT 1 FROM agreements WHERE item_id = ?) AS referred",
        (item_id, item_id),
    ).fetchone()
    return bool(row["referred"])


def _item_of(row: sqlite3.Row) -> Item:
    return Item(
        id=row["id"],
        iri=row["iri"],
        identity=row["identity"],
        name=row["name"],
        category_iri=row["category_iri"],
        quantity=row["quantity"],
        promised=row["promised"],
        offered=row["offered"],
        condition=row["condition"],
        inventory_number=row["inventory_number"],
        serial_number=row["serial_number"],
        unit_text=row["unit_text"],
        location_text=row["location_text"],
        maker=row["maker"],
        model=row["model"],
        notes=row["notes"],
        mass_grams=row["mass_grams"],
        height_mm=row["height_mm"],
        width_mm=row["width_mm"],
        depth_mm=row["depth_mm"],
        purchase_price_minor=row["purchase_price_minor"],
        acquired_on=date_of(row["acquired_on"]),
        gone_by_on=date_of(row["gone_by_on"]),
        batch_id=row["batch_id"],
        edited_at=instant_of(row["edited_at"]),
        created_at=required_instant(row["created_at"]),
        removed_at=instant_of(row["removed_at"]),
    )
