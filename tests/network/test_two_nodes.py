"""Two real nodes on one machine do what the whole thing is for, and go on through stops, starts and commands beside.

Processes, loopback HTTP and signatures are real. What happened is read back from both databases.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from protocol.agreements import Phase
from tests.commands.running import granted
from tests.network.backstage import befriend
from tests.network.evidence import (
    assert_everything_arrived,
    assert_same_agreements,
    assert_same_catalogue,
    wait_until_quiet,
)
from tests.network.nodes import init_node, open_database, origin_of_home, run_krets, start_node, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two folders; neither is served until a test does so."""

    asker: Path
    baerum: Path


@pytest.fixture(scope="module")
def new_nodes(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two new nodes that have never heard of each other, to be copied: making keys takes longer than using them."""
    folder = tmp_path_factory.mktemp("new")
    return Pair(asker=init_node(folder / "asker", name="Asker"), baerum=init_node(folder / "baerum", name="Bærum"))


@pytest.fixture
def strangers(new_nodes: Pair, tmp_path: Path) -> Pair:
    """Two nodes that have never heard of each other."""
    return Pair(
        asker=shutil.copytree(new_nodes.asker, tmp_path / "asker"),
        baerum=shutil.copytree(new_nodes.baerum, tmp_path / "baerum"),
    )


@pytest.fixture
def partners(strangers: Pair) -> Pair:
    """The two, peered both ways."""
    befriend(strangers.asker, strangers.baerum)
    return strangers


def follow(follower: Path, followed: Path) -> None:
    """One asks to be a peer; a person at the other looks, compares the fingerprints and says yes."""
    asked = run_krets("peer", "add", origin_of_home(followed), home=follower)
    waiting = "SELECT 1 FROM peers WHERE follower_state IN ('unverified', 'pending')"
    wait_for(lambda: has_row(followed, waiting), what="the wish to follow")
    peers = granted("peer", "list", home=followed)["peers"]
    known = next(peer for peer in peers if peer["follower_state"] in ("unverified", "pending"))
    shown = run_krets("peer", "show", str(known["id"]), home=followed)
    assert shown["peers"][0]["fingerprints"] == asked["our_fingerprints"]
    assert shown["our_fingerprints"] == asked["peers"][0]["fingerprints"]
    run_krets("peer", "accept", str(known["id"]), "--tier", "partners", "--wait", "20", home=followed)


def offer_chairs(home: Path, *, quantity: int) -> str:
    """Chairs in the inventory and on offer to partners. Returns the offer's IRI."""
    item = granted("item", "add", "Kontorstol Capisco", "--quantity", str(quantity), home=home)["item"]
    words = ("offer", "publish", item["id"], "--quantity", quantity, "--tier", "partners")
    iri: str = granted(*words, home=home)["offer"]["iri"]
    return iri


def seen_at(home: Path, iri: str) -> dict[str, Any]:
    """The offer in this node's catalogue, once it is there."""
    wait_for(lambda: has_row(home, "SELECT 1 FROM proposals WHERE iri = ?", iri), what=f"{iri} in the catalogue")
    results = granted("catalogue", "search", "kontorstol", "--kind", "offer", home=home)["results"]
    entry: dict[str, Any] = next(found["entry"] for found in results if found["entry"]["iri"] == iri)
    return entry


def wait_for_request(home: Path, iri: str) -> None:
    """Return once the request is in this node's list."""
    wait_for(lambda: has_row(home, "SELECT 1 FROM agreements WHERE request_iri = ?", iri), what=f"request {iri}")
    requests = granted("request", "list", home=home)["requests"]
    assert iri in [request["request_iri"] for request in requests]


def has_row(home: Path, query: str, *parameters: str) -> bool:
    """Whether the query finds anything in this node's database."""
    with closing(open_database(home / "krets.db")) as connection:
        return connection.execute(query, parameters).fetchone() is not None


def test_a_thing_changes_hands_between_two_real_nodes(strangers: Pair) -> None:
    asker, baerum = strangers.asker, strangers.baerum

    with start_node(asker), start_node(baerum):
        follow(asker, baerum)
        follow(baerum, asker)
        granted("need", "publish", "kontorstoler til ny skole", "--quantity", "12", home=baerum)
        offer = offer_chairs(asker, quantity=24)
        seen_at(baerum, offer)
        need = granted("need", "list", home=baerum)["needs"][0]
        asked = run_krets("request", "make", offer, "--quantity", "12", "--otherwise", "buy-new", home=baerum)
        iri = asked["request"]["request_iri"]
        wait_for_request(asker, iri)
        run_krets("request", "accept", iri, "--wait", "20", home=asker)
        first = run_krets("handover", "give", iri, "--quantity", "10", home=asker)
        wait_until_quiet(asker, baerum)
        run_krets("handover", "receive", iri, "--wait", "20", home=baerum)
        granted("handover", "give", iri, home=asker)
        wait_until_quiet(asker, baerum)
        granted("handover", "receive", iri, "--quantity", "2", home=baerum)
        wait_until_quiet(asker, baerum)

    assert [match["offer"]["iri"] for match in need["matches"]] == [offer]
    assert (first["agreement"]["phase"], first["agreement"]["given"]) == ("partly-given", 10)
    assert assert_everything_arrived(asker, baerum) > 0
    assert assert_everything_arrived(baerum, asker) > 0
    state = assert_same_agreements(asker, baerum)[iri]
    assert state.phase is Phase.COMPLETED
    assert [int(state.quantity), int(state.given), int(state.received), int(state.held)] == [12, 12, 12, 0]
    assert assert_same_catalogue(asker, baerum) == 1
    assert granted("item", "list", home=asker)["items"][0]["quantity"] == 12
    assert granted("offer", "list", home=asker)["offers"][0]["available"] == 12


def test_what_is_said_to_a_node_that_is_down_reaches_it_after_it_starts(partners: Pair) -> None:
    asker, baerum = partners.asker, partners.baerum

    with start_node(asker) as node:
        offer = offer_chairs(asker, quantity=3)
        failure = "SELECT 1 FROM subscriptions WHERE failures > 0"
        wait_for(lambda: has_row(asker, failure), what="a delivery that failed")
        failed = next(found for found in granted("status", home=asker)["deliveries"] if found["failures"])
        before = granted("catalogue", "search", home=baerum)["results"]
        with start_node(baerum):
            entry = seen_at(baerum, offer)
            wait_until_quiet(asker, baerum)
        assert node.running

    assert (failed["waiting"], failed["last_error"]) == (1, "no connection")
    assert before == []
    assert entry["available"] == 3
    assert_everything_arrived(asker, baerum)


def test_commands_of_many_people_at_once_beside_a_serving_node_all_count(partners: Pair) -> None:
    asker, baerum = partners.asker, partners.baerum
    people = 4

    with start_node(asker), start_node(baerum), ThreadPoolExecutor(max_workers=people) as pool:
        names = [f"Kontorstol {number}" for number in range(people)]
        added = list(pool.map(lambda name: run_krets("item", "add", name, "--quantity", "5", home=asker), names))
        items = [str(answer["item"]["id"]) for answer in added]
        publish = ("offer", "publish", "--quantity", "5", "--tier", "partners")
        offers = list(pool.map(lambda item: run_krets(*publish, item, home=asker), items))
        seen = [seen_at(baerum, answer["offer"]["iri"]) for answer in offers]
        wait_until_quiet(asker, baerum)

    assert len(set(items)) == people
    assert sorted(entry["name"] for entry in seen) == names
    assert assert_same_catalogue(asker, baerum) == people
    assert_everything_arrived(asker, baerum)


def test_an_exchange_goes_on_after_either_node_has_been_stopped_and_started(partners: Pair) -> None:
    asker, baerum = partners.asker, partners.baerum

    with start_node(asker), start_node(baerum):
        offer = offer_chairs(asker, quantity=4)
        seen_at(baerum, offer)
    with start_node(baerum):
        iri = granted("request", "make", offer, "--quantity", "4", home=baerum)["request"]["request_iri"]
    with start_node(asker), start_node(baerum):
        wait_for_request(asker, iri)
    granted("request", "accept", iri, home=asker)
    with start_node(asker), start_node(baerum):
        wait_until_quiet(asker, baerum)
        granted("handover", "give", iri, home=asker)
        wait_until_quiet(asker, baerum)
    granted("handover", "receive", iri, home=baerum)
    with start_node(asker), start_node(baerum):
        wait_until_quiet(asker, baerum)

    assert_everything_arrived(asker, baerum)
    assert_everything_arrived(baerum, asker)
    assert assert_same_agreements(asker, baerum)[iri].phase is Phase.COMPLETED
