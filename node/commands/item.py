"""`krets item`: the inventory, one thing or one lot of alike things at a time."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.commands.item_import import import_file, undo
from node.commands.options import (
    LIST_LIMIT,
    CategoryOption,
    HomeOption,
    ItemArgument,
    JsonOption,
    LimitOption,
    parse_day,
    parse_line,
    parse_text,
    parse_words,
)
from protocol.limits import QUANTITY_MAX

if TYPE_CHECKING:
    from node.domain.inventory import Item
    from node.opening import Node

ConditionName = Literal["new", "as-new", "good", "worn", "needs-repair"]
"""The five steps of `node.sheets.conditions`, so that typed and imported items say it alike."""

MASS_GRAMS_MAX = 100_000_000

app = typer.Typer(
    help="The inventory: what the organisation has.\n\n\b\nExample:\n  krets item list chair --home asker",
    rich_markup_mode=None,
)
app.command("import")(import_file)
app.command("import-undo")(undo)

QuantityOfItem = Annotated[
    int | None,
    typer.Option("--quantity", metavar="N", min=1, max=QUANTITY_MAX, help="How many alike.", show_default=False),
]
ConditionOption = Annotated[
    ConditionName | None, typer.Option("--condition", help="How good it is.", show_default=False)
]
LocationOption = Annotated[
    str | None,
    typer.Option(
        "--location",
        metavar="TEXT",
        parser=parse_line,
        help="Where it stands; never leaves the node.",
        show_default=False,
    ),
]
UnitOption = Annotated[
    str | None,
    typer.Option(
        "--unit",
        metavar="TEXT",
        parser=parse_line,
        help="Whose it is: school, office, department.",
        show_default=False,
    ),
]
SerialOption = Annotated[
    str | None,
    typer.Option("--serial-number", metavar="TEXT", parser=parse_line, help="The maker's number.", show_default=False),
]
InventoryOption = Annotated[
    str | None,
    typer.Option("--inventory-number", metavar="TEXT", parser=parse_line, help="Your own number.", show_default=False),
]
MassOption = Annotated[
    int | None,
    typer.Option(
        "--mass-grams", metavar="GRAMS", min=1, max=MASS_GRAMS_MAX, help="The weight of one.", show_default=False
    ),
]
GoneByOption = Annotated[
    date | None,
    typer.Option("--gone-by", metavar="DATE", parser=parse_day, help="Must be gone by this day.", show_default=False),
]
NotesOption = Annotated[
    str | None,
    typer.Option(
        "--notes",
        metavar="TEXT",
        parser=parse_text,
        help="Anything else. Others read it in an offer of the item.",
        show_default=False,
    ),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", parser=parse_words, help="What it is called.")],
    quantity: QuantityOfItem = None,
    category: CategoryOption = None,
    condition: ConditionOption = None,
    location: LocationOption = None,
    unit: UnitOption = None,
    serial_number: SerialOption = None,
    inventory_number: InventoryOption = None,
    mass_grams: MassOption = None,
    gone_by: GoneByOption = None,
    notes: NotesOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add one thing, or a lot of alike things.

    The category is guessed from the name unless you say it.

    \b
    Example:
      krets item add "Office chair, black" --quantity 24 --location "Town hall, 3rd floor" --home asker
    """
    from node.commands.opening import opened_node
    from node.operations.edit_inventory import AddItem, ItemChanges, add_item

    wanted = ItemChanges(
        name=name,
        quantity=quantity,
        category=category,
        condition=condition,
        location_text=location,
        unit_text=unit,
        serial_number=serial_number,
        inventory_number=inventory_number,
        mass_grams=mass_grams,
        gone_by_on=gone_by,
        notes=notes,
    )
    with opened_node(home) as node:
        command = AddItem(item=wanted)
        item = node.write(lambda connection: add_item(connection, command, author=node.author, now=node.clock()))
        _print_item(node, item, as_json=as_json)


@app.command()
def edit(
    item: ItemArgument,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="TEXT", parser=parse_words, help="What it is called.", show_default=False),
    ] = None,
    quantity: QuantityOfItem = None,
    category: CategoryOption = None,
    condition: ConditionOption = None,
    location: LocationOption = None,
    unit: UnitOption = None,
    serial_number: SerialOption = None,
    inventory_number: InventoryOption = None,
    mass_grams: MassOption = None,
    gone_by: GoneByOption = None,
    notes: NotesOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what you name; the rest stays. No later import overwrites what a person has changed.

    \b
    Example:
      krets item edit 7 --quantity 20 --condition worn --home asker
    """
    from node.commands.opening import opened_node
    from node.operations.edit_inventory import EditItem, ItemChanges, edit_item

    changes = ItemChanges(
        name=name,
        quantity=quantity,
        category=category,
        condition=condition,
        location_text=location,
        unit_text=unit,
        serial_number=serial_number,
        inventory_number=inventory_number,
        mass_grams=mass_grams,
        gone_by_on=gone_by,
        notes=notes,
    )
    if changes == ItemChanges():
        raise typer.BadParameter("say what to change, for example --quantity 20")
    with opened_node(home) as node:
        command = EditItem(item_ref=item, changes=changes)
        changed = node.write(lambda connection: edit_item(connection, command, author=node.author, now=node.clock()))
        _print_item(node, changed, as_json=as_json)


@app.command("list")
def list_all(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]", help="Only items with these words.")] = None,
    removed: Annotated[bool, typer.Option("--removed", help="Items that were removed.", show_default=False)] = False,
    limit: LimitOption = LIST_LIMIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the inventory: how many, how many are free, and where.

    \b
    Example:
      krets item list chair --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.printing import day_text, print_if_more, print_json, print_table
    from node.store import items

    with opened_node(home) as node:
        text = " ".join(words or [])
        found = node.read(lambda connection: items.list_items(connection, words=text, removed=removed, limit=limit + 1))
    shown = found[:limit]
    if as_json:
        print_json(items=shown, more=len(found) > limit)
        return
    print_table(
        ("number#", "name", "have#", "free#", "promised#", "condition", "where", "gone by"),
        [
            (item.id, item.name, item.quantity, item.free, item.promised, item.condition,
             ", ".join(part for part in (item.unit_text, item.location_text) if part), day_text(item.gone_by_on))
            for item in shown
        ],
        empty="Nothing here. Add something: krets item add NAME, or krets item import FILE.",
    )  # fmt: skip
    print_if_more(len(found), limit=limit)


@app.command()
def show(item: ItemArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one item with everything known about it.

    \b
    Example:
      krets item show 7 --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.refusals import CommandRefusedError
    from node.store import items

    with opened_node(home) as node:
        found = node.read(lambda connection: items.find_item(connection, item))
        if found is None:
            raise CommandRefusedError("not-found", f"There is no item {item!r}; krets item list shows them.")
        _print_item(node, found, as_json=as_json)


@app.command()
def remove(item: ItemArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Take an item out of the inventory. What is offered or promised has to be withdrawn first.

    \b
    Example:
      krets item remove 7 --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.printing import print_json, print_line
    from node.operations.edit_inventory import RemoveItem, remove_item

    with opened_node(home) as node:
        command = RemoveItem(item_ref=item)
        gone = node.write(lambda connection: remove_item(connection, command, now=node.clock()))
    if as_json:
        print_json(item=gone)
    else:
        print_line(f"Removed item {gone.id}: {gone.name}.")


def _print_item(node: "Node", item: "Item", *, as_json: bool) -> None:
    from node.commands.printing import day_text, print_fields, print_json

    if as_json:
        print_json(item=item)
        return
    category = None if item.category_iri is None else node.author.scheme.find(item.category_iri)
    print_fields(
        (
            ("Item", item.id),
            ("Name", item.name),
            ("Category", "none yet: set --category before offering it" if category is None else category.label("en")),
            ("Have", item.quantity),
            ("Free to offer", item.free),
            ("Promised", item.promised),
            ("Condition", item.condition),
            ("Unit", item.unit_text),
            ("Where", item.location_text),
            ("Must be gone by", day_text(item.gone_by_on)),
            ("Maker and model", " ".join(part for part in (item.maker, item.model) if part)),
            ("Inventory number", item.inventory_number),
            ("Serial number", item.serial_number),
            ("Weight of one, grams", item.mass_grams),
            ("Notes", item.notes),
            ("Removed on", day_text(item.removed_at)),
            ("Address", item.iri),
        )
    )
