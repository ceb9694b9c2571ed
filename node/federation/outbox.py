"""The outbox: what this node has published and the asker may see, newest first, a page at a time."""

import asyncio
import sqlite3
from functools import partial

from aiohttp import web

import schemas
from node.domain.peers import Peer
from node.federation.askers import Askers, feed_of, may_see_activity
from node.federation.media_types import ACTIVITY_JSON
from node.federation.problems import NOT_FOUND, ProblemError
from node.store import feeds, peers
from node.store.database import Database
from protocol.activities import parse_recorded
from protocol.canonical import canonicalize
from protocol.identifiers import Origin
from protocol.limits import ACTIVITY_BYTES_MAX, SAFE_INTEGER_MAX
from protocol.proofs import embed
from protocol.strict_json import JsonObject, JsonValue, parse_object

PAGE_ENTRIES_MAX = 20
"""Activities on a page: what a page of a feed allows would be 4 MiB for anybody who asks."""


class Outbox:
    """The handler of /outbox."""

    def __init__(self, *, database: Database, askers: Askers, origin: Origin) -> None:
        self._database = database
        self._askers = askers
        self._origin = origin

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Register the path of this module."""
        router.add_get("/outbox", self.get_outbox)

    async def get_outbox(self, request: web.Request) -> web.Response:
        """The feed of the asker's tier as an OrderedCollection, or with `before=SEQ` one page of it, newest first."""
        before = request.query.get("before")
        if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 16):
            raise ProblemError(NOT_FOUND)
        seq = None if before is None else min(int(before), SAFE_INTEGER_MAX)
        asker_id = await self._askers.find_asker_id(request)
        build = partial(_build, origin=self._origin, asker_id=asker_id, before=seq)
        body = await asyncio.wrap_future(self._database.read(build))
        headers = {"Content-Type": ACTIVITY_JSON, "Vary": "Signature, Signature-Input", "Cache-Control": "no-cache"}
        if asker_id is None:
            headers["Access-Control-Allow-Origin"] = "*"
        return web.Response(body=body, headers=headers)


def _build(connection: sqlite3.Connection, *, origin: Origin, asker_id: int | None, before: int | None) -> bytes:
    asker = None if asker_id is None else peers.find_peer(connection, asker_id)
    feed_id = feeds.find_feed_by_name(connection, feed_of(asker))
    head_seq = 0 if feed_id is None else feeds.load_head(connection, feed_id)
    outbox_iri = f"{origin}/outbox"
    if before is None:
        return canonicalize(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": outbox_iri,
                "type": "OrderedCollection",
                "totalItems": head_seq,
                "first": f"{outbox_iri}?before={head_seq + 1}",
            }
        )
    before = min(before, head_seq + 1)
    after = max(0, before - 1 - PAGE_ENTRIES_MAX)
    page: JsonObject = {
        "@context": schemas.message_context(),
        "id": f"{outbox_iri}?before={before}",
        "type": "OrderedCollectionPage",
        "partOf": outbox_iri,
        "orderedItems": _load_items(connection, feed_id, asker, origin=origin, after=after, before=before),
    }
    if after > 0:
        page["next"] = f"{outbox_iri}?before={after + 1}"
    return canonicalize(page)


def _load_items(
    connection: sqlite3.Connection, feed_id: int | None, asker: Peer | None, *, origin: Origin, after: int, before: int
) -> list[JsonValue]:
    """The entries between the two numbers, newest first, each without the context that it shares with the page."""
    if feed_id is None or before <= 1:
        return []
    entries = feeds.list_entries(connection, feed_id, after=after, limit=before - 1 - after)
    return [
        embed(parse_object(entry.body, bytes_max=ACTIVITY_BYTES_MAX))
        for entry in reversed(entries)
        if may_see_activity(connection, parse_recorded(entry.body), asker, origin=origin)
    ]
