"""Peers, their keys, and the Follows that nobody has looked at yet."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.peers import FollowerState, FollowingState, Peer
from node.store.rows import instant_of, instant_text, required_instant
from protocol.discovery import RemoteActor
from protocol.http_signatures import HttpRequest
from protocol.keys import PublicProofKey, PublicTransportKey
from protocol.vocabulary import Tier


@dataclass(frozen=True, slots=True)
class UnverifiedFollow:
    """A Follow as it arrived, kept until a person looks at it."""

    peer_id: int
    request: HttpRequest
    received_at: datetime


@dataclass(frozen=True, slots=True)
class PeerKeys:
    """The keys a peer lists: proof keys by key IRI, and the transport keys."""

    proof_keys: dict[str, PublicProofKey]
    transport_keys: tuple[PublicTransportKey, ...]


def find_peer(connection: sqlite3.Connection, peer_id: int) -> Peer | None:
    """The peer with this local number, or None."""
    return _one(connection, "SELECT * FROM peers WHERE id = ?", peer_id)


def load_peer(connection: sqlite3.Connection, peer_id: int) -> Peer:
    """The peer with this local number, which another row refers to. Raises LookupError."""
    peer = find_peer(connection, peer_id)
    if peer is None:
        raise LookupError(f"no peer {peer_id}")
    return peer


def find_peer_by_actor(connection: sqlite3.Connection, actor_iri: str) -> Peer | None:
    """The peer whose actor this is, or None."""
    return _one(connection, "SELECT * FROM peers WHERE actor_iri = ?", actor_iri)


def find_peer_by_origin(connection: sqlite3.Connection, origin: str) -> Peer | None:
    """The peer at this origin, or None."""
    return _one(connection, "SELECT * FROM peers WHERE origin = ?", origin)


def list_peers(connection: sqlite3.Connection, *, limit: int) -> list[Peer]:
    """Peers in the order we met them."""
    rows = connection.execute("SELECT * FROM peers ORDER BY id LIMIT ?", (limit,))
    return [_peer_of(row) for row in rows]


def count_unverified(connection: sqlite3.Connection) -> int:
    """How many Follows nobody has looked at."""
    return int(connection.execute("SELECT count(*) FROM unverified_follows").fetchone()[0])


def record_stranger(connection: sqlite3.Connection, *, actor_iri: str, origin: str, now: datetime) -> Peer:
    """A peer of which nothing is known but where it says it is. The origin must be new."""
    cursor = connection.execute(
        "INSERT INTO peers (actor_iri, origin, follower_state, following_state, created_at) VALUES (?, ?, ?, ?, ?)",
        (actor_iri, origin, FollowerState.NONE, FollowingState.NONE, instant_text(now)),
    )
    return load_peer(connection, int(cursor.lastrowid or 0))


def record_actor(connection: sqlite3.Connection, peer_id: int, actor: RemoteActor, *, now: datetime) -> None:
    """What the peer's actor document says; its keys replace those known before."""
    connection.execute(
        "UPDATE peers SET name = ?, kind = ?, country = ?, org_number = ?, inbox_iri = ?, recovery_fingerprint = ?,"
        " latitude = ?, longitude = ? WHERE id = ?",
        (actor.name, actor.kind, actor.country, actor.org_number, actor.inbox, actor.recovery_fingerprint,
         actor.latitude, actor.longitude, peer_id),
    )  # fmt: skip
    keys = [(str(listed.key_id), "proof", listed.key.multibase) for listed in actor.proof_keys]
    keys += [(str(key.key_id), "transport", key.pem) for key in actor.transport_keys]
    known = {
        (str(row["iri"]), str(row["purpose"]), str(row["material"]))
        for row in connection.execute("SELECT * FROM peer_keys WHERE peer_id = ?", (peer_id,))
    }
    # A key that is listed as before stays as it is, with the time since when we know it.
    connection.executemany("DELETE FROM peer_keys WHERE iri = ?", [(iri,) for iri, _, _ in known.difference(keys)])
    connection.executemany(
        "INSERT INTO peer_keys (iri, purpose, material, peer_id, added_at) VALUES (?, ?, ?, ?, ?)",
        [(*key, peer_id, instant_text(now)) for key in keys if key not in known],
    )


def load_keys(connection: sqlite3.Connection, peer: Peer) -> PeerKeys:
    """The keys the peer lists, parsed."""
    rows = connection.execute("SELECT * FROM peer_keys WHERE peer_id = ? ORDER BY rowid", (peer.id,)).fetchall()
    return PeerKeys(
        proof_keys={
            row["iri"]: PublicProofKey.from_multibase(row["material"]) for row in rows if row["purpose"] == "proof"
        },
        transport_keys=tuple(
            PublicTransportKey.from_pem(row["material"], key_id=row["iri"], owner_iri=peer.actor_iri)
            for row in rows
            if row["purpose"] == "transport"
        ),
    )


def find_peer_by_key(connection: sqlite3.Connection, key_iri: str) -> Peer | None:
    """The peer that lists this key, or None."""
    return _one(
        connection, "SELECT peers.* FROM peers JOIN peer_keys ON peer_id = peers.id WHERE peer_keys.iri = ?", key_iri
    )


def record_follower(
    connection: sqlite3.Connection, peer_id: int, *, state: FollowerState, follow_iri: str | None
) -> None:
    """How far the peer's Follow of us has come."""
    connection.execute(
        "UPDATE peers SET follower_state = ?, follower_iri = ? WHERE id = ?", (state, follow_iri, peer_id)
    )


def record_grant(connection: sqlite3.Connection, peer_id: int, *, tier: Tier, version: int) -> None:
    """The tier we granted, with its version."""
    connection.execute(
        "UPDATE peers SET follower_state = ?, granted_tier = ?, granted_version = ? WHERE id = ?",
        (FollowerState.ACCEPTED, tier, version, peer_id),
    )


def record_following(
    connection: sqlite3.Connection, peer_id: int, *, state: FollowingState, follow_iri: str | None
) -> None:
    """How far our Follow of the peer has come."""
    connection.execute(
        "UPDATE peers SET following_state = ?, following_iri = ? WHERE id = ?", (state, follow_iri, peer_id)
    )


def record_received_tier(connection: sqlite3.Connection, peer_id: int, *, tier: Tier, version: int) -> None:
    """The tier the peer granted us, with its version."""
    connection.execute(
        "UPDATE peers SET following_state = ?, received_tier = ?, received_version = ? WHERE id = ?",
        (FollowingState.ACCEPTED, tier, version, peer_id),
    )


def record_block(connection: sqlite3.Connection, peer_id: int, *, now: datetime) -> None:
    """The peer is blocked from now on."""
    connection.execute("UPDATE peers SET blocked_at = ? WHERE id = ?", (instant_text(now), peer_id))


def record_unblocked(connection: sqlite3.Connection, peer_id: int) -> None:
    """The peer is no longer blocked."""
    connection.execute("UPDATE peers SET blocked_at = NULL WHERE id = ?", (peer_id,))


def record_heard(connection: sqlite3.Connection, peer_id: int, *, now: datetime) -> None:
    """The peer sent us something authentic."""
    connection.execute("UPDATE peers SET last_heard_at = ? WHERE id = ?", (instant_text(now), peer_id))


def delete_peer(connection: sqlite3.Connection, peer_id: int) -> None:
    """Forget a peer that nothing else refers to."""
    connection.execute("DELETE FROM peers WHERE id = ?", (peer_id,))


def record_unverified_follow(
    connection: sqlite3.Connection, peer_id: int, request: HttpRequest, *, now: datetime
) -> None:
    """Keep the request as it came. There must be none from this peer."""
    connection.execute(
        "INSERT INTO unverified_follows (peer_id, target_uri, headers, body, received_at) VALUES (?, ?, ?, ?, ?)",
        (peer_id, request.target_uri, json.dumps(request.headers), request.body, instant_text(now)),
    )


def find_unverified_follow(connection: sqlite3.Connection, peer_id: int) -> UnverifiedFollow | None:
    """The Follow of this peer that nobody has looked at, or None."""
    row = connection.execute("SELECT * FROM unverified_follows WHERE peer_id = ?", (peer_id,)).fetchone()
    if row is None:
        return None
    headers = tuple((str(name), str(value)) for name, value in json.loads(row["headers"]))
    request = HttpRequest(method="POST", target_uri=row["target_uri"], headers=headers, body=row["body"])
    return UnverifiedFollow(peer_id=peer_id, request=request, received_at=required_instant(row["received_at"]))


def delete_unverified_follow(connection: sqlite3.Connection, peer_id: int) -> None:
    """A person has looked at it."""
    connection.execute("DELETE FROM unverified_follows WHERE peer_id = ?", (peer_id,))


def _one(connection: sqlite3.Connection, sql: str, parameter: object) -> Peer | None:
    row = connection.execute(sql, (parameter,)).fetchone()
    return None if row is None else _peer_of(row)


def _peer_of(row: sqlite3.Row) -> Peer:
    return Peer(
        id=row["id"],
        actor_iri=row["actor_iri"],
        origin=row["origin"],
        name=row["name"],
        kind=row["kind"],
        country=row["country"],
        org_number=row["org_number"],
        inbox_iri=row["inbox_iri"],
        recovery_fingerprint=row["recovery_fingerprint"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        follower_state=FollowerState(row["follower_state"]),
        follower_iri=row["follower_iri"],
        granted_tier=None if row["granted_tier"] is None else Tier(row["granted_tier"]),
        granted_version=row["granted_version"],
        following_state=FollowingState(row["following_state"]),
        following_iri=row["following_iri"],
        received_tier=None if row["received_tier"] is None else Tier(row["received_tier"]),
        received_version=row["received_version"],
        blocked_at=instant_of(row["blocked_at"]),
        created_at=required_instant(row["created_at"]),
        last_heard_at=instant_of(row["last_heard_at"]),
    )
