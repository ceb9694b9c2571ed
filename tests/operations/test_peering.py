"""Becoming peers, changing a tier, and ending it."""

from collections.abc import Callable

import pytest

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
from node.operations.initialise_node import check_node, initialise_node
from node.operations.learn_peer import LearnPeer, learn_peer, refresh_keys
from node.operations.record_stranger import record_unknown_follow
from node.store import feeds, peers, proposals
from protocol.identifiers import ActorIri, Iri, Origin
from protocol.limits import UNKNOWN_FOLLOWS_MAX
from protocol.vocabulary import Tier
from tests.cast import Town, World
from tests.operations.steps import agreed, agreement_at, ask, entry_at, offer


def test_a_follow_from_a_stranger_waits_unverified_until_a_person_looks(world: World, asker: Town) -> None:
    lier = world.town("lier")
    lier.run(add_peer, AddPeer(actor=asker.actor()))

    world.deliver()
    before = asker.peer(lier)
    with pytest.raises(RefusedError) as refused:
        asker.run(accept_peer, AcceptPeer(peer_id=before.id, tier=Tier.PARTNERS))
    looked = asker.run(learn_peer, LearnPeer(peer_id=before.id, actor=lier.actor()))

    assert (before.follower_state, before.name) == (FollowerState.UNVERIFIED, None)
    assert refused.value.refused.code == "unverified"
    assert (looked.follower_state, looked.name) == (FollowerState.PENDING, "Lier")


def test_a_forged_follow_is_dropped_when_looked_at(world: World, asker: Town) -> None:
    lier, forger = world.town("lier"), world.town("forger")
    lier.run(add_peer, AddPeer(actor=asker.actor()))
    body = lier.connection.execute("SELECT body FROM messages").fetchone()["body"]
    request = forger.sign(body, target_uri="https://asker.example/inbox")
    asker.run(record_unknown_follow, request, actor_iri=lier.actor_iri, origin=lier.author.origin)
    known = asker.peer(lier)

    looked = asker.run(learn_peer, LearnPeer(peer_id=known.id, actor=lier.actor()))

    assert looked.follower_state is FollowerState.NONE
    assert peers.find_unverified_follow(asker.connection, known.id) is None


def test_a_forgery_does_not_take_the_place_of_the_follow_that_waits(world: World, asker: Town) -> None:
    lier, forger = world.town("lier"), world.town("forger")
    lier.run(add_peer, AddPeer(actor=asker.actor()))
    world.deliver()
    forged = forger.sign(b"{}", target_uri="https://asker.example/inbox")

    with pytest.raises(RefusedError) as refused:
        asker.run(record_unknown_follow, forged, actor_iri=lier.actor_iri, origin=lier.author.origin)
    looked = asker.run(learn_peer, LearnPeer(peer_id=asker.peer(lier).id, actor=lier.actor()))

    assert refused.value.refused.code == "too-many"
    assert looked.follower_state is FollowerState.PENDING


def test_a_follow_of_somebody_else_is_dropped_when_looked_at(world: World, asker: Town) -> None:
    lier, hole = world.town("lier"), world.town("hole")
    lier.run(add_peer, AddPeer(actor=hole.actor()))
    body = lier.connection.execute("SELECT body FROM messages").fetchone()["body"]
    request = lier.sign(body, target_uri="https://asker.example/inbox")
    asker.run(record_unknown_follow, request, actor_iri=lier.actor_iri, origin=lier.author.origin)

    looked = asker.run(learn_peer, LearnPeer(peer_id=asker.peer(lier).id, actor=lier.actor()))

    assert looked.follower_state is FollowerState.NONE


def test_a_body_that_was_changed_after_signing_is_dropped_when_looked_at(world: World, asker: Town) -> None:
    lier = world.town("lier")
    lier.run(add_peer, AddPeer(actor=asker.actor()))
    body = lier.connection.execute("SELECT body FROM messages").fetchone()["body"]
    request = lier.sign(bytes(body).replace(b"2026-11-23", b"2026-11-22"), target_uri="https://asker.example/inbox")
    asker.run(record_unknown_follow, request, actor_iri=lier.actor_iri, origin=lier.author.origin)

    looked = asker.run(learn_peer, LearnPeer(peer_id=asker.peer(lier).id, actor=lier.actor()))

    assert looked.follower_state is FollowerState.NONE


def test_another_actor_at_the_same_origin_cannot_take_a_peers_place(world: World, asker: Town, baerum: Town) -> None:
    known = asker.peer(baerum)
    request = baerum.sign(b"{}", target_uri="https://asker.example/inbox")

    for actor_iri in (ActorIri(Iri("https://baerum.example/other")), baerum.actor_iri):
        with pytest.raises(RefusedError) as refused:
            asker.run(record_unknown_follow, request, actor_iri=actor_iri, origin=baerum.author.origin)
        assert refused.value.refused.code == "unknown-peer"

    assert asker.peer(baerum) == known
    assert peers.find_unverified_follow(asker.connection, known.id) is None


def test_only_so_many_strangers_are_remembered(world: World, asker: Town) -> None:
    request = asker.sign(b"{}", target_uri="https://asker.example/inbox")
    for number in range(UNKNOWN_FOLLOWS_MAX):
        origin = Origin(f"https://stranger-{number}.example")
        asker.run(record_unknown_follow, request, actor_iri=ActorIri(Iri(f"{origin}/actor")), origin=origin)

    with pytest.raises(RefusedError) as refused:
        asker.run(
            record_unknown_follow, request, actor_iri=ActorIri(Iri("https://late.example/actor")),
            origin=Origin("https://late.example"),
        )  # fmt: skip

    assert refused.value.refused.code == "too-many"
    assert peers.count_unverified(asker.connection) == UNKNOWN_FOLLOWS_MAX


def test_each_side_grants_its_own_tier(world: World, asker: Town) -> None:
    lier = world.town("lier")

    world.follow(asker, lier, tier=Tier.PARTNERS)
    world.follow(lier, asker, tier=Tier.ORGANISATIONS)

    assert (asker.peer(lier).received_tier, asker.peer(lier).granted_tier) == (Tier.PARTNERS, Tier.ORGANISATIONS)
    assert (lier.peer(asker).received_tier, lier.peer(asker).granted_tier) == (Tier.ORGANISATIONS, Tier.PARTNERS)


def test_accepting_again_with_the_same_tier_says_nothing(world: World, asker: Town, baerum: Town) -> None:
    known = asker.peer(baerum)

    again = asker.run(accept_peer, AcceptPeer(peer_id=known.id, tier=Tier.PARTNERS))

    assert again == known
    assert world.deliver() == 0


def test_a_narrower_tier_replaces_what_the_peer_sees(world: World, asker: Town, baerum: Town) -> None:
    wide, narrow = offer(asker, tier=Tier.ORGANISATIONS), offer(asker, tier=Tier.PARTNERS)
    world.deliver()

    asker.run(accept_peer, AcceptPeer(peer_id=asker.peer(baerum).id, tier=Tier.ORGANISATIONS))
    world.deliver()
    after_narrowing = (entry_at(baerum, wide.iri).withdrawn_at, entry_at(baerum, narrow.iri).withdrawn_at)
    asker.run(accept_peer, AcceptPeer(peer_id=asker.peer(baerum).id, tier=Tier.PARTNERS))
    world.deliver()

    assert after_narrowing[0] is None
    assert after_narrowing[1] is not None
    assert entry_at(baerum, narrow.iri).withdrawn_at is None
    assert baerum.peer(asker).received_version == 3


def test_a_new_peer_gets_what_was_offered_before_it_came(world: World, asker: Town) -> None:
    entry = offer(asker)
    lier = world.town("lier")

    world.follow(lier, asker)

    assert entry_at(lier, entry.iri).available == 24


def test_following_again_gets_the_stored_decision(world: World, asker: Town, baerum: Town) -> None:
    baerum.connection.execute("UPDATE peers SET following_state = 'none', received_version = 0")

    baerum.run(add_peer, AddPeer(actor=asker.actor()))
    world.deliver()

    assert baerum.peer(asker).following_state is FollowingState.ACCEPTED


def test_adding_a_peer_twice_sends_one_follow(world: World, asker: Town) -> None:
    lier = world.town("lier")

    lier.run(add_peer, AddPeer(actor=asker.actor()))
    lier.run(add_peer, AddPeer(actor=asker.actor()))

    assert lier.connection.execute("SELECT count(*) FROM messages").fetchone()[0] == 1


def test_a_node_cannot_be_its_own_peer(asker: Town) -> None:
    with pytest.raises(RefusedError) as refused:
        asker.run(add_peer, AddPeer(actor=asker.actor()))

    assert refused.value.refused.code == "own"


def test_a_rejected_peer_loses_its_tier_and_is_told(world: World, asker: Town, baerum: Town) -> None:
    offer(asker)
    world.deliver()

    asker.run(reject_peer, RejectPeer(peer_id=asker.peer(baerum).id))
    world.deliver()

    assert baerum.peer(asker).following_state is FollowingState.REJECTED
    assert proposals.search_entries(baerum.connection, proposals.SearchFilter(), now=world.clock.now, limit=10) == []
    assert [feed.bilateral for feed in feeds.list_subscriptions(asker.connection, limit=10)] == [True]


def test_an_unread_follow_can_be_rejected_unread(world: World, asker: Town) -> None:
    lier = world.town("lier")
    lier.run(add_peer, AddPeer(actor=asker.actor()))
    world.deliver()

    rejected = asker.run(reject_peer, RejectPeer(peer_id=asker.peer(lier).id))

    assert rejected.follower_state is FollowerState.REJECTED
    assert asker.run(reject_peer, RejectPeer(peer_id=rejected.id)) == rejected


def test_a_rejected_peer_may_ask_again_with_keys_we_have_not_seen(world: World, asker: Town, baerum: Town) -> None:
    known = asker.run(reject_peer, RejectPeer(peer_id=asker.peer(baerum).id))
    request = baerum.sign(b"{}", target_uri="https://asker.example/inbox")

    asker.run(record_unknown_follow, request, actor_iri=baerum.actor_iri, origin=baerum.author.origin)

    assert asker.peer(baerum).follower_state is FollowerState.UNVERIFIED
    assert peers.find_unverified_follow(asker.connection, known.id) is not None


def test_a_block_stops_the_catalogue_and_new_requests_but_not_what_is_agreed(
    world: World, asker: Town, baerum: Town
) -> None:
    agreement = agreed(world, asker, baerum, quantity=5)
    open_offer = offer(asker)
    world.deliver()

    asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id))
    world.deliver()
    with pytest.raises(RefusedError) as refused:
        ask(baerum, open_offer.iri, quantity=1)

    assert refused.value.refused.code in ("not-followed", "withdrawn")
    assert baerum.peer(asker).following_state is FollowingState.REJECTED
    assert agreement_at(asker, agreement.request_iri).held == 5
    assert asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id)).blocked


def test_a_peer_with_open_agreements_cannot_be_removed(world: World, asker: Town, baerum: Town) -> None:
    agreed(world, asker, baerum)

    with pytest.raises(RefusedError) as refused:
        asker.run(remove_peer, RemovePeer(peer_id=asker.peer(baerum).id))

    assert refused.value.refused.code == "open-agreements"


def test_removing_a_peer_ends_both_directions_and_keeps_its_history(world: World, asker: Town, baerum: Town) -> None:
    removed = asker.run(remove_peer, RemovePeer(peer_id=asker.peer(baerum).id))
    world.deliver()

    assert (removed.follower_state, removed.following_state) == (FollowerState.REJECTED, FollowingState.ENDED)
    assert baerum.peer(asker).following_state is FollowingState.REJECTED
    assert baerum.peer(asker).follower_state is FollowerState.ENDED


def test_removing_a_stranger_forgets_it(world: World, asker: Town) -> None:
    lier = world.town("lier")
    lier.run(add_peer, AddPeer(actor=asker.actor()))
    world.deliver()

    asker.run(remove_peer, RemovePeer(peer_id=asker.peer(lier).id))

    assert peers.find_peer_by_actor(asker.connection, lier.actor_iri) is None


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        (accept_peer, AcceptPeer(peer_id=99, tier=Tier.PARTNERS)),
        (reject_peer, RejectPeer(peer_id=99)),
        (block_peer, BlockPeer(peer_id=99)),
        (remove_peer, RemovePeer(peer_id=99)),
    ],
)
def test_an_unknown_peer_is_refused_with_the_command_that_lists_them(
    asker: Town, operation: Callable[..., object], command: object
) -> None:
    with pytest.raises(RefusedError) as refused:
        asker.run(operation, command)

    assert "krets peer list" in refused.value.refused.safe_text


def test_a_peer_that_never_asked_cannot_be_accepted_or_rejected(world: World, asker: Town) -> None:
    lier = world.town("lier")
    known = asker.run(add_peer, AddPeer(actor=lier.actor()))

    for operation, command in (
        (accept_peer, AcceptPeer(peer_id=known.id, tier=Tier.PARTNERS)),
        (reject_peer, RejectPeer(peer_id=known.id)),
    ):
        with pytest.raises(RefusedError) as refused:
            asker.run(operation, command)
        assert refused.value.refused.code == "no-follow"


def test_no_peer_can_be_inside_the_organisation(asker: Town, baerum: Town) -> None:
    with pytest.raises(RefusedError) as refused:
        asker.run(accept_peer, AcceptPeer(peer_id=asker.peer(baerum).id, tier=Tier.OWN))

    assert refused.value.refused.code == "tier"


def test_a_blocked_peer_must_be_removed_before_anything_else(asker: Town, baerum: Town) -> None:
    known = asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id))

    for operation, command in (
        (accept_peer, AcceptPeer(peer_id=known.id, tier=Tier.PUBLIC)),
        (add_peer, AddPeer(actor=baerum.actor())),
    ):
        with pytest.raises(RefusedError) as refused:
            asker.run(operation, command)
        assert refused.value.refused.code == "blocked"
    assert not asker.run(remove_peer, RemovePeer(peer_id=known.id)).blocked


def test_an_origin_that_describes_another_actor_is_refused(world: World, asker: Town, baerum: Town) -> None:
    hole = world.town("hole")
    known = asker.peer(baerum)

    for operation in (learn_peer, refresh_keys):
        with pytest.raises(RefusedError) as refused:
            asker.run(operation, LearnPeer(peer_id=known.id, actor=hole.actor()))
        assert refused.value.refused.code == "other-actor"


def test_refreshing_keys_replaces_the_old_ones(world: World, asker: Town, baerum: Town) -> None:
    known = asker.peer(baerum)

    asker.run(refresh_keys, LearnPeer(peer_id=known.id, actor=baerum.actor()))

    keys = peers.load_keys(asker.connection, known)
    assert list(keys.proof_keys) == [baerum.author.proof_key.key_id]
    assert peers.find_peer_by_key(asker.connection, baerum.transport_key.key_id) == asker.peer(baerum)


def test_a_database_belongs_to_one_node(asker: Town) -> None:
    with pytest.raises(RefusedError) as twice:
        asker.run(initialise_node, actor_iri="https://other.example/actor")
    with pytest.raises(RefusedError) as other:
        asker.run(check_node, actor_iri="https://other.example/actor")

    assert (twice.value.refused.code, other.value.refused.code) == ("initialised", "other-node")
    asker.run(check_node, actor_iri=asker.actor_iri)
    asker.connection.execute("DELETE FROM node")
    with pytest.raises(RefusedError) as empty:
        asker.run(check_node, actor_iri=asker.actor_iri)
    assert empty.value.refused.code == "not-initialised"
