"""Three towns that trade at random, for hypothesis: every rule is something a person, a clock or the network does.

The towns use the node's own operations with real proofs. The network carries each feed in order, as a delivery does,
but interleaves feeds at will, repeats what it has carried, and forgets that it has carried something. After every
step the stock is counted again from the messages; at the end everything is delivered and the towns are compared.
"""

import dataclasses
import functools
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from node.domain.agreements import Agreement
from node.domain.catalogue import CatalogueEntry
from node.domain.inventory import Item
from node.domain.outcomes import RefusedError
from node.domain.requests import Approval
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
from node.operations.hand_over import DisputeHandover, GiveHandover, ReceiveHandover, dispute, give, receive
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
picks = st.integers(0, 3)
"""Which of the things there are, newest first and round again: small numbers, so that steps meet the same thing."""

LIST_MAX = 100
CARRIED_MAX = 5


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

    @initialize()
    def open_market(self) -> None:
        """Everybody is peered, nobody has anything."""
        self.clock = Clock()
        self.towns = {name: copied_town(name, clock=self.clock) for name in NAMES}
        self.by_actor = {town.actor_iri: town for town in self.towns.values()}
        self.books = {name: MessageBook() for name in NAMES}
        self.parsed: dict[str, Activity] = {}
        self.owned: dict[tuple[str, int], int] = {}
        self.item_of: dict[str, int] = {}

    # What people do.

    @rule(name=names, owned=quantities, quantity=quantities, tier=st.sampled_from(list(Tier)))
    def publish(self, name: str, owned: int, quantity: int, tier: Tier) -> None:
        """Put chairs into the inventory and offer some of them."""
        changes = ItemChanges(name="Kontorstol", quantity=owned, category="office-chair")
        item = self.towns[name].run(add_item, AddItem(item=changes))
        self.owned[name, item.id] = owned
        self.offer_item(name, item, quantity=quantity, tier=tier)

    @rule(name=names, pick=picks, quantity=quantities, tier=st.sampled_from(list(Tier)))
    def publish_again(self, name: str, pick: int, quantity: int, tier: Tier) -> None:
        """Offer more of an item that is offered already."""
        item = self.pick_item(name, pick)
        if item is not None:
            self.offer_item(name, item, quantity=quantity, tier=tier)

    @rule(name=names, pick=picks, quantity=quantities)
    def count_anew(self, name: str, pick: int, quantity: int) -> None:
        """Correct how many there are."""
        item = self.pick_item(name, pick)
        if item is None:
            return
        changes = ItemChanges(quantity=quantity)
        edited = self.attempt(name, edit_item, EditItem(item_ref=str(item.id), changes=changes))
        if edited is not None:
            self.owned[name, item.id] += quantity - item.quantity

    @rule(name=names, pick=picks)
    def remove(self, name: str, pick: int) -> None:
        """Take an item out of the inventory."""
        item = self.pick_item(name, pick)
        if item is not None:
            self.attempt(name, remove_item, RemoveItem(item_ref=str(item.id)))

    @rule(name=names, pick=picks, quantity=st.none() | quantities, tier=st.none() | st.sampled_from(list(Tier)))
    def edit(self, name: str, pick: int, quantity: int | None, tier: Tier | None) -> None:
        """Change an offer."""
        entry = self.pick_own(name, Purpose.OFFER, pick)
        if entry is not None:
            command = EditOffer(offer_ref=entry.iri, quantity=quantity, tier=tier, gone_by_on=None)
            self.attempt(name, edit_offer, command)

    @rule(name=names, quantity=quantities)
    def need(self, name: str, quantity: int) -> None:
        """Say that chairs are needed."""
        command = PublishNeed(
            text="kontorstoler", quantity=quantity, by_on=None, category=None, tier=Tier.ORGANISATIONS
        )
        self.attempt(name, publish_need, command)

    @rule(name=names, purpose=st.sampled_from(Purpose), pick=picks)
    def withdraw(self, name: str, purpose: Purpose, pick: int) -> None:
        """Withdraw an offer or a need."""
        entry = self.pick_own(name, purpose, pick)
        if entry is not None:
            self.attempt(name, withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=purpose))

    @rule(name=names, pick=picks, quantity=quantities, days=st.integers(1, 14))
    def ask(self, name: str, pick: int, quantity: int, days: int) -> None:
        """Ask for some of another town's offer."""
        entry = self.pick_foreign(name, Purpose.OFFER, pick)
        if entry is not None:
            self.make_request(name, entry, quantity=quantity, item=None, days=days)

    @rule(name=names, pick=picks, item_pick=picks, quantity=quantities)
    def fill_need(self, name: str, pick: int, item_pick: int, quantity: int) -> None:
        """Propose to fill another town's need."""
        entry = self.pick_foreign(name, Purpose.REQUEST, pick)
        item = self.pick_item(name, item_pick)
        if entry is not None and item is not None:
            self.make_request(name, entry, quantity=quantity, item=item, days=7)

    @rule(name=names, automatic=st.booleans())
    def choose_approval(self, name: str, automatic: bool) -> None:
        """Let the node say yes by itself, or not."""
        self.towns[name].approval = Approval.AUTOMATIC if automatic else Approval.PERSON

    @rule(name=names, pick=picks)
    def accept(self, name: str, pick: int) -> None:
        """Say yes to a request."""
        found = self.pick_agreement(name, pick, we_propose=True)
        if found is not None:
            self.attempt(name, accept_request, AcceptRequest(reference=found.request_iri))

    @rule(name=names, pick=picks)
    def reject(self, name: str, pick: int) -> None:
        """Say no to a request."""
        found = self.pick_agreement(name, pick, we_propose=True)
        if found is not None:
            command = RejectRequest(reference=found.request_iri, code=RefusalCode.POLICY, text=None)
            self.attempt(name, reject_request, command)

    @rule(name=names, pick=picks)
    def take_back(self, name: str, pick: int) -> None:
        """End one's own request, before or after the yes."""
        found = self.pick_agreement(name, pick, we_propose=False)
        if found is not None:
            command = WithdrawRequest(reference=found.request_iri, code=CancelCode.CHANGED)
            self.attempt(name, withdraw_request, command)

    @rule(name=names, pick=picks)
    def revoke(self, name: str, pick: int) -> None:
        """End what one has said yes to."""
        found = self.pick_agreement(name, pick, we_propose=True)
        if found is not None:
            self.attempt(name, revoke_request, RevokeRequest(reference=found.request_iri, code=CancelCode.CHANGED))

    @rule(name=names, pick=picks, quantity=st.none() | quantities)
    def hand_over(self, name: str, pick: int, quantity: int | None) -> None:
        """Give all or some of what is agreed."""
        found = self.pick_agreement(name, pick, we_give=True)
        if found is not None:
            self.attempt(name, give, GiveHandover(reference=found.request_iri, quantity=quantity))

    @rule(name=names, pick=picks, quantity=st.none() | quantities)
    def take_in(self, name: str, pick: int, quantity: int | None) -> None:
        """Receive what was given, or close unilaterally."""
        found = self.pick_agreement(name, pick, we_give=False)
        if found is not None:
            self.attempt(name, receive, ReceiveHandover(reference=found.request_iri, quantity=quantity))

    @rule(name=names, pick=picks)
    def contest(self, name: str, pick: int) -> None:
        """Say that a handover or receipt is not as it says."""
        found = self.pick_agreement(name, pick)
        if found is not None:
            command = DisputeHandover(reference=found.request_iri, code=DisputeCode.DAMAGED, text=None)
            self.attempt(name, dispute, command)

    # What time and the network do.

    @rule(days=st.integers(1, 8))
    def sleep(self, days: int) -> None:
        """Days pass, and every node looks for requests that ran out."""
        self.clock.forward(days=days)
        for town in self.towns.values():
            town.run(expire_requests, limit=LIST_MAX)

    @rule(name=names, pick=picks, count=st.integers(1, CARRIED_MAX), forgotten=st.booleans())
    def carry(self, name: str, pick: int, count: int, forgotten: bool) -> None:
        """Carry some of one feed to one peer; the sender may not learn that it arrived."""
        town = self.towns[name]
        waiting = [found for found in feeds.list_subscriptions(town.connection, limit=LIST_MAX) if found.waiting]
        if not waiting:
            return
        due = waiting[pick % len(waiting)]
        through = self.hand_in(town, due.peer_id, due.feed_id, after=due.acknowledged_seq, count=count)
        if not forgotten:
            town.run(record_delivered, peer_id=due.peer_id, feed_id=due.feed_id, through_seq=through)

    @rule(name=names, pick=picks, back=st.integers(1, CARRIED_MAX))
    def carry_again(self, name: str, pick: int, back: int) -> None:
        """Repeat what a peer has had."""
        town = self.towns[name]
        read = feeds.list_subscriptions(town.connection, limit=LIST_MAX)
        known = read[pick % len(read)]
        after = max(0, known.acknowledged_seq - back)
        self.hand_in(town, known.peer_id, known.feed_id, after=after, count=known.acknowledged_seq - after)

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
            assert (rows[0].phase, rows[0].held) == (thread.state.phase, thread.state.held)

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
            return self.towns[name].run(operation, command)
        except RefusedError:
            return None

    def offer_item(self, name: str, item: Item, *, quantity: int, tier: Tier) -> None:
        """Offer some of the item, and remember which it was."""
        command = PublishOffer(item_ref=str(item.id), quantity=quantity, tier=tier, gone_by_on=None, minimum=None)
        entry = self.attempt(name, publish_offer, command)
        if entry is not None:
            self.item_of[entry.iri] = item.id

    def make_request(self, name: str, entry: CatalogueEntry, *, quantity: int, item: Item | None, days: int) -> None:
        """Ask, and remember which item would be given."""
        item_ref = None if item is None else str(item.id)
        try:
            request = ask(self.towns[name], entry.iri, quantity=quantity, item_ref=item_ref, days=days)
        except RefusedError:
            return
        if item is not None:
            self.item_of[request.request_iri] = item.id

    def pick_item(self, name: str, pick: int) -> Item | None:
        """One of the town's items."""
        found = items.list_items(self.towns[name].connection, words=None, removed=False, limit=LIST_MAX)[::-1]
        return found[pick % len(found)] if found else None

    def pick_own(self, name: str, purpose: Purpose, pick: int) -> CatalogueEntry | None:
        """One of the town's own open proposals."""
        found = proposals.list_own(self.towns[name].connection, purpose=purpose, open_only=True, limit=LIST_MAX)
        return found[pick % len(found)] if found else None

    def pick_foreign(self, name: str, purpose: Purpose, pick: int) -> CatalogueEntry | None:
        """One of the proposals that the town knows of another town and that may still be had."""
        wanted = proposals.SearchFilter(purpose=purpose)
        entries = proposals.search_entries(self.towns[name].connection, wanted, now=self.clock.now, limit=LIST_MAX)
        found = [entry for entry, _ in entries if not entry.own]
        return found[pick % len(found)] if found else None

    def pick_agreement(
        self, name: str, pick: int, *, we_propose: bool | None = None, we_give: bool | None = None
    ) -> Agreement | None:
        """One of the town's agreements that have not come to nothing."""
        alive = frozenset(Phase) - {Phase.REJECTED, Phase.WITHDRAWN, Phase.CANCELLED}
        wanted = agreements.AgreementFilter(phases=alive, we_propose=we_propose, we_give=we_give)
        found = agreements.list_agreements(self.towns[name].connection, wanted, limit=LIST_MAX)[::-1]
        return found[pick % len(found)] if found else None

    def hand_in(self, town: Town, peer_id: int, feed_id: int, *, after: int, count: int) -> int:
        """Hand entries of a feed to their reader. Returns the number of the last one."""
        reader = self.by_actor[peers.load_peer(town.connection, peer_id).actor_iri]
        through = after
        for entry in feeds.list_entries(town.connection, feed_id, after=after, limit=count):
            reader.receive(entry.body, sender=town)
            through = entry.seq
        return through

    def settle(self) -> None:
        """Carry everything that waits, and what it causes, until nothing waits."""
        world = World(folder=Path(), clock=self.clock, towns=self.by_actor)
        world.deliver()
