"""`krets catalogue`: finding things, our own and those of peers alike."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.commands.options import (
    LIST_LIMIT,
    CategoryOption,
    HomeOption,
    JsonOption,
    LimitOption,
    Place,
    TierName,
    WithinOption,
    parse_place,
)

if TYPE_CHECKING:
    from node.domain.catalogue import CatalogueEntry

app = typer.Typer(rich_markup_mode=None)


@app.callback()
def catalogue() -> None:
    """The catalogue: our own things and those of peers.

    \b
    Example:
      krets catalogue search office chair --home baerum
    """


@app.command()
def search(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORDS]", help="What to look for.")] = None,
    category: CategoryOption = None,
    near: Annotated[
        Place | None,
        typer.Option(
            "--near",
            metavar="LAT,LON",
            parser=parse_place,
            help="Nearest to this place first; else to our own.",
            show_default=False,
        ),
    ] = None,
    within: WithinOption = None,
    tier: Annotated[
        TierName | None, typer.Option("--tier", help="Only what this tier sees.", show_default=False)
    ] = None,
    kind: Annotated[
        Literal["offer", "need"] | None, typer.Option("--kind", help="Only offers, or only needs.", show_default=False)
    ] = None,
    limit: LimitOption = LIST_LIMIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search offers and needs by word, category and distance, nearest first. krets request make takes the number.

    \b
    Example:
      krets catalogue search office chair --kind offer --near 59.83,10.44 --home baerum
    """
    from node.commands.opening import opened_node
    from node.commands.printing import kilometres_text, last_day_text, print_if_more, print_table
    from node.domain.places import Coordinates
    from node.operations.edit_inventory import resolve_category
    from node.store import proposals
    from protocol.vocabulary import Purpose, Tier

    purposes = {None: None, "offer": Purpose.OFFER, "need": Purpose.REQUEST}
    with opened_node(home) as node:
        found_category = resolve_category(category, author=node.author)
        wanted = proposals.SearchFilter(
            words=" ".join(words or []).strip() or None,
            category_iri=None if found_category is None else found_category.iri,
            purpose=purposes[kind],
            tier=None if tier is None else Tier(tier),
            near=node.author.coordinates
            if near is None
            else Coordinates(latitude=near.latitude, longitude=near.longitude),
            within_km=within,
        )
        found = node.read(
            lambda connection: proposals.search_entries(connection, wanted, now=node.clock(), limit=limit + 1)
        )
        own_name = node.settings.name
    shown = found[:limit]
    if as_json:
        _print_found_as_json(shown, more=len(found) > limit)
        return
    print_table(
        ("number#", "kind", "name", "how many#", "distance#", "until", "whose", "address@"),
        [
            (entry.id, _kind_of(entry.purpose), entry.name, entry.available, kilometres_text(apart),
             last_day_text(entry.closes_at), own_name if entry.own else entry.publisher_name, entry.iri)
            for entry, apart in shown
        ],
        empty='Nothing found. Say that you need it: krets need publish "what" --quantity N --by DATE.',
    )  # fmt: skip
    print_if_more(len(found), limit=limit)


def _print_found_as_json(found: "Sequence[tuple[CatalogueEntry, float | None]]", *, more: bool) -> None:
    from node.commands.printing import print_json

    print_json(
        results=[
            {"entry": entry, "kind": _kind_of(entry.purpose), "distance_km": apart, "own": entry.own}
            for entry, apart in found
        ],
        more=more,
    )


def _kind_of(purpose: str) -> str:
    return "offer" if purpose == "offer" else "need"
