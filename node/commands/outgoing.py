"""What still has to reach peers: said after each command that sends, and waited for with --wait."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from node.commands.printing import count_text, print_note
from node.commands.refusals import CommandRefusedError

if TYPE_CHECKING:
    from node.domain.delivery import Subscription
    from node.opening import Node
    from node.store.overview import Delivery

T = TypeVar("T")

POLL_SECONDS = 0.1
"""Between two looks at the database while waiting: an answer on one machine takes about as long."""

EXIT_INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C ended."""

CURSORS_MAX = 2_000
"""Cursors that are looked at: two for each of the 1,000 peers at which the design's full mesh ends."""

_KINDS = {
    "Follow": ("wish to follow", "wishes to follow"),
    "Accept": ("yes", "yeses"),
    "Reject": ("refusal", "refusals"),
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


def write_and_wait(
    node: "Node",
    write: Callable[[sqlite3.Connection], T],
    *,
    seconds: float,
    until: Callable[[sqlite3.Connection, T], bool] | None = None,
) -> T:
    """Write, then wait at most so many seconds `until` what was written has been answered; return what was written.

    Without `until` the wait ends when each peer to whom this write sends something has acknowledged it; peers that
    hear nothing of it keep nobody waiting. Ctrl-C raises CommandRefusedError, which says that the write stands.
    """
    if seconds <= 0:
        return node.write(write)
    before = node.read(_load_cursors)
    written = node.write(write)
    moved = {
        key: cursor.head_seq
        for key, cursor in node.read(_load_cursors).items()
        if key not in before or before[key].head_seq != cursor.head_seq
    }
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline and not node.read(
            lambda connection: _is_sent(connection, moved) if until is None else until(connection, written)
        ):
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt as error:
        raise _interrupted(node, written, peer_ids={peer_id for peer_id, _ in moved}) from error
    return written


def _load_cursors(connection: sqlite3.Connection) -> dict[tuple[int, int], "Subscription"]:
    """Every peer's cursors by peer and feed."""
    from node.store.feeds import list_subscriptions

    return {(cursor.peer_id, cursor.feed_id): cursor for cursor in list_subscriptions(connection, limit=CURSORS_MAX)}


def _is_sent(connection: sqlite3.Connection, moved: dict[tuple[int, int], int]) -> bool:
    """Whether every cursor that is still there has come as far as this."""
    cursors = _load_cursors(connection)
    return all(key not in cursors or cursors[key].acknowledged_seq >= head for key, head in moved.items())


def _interrupted(node: "Node", written: object, *, peer_ids: set[int]) -> CommandRefusedError:
    """What somebody who stops waiting has to know: nothing is taken back."""
    from node.domain.agreements import Agreement
    from node.domain.catalogue import CatalogueEntry

    behind = [delivery.peer for delivery in find_outgoing(node).waiting if delivery.peer_id in peer_ids]
    where = f"will still be sent to {', '.join(dict.fromkeys(behind))}" if behind else "has been sent"
    look, parts = "krets status", {}
    if isinstance(written, Agreement):
        look, parts = f"krets agreement show {written.id}", {"request": written.request_iri}
    elif isinstance(written, CatalogueEntry):
        parts = {"proposal": written.iri}
    text = f"Stopped waiting. What this command said stands and {where}; see how it goes on: {look}."
    return CommandRefusedError("interrupted", text, exit_code=EXIT_INTERRUPTED, **parts)
