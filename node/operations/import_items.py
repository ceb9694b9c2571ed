"""Bringing the rows of a sheet into the inventory, once, and taking an import back.

A row that is known changes nothing, whatever has happened to its item since: a person's edit and a promise both
outlive a second import of the same file. Where such a row says something else than the inventory, it is only told.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.domain.inventory import Item
from node.domain.outcomes import refuse
from node.operations.author import Author
from node.sheets import ImportRow
from node.store import audit, items
from node.store.rows import date_text
from protocol.limits import CONTENT_CHARS_MAX

BATCH_ITEMS_MAX = 1_000_000
"""Items of one import that an undo looks at; more rows than any sheet may have."""


@dataclass(frozen=True, slots=True)
class ImportRows:
    """Some rows of one import; a long file comes in several such commands."""

    batch_id: int
    rows: tuple[ImportRow, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A known row that says something else than its item: the item's number or name, and the fields."""

    label: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows made (or would make) an item, how many were known, and which of those differ, in file order."""

    imported: int
    unchanged: int
    differing: tuple[Difference, ...]


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
    """Make an item of each row that is not known; an item that was removed since comes back only by hand."""
    known = _find_known(connection, command.rows, batch_id=command.batch_id)
    for row in command.rows:
        if row.identity not in known:
            items.record_item(
                connection,
                _new_columns(row, author=author),
                iri=author.mint("items"),
                identity=row.identity,
                batch_id=command.batch_id,
                now=now,
            )
    return _compare(command.rows, known, author=author)


def preview_rows(connection: sqlite3.Connection, rows: Sequence[ImportRow], *, author: Author) -> Imported:
    """What importing these rows would come to. Changes nothing."""
    return _compare(rows, _find_known(connection, rows, batch_id=None), author=author)


def _find_known(connection: sqlite3.Connection, rows: Sequence[ImportRow], *, batch_id: int | None) -> dict[str, Item]:
    """The items of the rows that are known, by the rows' identities.

    A row is known by its identity, else by the number of an item that was made or numbered by hand. Items of this very
    import do not count there: two rows of one file are two things, unless their identity is the same.
    """
    known: dict[str, Item] = {}
    for row in rows:
        for identity in (row.identity, row.identity_of_row):
            item = None if identity is None else items.find_item_by_identity(connection, identity)
            if item is not None:
                known.setdefault(row.identity, item)
    new = [row for row in rows if row.identity not in known and (row.inventory_number or row.serial_number)]
    numbered = items.list_items_by_number(
        connection,
        inventory_numbers=[row.inventory_number for row in new if row.inventory_number is not None],
        serial_numbers=[row.serial_number for row in new if row.serial_number is not None],
    )
    others = [item for item in reversed(numbered) if batch_id is None or item.batch_id != batch_id]
    by_inventory_number = {item.inventory_number: item for item in others}
    by_serial_number = {item.serial_number: item for item in others}
    without_inventory_number = {item.serial_number: item for item in others if item.inventory_number is None}
    for row in new:
        if row.inventory_number is None:
            item = by_serial_number.get(row.serial_number)
        else:
            item = by_inventory_number.get(row.inventory_number, without_inventory_number.get(row.serial_number))
        if item is not None:
            known[row.identity] = item
    return known


def _compare(rows: Iterable[ImportRow], known: dict[str, Item], *, author: Author) -> Imported:
    imported = unchanged = 0
    differing: list[Difference] = []
    for row in rows:
        item = known.get(row.identity)
        if item is None:
            imported += 1
            continue
        unchanged += 1
        fields = () if item.removed_at is not None else _differing_fields(row, item, author=author)
        if fields:
            differing.append(Difference(label=item.inventory_number or item.name, fields=fields))
    return Imported(imported=imported, unchanged=unchanged, differing=tuple(differing))


# What the columns of the inventory have behind the names by which people know the fields.
_UNITS_AND_KINDS = re.compile("_(iri|text|grams|mm|minor|on)$")


def _differing_fields(row: ImportRow, item: Item, *, author: Author) -> tuple[str, ...]:
    """The fields that the row states and the item has otherwise. What the row does not state is no difference."""
    stated = _stated_columns(row, author=author)
    there = {name: getattr(item, name) for name in stated}
    there |= {"acquired_on": date_text(item.acquired_on), "gone_by_on": date_text(item.gone_by_on)}
    return tuple(
        _UNITS_AND_KINDS.sub("", name).replace("_", " ")
        for name, value in stated.items()
        if value is not None and value != there[name]
    )


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


def _new_columns(row: ImportRow, *, author: Author) -> dict[str, object]:
    """The columns of a new item: what the row states, else one piece, of the category that its name tells."""
    columns = _stated_columns(row, author=author)
    if columns["category_iri"] is None:
        guessed = author.scheme.find_by_text(row.name)
        columns["category_iri"] = None if guessed is None else guessed.iri
    return columns | {"quantity": 1 if row.quantity is None else row.quantity}


def _stated_columns(row: ImportRow, *, author: Author) -> dict[str, object]:
    """All columns of an item as the row states them, None where it does not."""
    category = author.scheme.find_by_text(row.category_text) if row.category_text else None
    return {
        "name": row.name,
        "category_iri": None if category is None else category.iri,
        "quantity": row.quantity,
        "condition": None if row.condition is None else row.condition.value,
        "inventory_number": row.inventory_number,
        "serial_number": row.serial_number,
        "unit_text": row.unit_text,
        "location_text": row.location_text,
        "maker": row.maker,
        "model": row.model,
        "notes": _notes_of(row, category_is_understood=category is not None),
        "mass_grams": row.mass_grams,
        "height_mm": row.height_mm,
        "width_mm": row.width_mm,
        "depth_mm": row.depth_mm,
        "purchase_price_minor": row.purchase_price_minor,
        "acquired_on": date_text(row.acquired_on),
        "gone_by_on": date_text(row.gone_by_on),
    }


def _notes_of(row: ImportRow, *, category_is_understood: bool) -> str | None:
    """The row's notes, and below them the words that no field has taken, as far as there is room."""
    lines = [] if row.notes is None else [row.notes]
    if row.category_kept is not None and not category_is_understood and row.category_text != row.name:
        lines.append(row.category_kept)
    return "\n".join([*lines, *row.words_kept])[:CONTENT_CHARS_MAX] or None
