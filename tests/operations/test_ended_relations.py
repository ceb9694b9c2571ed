"""What two nodes still owe each other when one has ended the relation, and how it begins again."""

import pytest

from node.domain.agreements import Agreement
from node.domain.outcomes import RefusedError
from node.domain.peers import FollowerState, FollowingState
from node.operations.add_peer import AddPeer, add_peer
from node.operations.decide_peer import (
    AcceptPeer,
    BlockPeer,
    RejectPeer,
    RemovePeer,
    accept_peer,
    block_peer,
    reject_peer,
    remove_peer,
)
from node.operations.hand_over import GiveHandover, ReceiveHandover, give, receive
from node.store import feeds
from protocol.agreements import Phase
from protocol.compose import compose_undo
from protocol.identifiers import Iri
from protocol.vocabulary import Tier
from tests.cast import Town, World
from tests.operations.foreign import compose_for
from tests.operations.steps import agreed, agreement_at, ask, entry_at, offer


def outcomes_of(town: Town) -> list[tuple[str, str]]:
    """Kind and outcome of all the town has said."""
    rows = town.connection.execute("SELECT type, outcome FROM messages WHERE peer_id IS NULL ORDER BY id")
    return [(row["type"], row["outcome"]) for row in rows]


def waiting(town: Town) -> int:
    """Messages that have not arrived."""
    return sum(cursor.waiting for cursor in feeds.list_subscriptions(town.connection, limit=10))


def handed_over(world: World, giver: Town, receiver: Town) -> Agreement:
    """An agreement of four, all of them given, and the receiver has yet to sign."""
    agreement = agreed(world, giver, receiver, quantity=4)
    giver.run(give, GiveHandover(reference=agreement.request_iri, quantity=None))
    world.deliver()
    return agreement


def accept_again(world: World, follower: Town, followed: Town) -> None:
    """The follower asks once more, and a person at the followed says yes once more."""
    follower.run(add_peer, AddPeer(actor=followed.actor()))
    world.deliver()
    followed.run(accept_peer, AcceptPeer(peer_id=followed.peer(follower).id, tier=Tier.PARTNERS))
    world.deliver()


def test_after_a_block_and_its_end_two_nodes_can_become_peers_again(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id))
    baerum.run(remove_peer, RemovePeer(peer_id=baerum.peer(asker).id))
    world.deliver()
    asker.run(remove_peer, RemovePeer(peer_id=asker.peer(baerum).id))
    world.deliver()

    accept_again(world, baerum, asker)

    assert (waiting(asker), waiting(baerum)) == (0, 0)
    assert ("Undo", "refused") in outcomes_of(baerum), "of a Follow that had been ended already"
    assert entry_at(baerum, entry.iri).withdrawn_at is None


def test_both_may_leave_at_once(world: World, asker: Town, baerum: Town) -> None:
    asker.run(remove_peer, RemovePeer(peer_id=asker.peer(baerum).id))
    baerum.run(remove_peer, RemovePeer(peer_id=baerum.peer(asker).id))

    world.deliver()

    assert (waiting(asker), waiting(baerum)) == (0, 0)
    for one, other in ((asker, baerum), (baerum, asker)):
        assert one.peer(other).follower_state in (FollowerState.REJECTED, FollowerState.ENDED)
        assert one.peer(other).following_state in (FollowingState.REJECTED, FollowingState.ENDED)


def test_a_request_that_crosses_the_end_is_answered_and_holds_nothing_up(
    world: World, asker: Town, baerum: Town
) -> None:
    agreement = handed_over(world, asker, baerum)
    crossing = ask(baerum, agreement.proposal_iri, quantity=1)
    asker.run(reject_peer, RejectPeer(peer_id=asker.peer(baerum).id))
    baerum.run(receive, ReceiveHandover(reference=agreement.request_iri, quantity=None))

    world.deliver()

    assert agreement_at(baerum, crossing.request_iri).phase is Phase.REJECTED
    assert agreement_at(asker, agreement.request_iri).phase is Phase.COMPLETED
    assert (waiting(asker), waiting(baerum)) == (0, 0)


def test_a_request_that_crosses_a_block_is_refused_for_good_and_holds_nothing_up(
    world: World, asker: Town, baerum: Town
) -> None:
    agreement = handed_over(world, asker, baerum)
    crossing = ask(baerum, agreement.proposal_iri, quantity=1)
    asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id))
    baerum.run(receive, ReceiveHandover(reference=agreement.request_iri, quantity=None))

    world.deliver()

    assert outcomes_of(baerum)[-3:] == [("Request", "refused"), ("RecordEvent", "sent"), ("Undo", "refused")]
    assert agreement_at(baerum, crossing.request_iri).phase is Phase.WITHDRAWN
    assert agreement_at(asker, agreement.request_iri).phase is Phase.COMPLETED
    assert waiting(baerum) == 0


def test_a_blocked_peer_with_old_agreements_writes_nothing_but_about_them(
    world: World, asker: Town, baerum: Town
) -> None:
    agreement = handed_over(world, asker, baerum)
    baerum.run(receive, ReceiveHandover(reference=agreement.request_iri, quantity=None))
    world.deliver()
    asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id))
    world.deliver()
    before = asker.connection.execute("SELECT count(*) FROM messages").fetchone()[0]

    follow_iri = asker.peer(baerum).follower_iri
    assert follow_iri is not None
    for object_iri in (follow_iri, Iri("https://baerum.example/activities/none")):
        body = compose_for(baerum, compose_undo, object_iri=object_iri, to=asker.actor_iri, code=None, seen=frozenset())
        with pytest.raises(RefusedError) as refused:
            asker.receive(body, sender=baerum)
        assert refused.value.refused.code == "blocked"

    assert asker.connection.execute("SELECT count(*) FROM messages").fetchone()[0] == before


def test_being_accepted_again_at_the_same_tier_shows_the_catalogue_again(
    world: World, asker: Town, baerum: Town
) -> None:
    entry = offer(asker)
    world.deliver()
    asker.run(reject_peer, RejectPeer(peer_id=asker.peer(baerum).id))
    world.deliver()
    gone = entry_at(baerum, entry.iri).withdrawn_at

    accept_again(world, baerum, asker)

    assert gone is not None
    assert entry_at(baerum, entry.iri).withdrawn_at is None
    assert baerum.peer(asker).received_tier is Tier.PARTNERS


def test_a_follow_that_has_arrived_can_be_sent_again_and_one_on_its_way_cannot(world: World, asker: Town) -> None:
    lier = world.town("lier")

    lier.run(add_peer, AddPeer(actor=asker.actor()))
    lier.run(add_peer, AddPeer(actor=asker.actor()))
    under_way = outcomes_of(lier)
    world.deliver()
    lier.run(add_peer, AddPeer(actor=asker.actor()))

    assert under_way == [("Follow", "sent")]
    assert outcomes_of(lier) == [("Follow", "sent"), ("Follow", "sent")]
