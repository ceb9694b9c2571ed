"""Behind the stage: what tests do to a node's folder with the node's own operations instead of through its door.

For what would take too long through commands: peering many, or publishing hundreds of things. Each use is a process
beside `serve`, exactly as a command is; nothing is written but by operations.
"""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from node.domain.requests import Approval
from node.keys import load_keys
from node.opening import open_node
from node.operations.decide_peer import AcceptPeer, accept_peer
from node.operations.learn_peer import LearnPeer, learn_peer
from node.operations.record_stranger import record_unknown_follow
from node.settings import load_settings
from node.store import peers
from node.store.database import connect
from protocol.vocabulary import Tier
from tests.cast import Clock, Town, World
from tests.network.crowd import Member


class WallClock(Clock):
    """This machine's clock, where the cast has one that stands still."""

    def __init__(self) -> None:
        """Nothing to set."""

    @property
    def now(self) -> datetime:  # type: ignore[override]  # it cannot be set, and nobody tries
        """The time now, in whole seconds as messages have it."""
        return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def backstage(home: Path) -> Iterator[Town]:
    """The organisation in this folder, as a member of the cast: its database, its keys, its operations."""
    settings = load_settings(home, {})
    with open_node(settings) as node:
        author = node.author
    connection = connect(settings.database_path)
    run = uuid.uuid4().hex
    try:
        yield Town(
            name=f"{settings.name} {run}",
            clock=WallClock(),
            connection=connection,
            author=author,
            transport_key=load_keys(home, actor_iri=settings.actor_iri).ed_http,
            approval=Approval(settings.approval),
        )
    finally:
        connection.close()


def befriend(*homes: Path, tier: Tier = Tier.PARTNERS) -> None:
    """Every two of these nodes follow each other and are accepted. None of them may be served meanwhile."""
    with ExitStack() as stack:
        towns = [stack.enter_context(backstage(home)) for home in homes]
        world = World(folder=Path(), clock=WallClock(), towns={town.actor_iri: town for town in towns})
        for one, other in itertools.combinations(towns, 2):
            world.befriend(one, other, tier=tier)


def introduce(town: Town, member: Member) -> None:
    """The member asks to be a peer, somebody looks, and says yes."""
    inbox_iri = f"{town.author.origin}/inbox"
    request = member.sign(member.follow(town.actor_iri), inbox_iri=inbox_iri)
    town.run(record_unknown_follow, request, actor_iri=member.actor_iri, origin=member.origin)
    peer = peers.find_peer_by_actor(town.connection, member.actor_iri)
    assert peer is not None
    town.run(learn_peer, LearnPeer(peer_id=peer.id, actor=member.actor()))
    town.run(accept_peer, AcceptPeer(peer_id=peer.id, tier=Tier.PARTNERS))
