"""The cast: organisations with real databases, real keys and real signatures, and a post that carries what they say.

One fresh world per test. Nothing here decides anything: messages are made and judged by the node's operations, and
the post only moves bytes from one database's feeds to another's inbox operation.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from node.domain.categories import parse_scheme
from node.domain.delivery import FINAL_REFUSALS
from node.domain.outcomes import RefusedError
from node.domain.peers import Peer
from node.domain.places import Coordinates
from node.domain.requests import Approval
from node.operations.add_peer import AddPeer, add_peer
from node.operations.author import Author
from node.operations.decide_peer import AcceptPeer, accept_peer
from node.operations.initialise_node import initialise_node
from node.operations.learn_peer import LearnPeer, learn_peer
from node.operations.receive_activity import Received, Signature, receive_activity
from node.operations.record_delivery import record_delivered, record_refused
from node.operations.record_stranger import record_unknown_follow
from node.store import feeds, peers
from node.store.database import connect
from node.store.migrations import migrate
from protocol.activities import parse_recorded, peek_activity
from protocol.discovery import ListedProofKey, RemoteActor
from protocol.http_signatures import HttpRequest, sign_request
from protocol.identifiers import ActorIri, Iri, KeyIri, Origin
from protocol.keys import ProofKey, PublicTransportKey, TransportKey, ed25519_pem_from_seed
from protocol.vocabulary import Tier
from schemas import category_scheme, message_context

T = TypeVar("T")

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POSTS_MAX = 200


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def forward(self, **delta: float) -> None:
        """Move on by so much."""
        self.now += timedelta(**delta)


def seed_of(name: str) -> bytes:
    """32 bytes that are always the same for a name."""
    return hashlib.sha256(name.encode()).digest()


def tokens(name: str) -> Callable[[], str]:
    """Tokens that are always the same for a name, and never repeat."""
    numbers: Iterator[int] = iter(range(1_000_000_000))
    return lambda: hashlib.sha256(f"{name}-{next(numbers)}".encode()).hexdigest()[:32]


@dataclass
class Town:
    """An organisation with a database of its own."""

    name: str
    clock: Clock
    connection: sqlite3.Connection
    author: Author
    transport_key: TransportKey
    approval: Approval = Approval.PERSON
    nonces: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000_000)))

    @property
    def actor_iri(self) -> ActorIri:
        """Who the town is on the wire."""
        return self.author.actor_iri

    def run(self, operation: Callable[..., T], *arguments: object, **named: object) -> T:
        """One operation in one transaction, given the town's author where it asks for one."""
        self.connection.execute("BEGIN IMMEDIATE")
        wanted = operation.__code__.co_varnames[: operation.__code__.co_argcount + operation.__code__.co_kwonlyargcount]
        if "author" in wanted:
            named.setdefault("author", self.author)
        if "now" in wanted:
            named.setdefault("now", self.clock.now)
        try:
            answer = operation(self.connection, *arguments, **named)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return answer

    def actor(self) -> RemoteActor:
        """What this town's actor document says."""
        return RemoteActor(
            id=self.actor_iri,
            inbox=Iri(f"{self.author.origin}/inbox"),
            outbox=Iri(f"{self.author.origin}/outbox"),
            name=self.name,
            kind=None,
            country="NO",
            org_number=None,
            latitude=None,
            longitude=None,
            feeds=True,
            proof_keys=(ListedProofKey(key_id=self.author.proof_key.key_id, key=self.author.proof_key.public),),
            transport_keys=(
                PublicTransportKey.from_pem(
                    self.transport_key.public_pem, key_id=self.transport_key.key_id, owner_iri=self.actor_iri
                ),
            ),
            recovery_fingerprint=None,
        )

    def sign(self, body: bytes, *, target_uri: str) -> HttpRequest:
        """The body as a signed POST."""
        request = HttpRequest(
            method="POST",
            target_uri=target_uri,
            headers=(("content-type", "application/activity+json"),),
            body=body,
        )
        return sign_request(
            request, key=self.transport_key, now=self.clock.now, nonce=f"{self.name}-{next(self.nonces)}"
        )

    def receive(self, body: bytes, *, sender: "Town") -> Received:
        """The body as an authentic message of the sender."""
        signature = Signature(
            key_iri=sender.transport_key.key_id,
            nonce=f"{sender.name}-{next(sender.nonces)}",
            expires_at=self.clock.now + timedelta(seconds=300),
        )
        return self.run(receive_activity, parse_recorded(body), signature=signature, approval=self.approval)

    def peer(self, other: "Town") -> Peer:
        """The other town as this one knows it."""
        found = peers.find_peer_by_actor(self.connection, other.actor_iri)
        assert found is not None
        return found


@dataclass
class World:
    """Some towns, one clock, and a post."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    towns: dict[str, Town] = field(default_factory=dict)

    def town(self, name: str, *, approval: Approval = Approval.PERSON) -> Town:
        """A new town at https://NAME.example."""
        origin = Origin(f"https://{name}.example")
        actor_iri = ActorIri(Iri(f"{origin}/actor"))
        connection = connect(self.folder / f"{name}.db")
        migrate(connection)
        author = Author(
            actor_iri=actor_iri,
            origin=origin,
            proof_key=ProofKey.from_seed(seed_of(f"{name} proof"), key_id=KeyIri(f"{actor_iri}#proof-1")),
            context=message_context(),
            scheme=parse_scheme(category_scheme()),
            coordinates=Coordinates(latitude=59.83, longitude=10.44),
            draw_token=tokens(name),
        )
        transport_key = TransportKey.from_pem(
            ed25519_pem_from_seed(seed_of(f"{name} transport")), key_id=f"{actor_iri}#ed-http"
        )
        town = Town(
            name=name.capitalize(), clock=self.clock, connection=connection, author=author,
            transport_key=transport_key, approval=approval,
        )  # fmt: skip
        town.run(initialise_node, actor_iri=actor_iri)
        self.towns[actor_iri] = town
        return town

    def follow(self, follower: Town, followed: Town, *, tier: Tier = Tier.PARTNERS) -> None:
        """The follower asks, somebody at the followed looks and accepts with the tier."""
        follower.run(add_peer, AddPeer(actor=followed.actor()))
        self.deliver()
        known = followed.peer(follower)
        followed.run(learn_peer, LearnPeer(peer_id=known.id, actor=follower.actor()))
        followed.run(accept_peer, AcceptPeer(peer_id=known.id, tier=tier))
        self.deliver()

    def befriend(self, one: Town, other: Town, *, tier: Tier = Tier.PARTNERS) -> None:
        """Both follow each other."""
        self.follow(one, other, tier=tier)
        self.follow(other, one, tier=tier)

    def deliver(self) -> int:
        """Carry everything that waits until nothing does. Returns how many messages were carried."""
        carried = 0
        for _ in range(POSTS_MAX):
            moved = sum(self._deliver_from(town) for town in list(self.towns.values()))
            if not moved:
                return carried
            carried += moved
        raise AssertionError("the post never came to rest")

    def _deliver_from(self, town: Town) -> int:
        carried = 0
        for due in feeds.list_due(town.connection, now=self.clock.now, limit=100):
            peer = peers.load_peer(town.connection, due.peer_id)
            receiver = self.towns[peer.actor_iri]
            for entry in feeds.list_entries(town.connection, due.feed_id, after=due.acknowledged_seq, limit=100):
                self._hand_in(receiver, town, entry.body)
                town.run(record_delivered, peer_id=due.peer_id, feed_id=due.feed_id, through_seq=entry.seq)
                carried += 1
        return carried

    def _hand_in(self, receiver: Town, sender: Town, body: bytes) -> None:
        try:
            receiver.receive(body, sender=sender)
        except RefusedError as refused:
            if refused.refused.code in FINAL_REFUSALS:
                iri = parse_recorded(body).header.iri
                sender.run(record_refused, message_iri=iri, error=refused.refused.code)
                return
            if refused.refused.code != "unknown-peer" or peek_activity(body).activity_type != "Follow":
                raise
            request = sender.sign(body, target_uri=f"{receiver.author.origin}/inbox")
            receiver.run(record_unknown_follow, request, actor_iri=sender.actor_iri, origin=sender.author.origin)
