"""What a person's look at a peer found out: its actor document, its keys, and whether its Follow is genuine."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.outcomes import refuse
from node.domain.peers import FollowerState, Peer
from node.operations.author import Author
from node.store import audit, peers
from protocol.activities import Follow, parse_activity
from protocol.discovery import RemoteActor
from protocol.errors import ProtocolError
from protocol.http_signatures import peek_signature, verify_request


@dataclass(frozen=True, slots=True)
class LearnPeer:
    """The peer with this number is this actor, as fetched from its own origin just now."""

    peer_id: int
    actor: RemoteActor


def learn_peer(connection: sqlite3.Connection, command: LearnPeer, *, author: Author, now: datetime) -> Peer:
    """Record the actor and its keys, and verify the Follow that was kept unread, if there is one.

    A Follow that does not verify is dropped and said so; the peer is then as if it had never asked.
    """
    peer = load_known_peer(connection, command.peer_id)
    if command.actor.id != peer.actor_iri:
        raise refuse("other-actor", f"{peer.origin} now describes {command.actor.id}, not {peer.actor_iri}.")
    peers.record_actor(connection, peer.id, command.actor, now=now)
    kept = peers.find_unverified_follow(connection, peer.id)
    if kept is not None:
        peers.delete_unverified_follow(connection, peer.id)
        follow = _verify(connection, peer, kept, author=author)
        state = FollowerState.NONE if follow is None else FollowerState.PENDING
        peers.record_follower(
            connection, peer.id, state=state, follow_iri=None if follow is None else follow.header.iri
        )
        audit.record_audit(
            connection, actor=peer.actor_iri, action="peer.follow-verified" if follow else "peer.follow-forged",
            subject=author.actor_iri, detail={"peer": peer.id}, now=now,
        )  # fmt: skip
    return peers.load_peer(connection, peer.id)


def refresh_keys(connection: sqlite3.Connection, command: LearnPeer, *, now: datetime) -> Peer:
    """Record what the peer's origin says of it now, its keys above all, after an unknown key id of its own."""
    peer = load_known_peer(connection, command.peer_id)
    if command.actor.id != peer.actor_iri:
        raise refuse("other-actor", f"{peer.origin} now describes {command.actor.id}, not {peer.actor_iri}.")
    peers.record_actor(connection, peer.id, command.actor, now=now)
    audit.record_audit(
        connection, actor="self", action="peer.keys-refreshed", subject=peer.actor_iri, detail={"peer": peer.id},
        now=now,
    )  # fmt: skip
    return peers.load_peer(connection, peer.id)


def load_known_peer(connection: sqlite3.Connection, peer_id: int) -> Peer:
    """The peer with this number. Raises RefusedError with advice if there is none."""
    peer = peers.find_peer(connection, peer_id)
    if peer is None:
        raise refuse("not-found", f"There is no peer {peer_id}; krets peer list shows them.")
    return peer


def _verify(
    connection: sqlite3.Connection, peer: Peer, kept: peers.UnverifiedFollow, *, author: Author
) -> Follow | None:
    """The Follow if it is the peer's and names us, judged as of the moment it arrived."""
    keys = peers.load_keys(connection, peer)
    try:
        key_id = peek_signature(kept.request).keyid
        key = next((listed for listed in keys.transport_keys if listed.key_id == key_id), None)
        if key is None:
            return None
        verified = verify_request(kept.request, key=key, now=kept.received_at)
        activity = parse_activity(verified, proof_keys=keys.proof_keys)
    except ProtocolError:
        return None
    if isinstance(activity, Follow) and activity.object_iri == author.actor_iri:
        return activity
    return None
