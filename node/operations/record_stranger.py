"""A Follow from an origin we know nothing of: kept as it came, without a fetch, until a person looks."""

import sqlite3
from datetime import datetime

from node.domain.outcomes import refuse
from node.domain.peers import FollowerState
from node.store import audit, peers
from protocol.http_signatures import HttpRequest
from protocol.limits import UNKNOWN_FOLLOWS_MAX

_SETTLED = (FollowerState.PENDING, FollowerState.ACCEPTED)


def record_unknown_follow(
    connection: sqlite3.Connection, request: HttpRequest, *, actor_iri: str, origin: str, now: datetime
) -> None:
    """Keep the request, one an origin. Raises RefusedError when too many wait for a look, and when it is not kept.

    The first one stays, and its repetition is nothing new: whoever comes later in the same name can wait until
    somebody has looked, and a forgery never takes the place of the true one.

    Nothing of it is believed: not who sent it, not that the origin exists. A peer that waits for an answer, is
    accepted or is blocked keeps its state, so that a stranger cannot change it by claiming its name; one that was
    rejected or has left may ask again with keys that we have not seen.
    """
    peer = peers.find_peer_by_origin(connection, origin)
    if peer is None:
        if peers.count_unverified(connection) >= UNKNOWN_FOLLOWS_MAX:
            raise refuse("too-many", "Too many unread requests to peer are waiting here; try again in some days.")
        peer = peers.record_stranger(connection, actor_iri=actor_iri, origin=origin, now=now)
        audit.record_audit(
            connection, actor=actor_iri, action="peer.follow-unverified", subject=origin, detail={"peer": peer.id},
            now=now,
        )  # fmt: skip
    if peer.blocked or peer.actor_iri != actor_iri or peer.follower_state in _SETTLED:
        raise refuse("unknown-peer", "This node does not know the key that signed the request.")
    kept = peers.find_unverified_follow(connection, peer.id)
    if kept is not None:
        if kept.request.body != request.body:
            raise refuse("too-many", "A request to peer from your server is waiting here to be looked at.")
        return
    peers.record_unverified_follow(connection, peer.id, request, now=now)
    peers.record_follower(connection, peer.id, state=FollowerState.UNVERIFIED, follow_iri=None)
