"""What a node publishes about itself, to anybody, over a real socket."""

import asyncio
from urllib.parse import quote

import pytest

from node.operations.edit_inventory import AddItem, ItemChanges, add_item
from node.operations.publish_proposal import PublishOffer, publish_offer
from protocol.discovery import parse_actor, parse_webfinger
from protocol.identifiers import Iri
from protocol.keys import PublicProofKey
from protocol.strict_json import parse_object
from protocol.vocabulary import Tier
from schemas import read_bytes
from tests.federation.serving import Served, problem_of


def offer(asker: Served, *, tier: Tier, name: str = "Office chair") -> str:
    item = asker.run(add_item, AddItem(item=ItemChanges(name=name, quantity=4)))
    command = PublishOffer(item_ref=str(item.id), quantity=4, tier=tier, gone_by_on=None, minimum=None)
    return asker.run(publish_offer, command).iri


def proof_key_of(asker: Served) -> PublicProofKey:
    return asker.node.author.proof_key.public


async def test_the_actor_document_reads_as_the_organisation_of_the_settings(asker: Served) -> None:
    answer = await asker.get("/actor")

    assert answer.headers["Content-Type"] == "application/activity+json"
    actor = parse_actor(parse_object(answer.body, bytes_max=65_536), fetched_from=Iri("https://asker.example/actor"))
    assert (actor.name, actor.country, actor.org_number, actor.kind) == ("Asker", "NO", "920125298", "municipality")
    assert (actor.latitude, actor.longitude) == (59.83, 10.44)
    assert [listed.key_id for listed in actor.proof_keys] == ["https://asker.example/actor#proof-1"]
    assert [key.key_id.partition("#")[2] for key in actor.transport_keys] == ["main-key", "ed-http"]
    assert actor.recovery_fingerprint is not None
    assert actor.feeds is False


@pytest.mark.parametrize(
    "resource",
    ["acct:actor@asker.example", "https://asker.example/", "https://asker.example", "https://asker.example/actor"],
)
async def test_webfinger_names_the_actor_for_its_account_and_for_the_server(asker: Served, resource: str) -> None:
    path = f"/.well-known/webfinger?resource={quote(resource, safe='')}"

    answer = await asker.get(path)

    assert answer.headers["Content-Type"] == "application/jrd+json"
    assert parse_webfinger(answer.document, fetched_from=Iri(f"https://asker.example{path}")) == (
        "https://asker.example/actor"
    )


@pytest.mark.parametrize("query", ["", "?resource=acct:somebody@asker.example", "?resource=https://baerum.example/"])
async def test_webfinger_knows_nobody_else(asker: Served, query: str) -> None:
    assert problem_of(await asker.get(f"/.well-known/webfinger{query}")) == (404, "not-found")


async def test_nodeinfo_tells_the_software_and_counts_nobody(asker: Served) -> None:
    index = await asker.get("/.well-known/nodeinfo")
    answer = await asker.get("/nodeinfo/2.1")

    assert index.document["links"][0]["href"] == "https://asker.example/nodeinfo/2.1"
    assert answer.document["software"]["name"] == "krets"
    assert answer.document["usage"] == {"users": {}}
    assert "nodeinfo.diaspora.software/ns/schema/2.1" in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("path", "name"),
    [("/ns", "namespace.jsonld"), ("/contexts/krets", "context.json"), ("/categories", "categories.jsonld")],
)
async def test_published_files_are_served_byte_for_byte(asker: Served, path: str, name: str) -> None:
    answer = await asker.get(path)

    assert answer.body == await asyncio.to_thread(read_bytes, name)
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_path_that_does_not_exist_is_a_problem_document(asker: Served) -> None:
    assert problem_of(await asker.get("/nowhere")) == (404, "not-found")
