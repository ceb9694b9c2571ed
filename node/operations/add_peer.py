"""Asking another node to be our peer."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.outcomes import refuse
from node.domain.peers import FollowingState, Peer
from node.operations.author import Author
from node.operations.publishing import publish_to_peer
from node.store import audit, feeds, peers
from protocol.compose import compose_follow
from protocol.discovery import RemoteActor
from protocol.identifiers import origin_of

CURSORS_MAX = 4
"""Of one peer: its bilateral feed and the tier feeds."""


@dataclass(frozen=True, slots=True)
class AddPeer:
    """Follow this actor, as its origin described it just now."""

    actor: RemoteActor


def add_peer(connection: sqlite3.Connection, command: AddPeer, *, author: Author, now: datetime) -> Peer:
    """Record the actor and its keys and send our Follow.

    Asking again while one is open sends another only if the first has arrived: it may have been lost or refused there.
    """
    actor = command.actor
    if actor.id == author.actor_iri:
        raise refuse("own", "This is your own node. Give the address of another one.")
    peer = peers.find_peer_by_actor(connection, actor.id) or peers.find_peer_by_origin(connection, origin_of(actor.id))
    if peer is None:
        peer = peers.record_stranger(connection, actor_iri=actor.id, origin=origin_of(actor.id), now=now)
    elif peer.actor_iri != actor.id:
        raise refuse("other-actor", f"{peer.origin} is known as {peer.actor_iri}; remove that peer first.")
    if peer.blocked:
        raise refuse("blocked", f"Peer {peer.id} is blocked. Remove it first: krets peer remove {peer.id}.")
    peers.record_actor(connection, peer.id, actor, now=now)
    if _may_follow(connection, peer):
        _send_follow(connection, peer, author=author, now=now)
    return peers.load_peer(connection, peer.id)


def _may_follow(connection: sqlite3.Connection, peer: Peer) -> bool:
    if peer.following_state is not FollowingState.SENT:
        return peer.following_state is not FollowingState.ACCEPTED
    cursors = feeds.list_subscriptions(connection, peer_id=peer.id, limit=CURSORS_MAX)
    return not any(cursor.bilateral and cursor.waiting for cursor in cursors)


def _send_follow(connection: sqlite3.Connection, peer: Peer, *, author: Author, now: datetime) -> None:
    unsigned = compose_follow(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        object_iri=peer.actor_iri,
        published=now,
        context=author.context,
    )
    follow = publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=None, now=now)
    peers.record_following(connection, peer.id, state=FollowingState.SENT, follow_iri=follow.header.iri)
    audit.record_audit(
        connection, actor="self", action="peer.follow", subject=peer.actor_iri, detail={"peer": peer.id}, now=now
    )
