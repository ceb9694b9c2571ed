"""`krets peer`: other nodes, who may see what, and comparing fingerprints."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.commands.options import (
    LIST_LIMIT,
    HomeOption,
    JsonOption,
    LimitOption,
    PeerTierName,
    WaitOption,
)

if TYPE_CHECKING:
    from node.domain.peers import Peer
    from node.opening import Node

app = typer.Typer(
    help="Peers: other nodes, and what each may see.\n\n\b\nExample:\n  krets peer show 2 --home asker",
    rich_markup_mode=None,
)

PeersArgument = Annotated[
    list[str], typer.Argument(metavar="ID...", help="The peer's number or address; or several.", show_default=False)
]


@app.command()
def add(
    addresses: Annotated[
        list[str], typer.Argument(metavar="URL...", help="The node's address or host name; or several.")
    ],
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask another node to be our peer. A person there compares fingerprints and decides.

    \b
    Example:
      krets peer add https://krets.baerum.example --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.commands.peer_views import ask_to_peer, fetch_all, load_peers, print_peers

    with opened_node(home) as node:
        actors = fetch_all(node, addresses)
        asked = write_and_wait(
            node,
            lambda connection: ask_to_peer(node, connection, actors),
            seconds=wait,
            until=lambda connection, asked: all(
                peer.following_state.value != "sent" for peer in load_peers(connection, asked)
            ),
        )
        if wait > 0:
            asked = node.read(lambda connection: load_peers(connection, asked))
        print_peers(node, asked, as_json=as_json)


@app.command("list")
def list_all(limit: LimitOption = LIST_LIMIT, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List peers, and those who ask to be one: what each may see of us and we of them.

    \b
    Example:
      krets peer list --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.peer_views import standing_text, without_ended_tiers
    from node.commands.printing import moment_text, print_if_more, print_json, print_table
    from node.store import peers

    with opened_node(home) as node:
        found = node.read(lambda connection: peers.list_peers(connection, limit=limit + 1))
    shown = [without_ended_tiers(peer) for peer in found[:limit]]
    if as_json:
        print_json(peers=shown, more=len(found) > limit)
        return
    print_table(
        ("id#", "name", "address@", "they see", "we see", "where it stands", "last heard"),
        [
            (peer.id, peer.name or "(not looked at yet)", peer.origin,
             peer.granted_tier.value if peer.granted_tier else "",
             peer.received_tier.value if peer.received_tier else "", standing_text(peer),
             moment_text(peer.last_heard_at))
            for peer in shown
        ],
        empty="No peers yet. Ask one: krets peer add URL.",
    )  # fmt: skip
    print_if_more(len(found), limit=limit)


@app.command()
def show(references: PeersArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a peer with both sides' fingerprints, to be compared by telephone or in person before you accept.

    Looking at one that asks to be a peer fetches who it is, and verifies that it did ask.

    \b
    Example:
      krets peer show 2 --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.peer_views import find_peers, learn, print_peers

    with opened_node(home) as node:
        print_peers(node, learn(node, find_peers(node, references)), as_json=as_json)


@app.command()
def accept(
    references: PeersArgument,
    tier: Annotated[PeerTierName, typer.Option("--tier", help="What they may see.")],
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a peer see a tier, or change the tier it sees. Compare fingerprints first: krets peer show.

    \b
    Example:
      krets peer accept 2 --tier partners --home asker
    """
    from node.operations.decide_peer import AcceptPeer, accept_peer
    from protocol.vocabulary import Tier

    def decide(node: "Node", peer: "Peer") -> "Callable[..., Peer]":
        command = AcceptPeer(peer_id=peer.id, tier=Tier(tier))
        return lambda connection: accept_peer(connection, command, author=node.author, now=node.clock())

    _decide(references, decide, wait=wait, home=home, as_json=as_json)


@app.command()
def reject(
    references: PeersArgument, wait: WaitOption = 0, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Say no to a node that asks to be a peer, or take back what an accepted one may see.

    One that nobody has looked at is told nothing: it might be anybody. To answer it, first: krets peer show.

    \b
    Example:
      krets peer reject 3 --home asker
    """
    from node.operations.decide_peer import RejectPeer, reject_peer

    def decide(node: "Node", peer: "Peer") -> "Callable[..., Peer]":
        command = RejectPeer(peer_id=peer.id)
        return lambda connection: reject_peer(connection, command, author=node.author, now=node.clock())

    _decide(references, decide, wait=wait, home=home, as_json=as_json)


@app.command()
def block(
    references: PeersArgument, wait: WaitOption = 0, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Stop everything with a peer, but what is already agreed.

    \b
    Example:
      krets peer block 3 --home asker
    """
    from node.operations.decide_peer import BlockPeer, block_peer

    def decide(node: "Node", peer: "Peer") -> "Callable[..., Peer]":
        command = BlockPeer(peer_id=peer.id)
        return lambda connection: block_peer(connection, command, author=node.author, now=node.clock())

    _decide(references, decide, wait=wait, home=home, as_json=as_json)


@app.command()
def remove(
    references: PeersArgument, wait: WaitOption = 0, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """End it with a peer in both directions. Refused while an agreement with it is open.

    \b
    Example:
      krets peer remove 3 --home asker
    """
    from node.operations.decide_peer import RemovePeer, remove_peer

    def decide(node: "Node", peer: "Peer") -> "Callable[..., Peer]":
        command = RemovePeer(peer_id=peer.id)
        return lambda connection: remove_peer(connection, command, author=node.author, now=node.clock())

    _decide(references, decide, wait=wait, home=home, as_json=as_json)


def _decide(
    references: list[str],
    decide: "Callable[[Node, Peer], Callable[..., Peer]]",
    *,
    wait: float,
    home: Path | None,
    as_json: bool,
) -> None:
    """Decide about all of these peers or none, and show them with what is on its way."""
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.commands.peer_views import find_peers, print_peers

    with opened_node(home) as node:
        decisions = [decide(node, peer) for peer in find_peers(node, references)]
        decided = write_and_wait(
            node,
            lambda connection: [decision(connection) for decision in decisions],
            seconds=wait,
        )
        print_peers(node, decided, as_json=as_json)
