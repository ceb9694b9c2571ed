"""`krets offer`: giving things away, to whom and until when."""

from datetime import date
from typing import Annotated

import typer

from node.commands.options import (
    LIST_LIMIT,
    HomeOption,
    ItemArgument,
    JsonOption,
    LimitOption,
    QuantityOption,
    TierName,
    WaitOption,
    parse_day,
)
from protocol.limits import QUANTITY_MAX

app = typer.Typer(
    help="Offers: things to give away.\n\n\b\nExample:\n  krets offer publish 7 --quantity 24 --tier partners",
    rich_markup_mode=None,
)

OfferArgument = Annotated[str, typer.Argument(metavar="OFFER", help="The offer's number or IRI.")]
GoneByOption = Annotated[
    date | None,
    typer.Option("--gone-by", metavar="DATE", parser=parse_day, help="The last day it can be had.", show_default=False),
]


@app.command()
def publish(
    item: ItemArgument,
    quantity: QuantityOption,
    tier: Annotated[TierName, typer.Option("--tier", help="Who may see it.")] = "own",
    gone_by: GoneByOption = None,
    minimum: Annotated[
        int | None,
        typer.Option(
            "--minimum", metavar="N", min=1, max=QUANTITY_MAX, help="The smallest part given.", show_default=False
        ),
    ] = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Offer some of an item. Without --tier only the own organisation sees it.

    \b
    Example:
      krets offer publish 7 --quantity 24 --tier partners --gone-by 2026-12-18 --home asker
    """
    from node.commands.catalogue_views import print_entry
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.publish_proposal import PublishOffer, publish_offer
    from protocol.vocabulary import Tier

    with opened_node(home) as node:
        command = PublishOffer(item_ref=item, quantity=quantity, tier=Tier(tier), gone_by_on=gone_by, minimum=minimum)
        entry = write_and_wait(
            node,
            lambda connection: publish_offer(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_entry(node, entry, key="offer", as_json=as_json)


@app.command()
def edit(
    offer: OfferArgument,
    quantity: Annotated[
        int | None,
        typer.Option("--quantity", metavar="N", min=1, max=QUANTITY_MAX, help="How many in all.", show_default=False),
    ] = None,
    tier: Annotated[TierName | None, typer.Option("--tier", help="Who may see it.", show_default=False)] = None,
    gone_by: GoneByOption = None,
    minimum: Annotated[
        int | None,
        typer.Option(
            "--minimum", metavar="N", min=1, max=QUANTITY_MAX, help="The smallest part given.", show_default=False
        ),
    ] = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change how many, to whom, until when, or the smallest part. Peers get the new version.

    \b
    Example:
      krets offer edit 3 --tier organisations --home asker
    """
    from node.commands.catalogue_views import print_entry
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.publish_proposal import EditOffer, edit_offer
    from protocol.vocabulary import Tier

    if quantity is None and tier is None and gone_by is None and minimum is None:
        raise typer.BadParameter("say what to change: --quantity, --tier, --gone-by or --minimum")
    with opened_node(home) as node:
        command = EditOffer(
            offer_ref=offer,
            quantity=quantity,
            tier=None if tier is None else Tier(tier),
            gone_by_on=gone_by,
            minimum=minimum,
        )
        entry = write_and_wait(
            node,
            lambda connection: edit_offer(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_entry(node, entry, key="offer", as_json=as_json)


@app.command("list")
def list_all(
    everything: Annotated[
        bool, typer.Option("--all", help="Withdrawn and finished ones too.", show_default=False)
    ] = False,
    limit: LimitOption = LIST_LIMIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List our own offers, newest first.

    \b
    Example:
      krets offer list --home asker
    """
    from node.commands.catalogue_views import state_text
    from node.commands.opening import opened_node
    from node.commands.printing import last_day_text, print_if_more, print_json, print_table
    from node.store import proposals
    from protocol.vocabulary import Purpose

    with opened_node(home) as node:
        entries = node.read(
            lambda connection: proposals.list_own(
                connection, purpose=Purpose.OFFER, open_only=not everything, limit=limit + 1
            )
        )
        now = node.clock()
    shown = entries[:limit]
    if as_json:
        print_json(offers=shown, more=len(entries) > limit)
        return
    print_table(
        ("number#", "name", "offered#", "available#", "promised#", "given#", "who may see it", "until", "state"),
        [
            (entry.id, entry.name, entry.quantity, entry.available, entry.promised, entry.given, entry.tier.value,
             last_day_text(entry.closes_at), state_text(entry, now=now))
            for entry in shown
        ],
        empty="No offers. Make one: krets offer publish ITEM --quantity N --tier partners.",
    )  # fmt: skip
    print_if_more(len(entries), limit=limit)


@app.command()
def withdraw(offer: OfferArgument, wait: WaitOption = 0, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Take an offer back. What is agreed stays agreed; who still waits for an answer gets a no.

    \b
    Example:
      krets offer withdraw 3 --home asker
    """
    from node.commands.catalogue_views import withdraw_and_print
    from protocol.vocabulary import Purpose

    withdraw_and_print(home, offer, purpose=Purpose.OFFER, wait_seconds=wait, as_json=as_json)
