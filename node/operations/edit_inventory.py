"""Adding, changing and removing items by hand."""

import sqlite3
from dataclasses import dataclass, fields
from datetime import date, datetime

from node.domain.categories import Category
from node.domain.inventory import LAST_DAY, Item
from node.domain.outcomes import refuse
from node.operations.author import Author
from node.store import audit, items
from node.store.rows import date_text
from protocol.limits import CONTENT_CHARS_MAX, NAME_CHARS_MAX, QUANTITY_MAX


@dataclass(frozen=True, slots=True)
class ItemChanges:
    """What to set; None leaves a field as it is. `category` is an IRI, a slug or a label in any language."""

    name: str | None = None
    quantity: int | None = None
    category: str | None = None
    condition: str | None = None
    inventory_number: str | None = None
    serial_number: str | None = None
    unit_text: str | None = None
    location_text: str | None = None
    maker: str | None = None
    model: str | None = None
    notes: str | None = None
    mass_grams: int | None = None
    height_mm: int | None = None
    width_mm: int | None = None
    depth_mm: int | None = None
    purchase_price_minor: int | None = None
    acquired_on: date | None = None
    gone_by_on: date | None = None


@dataclass(frozen=True, slots=True)
class AddItem:
    """Put an item into the inventory: a name and a quantity are needed, the category is guessed if absent."""

    item: ItemChanges


@dataclass(frozen=True, slots=True)
class EditItem:
    """Change an item."""

    item_ref: str
    changes: ItemChanges


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """Take an item out of the inventory."""

    item_ref: str


def add_item(connection: sqlite3.Connection, command: AddItem, *, author: Author, now: datetime) -> Item:
    """Record the item. Raises RefusedError for an unknown category or an impossible value."""
    wanted = command.item
    if wanted.name is None:
        raise refuse("name", "An item needs a name.")
    category = resolve_category(wanted.category, author=author) or author.scheme.find_by_text(wanted.name)
    columns = _columns(wanted, category)
    columns = {name: columns.get(name) for name in items.ITEM_COLUMNS} | {"quantity": wanted.quantity or 1}
    check_columns(columns)
    iri = author.mint("items")
    item_id = items.record_item(connection, columns, iri=iri, identity=None, batch_id=None, now=now)
    items.record_edited(connection, item_id, now=now)
    audit.record_audit(connection, actor="self", action="item.add", subject=iri, detail={"item": item_id}, now=now)
    return load_item(connection, str(item_id))


def edit_item(connection: sqlite3.Connection, command: EditItem, *, author: Author, now: datetime) -> Item:
    """Set what the command names. What is offered or promised cannot be edited away."""
    item = load_present_item(connection, command.item_ref)
    columns = _columns(command.changes, resolve_category(command.changes.category, author=author))
    if not columns:
        raise refuse("nothing", "Say what to change, for example --quantity 4.")
    check_columns(columns)
    quantity = columns.get("quantity")
    if isinstance(quantity, int) and quantity < item.offered:
        raise refuse("offered", f"{item.offered} are offered or promised; the quantity cannot be less than that.")
    if "category_iri" in columns and item.offered:
        raise refuse("offered", "The item is on offer; withdraw the offer before changing its category.")
    items.record_columns(connection, item.id, columns)
    items.record_edited(connection, item.id, now=now)
    audit.record_audit(
        connection, actor="self", action="item.edit", subject=item.iri, detail={"fields": sorted(columns)}, now=now
    )
    return load_item(connection, str(item.id))


def remove_item(connection: sqlite3.Connection, command: RemoveItem, *, now: datetime) -> Item:
    """Take the item out of the inventory. Raises RefusedError while it is offered or promised."""
    item = load_present_item(connection, command.item_ref)
    if item.offered or item.promised:
        raise refuse("offered", f"{item.offered} are offered or promised; withdraw the offer first.")
    items.record_removed(connection, item.id, now=now)
    audit.record_audit(
        connection, actor="self", action="item.remove", subject=item.iri, detail={"item": item.id}, now=now
    )
    return load_item(connection, str(item.id))


def load_item(connection: sqlite3.Connection, reference: str) -> Item:
    """The item with this number or IRI. Raises RefusedError with advice if there is none."""
    item = items.find_item(connection, reference)
    if item is None:
        raise refuse("not-found", f"There is no item {reference}; krets item list shows them.")
    return item


def load_present_item(connection: sqlite3.Connection, reference: str) -> Item:
    """The same, for an item that has not been removed."""
    item = load_item(connection, reference)
    if item.removed_at is not None:
        raise refuse("removed", f"Item {item.id} has been removed from the inventory.")
    return item


def resolve_category(reference: str | None, *, author: Author) -> Category | None:
    """The category with this IRI, slug or label. Raises RefusedError that lists the slugs if there is none."""
    if reference is None:
        return None
    category = author.scheme.find(reference) or author.scheme.find(reference.casefold().replace(" ", "-"))
    category = category or _find_by_label(reference, author=author)
    if category is None:
        slugs = ", ".join(known.slug for known in author.scheme.categories)
        raise refuse("category", f"There is no category {reference!r}. Choose one of: {slugs}.")
    return category


def check_columns(columns: dict[str, object]) -> None:
    """Raise RefusedError for a value that no item can have."""
    name = columns.get("name")
    if name is not None and not (isinstance(name, str) and len(name.strip()) > 0 and len(name) <= NAME_CHARS_MAX):
        raise refuse("name", f"The name must have 1 to {NAME_CHARS_MAX} characters.")
    quantity = columns.get("quantity")
    if quantity is not None and not (isinstance(quantity, int) and 1 <= quantity <= QUANTITY_MAX):
        raise refuse("quantity", f"The quantity must be a whole number from 1 to {QUANTITY_MAX}.")
    for column in ("mass_grams", "height_mm", "width_mm", "depth_mm"):
        measure = columns.get(column)
        if measure is not None and not (isinstance(measure, int) and 0 < measure <= QUANTITY_MAX):
            raise refuse(column, f"{column.replace('_', ' ')} must be more than 0 and at most {QUANTITY_MAX}.")
    for column in ("gone_by_on", "acquired_on"):
        day = columns.get(column)
        if isinstance(day, str) and day > LAST_DAY.isoformat():
            raise refuse("date", f"{day} is too far away. Leave the day out where there is none.")
    for column, value in columns.items():
        if isinstance(value, str) and len(value) > CONTENT_CHARS_MAX:
            raise refuse(column, f"{column.replace('_', ' ')} must have at most {CONTENT_CHARS_MAX} characters.")


def _find_by_label(reference: str, *, author: Author) -> Category | None:
    folded = reference.casefold()
    return next((category for category in author.scheme.categories if folded in category.words()), None)


def _columns(changes: ItemChanges, category: Category | None) -> dict[str, object]:
    columns: dict[str, object] = {}
    for field in fields(changes):
        value = getattr(changes, field.name)
        if value is None or field.name == "category":
            continue
        columns[field.name] = date_text(value) if isinstance(value, date) else value
    if category is not None:
        columns["category_iri"] = category.iri
    return columns
