"""Fifty peers ask for the last one at the same moment: one gets it, forty-nine are told why not, every time."""

import asyncio
import random
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.operations.edit_inventory import AddItem, ItemChanges, add_item
from node.operations.publish_proposal import PublishOffer, publish_offer
from protocol.activities import Accept, Activity, Reject, parse_recorded
from protocol.discovery import RemoteActor
from protocol.identifiers import Iri
from protocol.vocabulary import Tier
from tests.cast import Town
from tests.network.backstage import backstage, introduce
from tests.network.crowd import Crowd, Member, crowd_of
from tests.network.evidence import wait_until_quiet
from tests.network.nodes import free_port, init_node, open_database, start_node
from tests.operations.recount import MessageBook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEERS = 50
ROUNDS = 20
DELIVERED_SECONDS = 120.0
SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class Race:
    """A node that says yes by itself, with one of each of its offers, and everybody who wants it."""

    home: Path
    giver: RemoteActor
    offers: tuple[str, ...]
    members: list[Member]


@pytest.fixture
def race(tmp_path: Path) -> Race:
    """The node is stopped; it has accepted everybody, and nobody has been told anything yet."""
    home = init_node(
        tmp_path / "asker", name="Asker", settings={"approval": '"automatic"', "deliveries_parallel": "50"}
    )
    members = crowd_of(PEERS, port=free_port())
    with backstage(home) as town:
        for member in members:
            introduce(town, member)
        offers = tuple(offer_one(town) for _ in range(ROUNDS))
        return Race(home=home, giver=town.actor(), offers=offers, members=members)


def offer_one(town: Town) -> str:
    """One chair, on offer. Returns the offer's IRI."""
    item = town.run(add_item, AddItem(item=ItemChanges(name="Kontorstol", quantity=1, category="office-chair")))
    command = PublishOffer(item_ref=str(item.id), quantity=1, tier=Tier.PARTNERS, gone_by_on=None, minimum=None)
    return town.run(publish_offer, command).iri


def test_of_fifty_peers_that_ask_for_the_last_one_together_exactly_one_gets_it(race: Race) -> None:
    inbox_iri = f"{race.giver.id.removesuffix('/actor')}/inbox"

    with start_node(race.home):
        rounds = asyncio.run(run_rounds(race, inbox_iri=inbox_iri))

    delivered = [member.answers(sender=race.giver) for member in race.members]
    for request_iris in rounds:
        assert_one_winner(answers_stored(race.home, request_iris))
        assert_one_winner({iri: answers[iri] for iri, answers in zip(request_iris, delivered, strict=True)})
    assert_never_promised_twice(race)


async def run_rounds(race: Race, *, inbox_iri: str) -> list[list[Iri]]:
    """Every offer is asked for by everybody at once. Returns the requests of each round, in the members' order."""
    shuffle = random.Random(SEED)
    rounds = []
    async with Crowd(race.members, inbox_iri=inbox_iri) as crowd:
        for offer in race.offers:
            asked = [member.request(offer, to=race.giver.id) for member in race.members]
            signed = [
                member.sign(body, inbox_iri=inbox_iri) for member, (_, body) in zip(race.members, asked, strict=True)
            ]
            shuffle.shuffle(signed)
            statuses = await crowd.post_together(signed)
            assert Counter(statuses) == {202: PEERS}
            rounds.append([iri for iri, _ in asked])
        await asyncio.to_thread(wait_until_quiet, race.home, seconds=DELIVERED_SECONDS)
    return rounds


def answers_stored(home: Path, request_iris: list[Iri]) -> dict[Iri, list[Activity]]:
    """What the node has stored as its own messages about each request."""
    marks = ", ".join("?" * len(request_iris))
    query = f"SELECT thread_iri, body FROM messages WHERE peer_id IS NULL AND thread_iri IN ({marks}) ORDER BY id"
    found: dict[Iri, list[Activity]] = {iri: [] for iri in request_iris}
    with closing(open_database(home / "krets.db")) as connection:
        for row in connection.execute(query, request_iris):
            found[Iri(row["thread_iri"])].append(parse_recorded(row["body"]))
    return found


def assert_one_winner(answers: dict[Iri, list[Accept | Reject]] | dict[Iri, list[Activity]]) -> None:
    """Every request has one answer; one of them is a yes, the others say why not."""
    assert {len(given) for given in answers.values()} == {1}
    said = [given[0] for given in answers.values()]
    refusals = [answer for answer in said if isinstance(answer, Reject)]
    assert sum(isinstance(answer, Accept) for answer in said) == 1
    assert len(refusals) == PEERS - 1
    assert {(answer.code, answer.text) for answer in refusals} == {("unavailable", "Somebody was quicker.")}


def assert_never_promised_twice(race: Race) -> None:
    """After no message that the node has stored was more of an offer promised than the one that there is."""
    with closing(open_database(race.home / "krets.db")) as connection:
        rows = connection.execute("SELECT digest, body FROM messages ORDER BY id").fetchall()
        tables = connection.execute("SELECT quantity, promised FROM items").fetchall()
    assert [tuple(row) for row in tables] == [(1, 1)] * ROUNDS
    book = MessageBook()
    promised: dict[Iri, dict[Iri, int]] = {Iri(offer): {} for offer in race.offers}
    for row in rows:
        thread = book.take_in(parse_recorded(row["body"]))
        if thread is not None:
            held = promised[thread.proposal_iri]
            held[thread.root.header.iri] = max(int(thread.state.held), thread.least_taken())
            assert sum(held.values()) <= 1
    assert [sum(held.values()) for held in promised.values()] == [1] * ROUNDS
