"""Objects by their IRI: proposals, agreements, events, activities and feeds, each for those who may see it.

Public objects are for anybody; everything else needs a request signed by a peer (RFC 9421) that the object is for.
What is absent and what is forbidden is answered alike: the same bytes, after the same time.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial

from aiohttp import web

from node.domain.peers import Peer
from node.federation.askers import Askers, may_see, may_see_activity
from node.federation.media_types import ACTIVITY_JSON
from node.federation.problems import NOT_FOUND, problem_response
from node.store import agreements, feeds, messages, peers, proposals
from node.store.database import Database
from protocol.activities import parse_recorded
from protocol.canonical import canonicalize
from protocol.feeds import FeedName, tier_feed_iri
from protocol.identifiers import Origin
from protocol.limits import ACTIVITY_BYTES_MAX
from protocol.proofs import lift
from protocol.strict_json import parse_object
from protocol.vocabulary import Tier

NOT_FOUND_SECONDS = 0.05
"""When an answer 404 is sent, counted from the request: longer than any look-up takes, so that how long it took does
not tell an absent object from a forbidden one."""

Lookup = Callable[[sqlite3.Connection, str, Peer | None], bytes | None]
"""The document at an IRI for this asker (None: anybody), or None where there is none or it is not for them."""


class Objects:
    """Handlers for everything that has an IRI of ours and an audience."""

    def __init__(self, *, database: Database, askers: Askers, origin: Origin) -> None:
        self._database = database
        self._askers = askers
        self._origin = origin

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Register every path of this module."""
        for path, lookup in (
            ("/proposals/{token}", _find_proposal),
            ("/agreements/{token}", _find_agreement),
            ("/events/{token}", _find_event),
            ("/activities/{token}", partial(_find_activity, origin=self._origin)),
            ("/feeds/{name}", partial(_find_feed, origin=self._origin)),
        ):
            router.add_get(path, partial(self._get_object, lookup=lookup))

    async def _get_object(self, request: web.Request, *, lookup: Lookup) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        answer_at = loop.time() + NOT_FOUND_SECONDS
        asker_id = await self._askers.find_asker_id(request)
        iri = f"{self._origin}{request.path}"
        body = await asyncio.wrap_future(
            self._database.read(partial(_look_up, iri=iri, asker_id=asker_id, lookup=lookup))
        )
        if body is None:
            await asyncio.sleep(answer_at - loop.time())
            return problem_response(NOT_FOUND)
        # An answer that depends on who asks must not be kept for the next one (RFC 9111, 4.1).
        headers = {"Content-Type": ACTIVITY_JSON, "Vary": "Signature, Signature-Input", "Cache-Control": "no-cache"}
        return web.Response(body=body, headers=headers)


def _look_up(connection: sqlite3.Connection, *, iri: str, asker_id: int | None, lookup: Lookup) -> bytes | None:
    asker = None if asker_id is None else peers.find_peer(connection, asker_id)
    return lookup(connection, iri, asker)


def _find_proposal(connection: sqlite3.Connection, iri: str, asker: Peer | None) -> bytes | None:
    """Our proposal as it stands, also when it is closed; a withdrawn one is gone."""
    entry = proposals.find_entry(connection, iri)
    if entry is None or not entry.own or entry.withdrawn_at is not None or not may_see(entry.tier, asker):
        return None
    return proposals.load_document(connection, iri)


def _find_agreement(connection: sqlite3.Connection, iri: str, asker: Peer | None) -> bytes | None:
    """The agreement as its last Accept states it, for the other party only."""
    agreement = agreements.find_agreement(connection, iri)
    if agreement is None or asker is None or agreement.peer_id != asker.id:
        return None
    return _newest_embedded(connection, agreement.request_iri, object_iri=iri, member="result")


def _find_event(connection: sqlite3.Connection, iri: str, asker: Peer | None) -> bytes | None:
    """A handover or receipt of ours, for the other party only."""
    thread_iri = messages.find_thread(connection, iri)
    agreement = None if thread_iri is None else agreements.find_agreement(connection, thread_iri)
    if agreement is None or asker is None or agreement.peer_id != asker.id:
        return None
    return _newest_embedded(connection, agreement.request_iri, object_iri=iri, member="object")


def _find_activity(connection: sqlite3.Connection, iri: str, asker: Peer | None, *, origin: Origin) -> bytes | None:
    """An activity of ours, byte for byte, for those it was addressed to and who may still see it."""
    stored = messages.find_message(connection, iri)
    if stored is None or stored.peer_id is not None:
        return None
    activity = parse_recorded(stored.body)
    return stored.body if may_see_activity(connection, activity, asker, origin=origin) else None


def _find_feed(connection: sqlite3.Connection, iri: str, asker: Peer | None, *, origin: Origin) -> bytes | None:
    """A tier feed as a collection that tells its length; reading it page by page is not served yet."""
    name = next((name for name in FeedName if tier_feed_iri(origin, name) == iri), None)
    if name is None or not may_see(Tier(name), asker):
        return None
    feed_id = feeds.find_feed_by_name(connection, name)
    head_seq = 0 if feed_id is None else feeds.load_head(connection, feed_id)
    context = "https://www.w3.org/ns/activitystreams"
    return canonicalize({"@context": context, "id": iri, "type": "OrderedCollection", "totalItems": head_seq})


def _newest_embedded(connection: sqlite3.Connection, thread_iri: str, *, object_iri: str, member: str) -> bytes | None:
    """The object with this IRI that the newest of our messages carries, standing alone with its context."""
    for stored in reversed(messages.list_thread(connection, thread_iri)):
        if stored.peer_id is not None:
            continue
        document = parse_object(stored.body, bytes_max=ACTIVITY_BYTES_MAX)
        embedded = document.get(member)
        if isinstance(embedded, dict) and embedded.get("id") == object_iri and "proof" in embedded:
            return canonicalize(lift(embedded, context=document["@context"]))
    return None
