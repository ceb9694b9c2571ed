"""How offers and needs are shown, for the commands that publish, change and find them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from node.commands.opening import opened_node
from node.commands.outgoing import find_outgoing, print_outgoing, write_and_wait
from node.commands.printing import last_day_text, print_fields, print_json, print_line

if TYPE_CHECKING:
    from node.domain.catalogue import CatalogueEntry
    from node.opening import Node
    from protocol.vocabulary import Purpose, Tier

WHO_SEES = {
    "own": "the own organisation only",
    "partners": "partners",
    "organisations": "partners and organisations",
    "public": "everybody",
}


def print_entry(node: "Node", entry: "CatalogueEntry", *, key: str, as_json: bool) -> None:
    """One offer or need of our own after a change, and what is on its way because of it."""
    outgoing = find_outgoing(node)
    if as_json:
        print_json(**{key: entry, "outgoing": outgoing})
        return
    category = None if entry.category_iri is None else node.author.scheme.find(entry.category_iri)
    print_fields(
        (
            (key.capitalize(), entry.id),
            ("Name", entry.name),
            ("Category", None if category is None else category.label("en")),
            ("Others read", entry.content or None),
            ("How many", entry.quantity),
            ("Available", entry.available),
            ("Smallest part", entry.minimum),
            ("Who may see it", WHO_SEES[tier_name(entry.tier)]),
            ("Until", last_day_text(entry.closes_at)),
            ("Version", entry.version),
            ("Address", entry.iri),
        )
    )
    print_outgoing(outgoing)


def state_text(entry: "CatalogueEntry", *, now: datetime) -> str:
    """Whether our offer or need can still be asked for."""
    if entry.withdrawn_at is not None:
        return "withdrawn"
    return "closed" if entry.closes_at is not None and entry.closes_at <= now else "open"


def tier_name(tier: "Tier") -> str:
    """The tier's word."""
    return str(tier.value)


def withdraw_and_print(
    home: Path | None, reference: str, *, purpose: "Purpose", wait_seconds: float, as_json: bool
) -> None:
    """Withdraw our offer or need, and say what is on its way because of it."""
    from node.operations.publish_proposal import WithdrawProposal, withdraw_proposal

    noun = "offer" if purpose.value == "offer" else "need"
    with opened_node(home) as node:
        command = WithdrawProposal(reference=reference, purpose=purpose)
        entry = write_and_wait(
            node,
            lambda connection: withdraw_proposal(connection, command, author=node.author, now=node.clock()),
            seconds=wait_seconds,
        )
        outgoing = find_outgoing(node)
    if as_json:
        print_json(**{noun: entry, "outgoing": outgoing})
        return
    print_line(f"Withdrawn: {noun} {entry.id}, {entry.name}.")
    print_outgoing(outgoing)
