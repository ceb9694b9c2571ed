"""`krets need`: saying what the organisation needs, and seeing what answers it."""

from datetime import date
from typing import Annotated

import typer

from node.commands.options import (
    LIST_LIMIT,
    CategoryOption,
    HomeOption,
    JsonOption,
    LimitOption,
    QuantityOption,
    TierName,
    WaitOption,
    parse_day,
    parse_words,
)

app = typer.Typer(
    help='Needs: things that are wanted.\n\n\b\nExample:\n  krets need publish "Office chairs" --quantity 24',
    rich_markup_mode=None,
)

MATCHES_MAX = 20
"""Matches shown for each need: more than anybody compares."""


@app.command()
def publish(
    text: Annotated[str, typer.Argument(metavar="TEXT", parser=parse_words, help="What is needed, in plain words.")],
    quantity: QuantityOption,
    by: Annotated[
        date | None,
        typer.Option("--by", metavar="DATE", parser=parse_day, help="Needed by this day.", show_default=False),
    ] = None,
    category: CategoryOption = None,
    tier: Annotated[TierName, typer.Option("--tier", help="Who may see it.")] = "partners",
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is needed, how many and by when. Offers that answer it are shown at once.

    \b
    Example:
      krets need publish "Office chairs for a new school" --quantity 24 --by 2026-12-18 --home baerum
    """
    from node.commands.catalogue_views import print_entry
    from node.commands.opening import opened_node
    from node.commands.outgoing import find_outgoing, write_and_wait
    from node.commands.printing import print_json, print_line
    from node.operations.publish_proposal import PublishNeed, publish_need
    from node.store.need_matches import list_matches
    from protocol.vocabulary import Tier

    with opened_node(home) as node:
        command = PublishNeed(text=text, quantity=quantity, by_on=by, category=category, tier=Tier(tier))
        entry = write_and_wait(
            node,
            lambda connection: publish_need(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        matches = node.read(lambda connection: list_matches(connection, entry, now=node.clock(), limit=MATCHES_MAX))
        if as_json:
            print_json(need=entry, matches=matches, outgoing=find_outgoing(node))
            return
        print_entry(node, entry, key="need", as_json=False)
        for match in matches:
            print_line(f"Answered by {match.offer.publisher_name}: {match.offer.name} ({match.because})")
            print_line(f"Ask for it: krets request make {match.offer.id} --quantity {entry.available}")
            print_line(match.offer.iri)


@app.command("list")
def list_all(
    everything: Annotated[bool, typer.Option("--all", help="Withdrawn and met ones too.", show_default=False)] = False,
    limit: LimitOption = LIST_LIMIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List our own needs, newest first, each with the offers that answer it. krets request make takes their numbers.

    \b
    Example:
      krets need list --home baerum
    """
    from node.commands.catalogue_views import state_text
    from node.commands.opening import opened_node
    from node.commands.printing import last_day_text, print_if_more, print_json, print_table
    from node.store.need_matches import list_needs_with_matches

    with opened_node(home) as node:
        needs = node.read(
            lambda connection: list_needs_with_matches(
                connection, open_only=not everything, now=node.clock(), limit=limit + 1, matches_max=MATCHES_MAX
            )
        )
        now = node.clock()
    shown = needs[:limit]
    if as_json:
        print_json(needs=shown, more=len(needs) > limit)
        return
    rows: list[tuple[object, ...]] = []
    for found in shown:
        need = found.need
        rows.append(
            (need.id, need.name, need.available, last_day_text(need.closes_at), state_text(need, now=now), need.iri)
        )
        rows.extend(
            (match.offer.id, f"- {match.offer.name}", match.offer.available, last_day_text(match.offer.closes_at),
             match.offer.publisher_name, match.offer.iri)
            for match in found.matches
        )  # fmt: skip
    print_table(
        ("number#", "need, - what answers it", "how many#", "until", "state or whose", "address@"),
        rows,
        empty='No needs. Say one: krets need publish "24 office chairs" --quantity 24 --by 2026-12-18.',
    )
    print_if_more(len(needs), limit=limit)


@app.command()
def withdraw(
    need: Annotated[str, typer.Argument(metavar="NEED", help="The need's number or IRI.")],
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a need back. What is agreed stays agreed.

    \b
    Example:
      krets need withdraw 4 --home baerum
    """
    from node.commands.catalogue_views import withdraw_and_print
    from protocol.vocabulary import Purpose

    withdraw_and_print(home, need, purpose=Purpose.REQUEST, wait_seconds=wait, as_json=as_json)
