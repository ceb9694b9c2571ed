"""Objects by their IRI, over a real socket: each for those it is for, and otherwise as if it were not there."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from node.operations.decide_peer import BlockPeer, block_peer
from node.operations.publish_proposal import WithdrawProposal, withdraw_proposal
from protocol.http_signatures import HttpRequest, sign_request
from protocol.keys import TransportKey, ed25519_pem_from_seed
from protocol.proofs import verify_document
from protocol.strict_json import parse_object
from protocol.vocabulary import Purpose, Tier
from tests.cast import Town
from tests.federation.serving import Answer, Served, problem_of
from tests.federation.test_documents import offer, proof_key_of


async def get_as(asker: Served, town: Town, iri: str) -> Answer:
    unsigned = HttpRequest("GET", iri, (("Accept", "application/activity+json"),), b"")
    nonce = f"get-{next(town.nonces)}"
    return await asker.ask(sign_request(unsigned, key=town.transport_key, now=town.clock.now, nonce=nonce))


async def get_plain(asker: Served, iri: str) -> Answer:
    return await asker.get(iri.removeprefix(asker.origin))


async def test_a_public_proposal_is_for_anybody_and_carries_its_proof(asker: Served) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC)

    answer = await get_plain(asker, iri)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/activity+json"
    document = parse_object(answer.body, bytes_max=65_536)
    assert document["id"] == iri
    verify_document(document, public_key=proof_key_of(asker))


async def test_a_proposal_for_partners_is_for_a_signed_request_of_a_partner(asker: Served, friend: Town) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)

    signed = await get_as(asker, friend, iri)
    plain = await get_plain(asker, iri)

    assert (signed.status, signed.document["id"]) == (200, iri)
    assert "Signature" in signed.headers["Vary"]
    assert problem_of(plain) == (404, "not-found")


@pytest.mark.parametrize(
    ("tier", "granted", "visible"),
    [
        (Tier.OWN, Tier.PARTNERS, False),
        (Tier.PARTNERS, Tier.PARTNERS, True),
        (Tier.PARTNERS, Tier.ORGANISATIONS, False),
        (Tier.ORGANISATIONS, Tier.PARTNERS, True),
        (Tier.ORGANISATIONS, Tier.ORGANISATIONS, True),
        (Tier.ORGANISATIONS, Tier.PUBLIC, False),
        (Tier.PUBLIC, Tier.PUBLIC, True),
    ],
)
async def test_a_peer_sees_what_its_tier_reaches(
    asker: Served, baerum: Town, tier: Tier, granted: Tier, visible: bool
) -> None:
    await asyncio.to_thread(asker.befriend, baerum, tier=granted)
    iri = await asyncio.to_thread(offer, asker, tier=tier)

    answer = await get_as(asker, baerum, iri)

    assert answer.status == (200 if visible else 404)


async def test_forbidden_and_absent_are_the_same_bytes(asker: Served, friend: Town) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)

    forbidden = await get_plain(asker, iri)
    absent = await get_plain(asker, f"{asker.origin}/proposals/none")

    assert (forbidden.status, forbidden.body) == (absent.status, absent.body)
    assert {**forbidden.headers, "Date": ""} == {**absent.headers, "Date": ""}


async def test_a_blocked_peer_sees_what_anybody_sees(asker: Served, friend: Town) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    await asyncio.to_thread(asker.run, block_peer, BlockPeer(peer_id=1))

    assert problem_of(await get_as(asker, friend, iri)) == (404, "not-found")


async def test_a_withdrawn_proposal_is_gone(asker: Served) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC)
    command = WithdrawProposal(reference=iri, purpose=Purpose.OFFER)
    await asyncio.to_thread(asker.run, withdraw_proposal, command)

    assert problem_of(await get_plain(asker, iri)) == (404, "not-found")


async def test_an_unknown_key_sees_what_anybody_sees(asker: Served, friend: Town) -> None:
    public = await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC)
    narrow = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    friend.transport_key = TransportKey.from_pem(
        ed25519_pem_from_seed(bytes(32)), key_id="https://drammen.example/actor#ed-http"
    )

    assert (await get_as(asker, friend, public)).status == 200
    assert (await get_as(asker, friend, narrow)).status == 404


def to_another_object(request: HttpRequest, iri: str) -> HttpRequest:
    return replace(request, target_uri=iri)


def of_another_host(request: HttpRequest, iri: str) -> HttpRequest:
    return replace(request, headers=(*request.headers, ("Host", "baerum.example")))


@pytest.mark.parametrize(
    ("change", "code"), [(to_another_object, "signature-invalid"), (of_another_host, "wrong-target")]
)
async def test_a_signature_that_is_not_right_is_refused_rather_than_passed_over(
    asker: Served, friend: Town, change: Callable[[HttpRequest, str], HttpRequest], code: str
) -> None:
    one = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    other = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    unsigned = HttpRequest("GET", one, (), b"")
    signed = sign_request(unsigned, key=friend.transport_key, now=friend.clock.now, nonce="n")

    answer = await asker.ask(change(signed, other))

    assert problem_of(answer) == (401, code)


async def test_an_activity_is_served_byte_for_byte_to_those_it_is_addressed_to(asker: Served, friend: Town) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    rows = await asyncio.to_thread(
        asker.node.read,
        lambda connection: [
            (row["type"], row["iri"], row["body"]) for row in connection.execute("SELECT * FROM messages")
        ],
    )
    assert {kind for kind, _, _ in rows} == {"Follow", "Accept", "CreateProposal"}

    for _, iri, body in rows:
        assert (await get_as(asker, friend, iri)).body == body
        assert problem_of(await get_plain(asker, iri)) == (404, "not-found")


async def test_a_message_that_another_wrote_is_not_ours_to_serve(asker: Served, friend: Town) -> None:
    from tests.federation.test_inbox import follow_of, post

    body = follow_of(friend)
    await post(asker, friend, body)

    answer = await get_as(asker, friend, f"{asker.origin}/activities/follow-1")

    assert problem_of(answer) == (404, "not-found")


async def test_a_feed_tells_its_length_to_those_it_is_for(asker: Served, friend: Town) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.ORGANISATIONS)

    assert (await get_as(asker, friend, f"{asker.origin}/feeds/partners")).document["totalItems"] == 1
    assert (await get_as(asker, friend, f"{asker.origin}/feeds/organisations")).status == 200
    assert (await get_plain(asker, f"{asker.origin}/feeds/public")).document["totalItems"] == 0
    assert problem_of(await get_plain(asker, f"{asker.origin}/feeds/partners")) == (404, "not-found")
    assert problem_of(await get_plain(asker, f"{asker.origin}/feeds/nothing")) == (404, "not-found")
