"""Three towns that trade at random, for hypothesis: every rule is something a person, a clock or the network does.

The towns use the node's own operations with real proofs. The network carries each feed in order, as a delivery does,
but interleaves feeds at will, repeats what it has carried, and forgets that it has carried something. After every
step the stock is counted again from the messages; at the end everything is delivered and the towns are compared.
"""

import dataclasses
import functools
import itertools
import tempfile
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from node.domain.agreements import Agreement
from node.domain.catalogue import CatalogueEntry
from node.domain.delivery import Subscription
from node.domain.inventory import Item
from node.domain.outcomes import RefusedError
from node.domain.requests import Approval
from node.operations import hand_over as handovers
from node.operations.decide_request import (
    AcceptRequest,
    RejectRequest,
    accept_request,
    expire_requests,
    reject_request,
)
from node.operations.edit_inventory import (
    AddItem,
    EditItem,
    ItemChanges,
    RemoveItem,
    add_item,
    edit_item,
    remove_item,
)
from node.operations.end_request import RevokeRequest, WithdrawRequest, revoke_request, withdraw_request
from node.operations.publish_proposal import (
    EditOffer,
    PublishNeed,
    PublishOffer,
    WithdrawProposal,
    edit_offer,
    publish_need,
    publish_offer,
    withdraw_proposal,
)
from node.operations.record_delivery import record_delivered
from node.store import agreements, feeds, items, peers, proposals
from node.store.database import connect
from protocol.activities import Activity
from protocol.agreements import Phase
from protocol.vocabulary import CancelCode, DisputeCode, Purpose, RefusalCode, Tier
from tests.cast import Clock, Town, World, tokens
from tests.operations.recount import MessageBook
from tests.operations.steps import ask

T = TypeVar("T")

NAMES = ("asker", "baerum", "drammen")
GRANTS = {
    ("asker", "baerum"): Tier.PARTNERS,
    ("asker", "drammen"): Tier.ORGANISATIONS,
    ("baerum", "drammen"): Tier.PARTNERS,
}
"""What the two of a pair let each other see."""

names = st.sampled_from(NAMES)
quantities = st.integers(1, 5)
picks = st.integers(0, 11)
"""Which of the things that there are."""

LIST_MAX = 100
ITEMS_MAX = 4
ROUNDS_MAX = 20
CARRIED_MAX = 5

OPEN_PHASES = agreements.OPEN_PHASES
RUNNING = (OPEN_PHASES | {Phase.COMPLETED}) - {Phase.REQUESTED}
STARTED = RUNNING - {Phase.AGREED}


@functools.cache
def settled_world() -> World:
    """The three towns, peered; made once, in memory, and copied for every history."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder=Path(folder))
        towns = {name: world.town(name) for name in NAMES}
        for (one, other), tier in GRANTS.items():
            world.befriend(towns[one], towns[other], tier=tier)
        for town in towns.values():
            on_disk, town.connection = town.connection, connect(Path(":memory:"))
            on_disk.backup(town.connection)
            on_disk.close()
    return world


def copied_town(name: str, *, clock: Clock) -> Town:
    """The peered town with a database in memory, which makes other ids than any town before."""
    template = next(town for town in settled_world().towns.values() if town.name == name.capitalize())
    connection = connect(Path(":memory:"))
    template.connection.backup(connection)
    author = dataclasses.replace(template.author, draw_token=tokens(f"{name} trading"))
    return dataclasses.replace(
        template, clock=clock, connection=connection, author=author, nonces=iter(range(1_000_000, 2_000_000))
    )


class Market(RuleBasedStateMachine):
    """Trade among three towns. `owned` is what each item had in all, by what people entered."""

    @initialize(stock=st.tuples(quantities, quantities), calm=st.booleans())
    def open_market(self, stock: tuple[int, int], calm: bool) -> None:
        """Everybody is peered; two towns offer chairs, the third needs some, and all have heard of it."""
        self.clock = Clock()
        self.towns = {name: copied_town(name, clock=self.clock) for name in NAMES}
        self.by_actor = {town.actor_iri: town for town in self.towns.values()}
        self.books = {name: MessageBook() for name in NAMES}
        self.parsed: dict[str, Activity] = {}
        self.owned: dict[tuple[str, int], int] = {}
        self.item_of: dict[str, int] = {}
        self.calm = False
        for name, quantity in zip(NAMES, stock, strict=False):
            self.publish(name=name, owned=quantity, quantity=quantity, tier=Tier.PUBLIC)
        self.need(name=NAMES[-1], quantity=stock[0])
        self.settle()
        self.calm = calm

    # What people do.

    @precondition(lambda self: len(self.all_items()) < ITEMS_MAX)
    @rule(name=names, owned=quantities, quantity=quantities, tier=st.sampled_from(list(Tier)))
    def publish(self, name: str, owned: int, quantity: int, tier: Tier) -> None:
        """Put chairs into the inventory and offer some of them."""
        changes = ItemChanges(name="Kontorstol", quantity=owned, category="office-chair")
        item = self.towns[name].run(add_item, AddItem(item=changes))
        self.owned[name, item.id] = owned
        self.offer_item(name, item, quantity=quantity, tier=tier)

    @precondition(lambda self: self.all_items())
    @rule(pick=picks, quantity=quantities, change=st.sampled_from(("offer", "count", "remove")))
    def keep_house(self, pick: int, quantity: int, change: str) -> None:
        """Offer more of an item, correct how many there are, or take it out of the inventory."""
        for name, item in one_of(self.all_items(), pick):
            if change == "offer":
                self.offer_item(name, item, quantity=quantity, tier=Tier.PARTNERS)
            elif change == "remove":
                self.attempt(name, remove_item, RemoveItem(item_ref=str(item.id)))
            else:
                command = EditItem(item_ref=str(item.id), changes=ItemChanges(quantity=quantity))
                if self.attempt(name, edit_item, command) is not None:
                    self.owned[name, item.id] += quantity - item.quantity

    @precondition(lambda self: self.all_own(Purpose.OFFER))
    @rule(pick=picks, quantity=st.none() | quantities, tier=st.none() | st.sampled_from(list(Tier)))
    def edit(self, pick: int, quantity: int | None, tier: Tier | None) -> None:
        """Change an offer."""
        for name, entry in one_of(self.all_own(Purpose.OFFER), pick):
            command = EditOffer(offer_ref=entry.iri, quantity=quantity, tier=tier, gone_by_on=None)
            self.attempt(name, edit_offer, command)

    @precondition(lambda self: not self.all_own(Purpose.REQUEST))
    @rule(name=names, quantity=quantities)
    def need(self, name: str, quantity: int) -> None:
        """Say that chairs are needed."""
        command = PublishNeed(
            text="kontorstoler", quantity=quantity, by_on=None, category=None, tier=Tier.ORGANISATIONS
        )
        self.attempt(name, publish_need, command)

    @rule(purpose=st.sampled_from(Purpose), pick=picks)
    def withdraw(self, purpose: Purpose, pick: int) -> None:
        """Withdraw an offer or a need."""
        for name, entry in one_of(self.all_own(purpose), pick):
            self.attempt(name, withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=purpose))

    @precondition(lambda self: self.all_foreign(Purpose.OFFER))
    @rule(pick=picks, quantity=quantities, days=st.integers(1, 14))
    def ask(self, pick: int, quantity: int, days: int) -> None:
        """Ask for some of another town's offer."""
        for name, entry in one_of(self.all_foreign(Purpose.OFFER), pick):
            self.make_request(
                name, entry, quantity=min(quantity, entry.available), item=None, days=days, calm=self.calm
            )

    @precondition(lambda self: self.all_foreign(Purpose.OFFER))
    @rule(pick=picks)
    def rush(self, pick: int) -> None:
        """Everybody who has heard of an offer asks for all of it before anybody is answered."""
        for _, wanted in one_of(self.all_foreign(Purpose.OFFER), pick):
            for name, entry in self.all_foreign(Purpose.OFFER):
                if entry.iri == wanted.iri:
                    self.make_request(name, entry, quantity=entry.available, item=None, days=7, calm=False)

    @precondition(lambda self: self.all_foreign(Purpose.REQUEST))
    @rule(pick=picks, item_pick=picks, quantity=quantities)
    def fill_need(self, pick: int, item_pick: int, quantity: int) -> None:
        """Propose to fill another town's need."""
        for name, entry in one_of(self.all_foreign(Purpose.REQUEST), pick):
            for _, item in one_of([found for found in self.all_items() if found[0] == name], item_pick):
                self.make_request(
                    name, entry, quantity=min(quantity, entry.available), item=item, days=7, calm=self.calm
                )

    @rule(name=names, automatic=st.booleans())
    def choose_approval(self, name: str, automatic: bool) -> None:
        """Let the node say yes by itself, or not."""
        self.towns[name].approval = Approval.AUTOMATIC if automatic else Approval.PERSON

    @precondition(lambda self: self.all_agreements({Phase.REQUESTED}, we_propose=True))
    @rule(pick=picks)
    def accept(self, pick: int) -> None:
        """Say yes to a request."""
        for name, found in one_of(self.all_agreements({Phase.REQUESTED}, we_propose=True), pick):
            self.attempt(name, accept_request, AcceptRequest(reference=found.request_iri))

    @precondition(lambda self: self.all_agreements({Phase.REQUESTED}, we_propose=True))
    @rule(pick=picks)
    def reject(self, pick: int) -> None:
        """Say no to a request."""
        for name, found in one_of(self.all_agreements({Phase.REQUESTED}, we_propose=True), pick):
            command = RejectRequest(reference=found.request_iri, code=RefusalCode.POLICY, text=None)
            self.attempt(name, reject_request, command)

    @precondition(lambda self: self.all_agreements(OPEN_PHASES, we_propose=False))
    @rule(pick=picks)
    def take_back(self, pick: int) -> None:
        """End one's own request, before or after the yes."""
        for name, found in one_of(self.all_agreements(OPEN_PHASES, we_propose=False), pick):
            command = WithdrawRequest(reference=found.request_iri, code=CancelCode.CHANGED)
            self.attempt(name, withdraw_request, command)

    @precondition(lambda self: self.all_agreements(RUNNING, we_propose=True))
    @rule(pick=picks)
    def revoke(self, pick: int) -> None:
        """End what one has said yes to."""
        for name, found in one_of(self.all_agreements(OPEN_PHASES - {Phase.REQUESTED}, we_propose=True), pick):
            self.attempt(name, revoke_request, RevokeRequest(reference=found.request_iri, code=CancelCode.CHANGED))

    @precondition(lambda self: self.all_agreements(RUNNING, we_give=True))
    @rule(pick=picks, quantity=st.none() | quantities)
    def hand_over(self, pick: int, quantity: int | None) -> None:
        """Give all or some of what is agreed."""
        for name, found in one_of(self.all_agreements(RUNNING, we_give=True), pick):
            part = None if quantity is None else min(quantity, max(1, found.held))
            self.attempt(name, handovers.give, handovers.GiveHandover(reference=found.request_iri, quantity=part))

    @precondition(lambda self: self.all_agreements(RUNNING, we_give=False))
    @rule(pick=picks, quantity=st.none() | quantities)
    def take_in(self, pick: int, quantity: int | None) -> None:
        """Receive what was given, or close unilaterally."""
        for name, found in one_of(self.all_agreements(RUNNING, we_give=False), pick):
            self.attempt(
                name, handovers.receive, handovers.ReceiveHandover(reference=found.request_iri, quantity=quantity)
            )

    @precondition(lambda self: self.all_agreements(STARTED))
    @rule(pick=picks, gives_in=st.booleans())
    def contest(self, pick: int, gives_in: bool) -> None:
        """Say that a handover or receipt is not as it says, or no longer say so."""
        for name, found in one_of(self.all_agreements(STARTED), pick):
            command = handovers.DisputeHandover(reference=found.request_iri, code=DisputeCode.DAMAGED, text=None)
            self.attempt(name, handovers.dispute, command)
            if gives_in:
                self.attempt(name, handovers.withdraw_dispute, handovers.WithdrawDispute(found.request_iri))

    # What time and the network do.

    @rule(days=st.integers(1, 8))
    def sleep(self, days: int) -> None:
        """Days pass, and every node looks for requests that ran out."""
        self.clock.forward(days=days)
        for town in self.towns.values():
            town.run(expire_requests, limit=LIST_MAX)

    @rule(calm=st.booleans())
    def change_weather(self, calm: bool) -> None:
        """From now on what is said arrives at once, or waits until it is carried."""
        self.calm = calm

    @precondition(lambda self: self.all_waiting())
    @rule(pick=picks, count=st.integers(1, CARRIED_MAX), forgotten=st.booleans())
    def carry(self, pick: int, count: int, forgotten: bool) -> None:
        """Carry some of one feed to one peer; the sender may not learn that it arrived."""
        for name, due in one_of(self.all_waiting(), pick):
            through = self.hand_in(name, due, after=due.acknowledged_seq, count=count)
            if not forgotten:
                self.towns[name].run(record_delivered, peer_id=due.peer_id, feed_id=due.feed_id, through_seq=through)

    @rule(pick=picks, back=st.integers(1, CARRIED_MAX))
    def carry_again(self, pick: int, back: int) -> None:
        """Repeat what a peer has had."""
        for name, known in one_of(self.all_subscriptions(), pick):
            after = max(0, known.acknowledged_seq - back)
            self.hand_in(name, known, after=after, count=known.acknowledged_seq - after)

    @precondition(lambda self: self.all_waiting())
    @rule()
    def carry_everything(self) -> None:
        """The network is quiet for a while, and everything arrives."""
        self.settle()
        self.compare_towns()

    # What must hold.

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        """What is promised and given fits what there is, by the tables and by the messages."""
        for name in getattr(self, "towns", ()):
            self.books[name].read(self.towns[name].connection, parsed=self.parsed)
            self.check_stock(name)

    def teardown(self) -> None:
        """Everything arrives in the end, and then the towns agree."""
        if not hasattr(self, "towns"):
            return
        try:
            self.settle()
            self.nothing_is_promised_twice()
            self.compare_towns()
        finally:
            for town in self.towns.values():
                town.connection.close()

    def check_stock(self, name: str) -> None:
        """One town's items against its messages."""
        town = self.towns[name]
        held = dict.fromkeys(self.owned, 0)
        given = dict.fromkeys(self.owned, 0)
        taken = dict.fromkeys(self.owned, 0)
        for thread in self.books[name].of_giver(town.actor_iri):
            item_id = self.item_of.get(thread.root.header.iri, self.item_of.get(thread.proposal_iri))
            assert item_id is not None, f"{name} gives for {thread.proposal_iri} but from no item"
            thread_held, thread_given = thread.held_and_given()
            held[name, item_id] += thread_held
            given[name, item_id] += thread_given
            taken[name, item_id] += thread.least_taken()
        for owner, item_id in self.owned:
            if owner != name:
                continue
            key = (name, item_id)
            item = items.find_item(town.connection, str(item_id))
            assert item is not None
            assert held[key] + given[key] <= self.owned[key], f"{name} promised more of item {item_id} than it has"
            assert taken[key] <= self.owned[key], f"{name} promised more of item {item_id} than it ever had"
            assert item.promised == held[key], f"{name}: item {item_id} has {item.promised} promised, not {held[key]}"
            assert item.quantity == self.owned[key] - given[key], f"{name}: item {item_id} has lost count"
            assert item.promised <= item.offered <= item.quantity, f"{name}: item {item_id} is offered twice"

    def compare_towns(self) -> None:
        """With everything delivered, two parties see one agreement, and every reader the publisher's numbers."""
        for name in NAMES:
            self.books[name].read(self.towns[name].connection, parsed=self.parsed)
        for one, other in itertools.permutations(NAMES, 2):
            self.compare_agreements(one, other)
            self.compare_catalogue(self.towns[one], self.towns[other])

    def compare_agreements(self, one: str, other: str) -> None:
        """Every thread of the one with the other is the same at the other."""
        partner = self.towns[other]
        theirs = self.books[other].threads
        for iri, thread in self.books[one].with_party(partner.actor_iri).items():
            assert iri in theirs, f"{other} has never heard of {iri}"
            assert thread.digests == theirs[iri].digests, f"{one} and {other} have different messages of {iri}"
            rows = [agreements.load_agreement(self.towns[side].connection, iri) for side in (one, other)]
            seen = [(row.phase, row.quantity, row.given, row.received, row.held, row.agreement_iri) for row in rows]
            assert seen[0] == seen[1], f"{one} and {other} see different states of {iri}"
            assert thread.state.illegal == theirs[iri].state.illegal
            assert rows[0].phase is thread.state.phase
            assert rows[0].held == thread.state.held

    def compare_catalogue(self, publisher: Town, reader: Town) -> None:
        """What the reader may see of the publisher is what the publisher says, and the rest is gone."""
        granted = publisher.peer(reader).granted_tier
        assert granted is not None
        for purpose in Purpose:
            for entry in proposals.list_own(publisher.connection, purpose=purpose, open_only=False, limit=LIST_MAX):
                found = proposals.find_entry(reader.connection, entry.iri)
                visible = entry.withdrawn_at is None and entry.tier.reaches(granted)
                if not visible:
                    assert found is None or found.withdrawn_at is not None, f"{entry.iri} is still to be seen"
                    continue
                assert found is not None, f"{entry.iri} never arrived"
                assert (found.available, found.quantity, found.version, found.withdrawn_at) == (
                    entry.available, entry.quantity, entry.version, None,
                )  # fmt: skip

    # How the rules reach the towns.

    def attempt(self, name: str, operation: Callable[..., T], command: object) -> T | None:
        """The operation's answer, or None where the node says no, which is a person's daily life."""
        try:
            answer = self.towns[name].run(operation, command)
        except RefusedError:
            return None
        if self.calm:
            self.settle()
        return answer

    def offer_item(self, name: str, item: Item, *, quantity: int, tier: Tier) -> None:
        """Offer some of the item, and remember which it was."""
        command = PublishOffer(item_ref=str(item.id), quantity=quantity, tier=tier, gone_by_on=None, minimum=None)
        entry = self.attempt(name, publish_offer, command)
        if entry is not None:
            self.item_of[entry.iri] = item.id

    def make_request(
        self, name: str, entry: CatalogueEntry, *, quantity: int, item: Item | None, days: int, calm: bool
    ) -> None:
        """Ask, and remember which item would be given."""
        item_ref = None if item is None else str(item.id)
        try:
            request = ask(self.towns[name], entry.iri, quantity=quantity, item_ref=item_ref, days=days)
        except RefusedError:
            return
        if item is not None:
            self.item_of[request.request_iri] = item.id
        if calm:
            self.settle()

    def all_items(self) -> list[tuple[str, Item]]:
        """Everything in any inventory."""
        return [
            (name, item)
            for name, town in self.towns.items()
            for item in items.list_items(town.connection, words=None, removed=False, limit=LIST_MAX)
        ]

    def all_own(self, purpose: Purpose) -> list[tuple[str, CatalogueEntry]]:
        """Every open proposal, with its publisher."""
        return [
            (name, entry)
            for name, town in self.towns.items()
            for entry in proposals.list_own(town.connection, purpose=purpose, open_only=True, limit=LIST_MAX)
        ]

    def all_foreign(self, purpose: Purpose) -> list[tuple[str, CatalogueEntry]]:
        """Everything that any town sees in another's catalogue and that may still be had."""
        wanted = proposals.SearchFilter(purpose=purpose)
        return [
            (name, entry)
            for name, town in self.towns.items()
            for entry, _ in proposals.search_entries(town.connection, wanted, now=self.clock.now, limit=LIST_MAX)
            if not entry.own
        ]

    def all_agreements(
        self, phases: AbstractSet[Phase], *, we_propose: bool | None = None, we_give: bool | None = None
    ) -> list[tuple[str, Agreement]]:
        """Every agreement in one of the phases, as each side has it."""
        wanted = agreements.AgreementFilter(phases=frozenset(phases), we_propose=we_propose, we_give=we_give)
        return [
            (name, agreement)
            for name, town in self.towns.items()
            for agreement in agreements.list_agreements(town.connection, wanted, limit=LIST_MAX)
        ]

    def all_subscriptions(self) -> list[tuple[str, Subscription]]:
        """Every cursor."""
        return [
            (name, known)
            for name, town in self.towns.items()
            for known in feeds.list_subscriptions(town.connection, limit=LIST_MAX)
        ]

    def all_waiting(self) -> list[tuple[str, Subscription]]:
        """Every cursor that is behind."""
        return [found for found in self.all_subscriptions() if found[1].waiting]

    def hand_in(self, name: str, known: Subscription, *, after: int, count: int) -> int:
        """Hand entries of a feed to their reader. Returns the number of the last one."""
        town = self.towns[name]
        reader = self.by_actor[peers.load_peer(town.connection, known.peer_id).actor_iri]
        through = after
        for entry in feeds.list_entries(town.connection, known.feed_id, after=after, limit=count):
            reader.receive(entry.body, sender=town)
            through = entry.seq
        return through

    def settle(self) -> None:
        """Carry everything that waits, and what it causes, until nothing waits."""
        for _ in range(ROUNDS_MAX):
            waiting = self.all_waiting()
            if not waiting:
                return
            for name, due in waiting:
                through = self.hand_in(name, due, after=due.acknowledged_seq, count=LIST_MAX)
                self.towns[name].run(record_delivered, peer_id=due.peer_id, feed_id=due.feed_id, through_seq=through)
        raise AssertionError("the towns never came to rest")


def one_of(found: Sequence[T], pick: int) -> Sequence[T]:
    """The one that the pick means, newest first and round again; nothing where there is nothing."""
    return (found[-1 - pick % len(found)],) if found else ()
