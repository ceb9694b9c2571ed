"""POST /inbox: from bytes of anybody to one applied activity of a known peer, in the fewest steps.

The order is that of cost: what the headers alone refuse, then the key, then the signature, then the meaning, then one
transaction. Nothing is fetched in between. Each refusal is a problem document and leaves a line in a bounded table;
nothing else changes. What a message does is decided in `node.operations.receive_activity`.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from aiohttp import web

from node.domain.outcomes import RefusedError
from node.domain.requests import Approval
from node.federation.keyring import KeyRefresher, Keyring, KeySearch, KnownKey
from node.federation.problems import (
    BUSY,
    RETRY_AFTER_SECONDS,
    Problem,
    ProblemError,
    problem_of_protocol_error,
    problem_of_refusal,
    problem_response,
)
from node.federation.reading import BODY_SECONDS_MAX, check_body_announced, parse_head, read_body
from node.operations.author import Author
from node.operations.receive_activity import Received, Signature, receive_activity
from node.operations.record_refusal import record_refusal
from node.operations.record_stranger import record_unknown_follow
from node.store.database import Database, DatabaseClosedError
from protocol.activities import Activity, parse_activity, peek_activity
from protocol.canonical import canonicalize, sha256_digest
from protocol.errors import ProtocolError, SignatureInvalid
from protocol.http_signatures import HttpRequest, VerifiedRequest, peek_signature, verify_request
from protocol.identifiers import Iri, origin_of, parse_iri, same_origin
from protocol.limits import STRANGER_BYTES_MAX
from protocol.vocabulary import format_instant

logger = logging.getLogger(__name__)

UNDER_WAY_MAX = 256
"""Activities in memory at once, 64 MiB of bodies at the most; the next one is asked to come again."""

VERIFIED_ON_LOOP_BYTES_MAX = 16_384
"""Bodies up to this size are verified on the event loop: an offer of 6 KiB takes 1.4 ms (measured 2026-11-23), of which
a thread would save nothing but the wait of others. A larger one goes to a thread."""

REFUSALS_UNDER_WAY_MAX = 64
"""Refusals waiting to be written down. More are only counted in the log: a flood must not fill the writer's queue."""

KEPT = "kept"
"""What a stranger's Follow comes to: a person will look at it."""

_CLOCK_CODES = ("clock", "signature-expired")

_UNKNOWN_KEY = Problem(
    status=401,
    code="unknown-peer",
    detail="This node does not know the key that signed the request. Send a Follow first, and wait for its answer.",
)
_KEY_SOUGHT = Problem(
    status=503,
    code="key-refresh",
    detail="This node is looking up your keys. Send it again a little later.",
    retry_after_seconds=RETRY_AFTER_SECONDS,
)


@dataclass(slots=True)
class _Arrival:
    """What is known of a request so far, for the line that a refusal leaves."""

    key_iri: str | None = None
    body: bytes = b""


class Inbox:
    """The one address that other servers write to."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        refresher: KeyRefresher,
        author: Author,
        approval: Approval,
        http_allowed: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._refresher = refresher
        self._author = author
        self._approval = approval
        self._http_allowed = http_allowed
        self._clock = clock
        self._under_way = 0
        self._refusals_under_way = 0

    async def post_inbox(self, request: web.Request) -> web.Response:
        """202 with the outcome once the activity is committed, or a problem document."""
        if self._under_way >= UNDER_WAY_MAX:
            return problem_response(BUSY)
        self._under_way += 1
        arrival = _Arrival()
        try:
            outcome = await self._receive(request, arrival)
        except ProblemError as error:
            return self._refuse(error.problem, arrival)
        except ProtocolError as error:
            logger.info("refused %s from key %s: %s", error.code, arrival.key_iri, error)
            return self._refuse(self._problem_of(error), arrival)
        except RefusedError as error:
            return self._refuse(problem_of_refusal(error), arrival)
        finally:
            self._under_way -= 1
        return web.Response(status=202, body=canonicalize({"outcome": outcome}), content_type="application/json")

    async def _receive(self, request: web.Request, arrival: _Arrival) -> str:
        """The steps in order; control flow here, leaves below."""
        check_body_announced(request)
        head = parse_head(request, origin=self._author.origin)
        arrival.key_iri = peek_signature(head).keyid
        known = await self._keyring.find_key(arrival.key_iri)
        arrival.body = await read_body(request, seconds_max=BODY_SECONDS_MAX)
        signed = replace(head, body=arrival.body)
        if known is None:
            known = await self._seek_key(arrival.key_iri)
        if known is None:
            return await self._meet_stranger(signed, arrival.key_iri)
        verified, activity = await self._verify(signed, known)
        received = await self._write(
            partial(
                receive_activity,
                activity=activity,
                signature=Signature(key_iri=verified.key.key_id, nonce=verified.nonce, expires_at=verified.expires_at),
                author=self._author,
                approval=self._approval,
                now=self._clock(),
            )
        )
        return received.outcome

    async def _verify(self, signed: HttpRequest, known: KnownKey) -> tuple[VerifiedRequest, Activity]:
        if len(signed.body) <= VERIFIED_ON_LOOP_BYTES_MAX:
            return _verify(signed, known=known, now=self._clock())
        return await asyncio.to_thread(_verify, signed, known=known, now=self._clock())

    def _write(self, function: Callable[..., Received]) -> "asyncio.Future[Received]":
        return asyncio.wrap_future(self._database.write(function))

    async def _seek_key(self, key_iri: str) -> KnownKey | None:
        """The key if a look-up that ended just now has found it; None for a stranger's.

        Raises ProblemError for a key of a related peer that is being looked up, or that it does not list.
        """
        match await self._refresher.schedule(key_iri):
            case KeySearch.UNDER_WAY:
                raise ProblemError(_KEY_SOUGHT)
            case KeySearch.IN_VAIN:
                found = await self._keyring.find_key(key_iri)
                if found is None:
                    raise ProblemError(_UNKNOWN_KEY)
                return found
            case KeySearch.STRANGER:
                return None

    async def _meet_stranger(self, signed: HttpRequest, key_iri: str) -> str:
        """A Follow of us waits for a person; anything else by somebody we do not know is refused."""
        if len(signed.body) > STRANGER_BYTES_MAX:
            raise ProblemError(_UNKNOWN_KEY)
        peek = peek_activity(signed.body)
        if peek.activity_type != "Follow" or peek.object_iri != self._author.actor_iri:
            raise ProblemError(_UNKNOWN_KEY)
        actor_iri = parse_iri(peek.actor_iri, allow_http=self._http_allowed)
        if not same_origin(actor_iri, parse_iri(key_iri, allow_http=self._http_allowed)):
            raise ProblemError(_UNKNOWN_KEY)
        origin = origin_of(Iri(actor_iri))
        keep = partial(record_unknown_follow, request=signed, actor_iri=actor_iri, origin=origin, now=self._clock())
        await asyncio.wrap_future(self._database.write(keep))
        return KEPT

    def _problem_of(self, error: ProtocolError) -> Problem:
        problem = problem_of_protocol_error(error)
        if isinstance(error, SignatureInvalid) and error.code in _CLOCK_CODES:
            # The peer can tell by how much the clocks differ, and whose is wrong (SPEC.md, transport).
            return replace(problem, extra=(("now", format_instant(self._clock())),))
        return problem

    def _refuse(self, problem: Problem, arrival: _Arrival) -> web.Response:
        """Answer at once; the line in the table follows when the writer has time for it."""
        if self._refusals_under_way >= REFUSALS_UNDER_WAY_MAX:
            logger.warning("refused %s and not written down: too many at once", problem.code)
            return problem_response(problem)
        self._refusals_under_way += 1
        record = partial(
            record_refusal,
            status=problem.status,
            code=problem.code,
            key_iri=arrival.key_iri,
            body_digest=sha256_digest(arrival.body),
            now=self._clock(),
        )
        loop = asyncio.get_running_loop()
        try:
            written = self._database.write(record)
        except DatabaseClosedError:
            self._refusals_under_way -= 1
        else:
            written.add_done_callback(lambda future: loop.call_soon_threadsafe(self._refusal_written, future))
        return problem_response(problem)

    def _refusal_written(self, written: "Future[None]") -> None:
        self._refusals_under_way -= 1
        error = written.exception()
        if error is not None:
            logger.warning("a refusal could not be written down: %s", error)


def _verify(signed: HttpRequest, *, known: KnownKey, now: datetime) -> tuple[VerifiedRequest, Activity]:
    verified = verify_request(signed, key=known.key, now=now)
    return verified, parse_activity(verified, proof_keys=known.proof_keys)
