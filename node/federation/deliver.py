"""Delivery: for each peer whose cursor is behind, send what is next, in order, and move the cursor once it is there.

One loop finds what is due, one worker a peer sends it. A worker sends a bounded batch and ends, so that what was
published meanwhile, above all an answer in the peer's own feed, goes before the rest of a long catalogue. The cursor
is in the database: a stop at any point repeats at most one batch, which the peer recognises by its ids. Nothing is
ever dropped; a message that its peer refuses for good is recorded as refused. When the next attempt may be is decided
in `protocol.retry`, what is due in `node.store.feeds`.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from node.domain.delivery import FINAL_REFUSALS, FeedEntry, Subscription
from node.federation.transport import ExchangeFailed, HttpAnswer, Transport
from node.operations.author import Author
from node.operations.record_delivery import record_delivered, record_failed, record_refused
from node.store import feeds, peers
from node.store.database import Database
from protocol.discovery import ACTIVITY_JSON
from protocol.errors import ProtocolError
from protocol.http_signatures import HttpRequest, sign_request
from protocol.keys import TransportKey
from protocol.limits import NAME_CHARS_MAX, RETRY_CAP_SECONDS
from protocol.retry import next_attempt_seconds
from protocol.strict_json import parse_object

logger = logging.getLogger(__name__)

BATCH_ENTRIES_MAX = 20
"""Entries of one feed that a worker sends before it lets the loop look again, and before the cursor is written."""

SEND_SECONDS_MAX = 30
"""Seconds for one activity to be sent and answered: the peer's own ten for the body, its commit, and a slow line."""

ANSWER_BYTES_MAX = 16_384
"""Bytes of an answer that are read: an outcome or a problem document."""

DUE_MAX = 1_000
"""Subscriptions looked at in one round: as many as the peers of a full mesh."""

LOOK_PAUSE_SECONDS = 0.02
"""Between two looks for what is due. Under load every commit wakes the loop, and a look costs two reads."""

FAULT_PAUSE_SECONDS = 60.0
"""How long a peer rests after a mistake of ours broke its worker, so that the mistake is not repeated in a loop."""


@dataclass(frozen=True, slots=True)
class TransportKeys:
    """Our two transport keys: Ed25519 for peers that have such a key themselves, RSA for all others."""

    ed_http: TransportKey
    main: TransportKey


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one worker sends: entries of one feed to one peer, signed with one of our keys."""

    inbox_iri: str
    key: TransportKey
    entries: tuple[FeedEntry, ...]


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an entry did not arrive, for people; how long the peer asked us to wait, or that it will never take it."""

    error: str
    retry_after_seconds: float = 0.0
    final: bool = False


class Deliverer:
    """The loop. `wake` it after a commit; it looks by itself when a held-back attempt is due."""

    def __init__(
        self,
        *,
        database: Database,
        transport: Transport,
        keys: TransportKeys,
        parallel_max: int,
        clock: Callable[[], datetime],
        author: Author,
        draw_jitter: Callable[[], float],
    ) -> None:
        self._database = database
        self._transport = transport
        self._keys = keys
        self._parallel_max = parallel_max
        self._clock = clock
        self._author = author
        self._draw_jitter = draw_jitter
        self._woken = asyncio.Event()
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._resting: set[int] = set()

    def wake(self) -> None:
        """Look for what is due. Call it on the event loop."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is on the wire then is finished by `close`."""
        while True:
            self._woken.clear()
            due = await asyncio.wrap_future(
                self._database.read(partial(feeds.list_due, now=self._clock(), limit=DUE_MAX))
            )
            for subscription in due:
                self._start_worker(subscription)
            await self._wait(await self._seconds_to_next())
            await asyncio.sleep(LOOK_PAUSE_SECONDS)

    async def close(self, *, grace_seconds: float) -> None:
        """Let the workers finish what they are sending, at most so long; then cancel them. Call it after `run`."""
        workers = list(self._workers.values())
        if workers:
            await asyncio.wait(workers, timeout=grace_seconds)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    def _start_worker(self, subscription: Subscription) -> None:
        """One worker a peer at a time; whoever finds no room is found again when a worker ends."""
        peer_id = subscription.peer_id
        if peer_id in self._workers or peer_id in self._resting or len(self._workers) >= self._parallel_max:
            return
        worker = asyncio.create_task(self._deliver(subscription), name=f"deliver-{peer_id}")
        self._workers[peer_id] = worker
        worker.add_done_callback(partial(self._worker_ended, peer_id))

    def _worker_ended(self, peer_id: int, worker: "asyncio.Task[None]") -> None:
        del self._workers[peer_id]
        self._woken.set()
        if worker.cancelled() or worker.exception() is None:
            return
        logger.error("delivery to peer %s failed by our mistake", peer_id, exc_info=worker.exception())
        self._resting.add(peer_id)
        asyncio.get_running_loop().call_later(FAULT_PAUSE_SECONDS, self._end_rest, peer_id)

    def _end_rest(self, peer_id: int) -> None:
        self._resting.discard(peer_id)
        self._woken.set()

    async def _seconds_to_next(self) -> float | None:
        next_at = await asyncio.wrap_future(self._database.read(feeds.find_next_attempt))
        if next_at is None:
            return None
        # Never under half a second: an attempt that is overdue is under way, resting, or found no room.
        return max(0.5, (next_at - self._clock()).total_seconds())

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, subscription: Subscription) -> None:
        """Send the next batch of one feed to one peer, and record how far it came."""
        batch = await asyncio.wrap_future(
            self._database.read(partial(_load_batch, subscription=subscription, keys=self._keys))
        )
        through_seq, failure = subscription.acknowledged_seq, None
        if isinstance(batch, _Failure):
            await self._record(subscription, through_seq=through_seq, failure=batch)
            return
        try:
            for entry in batch.entries:
                failure = await self._send(entry, batch=batch)
                if failure is not None and failure.final:
                    await self._record_refused(entry, failure)
                    failure = None
                if failure is not None:
                    break
                through_seq = entry.seq
        finally:
            # Also when cancelled: what was acknowledged need not be sent again.
            await asyncio.shield(self._record(subscription, through_seq=through_seq, failure=failure))

    async def _send(self, entry: FeedEntry, *, batch: _Batch) -> _Failure | None:
        """None once the peer has answered with a 2xx, else why not."""
        headers = (("Content-Type", ACTIVITY_JSON), ("Accept", "application/json"))
        request = HttpRequest("POST", batch.inbox_iri, headers, entry.body)
        try:
            signed = sign_request(request, key=batch.key, now=self._clock(), nonce=self._author.draw_token())
        except ProtocolError as error:
            return _Failure(error=f"cannot be signed: {error}")
        try:
            answer = await self._transport.exchange(
                signed, body_bytes_max=ANSWER_BYTES_MAX, deadline_seconds=SEND_SECONDS_MAX
            )
        except ExchangeFailed as error:
            return _Failure(error=error.safe_text)
        if 200 <= answer.status < 300:
            return None
        return _failure_of(answer)

    async def _record_refused(self, entry: FeedEntry, failure: _Failure) -> None:
        logger.warning("message %s: %s; it will not be sent again", entry.message_iri, failure.error)
        refused = partial(
            record_refused, message_iri=entry.message_iri, error=failure.error, author=self._author, now=self._clock()
        )
        await asyncio.wrap_future(self._database.write(refused))

    async def _record(self, subscription: Subscription, *, through_seq: int, failure: _Failure | None) -> None:
        """Move the cursor over what was acknowledged, and no further; hold back the next attempt after a failure."""
        moved = through_seq > subscription.acknowledged_seq
        peer_id, feed_id, now = subscription.peer_id, subscription.feed_id, self._clock()
        if moved:
            advance = partial(record_delivered, peer_id=peer_id, feed_id=feed_id, through_seq=through_seq, now=now)
            await asyncio.wrap_future(self._database.write(advance))
        if failure is not None:
            failures = 1 if moved else subscription.failures + 1
            backoff = next_attempt_seconds(failures, jitter=self._draw_jitter())
            wait = timedelta(seconds=max(backoff, failure.retry_after_seconds))
            logger.info("peer %s: %s; again in %.0f s", peer_id, failure.error, wait.total_seconds())
            hold_back = partial(
                record_failed, peer_id=peer_id, feed_id=feed_id, error=failure.error, next_attempt_at=now + wait
            )
            await asyncio.wrap_future(self._database.write(hold_back))


def _load_batch(
    connection: sqlite3.Connection, *, subscription: Subscription, keys: TransportKeys
) -> _Batch | _Failure:
    """What to send next, nothing if it has been sent meanwhile, or why it has nowhere to go."""
    peer = peers.load_peer(connection, subscription.peer_id)
    if peer.inbox_iri is None:
        return _Failure(error="no inbox is known")
    entries = feeds.list_entries(
        connection, subscription.feed_id, after=subscription.acknowledged_seq, limit=BATCH_ENTRIES_MAX
    )
    listed = peers.load_keys(connection, peer).transport_keys
    knows_ed25519 = any(key.algorithm == "ed25519" for key in listed)
    key = keys.ed_http if knows_ed25519 else keys.main
    return _Batch(inbox_iri=peer.inbox_iri, key=key, entries=tuple(entries))


def _failure_of(answer: HttpAnswer) -> _Failure:
    """Status, code and detail of a refusal, and what follows. The texts are the peer's: printable and short."""
    retry_after_seconds = _retry_after_seconds(answer)
    try:
        problem = parse_object(answer.body, bytes_max=ANSWER_BYTES_MAX)
    except ProtocolError:
        return _Failure(error=f"answered {answer.status}", retry_after_seconds=retry_after_seconds)
    texts = [str(problem[name])[:NAME_CHARS_MAX] for name in ("code", "detail") if isinstance(problem.get(name), str)]
    shown = "".join(character if character.isprintable() else " " for character in ": ".join(texts))
    return _Failure(
        error=f"answered {answer.status} {shown}".rstrip(),
        retry_after_seconds=retry_after_seconds,
        final=answer.status == 403 and problem.get("code") in FINAL_REFUSALS,
    )


def _retry_after_seconds(answer: HttpAnswer) -> float:
    """What the peer asks us to wait, at most RETRY_CAP_SECONDS; a date, which we never send, counts as nothing."""
    text = answer.header("retry-after") or ""
    if not text.isascii() or not text.isdigit():
        return 0.0
    return min(float(text[:9]), float(RETRY_CAP_SECONDS))
