"""Delivery between two served nodes, and to peers that are slow, wrong, away or asking for patience."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from node.domain.delivery import Subscription
from node.federation.deliver import BATCH_ENTRIES_MAX
from node.federation.transport import ExchangeFailed, HttpAnswer
from node.operations.add_peer import AddPeer, add_peer
from node.operations.decide_peer import AcceptPeer, BlockPeer, accept_peer, block_peer
from node.operations.learn_peer import LearnPeer, learn_peer
from node.store import feeds, peers
from protocol.discovery import parse_actor
from protocol.http_signatures import HttpRequest, peek_signature, verify_request
from protocol.identifiers import Iri
from protocol.keys import PublicTransportKey
from protocol.strict_json import parse_object
from protocol.vocabulary import Tier
from tests.cast import Clock, Town
from tests.federation.serving import Network, Served, make_app, make_home, serving
from tests.federation.test_documents import offer

INBOX = "https://baerum.example/inbox"


@pytest.fixture
def baerum_app(tmp_path: Path, template: Path, network: Network, clock: Clock) -> web.Application:
    """The application of Bærum's node."""
    settings = make_home(tmp_path, "baerum", template=template, clock=lambda: clock.now)
    return make_app(settings, network=network, clock=clock)


@pytest.fixture
async def neighbour(baerum_app: web.Application, network: Network) -> AsyncIterator[Served]:
    """Bærum's node, serving."""
    async with serving(baerum_app, network=network) as served:
        yield served


async def until(served: Served, look: Callable[[sqlite3.Connection], object], *, seconds: float = 30.0) -> None:
    """Wait until `look` finds something true in the node's database."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not await asyncio.wrap_future(served.node.database.read(look)):
        assert loop.time() < end, "it never came"
        await asyncio.sleep(0.01)


def subscriptions_of(served: Served) -> list[Subscription]:
    return served.node.read(lambda connection: feeds.list_subscriptions(connection, limit=10))


def all_delivered(connection: sqlite3.Connection) -> bool:
    return all(cursor.waiting == 0 for cursor in feeds.list_subscriptions(connection, limit=10))


def some_failed(connection: sqlite3.Connection) -> bool:
    return any(cursor.failures for cursor in feeds.list_subscriptions(connection, limit=10))


@pytest.fixture
async def friend(friend: Town, asker: Served) -> Town:
    """The peer, once the first attempt to reach it has failed: the next is made when the clock moves, not before."""
    await until(asker, some_failed)
    return friend


async def actor_of(served: Served) -> AddPeer:
    answer = await served.get("/actor")
    document = parse_object(answer.body, bytes_max=65_536)
    return AddPeer(actor=parse_actor(document, fetched_from=Iri(f"{served.origin}/actor")))


async def follow(follower: Served, followed: Served) -> None:
    """Ask, look, accept: all over HTTP but for the two decisions."""
    await asyncio.to_thread(follower.run, add_peer, await actor_of(followed))
    await until(followed, lambda connection: peers.find_peer_by_origin(connection, follower.origin))
    peer = await asyncio.to_thread(
        followed.node.read, lambda connection: peers.find_peer_by_origin(connection, follower.origin)
    )
    assert peer is not None
    learned = LearnPeer(peer_id=peer.id, actor=(await actor_of(follower)).actor)
    await until(followed, lambda connection: _has_asked(connection, peer.id))
    await asyncio.to_thread(followed.run, learn_peer, learned)
    await asyncio.to_thread(followed.run, accept_peer, AcceptPeer(peer_id=peer.id, tier=Tier.PARTNERS))
    await until(follower, lambda connection: _is_accepted(connection, followed.origin))


def _has_asked(connection: sqlite3.Connection, peer_id: int) -> bool:
    peer = peers.find_peer(connection, peer_id)
    return peer is not None and peer.follower_state in ("unverified", "pending")


def _is_accepted(connection: sqlite3.Connection, origin: str) -> bool:
    peer = peers.find_peer_by_origin(connection, origin)
    return peer is not None and peer.following_state == "accepted"


async def test_two_nodes_become_peers_and_an_offer_reaches_the_other_catalogue(
    asker: Served, neighbour: Served
) -> None:
    await follow(neighbour, asker)

    iri = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)

    await until(neighbour, lambda connection: _knows(connection, iri))
    await until(asker, all_delivered)


def _knows(connection: sqlite3.Connection, iri: str) -> bool:
    return connection.execute("SELECT 1 FROM proposals WHERE iri = ?", (iri,)).fetchone() is not None


async def test_a_long_feed_arrives_whole_and_in_order(asker: Served, neighbour: Served) -> None:
    await follow(neighbour, asker)
    count = BATCH_ENTRIES_MAX * 2 + 3

    iris = [
        await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS, name=f"Office chair {number}")
        for number in range(count)
    ]

    await until(asker, all_delivered)
    rows = await asyncio.to_thread(asker.rows, "proposals")
    received = await asyncio.to_thread(
        neighbour.node.read,
        lambda connection: [
            json.loads(row["body"])["object"]["id"]
            for row in connection.execute("SELECT body FROM messages WHERE type = 'CreateProposal' ORDER BY id")
        ],
    )
    assert len(rows) == count
    assert received == iris


async def test_what_is_sent_is_signed_with_our_ed25519_key_for_the_peers_inbox(
    asker: Served, friend: Town, network: Network, clock: Clock
) -> None:
    network.answers[INBOX] = HttpAnswer(202, (), b"{}")
    clock.forward(hours=2)

    await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    await until(asker, all_delivered)

    request = network.sent[-1]
    document = (await asker.get("/actor")).document
    listed = next(key for key in document["publicKey"] if key["id"].endswith("#ed-http"))
    key = PublicTransportKey.from_pem(
        listed["publicKeyPem"], key_id=listed["id"], owner_iri="https://asker.example/actor"
    )
    assert request.target_uri == INBOX
    verify_request(request, key=key, now=clock.now)
    nonces = {peek_signature(sent).nonce for sent in network.sent}
    assert len(nonces) == len(network.sent)


async def test_a_peer_without_an_ed25519_key_gets_rsa(asker: Served, baerum: Town, network: Network) -> None:
    network.answers[INBOX] = HttpAnswer(202, (), b"")
    actor = replace(baerum.actor(), transport_keys=())
    await asyncio.to_thread(asker.run, add_peer, AddPeer(actor=actor))

    await until(asker, all_delivered)

    assert peek_signature(network.sent[-1]).keyid == "https://asker.example/actor#main-key"


async def test_the_bilateral_feed_goes_before_the_catalogue(asker: Served, friend: Town, network: Network) -> None:
    await until(asker, some_failed)
    await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    network.sent.clear()
    network.answers[INBOX] = HttpAnswer(202, (), b"{}")
    friend.clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, all_delivered)

    kinds = [json.loads(request.body)["type"] for request in network.sent]
    assert kinds == ["Follow", "Accept", "Create"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (HttpAnswer(410, (), b""), "answered 410"),
        (HttpAnswer(404, (), b"<html>"), "answered 404"),
        (HttpAnswer(403, (), b'{"code":"not-followed","detail":"No."}'), "answered 403 not-followed: No."),
        (HttpAnswer(401, (), b'{"code":"clock","detail":"Set your clock."}'), "answered 401 clock: Set your clock."),
        (HttpAnswer(500, (), b'{"code":7}'), "answered 500"),
        (HttpAnswer(302, (("location", "https://evil.example/"),), b""), "answered 302"),
        (HttpAnswer(409, (), b'{"code":"a\\u202eb"}'), "answered 409 a b"),
    ],
)
async def test_a_refusal_is_told_and_tried_again_and_nothing_is_dropped(
    asker: Served, friend: Town, network: Network, answer: HttpAnswer, told: str
) -> None:
    network.answers[INBOX] = answer
    friend.clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, lambda connection: _last_error(connection) == told)

    cursors = await asyncio.to_thread(subscriptions_of, asker)
    bilateral = next(cursor for cursor in cursors if cursor.bilateral)
    assert bilateral.acknowledged_seq == 0
    assert bilateral.next_attempt_at is not None
    assert bilateral.next_attempt_at > friend.clock.now


@pytest.mark.parametrize("code", ["blocked", "not-accepted"])
async def test_what_a_peer_will_never_take_does_not_hold_up_what_comes_behind_it(
    asker: Served, friend: Town, network: Network, clock: Clock, code: str
) -> None:
    async def exchange(request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        if json.loads(request.body)["type"] == "Follow":
            return HttpAnswer(403, (), json.dumps({"code": code, "detail": "No."}).encode())
        return HttpAnswer(202, (), b"{}")

    network.exchange = exchange  # type: ignore[method-assign]
    clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, all_delivered)

    outcomes = await asyncio.to_thread(
        asker.node.read,
        lambda connection: [(row["type"], row["outcome"]) for row in connection.execute("SELECT * FROM messages")],
    )
    assert outcomes == [("Follow", "refused"), ("Accept", "sent")]
    told = [row for row in await asyncio.to_thread(asker.rows, "audit_log") if "delivery.refused" in row]
    assert len(told) == 1
    assert f"answered 403 {code}: No." in str(told[0])


async def test_an_inbox_that_cannot_be_asked_is_a_failure_like_any_other(
    asker: Served, friend: Town, clock: Clock
) -> None:
    def misname(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE peers SET inbox_iri = inbox_iri || '#in'")

    await asyncio.to_thread(asker.node.write, misname)
    clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, lambda connection: (_last_error(connection) or "").startswith("cannot be signed"))


def _last_error(connection: sqlite3.Connection) -> str | None:
    return next(cursor.last_error for cursor in feeds.list_subscriptions(connection, limit=10) if cursor.bilateral)


async def test_waits_grow_while_a_peer_is_away_and_end_when_it_is_back(
    asker: Served, friend: Town, network: Network, clock: Clock
) -> None:
    waits = []
    for failures in range(1, 6):
        await until(asker, partial(_has_failed, times=failures))
        (cursor,) = [one for one in await asyncio.to_thread(subscriptions_of, asker) if one.bilateral]
        assert cursor.next_attempt_at is not None
        waits.append((cursor.next_attempt_at - clock.now).total_seconds())
        clock.now = cursor.next_attempt_at + timedelta(seconds=1)
        await asyncio.to_thread(asker.node.write, lambda connection: None)
    network.answers[INBOX] = HttpAnswer(202, (), b"{}")

    clock.forward(hours=1)
    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, all_delivered)

    assert waits == sorted(waits)
    assert waits[-1] > waits[0]
    assert all(cursor.failures == 0 for cursor in await asyncio.to_thread(subscriptions_of, asker))


def _has_failed(connection: sqlite3.Connection, *, times: int) -> bool:
    cursors = feeds.list_subscriptions(connection, limit=10)
    return any(cursor.bilateral and cursor.failures == times for cursor in cursors)


@pytest.mark.parametrize(("asked", "seconds"), [("120", 120), ("999999", 3_600), ("Fri, 31 Dec 1999 23:59:59 GMT", 0)])
async def test_retry_after_is_respected_up_to_an_hour(
    asker: Served, friend: Town, network: Network, clock: Clock, asked: str, seconds: int
) -> None:
    network.answers[INBOX] = HttpAnswer(503, (("retry-after", asked),), b"")
    clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, lambda connection: (_last_error(connection) or "").startswith("answered 503"))

    (cursor,) = [one for one in await asyncio.to_thread(subscriptions_of, asker) if one.bilateral]
    assert cursor.next_attempt_at is not None
    waited = (cursor.next_attempt_at - clock.now).total_seconds()
    assert waited == seconds if seconds else waited <= 5


async def test_an_entry_that_fails_holds_back_those_after_it_and_not_those_before(
    asker: Served, friend: Town, network: Network, clock: Clock
) -> None:
    class PickyNetwork:
        async def exchange(self, request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
            refused = json.loads(request.body)["type"] == "Accept"
            return HttpAnswer(503 if refused else 202, (), b"")

    network.exchange = PickyNetwork().exchange  # type: ignore[method-assign]
    clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, lambda connection: _last_error(connection) == "answered 503")

    assert await asyncio.to_thread(asker.node.read, _acknowledged) == 1


def _acknowledged(connection: sqlite3.Connection) -> int:
    return next(
        cursor.acknowledged_seq for cursor in feeds.list_subscriptions(connection, limit=10) if cursor.bilateral
    )


async def test_a_blocked_peer_is_still_told_so(asker: Served, friend: Town, network: Network, clock: Clock) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    await asyncio.to_thread(asker.run, block_peer, BlockPeer(peer_id=1))
    network.sent.clear()
    network.answers[INBOX] = HttpAnswer(202, (), b"{}")
    clock.forward(hours=2)

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    await until(asker, all_delivered)

    assert [json.loads(request.body)["type"] for request in network.sent] == ["Follow", "Accept", "Block"]


async def test_a_peer_that_never_answers_does_not_hold_back_another(
    asker: Served, friend: Town, network: Network, clock: Clock, world: object
) -> None:
    drammen = await asyncio.to_thread(world.town, "drammen")  # type: ignore[attr-defined]
    hanging = asyncio.Event()

    async def exchange(request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        if "baerum" in request.target_uri:
            await hanging.wait()
            raise ExchangeFailed("no answer in time", internal="hung")
        return HttpAnswer(202, (), b"{}")

    network.exchange = exchange  # type: ignore[method-assign]
    clock.forward(hours=2)
    await asyncio.to_thread(asker.befriend, drammen)

    await until(asker, lambda connection: _delivered_to(connection, 2))

    hanging.set()
    await until(asker, lambda connection: _last_error(connection) == "no answer in time")


def _delivered_to(connection: sqlite3.Connection, peer_id: int) -> bool:
    cursors = feeds.list_subscriptions(connection, peer_id=peer_id, limit=10)
    return bool(cursors) and all(cursor.waiting == 0 for cursor in cursors)


async def test_a_commit_of_another_process_is_noticed(
    asker: Served, friend: Town, network: Network, clock: Clock
) -> None:
    await until(asker, some_failed)
    network.answers[INBOX] = HttpAnswer(202, (), b"{}")
    clock.forward(hours=2)

    def commit_elsewhere() -> None:
        connection = sqlite3.connect(asker.node.settings.database_path)
        connection.execute("UPDATE peers SET name = 'renamed'")
        connection.commit()
        connection.close()

    await asyncio.to_thread(commit_elsewhere)

    await until(asker, all_delivered, seconds=1.5)


async def test_a_mistake_of_ours_is_logged_and_rests_that_peer_only(
    asker: Served, friend: Town, network: Network, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async def exchange(request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        raise ZeroDivisionError

    network.exchange = exchange  # type: ignore[method-assign]
    clock.forward(hours=2)
    caplog.clear()

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    for _ in range(200):
        if caplog.records:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)

    assert ["by our mistake" in record.getMessage() for record in caplog.records] == [True]
