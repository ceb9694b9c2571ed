"""What still has to reach peers: said after each command that sends, and waited for with --wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from node.commands.printing import count_text, print_note

if TYPE_CHECKING:
    from node.opening import Node
    from node.store.overview import Delivery

T = TypeVar("T")

POLL_SECONDS = 0.1
"""Between two looks at the database while waiting: an answer on one machine takes about as long."""

CURSORS_MAX = 2_000
"""Cursors that are looked at: two for each of the 1,000 peers at which the design's full mesh ends."""

_KINDS = {
    "Follow": ("wish to follow", "wishes to follow"),
    "Accept": ("yes", "yeses"),
    "Reject": ("no", "noes"),
    "Undo": ("withdrawal", "withdrawals"),
    "Block": ("block", "blocks"),
    "CreateProposal": ("new offer or need", "new offers or needs"),
    "UpdateProposal": ("changed offer or need", "changed offers or needs"),
    "DeleteProposal": ("withdrawn offer or need", "withdrawn offers or needs"),
    "Request": ("request", "requests"),
    "RecordEvent": ("signature of a handover", "signatures of handovers"),
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What waits for peers, and whether a running `krets serve` is there to send it."""

    serving: bool
    waiting: "tuple[Delivery, ...]"


def find_outgoing(node: "Node") -> Outgoing:
    """What waits for peers now."""
    from node.opening import is_served
    from node.store.overview import list_deliveries

    waiting = node.read(lambda connection: list_deliveries(connection, waiting_only=True, limit=CURSORS_MAX))
    return Outgoing(serving=is_served(node.settings.home), waiting=tuple(waiting))


def print_outgoing(outgoing: Outgoing) -> None:
    """Say on stderr what is on its way, or what will be sent when the node runs."""
    for delivery in outgoing.waiting:
        if not outgoing.serving:
            print_note(f"Will be sent to {delivery.peer} when the node runs (krets serve): {kinds_text(delivery)}.")
        elif delivery.last_error:
            print_note(f"Waits for {delivery.peer}: {kinds_text(delivery)}. Last attempt: {delivery.last_error}.")
        else:
            print_note(f"On its way to {delivery.peer}: {kinds_text(delivery)}.")


def kinds_text(delivery: "Delivery") -> str:
    """What waits, in plain words."""
    if not delivery.kinds:
        return count_text(delivery.waiting, "message", "messages")
    return ", ".join(count_text(kind.count, *_KINDS.get(kind.type, ("message", "messages"))) for kind in delivery.kinds)


def wait_for(node: "Node", look: Callable[..., T | None], *, seconds: float) -> T | None:
    """What `look`, given a connection, finds within so many seconds, or None. Looks at least once."""
    deadline = time.monotonic() + seconds
    while True:
        found = node.read(look)
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(POLL_SECONDS)


def wait_until_sent(node: "Node", *, seconds: float) -> None:
    """Wait until every peer has acknowledged what this node said, or the time is up."""
    from node.store.overview import list_deliveries

    if seconds > 0:
        wait_for(
            node,
            lambda connection: not list_deliveries(connection, waiting_only=True, limit=CURSORS_MAX) or None,
            seconds=seconds,
        )
