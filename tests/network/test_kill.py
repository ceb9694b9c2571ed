"""A serving node is killed while messages go both ways, a hundred times: nothing is lost and nothing happens twice.

Every cycle has a seed of its own, which is printed. KRETS_KILL_SEED sets the first, KRETS_KILLS how many cycles. The
same seeds make people act alike and nodes be killed after the same time; how far they come in it is the machine's.
"""

import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.domain.agreements import Agreement
from node.domain.outcomes import RefusedError
from node.operations.edit_inventory import AddItem, ItemChanges, add_item
from node.operations.end_request import RevokeRequest, WithdrawRequest, revoke_request, withdraw_request
from node.operations.hand_over import GiveHandover, ReceiveHandover, give, receive
from node.operations.publish_proposal import EditOffer, PublishOffer, edit_offer, publish_offer
from node.store import agreements, proposals
from protocol.activities import Accept, Reject
from protocol.agreements import Phase
from protocol.vocabulary import CancelCode, Purpose, Tier
from tests.cast import Town
from tests.network.backstage import backstage, befriend
from tests.network.evidence import (
    assert_everything_arrived,
    assert_same_agreements,
    assert_same_catalogue,
    nothing_waits,
    threads_of,
)
from tests.network.nodes import init_node, open_database
from tests.network.quick_start import ForkedNode, QuickStarter
from tests.operations.steps import ask

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 100
PARTS = 2
"""Couples among whom the kills are shared, so that two processors have something to do."""

FIRST_SEED = 20_261_123
SPARED_SECONDS = (0.01, 0.22)
"""How long after it answers a node may live, or its peer, before one of them is killed."""

ACTS = 8
"""What people do at each node between two kills."""

LIST_MAX = 200
REST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Killing:
    """What was done in one cycle."""

    seed: int
    victim: str
    after_seconds: float
    arrived: int
    waiting: int

    def __str__(self) -> str:
        after = f"{self.after_seconds * 1000:.0f} ms"
        return f"seed {self.seed}: {self.victim} after {after}, {self.arrived} arrived, {self.waiting} on their way"


class Couple:
    """Two nodes that trade by themselves while one or the other is killed."""

    def __init__(self, homes: tuple[Path, Path], towns: tuple[Town, Town], starter: QuickStarter) -> None:
        self.homes = homes
        self.towns = towns
        self.starter = starter
        self.nodes: dict[Path, ForkedNode] = {}

    def start_all(self) -> None:
        """Serve what is not served."""
        for home in self.homes:
            if home not in self.nodes:
                self.nodes[home] = self.starter.start(home)

    def kill_one(self, seed: int) -> Killing:
        """One cycle: people act, what is down starts, and after a moment one of the two is killed."""
        draw = random.Random(seed)
        for town in self.towns:
            for _ in range(ACTS):
                act(town, draw=draw)
            make_due(town.connection)
        before = count_received(self.homes)
        self.start_all()
        after_seconds = draw.uniform(*SPARED_SECONDS)
        time.sleep(after_seconds)
        home = draw.choice(self.homes)
        self.nodes.pop(home).end(signal.SIGKILL)
        return Killing(
            seed=seed,
            victim=home.name,
            after_seconds=after_seconds,
            arrived=count_received(self.homes) - before,
            waiting=count_waiting(self.homes),
        )

    def come_to_rest(self) -> None:
        """Serve both until everything has been said, and stop them as one stops a node."""
        deadline = time.monotonic() + REST_SECONDS
        self.start_all()
        while not nothing_waits(*self.homes):
            assert time.monotonic() < deadline, "\n".join(node.log_tail() for node in self.nodes.values())
            for town in self.towns:
                make_due(town.connection)
            time.sleep(0.2)
        self.stop_all(signal.SIGTERM)

    def stop_all(self, number: signal.Signals) -> None:
        """End what is served."""
        while self.nodes:
            self.nodes.popitem()[1].end(number)


@pytest.mark.parametrize("part", range(PARTS))
def test_whoever_is_killed_while_messages_go_both_ways_loses_and_doubles_nothing(
    part: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    kills = -(-int(os.environ.get("KRETS_KILLS", KILLS)) // PARTS)
    seed = int(os.environ.get("KRETS_KILL_SEED", FIRST_SEED)) + part * kills
    settings = {"approval": '"automatic"', "log_level": '"warning"'}
    homes = (
        init_node(tmp_path / "asker", name="Asker", settings=settings),
        init_node(tmp_path / "baerum", name="Bærum", settings=settings),
    )
    befriend(*homes)
    killings: list[Killing] = []

    with QuickStarter() as starter, backstage(homes[0]) as asker, backstage(homes[1]) as baerum:
        couple = Couple(homes, (asker, baerum), starter)
        try:
            for cycle in range(kills):
                killings.append(couple.kill_one(seed + cycle))
                sys.stdout.write(f"{killings[-1]}\n")
            couple.come_to_rest()
        finally:
            couple.stop_all(signal.SIGKILL)
            record_property("told", told(killings) if killings else f"nobody was killed; the first seed was {seed}")

    for one, other in (homes, homes[::-1]):
        assert assert_everything_arrived(one, other) > 0
        assert_same_catalogue(one, other)
    assert_same_agreements(*homes)
    assert_answered_once(homes[0])


def told(killings: list[Killing]) -> str:
    """All cycles in one line."""
    first, last = killings[0].seed, killings[-1].seed
    arrived = sum(killing.arrived for killing in killings)
    under_way = sum(killing.waiting > 0 for killing in killings)
    return (
        f"{len(killings)} kills with seeds {first} to {last}, {under_way} of them with messages on their way;"
        f" {arrived} messages arrived between a start and a kill"
    )


def act(town: Town, *, draw: random.Random) -> None:
    """Something that a person would do at this node; what the node refuses is not done."""
    acts = [offer_something, change_offer, ask_for_something, ask_for_something, go_on_with_agreement, give_up]
    with suppress(RefusedError):
        draw.choice(acts)(town, draw)


def offer_something(town: Town, draw: random.Random) -> None:
    """A few chairs more, on offer."""
    quantity = draw.randint(1, 6)
    changes = ItemChanges(name="Kontorstol", quantity=quantity, category="office-chair")
    item = town.run(add_item, AddItem(item=changes))
    command = PublishOffer(item_ref=str(item.id), quantity=quantity, tier=Tier.PARTNERS, gone_by_on=None, minimum=None)
    town.run(publish_offer, command)


def change_offer(town: Town, draw: random.Random) -> None:
    """Another quantity of one of the offers."""
    own = proposals.list_own(town.connection, purpose=Purpose.OFFER, open_only=True, limit=LIST_MAX)
    if own:
        command = EditOffer(offer_ref=draw.choice(own).iri, quantity=draw.randint(1, 6), tier=None, gone_by_on=None)
        town.run(edit_offer, command)


def ask_for_something(town: Town, draw: random.Random) -> None:
    """A request for one of the other's offers."""
    wanted = proposals.SearchFilter(purpose=Purpose.OFFER)
    found = proposals.search_entries(town.connection, wanted, now=town.clock.now, limit=LIST_MAX)
    foreign = [entry for entry, _ in found if not entry.own]
    if foreign:
        entry = draw.choice(foreign)
        ask(town, entry.iri, quantity=draw.randint(1, entry.available))


def go_on_with_agreement(town: Town, draw: random.Random) -> None:
    """A handover or a receipt of one of the agreements."""
    agreement = _pick(town, draw, {Phase.AGREED, Phase.PARTLY_GIVEN, Phase.GIVEN})
    if agreement is None:
        return
    quantity = draw.choice([None, 1])
    if agreement.we_give:
        town.run(give, GiveHandover(reference=agreement.request_iri, quantity=quantity))
    else:
        town.run(receive, ReceiveHandover(reference=agreement.request_iri, quantity=quantity))


def give_up(town: Town, draw: random.Random) -> None:
    """The end of a request or an agreement."""
    agreement = _pick(town, draw, {Phase.REQUESTED, Phase.AGREED, Phase.PARTLY_GIVEN})
    if agreement is None:
        return
    if agreement.we_propose:
        town.run(revoke_request, RevokeRequest(reference=agreement.request_iri, code=CancelCode.CHANGED))
    else:
        town.run(withdraw_request, WithdrawRequest(reference=agreement.request_iri, code=CancelCode.CHANGED))


def make_due(connection: sqlite3.Connection) -> None:
    """Let nothing wait for its next attempt: a node that was killed a moment ago is back already."""
    connection.execute("UPDATE subscriptions SET next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL")


def count_received(homes: tuple[Path, ...]) -> int:
    """Messages that have been received at either node."""
    return sum(one_number(home, "SELECT count(*) FROM messages WHERE peer_id IS NOT NULL") for home in homes)


def count_waiting(homes: tuple[Path, ...]) -> int:
    """Messages that no peer has acknowledged."""
    waiting = "SELECT total(head_seq - acknowledged_seq) FROM subscriptions JOIN feeds ON feeds.id = feed_id"
    return sum(one_number(home, waiting) for home in homes)


def one_number(home: Path, query: str) -> int:
    """What the query counts in this node's database."""
    with closing(open_database(home / "krets.db")) as connection:
        return int(connection.execute(query).fetchone()[0])


def assert_answered_once(home: Path) -> None:
    """Whoever asked has one answer, unless the request was taken back; nobody has two."""
    for iri, thread in threads_of(home).items():
        answers = [
            message
            for message in thread.messages
            if (isinstance(message, Accept) or (isinstance(message, Reject) and message.agreement_iri is None))
            and message.object_iri == iri
        ]
        assert len(answers) == 1 or (not answers and thread.state.phase is Phase.WITHDRAWN), f"{iri}: {answers}"


def _pick(town: Town, draw: random.Random, phases: set[Phase]) -> Agreement | None:
    wanted = agreements.AgreementFilter(phases=frozenset(phases))
    found = agreements.list_agreements(town.connection, wanted, limit=LIST_MAX)
    return draw.choice(found) if found else None
