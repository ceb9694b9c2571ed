"""A Follow from an origin we know nothing of: kept as it came, without a fetch, until a person looks."""

import sqlite3
from datetime import datetime

from node.domain.outcomes import refuse
from node.domain.peers import FollowerState
from node.store import audit, peers
from protocol.http_signatures import HttpRequest
from protocol.limits import UNKNOWN_FOLLOWS_MAX


def record_unknown_follow(
    connection: sqlite3.Connection, request: HttpRequest, *, actor_iri: str, origin: str, now: datetime
) -> None:
    """Keep the request, one an origin. Raises RefusedError when too many wait for a look.

    Nothing of it is believed: not who sent it, not that the origin exists. A peer that has been looked at keeps
    its state, so that a stranger cannot change it by claiming its name.
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
    elif peer.follower_state not in (FollowerState.NONE, FollowerState.UNVERIFIED) or peer.blocked:
        return
    if peer.actor_iri != actor_iri:
        return
    peers.record_unverified_follow(connection, peer.id, request, now=now)
    peers.record_follower(connection, peer.id, state=FollowerState.UNVERIFIED, follow_iri=None)
