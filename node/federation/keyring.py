"""Keys of known peers, parsed once; and the one bounded refresh when a peer signs with a key it did not list before.

Looking up a key never fetches. A refresh is scheduled beside the request that asked for it, one at a time and peer,
and no sooner than REFRESH_PAUSE_SECONDS after the last. What a key is allowed to say is decided elsewhere.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from node.domain.outcomes import RefusedError
from node.domain.peers import FollowerState, FollowingState, Peer
from node.federation.fetch import FetchFailed, fetch_actor
from node.federation.transport import Transport
from node.operations.learn_peer import LearnPeer, refresh_keys
from node.store import peers
from node.store.database import Database
from protocol.errors import InvalidIdentifier, ProtocolError
from protocol.identifiers import origin_of, parse_iri
from protocol.keys import PublicProofKey, PublicTransportKey

logger = logging.getLogger(__name__)

CACHED_KEYS_MAX = 4_096
"""Transport keys kept parsed: two for each of 1,000 peers, twice over. About 2 KiB each."""

REFRESH_PAUSE_SECONDS = 60
"""Seconds between two fetches of one peer's actor, whatever arrives in its name."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A peer's transport key with the proof keys that the same peer lists, by key IRI."""

    peer_id: int
    key: PublicTransportKey
    proof_keys: Mapping[str, PublicProofKey]


class KeySearch(StrEnum):
    """What can be done about a key that no peer lists in our store."""

    UNDER_WAY = "under-way"
    IN_VAIN = "in-vain"
    STRANGER = "stranger"


class Keyring:
    """Keys of the peers in the store, as the store has them; `forget` after a change of keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, KnownKey] = {}
        self._generation = 0

    async def find_key(self, key_iri: str) -> KnownKey | None:
        """The key that a peer lists under this IRI, or None. Fetches nothing."""
        known = self._known.get(key_iri)
        if known is not None:
            return known
        generation = self._generation
        found = await asyncio.wrap_future(self._database.read(partial(_load_key, key_iri=key_iri)))
        # What was read before the last `forget` may be what it meant, so it serves this once and is not kept.
        if found is not None and generation == self._generation:
            if len(self._known) >= CACHED_KEYS_MAX:
                self._known.clear()
            self._known[key_iri] = found
        return found

    def forget(self) -> None:
        """Read every key anew from the store when it is next asked for."""
        self._generation += 1
        self._known.clear()


class KeyRefresher:
    """Fetches a peer's actor again because it signed with a key that we do not know."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        transport: Transport,
        http_allowed: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._transport = transport
        self._http_allowed = http_allowed
        self._clock = clock
        self._started_at: dict[int, datetime] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def schedule(self, key_iri: str) -> KeySearch:
        """Begin a refresh that may make this key known, if it is at the origin of a peer we follow or have accepted.

        IN_VAIN where the last one is too short ago; STRANGER for anybody else's key, for which nothing is fetched.
        """
        try:
            origin = origin_of(parse_iri(key_iri, allow_http=self._http_allowed))
        except InvalidIdentifier:
            return KeySearch.STRANGER
        peer = await asyncio.wrap_future(self._database.read(partial(peers.find_peer_by_origin, origin=origin)))
        if peer is None or not _is_related(peer):
            return KeySearch.STRANGER
        if peer.id in self._tasks:
            return KeySearch.UNDER_WAY
        last = self._started_at.get(peer.id)
        if last is not None and self._clock() - last < timedelta(seconds=REFRESH_PAUSE_SECONDS):
            return KeySearch.IN_VAIN
        self._started_at[peer.id] = self._clock()
        task = asyncio.create_task(self._refresh(peer), name=f"refresh-keys-{peer.id}")
        self._tasks[peer.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(peer.id, None))
        return KeySearch.UNDER_WAY

    async def close(self) -> None:
        """Stop what is under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh(self, peer: Peer) -> None:
        try:
            actor = await fetch_actor(peer.actor_iri, transport=self._transport, http_allowed=self._http_allowed)
            command = LearnPeer(peer_id=peer.id, actor=actor)
            await asyncio.wrap_future(self._database.write(partial(refresh_keys, command=command, now=self._clock())))
        except (FetchFailed, ProtocolError, RefusedError) as error:
            logger.warning("the keys of peer %s could not be refreshed: %s", peer.id, error)
        self._keyring.forget()


def _is_related(peer: Peer) -> bool:
    if peer.blocked:
        return False
    follows = peer.following_state in (FollowingState.SENT, FollowingState.ACCEPTED)
    return follows or peer.follower_state is FollowerState.ACCEPTED


def _load_key(connection: sqlite3.Connection, *, key_iri: str) -> KnownKey | None:
    peer = peers.find_peer_by_key(connection, key_iri)
    if peer is None:
        return None
    keys = peers.load_keys(connection, peer)
    key = next((listed for listed in keys.transport_keys if listed.key_id == key_iri), None)
    if key is None:
        return None
    return KnownKey(peer_id=peer.id, key=key, proof_keys=keys.proof_keys)
