"""POST /inbox over a real socket: what is let in, and what each refusal is."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from node.federation.inbox import REFUSALS_UNDER_WAY_MAX
from node.federation.transport import ExchangeFailed, HttpAnswer
from node.operations.decide_peer import BlockPeer, RemovePeer, block_peer, remove_peer
from node.store import messages, peers
from protocol.activities import parse_recorded
from protocol.compose import compose_accept_follow, compose_follow, compose_reject, compose_request, seal
from protocol.discovery import actor_document
from protocol.http_signatures import HttpRequest, sign_request
from protocol.identifiers import ActorIri, Domain, Iri
from protocol.keys import TransportKey, ed25519_pem_from_seed
from protocol.limits import ACTIVITY_BYTES_MAX, PARTY_MESSAGES_MAX, STRANGER_BYTES_MAX, UNKNOWN_FOLLOWS_MAX
from protocol.vocabulary import Counterfactual, Quantity, Tier, Unit
from tests.cast import Clock, Town, World, seed_of
from tests.federation.serving import Answer, Network, Served, problem_of

INBOX = "https://asker.example/inbox"


def follow_of(town: Town, *, object_iri: str = "https://asker.example/actor", number: int = 1) -> bytes:
    unsigned = compose_follow(
        iri=Iri(f"{town.author.origin}/activities/follow-{number}"),
        actor_iri=town.actor_iri,
        object_iri=ActorIri(Iri(object_iri)),
        published=town.clock.now,
        context=town.author.context,
    )
    return seal(unsigned, key=town.author.proof_key, created=town.clock.now)


async def post(asker: Served, town: Town, body: bytes) -> Answer:
    return await asker.ask(town.sign(body, target_uri=INBOX))


def header_of(request: HttpRequest, name: str) -> str:
    return next(value for field, value in request.headers if field.lower() == name)


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    kept = tuple(field for field in request.headers if field[0].lower() != name)
    return replace(request, headers=(*kept, (name, value)))


async def test_a_message_of_a_peer_is_answered_with_its_outcome_once_it_is_stored(asker: Served, friend: Town) -> None:
    body = follow_of(friend)

    answer = await post(asker, friend, body)

    assert (answer.status, answer.document) == (202, {"outcome": "applied"})
    assert answer.headers["Content-Type"].startswith("application/json")
    stored = await asyncio.to_thread(asker.rows, "messages")
    assert any(body in row for row in stored)


async def test_the_same_message_signed_anew_gets_the_same_answer_and_changes_nothing(
    asker: Served, friend: Town
) -> None:
    body = follow_of(friend)
    first = await post(asker, friend, body)
    stored = await asyncio.to_thread(asker.rows, "messages")

    second = await post(asker, friend, body)

    assert (second.status, second.body) == (first.status, first.body)
    assert await asyncio.to_thread(asker.rows, "messages") == stored


async def test_the_same_request_again_is_a_replay(asker: Served, friend: Town) -> None:
    request = friend.sign(follow_of(friend), target_uri=INBOX)
    await asker.ask(request)

    answer = await asker.ask(request)

    assert problem_of(answer) == (401, "replayed")


async def test_another_message_under_a_known_id_is_a_conflict(asker: Served, friend: Town) -> None:
    await post(asker, friend, follow_of(friend))
    friend.clock.forward(seconds=1)

    answer = await post(asker, friend, follow_of(friend))

    assert problem_of(answer) == (409, "conflict")


def oversize(request: HttpRequest) -> HttpRequest:
    return replace(request, body=request.body + b" " * ACTIVITY_BYTES_MAX)


def text_type(request: HttpRequest) -> HttpRequest:
    return with_header(request, "content-type", "text/plain")


def ld_json_without_profile(request: HttpRequest) -> HttpRequest:
    return with_header(request, "content-type", "application/ld+json")


def compressed(request: HttpRequest) -> HttpRequest:
    return with_header(request, "content-encoding", "gzip")


def unsigned(request: HttpRequest) -> HttpRequest:
    kept = tuple(field for field in request.headers if not field[0].lower().startswith("signature"))
    return replace(request, headers=kept)


def signed_twice(request: HttpRequest) -> HttpRequest:
    return replace(request, headers=(*request.headers, ("Signature", "other=:AA==:")))


def another_digest(request: HttpRequest) -> HttpRequest:
    return with_header(request, "content-digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")


def another_body(request: HttpRequest) -> HttpRequest:
    return replace(request, body=request.body + b" ")


def another_path(request: HttpRequest) -> HttpRequest:
    return replace(request, target_uri=f"{INBOX}?again")


def another_host(request: HttpRequest) -> HttpRequest:
    return with_header(request, "Host", "baerum.example")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (oversize, (413, "too-large")),
        (text_type, (415, "content-type")),
        (ld_json_without_profile, (415, "content-type")),
        (compressed, (415, "content-encoding")),
        (unsigned, (401, "signature-missing")),
        (signed_twice, (401, "signature-malformed")),
        (another_digest, (401, "digest")),
        (another_body, (401, "digest")),
        (another_path, (401, "signature-invalid")),
        (another_host, (401, "wrong-target")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_a_changed_request_is_refused_and_changes_no_table_of_the_domain(
    asker: Served, friend: Town, change: Callable[[HttpRequest], HttpRequest], problem: tuple[int, str]
) -> None:
    before = {table: await asyncio.to_thread(asker.rows, table) for table in ("messages", "peers", "feed_entries")}

    answer = await asker.ask(change(friend.sign(follow_of(friend), target_uri=INBOX)))

    assert problem_of(answer) == problem
    after = {table: await asyncio.to_thread(asker.rows, table) for table in before}
    assert after == before


async def test_a_body_without_an_announced_length_is_cut_off_at_the_limit(asker: Served, friend: Town) -> None:
    request = friend.sign(follow_of(friend), target_uri=INBOX)

    async def endless() -> object:
        for _ in range(ACTIVITY_BYTES_MAX // 1024 + 2):
            yield b" " * 1024

    response = await asker.client.post("/inbox", headers=[*request.headers, ("Host", "asker.example")], data=endless())

    assert response.status == 413
    assert (await response.json())["code"] == "too-large"


async def test_a_refusal_leaves_a_line_with_its_reason_and_the_digest_of_the_body(asker: Served, friend: Town) -> None:
    await asker.ask(another_host(friend.sign(follow_of(friend), target_uri=INBOX)))

    await asyncio.to_thread(asker.node.write, lambda connection: None)
    rows = await asyncio.to_thread(asker.rows, "refused_messages")
    assert [row[2:5] for row in rows] == [(401, "wrong-target", friend.transport_key.key_id)]
    assert str(rows[0][5]).startswith("sha-256:")


async def test_a_clock_that_is_ahead_is_told_our_time(asker: Served, friend: Town, clock: Clock) -> None:
    body = follow_of(friend)
    clock.forward(minutes=6)
    request = friend.sign(body, target_uri=INBOX)
    clock.forward(minutes=-6)

    answer = await asker.ask(request)

    assert problem_of(answer) == (401, "clock")
    assert answer.document["now"] == "2026-11-23T12:00:00Z"


async def test_an_expired_signature_is_told_our_time(asker: Served, friend: Town, clock: Clock) -> None:
    request = friend.sign(follow_of(friend), target_uri=INBOX)
    clock.forward(minutes=6)

    answer = await asker.ask(request)

    assert problem_of(answer) == (401, "signature-expired")
    assert answer.document["now"] == "2026-11-23T12:06:00Z"


async def test_a_tampered_message_under_a_good_signature_is_refused(asker: Served, friend: Town) -> None:
    document = json.loads(follow_of(friend))
    document["published"] = "2026-11-23T11:00:00Z"

    answer = await post(asker, friend, json.dumps(document).encode())

    assert problem_of(answer) == (401, "proof-invalid")


async def test_a_large_message_is_verified_too(asker: Served, friend: Town) -> None:
    body = follow_of(friend)
    padded = body[:-1] + b',"summary":"' + b"x" * 40_000 + b'"}'

    answer = await post(asker, friend, padded)

    assert problem_of(answer) == (401, "proof-invalid")


async def test_a_blocked_peer_is_refused(asker: Served, friend: Town) -> None:
    await asyncio.to_thread(asker.run, block_peer, BlockPeer(peer_id=1))

    answer = await post(asker, friend, follow_of(friend))

    assert problem_of(answer) == (403, "blocked")


async def test_a_follow_of_a_stranger_is_kept_for_a_person_without_any_fetch(
    asker: Served, baerum: Town, network: Network
) -> None:
    answer = await post(asker, baerum, follow_of(baerum))

    assert (answer.status, answer.document) == (202, {"outcome": "kept"})
    assert len(await asyncio.to_thread(asker.rows, "unverified_follows")) == 1
    assert network.sent == []


async def test_a_later_follow_in_the_same_name_waits_until_the_first_has_been_looked_at(
    asker: Served, baerum: Town
) -> None:
    first = await post(asker, baerum, follow_of(baerum))
    kept = await asyncio.to_thread(asker.rows, "unverified_follows")

    again = await post(asker, baerum, follow_of(baerum))
    other = await post(asker, baerum, follow_of(baerum, number=2))

    assert [answer.document["outcome"] for answer in (first, again)] == ["kept", "kept"]
    assert problem_of(other) == (429, "too-many")
    assert int(other.headers["Retry-After"]) > 0
    assert await asyncio.to_thread(asker.rows, "unverified_follows") == kept


async def test_a_stranger_is_not_read_at_length(asker: Served, baerum: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(body: bytes) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("node.federation.inbox.peek_activity", read)

    answer = await post(asker, baerum, follow_of(baerum) + b" " * STRANGER_BYTES_MAX)

    assert problem_of(answer) == (401, "unknown-peer")


@pytest.mark.parametrize("object_iri", ["https://drammen.example/actor", "https://asker.example/"])
async def test_a_strangers_follow_of_somebody_else_is_not_kept(asker: Served, baerum: Town, object_iri: str) -> None:
    answer = await post(asker, baerum, follow_of(baerum, object_iri=object_iri))

    assert problem_of(answer) == (401, "unknown-peer")
    assert await asyncio.to_thread(asker.rows, "unverified_follows") == []


async def test_a_strangers_follow_in_the_name_of_another_origin_is_not_kept(
    asker: Served, baerum: Town, world: World
) -> None:
    drammen = await asyncio.to_thread(world.town, "drammen")

    answer = await asker.ask(baerum.sign(follow_of(drammen), target_uri=INBOX))

    assert problem_of(answer) == (401, "unknown-peer")
    assert await asyncio.to_thread(asker.rows, "peers") == []


async def test_any_other_message_of_a_stranger_is_refused(asker: Served, baerum: Town) -> None:
    accept = compose_accept_follow(
        iri=Iri(f"{baerum.author.origin}/activities/1"), actor_iri=baerum.actor_iri,
        object_iri=Iri("https://asker.example/activities/1"), to=ActorIri(Iri("https://asker.example/actor")),
        tier=Tier.PARTNERS, tier_version=1, published=baerum.clock.now, context=baerum.author.context,
    )  # fmt: skip

    answer = await post(asker, baerum, seal(accept, key=baerum.author.proof_key, created=baerum.clock.now))

    assert problem_of(answer) == (401, "unknown-peer")


async def test_too_many_unread_follows_are_asked_to_come_later(asker: Served, baerum: Town) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        for number in range(UNKNOWN_FOLLOWS_MAX):
            origin = f"https://town-{number}.example"
            peer = peers.record_stranger(connection, actor_iri=f"{origin}/actor", origin=origin, now=baerum.clock.now)
            peers.record_unverified_follow(
                connection, peer.id, baerum.sign(b"{}", target_uri=INBOX), now=baerum.clock.now
            )

    await asyncio.to_thread(asker.node.write, fill)

    answer = await post(asker, baerum, follow_of(baerum))

    assert problem_of(answer) == (429, "too-many")
    assert answer.headers["Retry-After"] == "3600"


def new_key_of(town: Town) -> TransportKey:
    return TransportKey.from_pem(ed25519_pem_from_seed(seed_of("new")), key_id=f"{town.actor_iri}#ed-http-2")


async def test_an_unknown_key_of_a_peer_is_looked_up_beside_the_request(
    asker: Served, friend: Town, network: Network, clock: Clock
) -> None:
    friend.transport_key = new_key_of(friend)
    network.lay_ready(str(friend.actor_iri), actor_document_of(friend), content_type="application/activity+json")

    first = await post(asker, friend, follow_of(friend))

    assert problem_of(first) == (503, "key-refresh")
    assert int(first.headers["Retry-After"]) > 0
    answer = await post(asker, friend, follow_of(friend))
    for _ in range(100):
        if answer.status != 503:
            break
        await asyncio.sleep(0.01)
        answer = await post(asker, friend, follow_of(friend))
    assert answer.status == 202
    assert [request.target_uri for request in network.sent if request.method == "GET"] == [str(friend.actor_iri)]


async def test_a_key_that_a_peer_does_not_list_is_looked_up_once_a_minute(
    asker: Served, friend: Town, network: Network, clock: Clock
) -> None:
    network.lay_ready(str(friend.actor_iri), actor_document_of(friend), content_type="application/activity+json")
    friend.transport_key = new_key_of(friend)
    codes = []

    for _ in range(50):
        answer = await post(asker, friend, follow_of(friend))
        codes.append(problem_of(answer)[1])
        await asyncio.sleep(0.01)
    clock.now += timedelta(seconds=61)
    again = await post(asker, friend, follow_of(friend))

    assert codes[0] == "key-refresh"
    assert codes[-1] == "unknown-peer"
    assert problem_of(again) == (503, "key-refresh")
    await asyncio.sleep(0.05)
    assert len([request for request in network.sent if request.method == "GET"]) == 2


async def test_a_key_of_a_peer_that_we_do_not_follow_any_more_is_not_looked_up(
    asker: Served, friend: Town, network: Network
) -> None:
    await asyncio.to_thread(asker.run, remove_peer, RemovePeer(peer_id=1))
    friend.transport_key = new_key_of(friend)
    network.sent.clear()

    answer = await post(asker, friend, follow_of(friend))

    assert answer.status in (202, 401)
    assert [request for request in network.sent if request.method == "GET"] == []


async def test_a_key_id_that_is_no_address_is_unknown(asker: Served, baerum: Town) -> None:
    key = TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id="key of nobody")
    headers = (("content-type", "application/activity+json"),)
    request = HttpRequest("POST", INBOX, headers, follow_of(baerum))

    answer = await asker.ask(sign_request(request, key=key, now=baerum.clock.now, nonce="n"))

    assert answer.status in (400, 401)
    assert problem_of(answer)[1] in ("unknown-peer", "invalid-identifier")


async def test_another_method_is_refused_with_a_problem(asker: Served) -> None:
    answer = await asker.get("/inbox")

    assert problem_of(answer) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "POST"


def actor_document_of(town: Town) -> object:
    return actor_document(town.actor(), domain=Domain("baerum.example"))


async def test_one_look_up_is_under_way_at_a_time_and_ends_with_the_node(
    asker: Served, friend: Town, network: Network
) -> None:
    asked: list[str] = []

    async def hang(request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        if request.method == "GET":
            asked.append(request.target_uri)
            await asyncio.sleep(3_600)
        raise ExchangeFailed("no connection", internal="down")

    network.exchange = hang  # type: ignore[method-assign]
    friend.transport_key = new_key_of(friend)

    answers = [await post(asker, friend, follow_of(friend, number=number)) for number in range(3)]

    assert {problem_of(answer) for answer in answers} == {(503, "key-refresh")}
    assert asked == [str(friend.actor_iri)]


async def test_a_look_up_that_finds_another_actor_changes_no_key(
    asker: Served, friend: Town, network: Network, caplog: pytest.LogCaptureFixture
) -> None:
    document = {**dict_of(actor_document_of(friend)), "id": "https://baerum.example/other"}
    network.lay_ready(str(friend.actor_iri), document, content_type="application/activity+json")
    friend.transport_key = new_key_of(friend)
    keys = await asyncio.to_thread(asker.rows, "peer_keys")

    await post(asker, friend, follow_of(friend))

    for _ in range(100):
        if "could not be refreshed" in caplog.text:
            break
        await asyncio.sleep(0.01)
    assert "could not be refreshed" in caplog.text
    assert await asyncio.to_thread(asker.rows, "peer_keys") == keys


async def test_a_flood_of_refusals_is_answered_without_filling_the_writers_queue(
    asker: Served, friend: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    held, release = threading.Event(), threading.Event()

    def hold(connection: sqlite3.Connection) -> None:
        held.set()
        release.wait(10)

    writing = asker.node.database.write(hold)
    await asyncio.to_thread(held.wait, 10)
    bare = HttpRequest("POST", INBOX, (("content-type", "application/activity+json"),), b"{}")

    answers = await asyncio.gather(*(asker.ask(bare) for _ in range(REFUSALS_UNDER_WAY_MAX + 5)))
    release.set()
    await asyncio.wrap_future(writing)

    assert {answer.status for answer in answers} == {401}
    assert caplog.text.count("not written down") == 5
    await asyncio.to_thread(asker.node.write, lambda connection: None)
    assert len(await asyncio.to_thread(asker.rows, "refused_messages")) == REFUSALS_UNDER_WAY_MAX


def dict_of(document: object) -> dict[str, object]:
    assert isinstance(document, dict)
    return document


async def test_who_has_said_all_that_one_party_may_say_about_an_agreement_is_refused(
    asker: Served, friend: Town
) -> None:
    request_iri = Iri(f"{friend.author.origin}/activities/request-1")
    request = compose_request(
        iri=request_iri, actor_iri=friend.actor_iri, to=ActorIri(Iri("https://asker.example/actor")),
        satisfies=Iri("https://asker.example/proposals/none#primary"), quantity=Quantity.of(1, Unit.ONE),
        proposal_version=None, proposal_digest=None, counterfactual=Counterfactual.NOT_SAID, expires_at=None,
        seen=frozenset(), published=friend.clock.now, context=friend.author.context,
    )  # fmt: skip
    first = await post(asker, friend, seal(request, key=friend.author.proof_key, created=friend.clock.now))

    def refusal() -> bytes:
        unsigned = compose_reject(
            iri=friend.author.mint("activities"), actor_iri=friend.actor_iri, object_iri=request_iri,
            to=ActorIri(Iri("https://asker.example/actor")), code="other", seen=frozenset(),
            published=friend.clock.now, context=friend.author.context,
        )  # fmt: skip
        return seal(unsigned, key=friend.author.proof_key, created=friend.clock.now)

    def fill(connection: sqlite3.Connection) -> None:
        for _ in range(PARTY_MESSAGES_MAX - 2):
            said = parse_recorded(refusal())
            messages.record_message(
                connection, said, peer_id=1, thread_iri=request_iri, outcome="illegal", now=friend.clock.now
            )

    await asyncio.to_thread(asker.node.write, fill)

    last = await post(asker, friend, refusal())
    over = await post(asker, friend, refusal())

    assert (first.document, last.document) == ({"outcome": "applied"}, {"outcome": "illegal"})
    assert problem_of(over) == (429, "too-many")
