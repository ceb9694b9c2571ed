"""Bringing the rows of a sheet into the inventory, once, and taking an import back.

A row that was imported before changes nothing, whatever has happened to its item since: a person's edit and a
promise both outlive a second import of the same file.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.inventory import Item
from node.domain.outcomes import refuse
from node.operations.author import Author
from node.sheets import ImportRow
from node.store import audit, items
from node.store.rows import date_text
from protocol.limits import CONTENT_CHARS_MAX, NAME_CHARS_MAX

BATCH_ITEMS_MAX = 1_000_000
"""Items of one import that an undo looks at; more rows than any sheet may have."""


@dataclass(frozen=True, slots=True)
class ImportRows:
    """Some rows of one import; a long file comes in several such commands."""

    batch_id: int
    rows: tuple[ImportRow, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows made an item, and how many had made one before."""

    imported: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class UndoImport:
    """Take back this import, or the newest one."""

    batch_id: int | None


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo removed, and what it kept because somebody has used it since."""

    batch_id: int
    file_name: str
    removed: int
    kept: int


def start_import(connection: sqlite3.Connection, file_name: str, *, now: datetime) -> int:
    """Begin an import. Returns the number by which it can be taken back."""
    batch_id = items.record_batch(connection, file_name=file_name, now=now)
    audit.record_audit(
        connection, actor="self", action="item.import", subject=file_name, detail={"import": batch_id}, now=now
    )
    return batch_id


def import_rows(connection: sqlite3.Connection, command: ImportRows, *, author: Author, now: datetime) -> Imported:
    """Make an item of each row whose identity is new; an item that was removed since comes back only by hand."""
    imported = 0
    for row in command.rows:
        if items.find_item_by_identity(connection, row.identity) is None:
            items.record_item(
                connection,
                _columns(row, author=author),
                iri=author.mint("items"),
                identity=row.identity,
                batch_id=command.batch_id,
                now=now,
            )
            imported += 1
    return Imported(imported=imported, unchanged=len(command.rows) - imported)


def undo_import(connection: sqlite3.Connection, command: UndoImport, *, now: datetime) -> Undone:
    """Remove the items of the import that nobody has edited, offered or promised since."""
    batch = items.find_batch(connection, command.batch_id)
    if batch is None:
        raise refuse("not-found", "There is no such import to take back.")
    if batch.undone_at is not None:
        raise refuse("undone", f"Import {batch.id} of {batch.file_name} has been taken back already.")
    made = items.list_batch(connection, batch.id, limit=BATCH_ITEMS_MAX)
    untouched = [item for item in made if not _in_use(connection, item)]
    for item in untouched:
        items.delete_item(connection, item.id)
    items.record_batch_undone(connection, batch.id, now=now)
    audit.record_audit(
        connection, actor="self", action="item.import-undo", subject=batch.file_name,
        detail={"import": batch.id, "removed": len(untouched)}, now=now,
    )  # fmt: skip
    return Undone(batch_id=batch.id, file_name=batch.file_name, removed=len(untouched), kept=len(made) - len(untouched))


def _in_use(connection: sqlite3.Connection, item: Item) -> bool:
    return item.edited_at is not None or items.has_been_offered(connection, item.id)


def _columns(row: ImportRow, *, author: Author) -> dict[str, object]:
    category = None
    for text in (row.category_text, row.name):
        category = category or (author.scheme.find_by_text(text) if text else None)
    return {
        "name": row.name[:NAME_CHARS_MAX],
        "category_iri": None if category is None else category.iri,
        "quantity": row.quantity,
        "condition": None if row.condition is None else row.condition.value,
        "inventory_number": row.inventory_number,
        "serial_number": row.serial_number,
        "unit_text": row.unit_text,
        "location_text": row.location_text,
        "maker": row.maker,
        "model": row.model,
        "notes": None if row.notes is None else row.notes[:CONTENT_CHARS_MAX],
        "mass_grams": row.mass_grams,
        "height_mm": row.height_mm,
        "width_mm": row.width_mm,
        "depth_mm": row.depth_mm,
        "purchase_price_minor": row.purchase_price_minor,
        "acquired_on": date_text(row.acquired_on),
        "gone_by_on": date_text(row.gone_by_on),
    }
