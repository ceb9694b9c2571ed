"""The outbox, over a real socket: what was published and the asker may see."""

import asyncio
import json
from urllib.parse import quote

import pytest

from node.operations.publish_proposal import EditOffer, edit_offer
from protocol.proofs import lift, verify_document
from protocol.strict_json import parse_object
from protocol.vocabulary import Tier
from schemas import message_context
from tests.cast import Town
from tests.federation.serving import Served, problem_of
from tests.federation.test_documents import offer, proof_key_of
from tests.federation.test_objects import get_as, get_plain


async def test_an_empty_outbox_is_a_collection_of_nothing(asker: Served) -> None:
    outbox = await asker.get("/outbox")
    page = await asker.get("/outbox?before=1")

    assert (outbox.document["totalItems"], outbox.document["first"]) == (0, "https://asker.example/outbox?before=1")
    assert page.document["orderedItems"] == []
    assert "next" not in page.document


async def test_the_outbox_has_what_is_public_newest_first_and_nothing_else(asker: Served) -> None:
    for number in range(25):
        await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC, name=f"Office chair {number}")
    await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS, name="Office chair of partners")

    outbox = await asker.get("/outbox")
    first = await asker.get(outbox.document["first"].removeprefix("https://asker.example"))
    second = await asker.get(first.document["next"].removeprefix("https://asker.example"))

    assert outbox.document["totalItems"] == 25
    names = [item["object"]["name"] for page in (first, second) for item in page.document["orderedItems"]]
    assert names == [f"Office chair {number}" for number in reversed(range(25))]
    assert "next" not in second.document


async def test_an_entry_of_the_outbox_verifies_with_the_context_of_its_page(asker: Served) -> None:
    await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC)

    page = await asker.get("/outbox?before=9")

    document = parse_object(page.body, bytes_max=65_536)
    context = await asyncio.to_thread(message_context)
    (item,) = json.loads(json.dumps(document["orderedItems"]))
    assert document["@context"] == context
    verify_document(lift(item, context=document["@context"]), public_key=proof_key_of(asker))


@pytest.mark.parametrize("before", ["", "x", "-1", "1" * 17, "٣"])
async def test_a_page_that_is_no_number_is_not_found(asker: Served, before: str) -> None:
    assert problem_of(await asker.get(f"/outbox?before={quote(before)}")) == (404, "not-found")


async def test_a_peer_is_shown_what_its_tier_sees(asker: Served, friend: Town) -> None:
    for tier in (Tier.PARTNERS, Tier.PUBLIC):
        await asyncio.to_thread(offer, asker, tier=tier)

    outbox = await get_as(asker, friend, f"{asker.origin}/outbox")
    page = await get_as(asker, friend, outbox.document["first"])

    assert outbox.document["totalItems"] == 2
    assert len(page.document["orderedItems"]) == 2
    assert "Signature" in page.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in page.headers
    assert (await get_plain(asker, f"{asker.origin}/outbox")).document["totalItems"] == 1


async def test_what_is_no_longer_public_is_not_shown_by_what_once_published_it(asker: Served, friend: Town) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PUBLIC)
    created = (await asker.get("/outbox?before=9")).document["orderedItems"][0]["id"]
    before = await get_plain(asker, created)

    await asyncio.to_thread(
        asker.run, edit_offer, EditOffer(offer_ref=iri, quantity=None, tier=Tier.PARTNERS, gone_by_on=None)
    )

    assert before.status == 200
    assert problem_of(await get_plain(asker, created)) == (404, "not-found")
    assert [item["type"] for item in (await asker.get("/outbox?before=9")).document["orderedItems"]] == ["Delete"]
    assert (await get_as(asker, friend, created)).status == 200
