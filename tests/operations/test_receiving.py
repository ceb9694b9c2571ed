"""Authentic messages that are late, repeated, out of place or hostile."""

from datetime import timedelta
from decimal import Decimal

import pytest

from node.domain.outcomes import RefusedError
from node.domain.peers import FollowerState, FollowingState
from node.operations.decide_peer import BlockPeer, block_peer
from node.operations.decide_request import AcceptRequest, accept_request
from node.operations.publish_proposal import PublishNeed, publish_need
from node.operations.receive_activity import Signature, receive_activity
from node.store import messages, proposals
from protocol.activities import Reject, Request, parse_recorded
from protocol.compose import (
    compose_accept_follow,
    compose_block,
    compose_delete,
    compose_follow,
    compose_reject,
    compose_request,
    compose_undo,
)
from protocol.identifiers import Digest, Iri
from protocol.vocabulary import Counterfactual, Quantity, Tier, Unit
from tests.cast import NOON, Town, World
from tests.operations.foreign import a_request, compose_for, sealed
from tests.operations.steps import agreed, agreement_at, ask, chairs, entry_at, offer


def a_deletion(town: Town, iri: str, *, version: int) -> bytes:
    """A Delete of a proposal."""
    return sealed(
        town,
        compose_delete(
            iri=town.author.mint("activities"), actor_iri=town.actor_iri, audience=(Iri(town.actor_iri),),
            proposal_iri=Iri(iri), version=version, published=town.clock.now, context=town.author.context,
        ),
    )  # fmt: skip


def sent(town: Town, kind: str) -> bytes:
    """The newest message of this kind that the town has sent."""
    row = town.connection.execute(
        "SELECT body FROM messages WHERE peer_id IS NULL AND type = ? ORDER BY id DESC", (kind,)
    ).fetchone()
    return bytes(row["body"])


def last_answer(town: Town) -> Reject:
    """The newest Reject the town has sent."""
    answer = parse_recorded(sent(town, "Reject"))
    assert isinstance(answer, Reject)
    return answer


def test_a_repeated_message_gets_the_stored_answer_and_changes_nothing(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    ask(baerum, entry.iri, quantity=3)
    world.deliver()
    before = list(asker.connection.iterdump())

    again = asker.receive(sent(baerum, "Request"), sender=baerum)

    after = [line for line in asker.connection.iterdump() if "replay_memory" not in line]
    assert (again.outcome, again.repeated) == ("applied", True)
    assert after == [line for line in before if "replay_memory" not in line]


def test_a_signature_is_good_once(asker: Town, baerum: Town) -> None:
    offer(baerum)
    signature = Signature(key_iri="k", nonce="n", expires_at=NOON + timedelta(seconds=300))
    activity = parse_recorded(sent(baerum, "CreateProposal"))
    asker.run(receive_activity, activity, signature=signature, approval=asker.approval)

    with pytest.raises(RefusedError) as refused:
        asker.run(receive_activity, activity, signature=signature, approval=asker.approval)

    assert refused.value.refused.code == "replayed"


def test_another_message_under_a_used_id_is_a_conflict(asker: Town, baerum: Town) -> None:
    iri = baerum.author.mint("activities")
    first, other = (
        sealed(
            baerum,
            compose_follow(
                iri=iri, actor_iri=baerum.actor_iri, object_iri=asker.actor_iri, published=at,
                context=baerum.author.context,
            ),
        )
        for at in (NOON, NOON + timedelta(seconds=1))
    )  # fmt: skip
    asker.receive(first, sender=baerum)

    with pytest.raises(RefusedError) as refused:
        asker.receive(other, sender=baerum)

    assert refused.value.refused.code == "conflict"


@pytest.mark.parametrize("kind", ["CreateProposal", "Request"])
def test_a_stranger_is_refused(world: World, asker: Town, baerum: Town, kind: str) -> None:
    lier = world.town("lier")
    body = a_request(lier, asker, f"{asker.author.origin}/proposals/x", quantity=Quantity(Decimal(1), Unit.ONE))
    if kind == "CreateProposal":
        offer(lier)
        body = sent(lier, "CreateProposal")

    with pytest.raises(RefusedError) as refused:
        asker.receive(body, sender=lier)

    assert refused.value.refused.code == "unknown-peer"


def test_a_blocked_peers_request_is_refused_and_leaves_no_trace(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    asker.run(block_peer, BlockPeer(peer_id=asker.peer(baerum).id))
    body = a_request(baerum, asker, entry.intent_iri, quantity=Quantity(Decimal(1), Unit.ONE))
    before = list(asker.connection.iterdump())

    with pytest.raises(RefusedError) as refused:
        asker.receive(body, sender=baerum)

    assert refused.value.refused.code == "blocked"
    assert list(asker.connection.iterdump()) == before


def test_a_third_party_cannot_speak_in_an_agreement_of_others(world: World, asker: Town, baerum: Town) -> None:
    lier = world.town("lier")
    world.befriend(asker, lier)
    agreement = agreed(world, asker, baerum)
    body = sealed(
        lier,
        compose_undo(
            iri=lier.author.mint("activities"), actor_iri=lier.actor_iri, object_iri=agreement.request_iri,
            to=asker.actor_iri, code=None, seen=frozenset(), published=NOON, context=lier.author.context,
            agreement_iri=agreement.agreement_iri,
        ),
    )  # fmt: skip

    received = asker.receive(body, sender=lier)

    assert received.outcome == "illegal"
    assert agreement_at(asker, agreement.request_iri) == agreement
    assert len(messages.list_thread(asker.connection, agreement.request_iri)) == 2


def test_an_answer_to_something_we_never_asked_is_stored_without_effect(asker: Town, baerum: Town) -> None:
    body = sealed(
        baerum,
        compose_reject(
            iri=baerum.author.mint("activities"), actor_iri=baerum.actor_iri,
            object_iri=Iri("https://asker.example/activities/none"), to=asker.actor_iri, code="policy",
            seen=frozenset(), published=NOON, context=baerum.author.context,
        ),
    )  # fmt: skip

    assert asker.receive(body, sender=baerum).outcome == "illegal"


def test_an_older_version_does_not_replace_a_newer_one(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    first = sent(asker, "CreateProposal")
    asker.connection.execute("DELETE FROM subscriptions")
    agreed_version = entry.version
    baerum.receive(first, sender=asker)
    newer = baerum.connection.execute("UPDATE proposals SET version = 7 WHERE iri = ?", (entry.iri,)).rowcount
    baerum.connection.execute("DELETE FROM messages WHERE type = 'CreateProposal'")

    received = baerum.receive(first, sender=asker)

    assert (newer, agreed_version, received.outcome) == (1, 1, "illegal")
    assert entry_at(baerum, entry.iri).version == 7


def test_a_tombstone_binds_against_its_version(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    created = sent(asker, "CreateProposal")

    deleted_first = baerum.receive(a_deletion(asker, entry.iri, version=3), sender=asker)
    late = baerum.receive(created, sender=asker)

    assert (deleted_first.outcome, late.outcome) == ("applied", "illegal")
    assert proposals.find_entry(baerum.connection, entry.iri) is None


def test_a_deletion_older_than_what_is_known_has_no_effect(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    baerum.connection.execute("UPDATE proposals SET version = 7 WHERE iri = ?", (entry.iri,))

    received = baerum.receive(a_deletion(asker, entry.iri, version=6), sender=asker)

    assert received.outcome == "illegal"
    assert entry_at(baerum, entry.iri).withdrawn_at is None


def test_a_peer_cannot_delete_what_another_published(world: World, asker: Town, baerum: Town) -> None:
    lier = world.town("lier")
    world.befriend(lier, baerum)
    entry = offer(asker)
    world.deliver()
    unsigned = compose_delete(
        iri=lier.author.mint("activities"), actor_iri=lier.actor_iri, audience=(Iri(lier.actor_iri),),
        proposal_iri=Iri(f"{lier.author.origin}/proposals/x"), version=9, published=NOON, context=lier.author.context,
    )  # fmt: skip
    activity = parse_recorded(sealed(lier, unsigned))
    object.__setattr__(activity, "proposal_iri", entry.iri)
    signature = Signature(key_iri="k", nonce="n", expires_at=NOON + timedelta(seconds=300))

    received = baerum.run(receive_activity, activity, signature=signature, approval=baerum.approval)

    assert received.outcome == "illegal"
    assert entry_at(baerum, entry.iri).withdrawn_at is None


def test_a_request_in_another_unit_is_answered_no(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()

    asker.receive(
        a_request(baerum, asker, entry.intent_iri, quantity=Quantity(Decimal("0.5"), Unit.KILOGRAM)), sender=baerum
    )

    assert last_answer(asker).code == "unavailable"
    assert entry_at(asker, entry.iri).available == 24


@pytest.mark.parametrize("satisfies", ["https://asker.example/proposals/none#primary", "https://elsewhere.example/1"])
def test_a_request_for_nothing_of_ours_is_answered_no(asker: Town, baerum: Town, satisfies: str) -> None:
    asker.receive(a_request(baerum, asker, satisfies, quantity=Quantity(Decimal(1), Unit.ONE)), sender=baerum)

    assert last_answer(asker).code == "unavailable"


def test_a_change_of_an_agreement_is_answered_at_once(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=5)
    thread = messages.list_thread(baerum.connection, agreement.request_iri)
    change = compose_request(
        iri=baerum.author.mint("activities"), actor_iri=baerum.actor_iri, to=asker.actor_iri,
        satisfies=Iri(f"{agreement.proposal_iri}#primary"), quantity=Quantity(Decimal(9), Unit.ONE),
        proposal_version=None, proposal_digest=None, counterfactual=Counterfactual.NOT_SAID, expires_at=None,
        seen=frozenset({parse_recorded(thread[-1].body).header.digest}), published=NOON,
        context=baerum.author.context, supersedes=agreement.agreement_iri,
    )  # fmt: skip

    received = asker.receive(sealed(baerum, change), sender=baerum)

    assert received.outcome == "applied"
    assert last_answer(asker).code == "policy"
    assert agreement_at(asker, agreement.request_iri).quantity == 5


def test_a_giver_that_offers_more_than_was_agreed_is_answered_and_changes_nothing(
    world: World, asker: Town, baerum: Town
) -> None:
    need = asker.run(
        publish_need, PublishNeed(text="kontorstol", quantity=6, by_on=None, category=None, tier=Tier.PARTNERS)
    )
    world.deliver()
    request = ask(baerum, need.iri, quantity=6, item_ref=str(chairs(baerum, quantity=20).id))
    world.deliver()
    asker.run(accept_request, AcceptRequest(reference=request.request_iri))
    world.deliver()
    agreement = agreement_at(asker, request.request_iri)
    seen = messages.list_thread(asker.connection, request.request_iri)[-1].digest
    change = compose_request(
        iri=baerum.author.mint("activities"), actor_iri=baerum.actor_iri, to=asker.actor_iri,
        satisfies=Iri(f"{need.iri}#primary"), quantity=Quantity(Decimal(9), Unit.ONE), proposal_version=None,
        proposal_digest=None, counterfactual=Counterfactual.NOT_SAID, expires_at=None,
        seen=frozenset({Digest(seen)}), published=NOON, context=baerum.author.context,
        supersedes=agreement.agreement_iri,
    )  # fmt: skip

    received = asker.receive(sealed(baerum, change), sender=baerum)

    assert received.outcome == "applied"
    assert last_answer(asker).code == "policy"
    assert agreement_at(asker, request.request_iri).quantity == 6
    assert entry_at(asker, need.iri).promised == 6


def test_a_peer_that_leaves_gets_no_more_of_the_catalogue(world: World, asker: Town, baerum: Town) -> None:
    follow_iri = asker.peer(baerum).follower_iri
    assert follow_iri is not None
    body = sealed(
        baerum,
        compose_undo(
            iri=baerum.author.mint("activities"), actor_iri=baerum.actor_iri, object_iri=follow_iri,
            to=asker.actor_iri, code=None, seen=frozenset(), published=NOON, context=baerum.author.context,
        ),
    )  # fmt: skip

    asker.receive(body, sender=baerum)
    offer(asker)

    assert asker.peer(baerum).follower_state is FollowerState.ENDED
    assert world.deliver() == 0


def test_what_is_addressed_to_somebody_else_has_no_effect(world: World, asker: Town, baerum: Town) -> None:
    lier = world.town("lier")
    before = asker.peer(baerum)

    follow = asker.receive(compose_for(baerum, compose_follow, object_iri=lier.actor_iri), sender=baerum)
    block = asker.receive(compose_for(baerum, compose_block, object_iri=lier.actor_iri), sender=baerum)

    after = asker.peer(baerum)
    assert (follow.outcome, block.outcome) == ("illegal", "illegal")
    assert (after.follower_state, after.following_state) == (before.follower_state, before.following_state)


def test_an_answer_with_an_old_version_of_the_tier_has_no_effect(world: World, asker: Town, baerum: Town) -> None:
    following = asker.peer(baerum).following_iri
    assert following is not None

    outcomes = [
        asker.receive(
            compose_for(
                baerum, compose_accept_follow, object_iri=following, to=asker.actor_iri, tier=tier, tier_version=version
            ),
            sender=baerum,
        ).outcome
        for tier, version in [(Tier.PARTNERS, 1), (Tier.PUBLIC, 1)]
    ]

    assert outcomes == ["applied", "illegal"]
    assert asker.peer(baerum).received_tier is Tier.PARTNERS
    assert asker.peer(baerum).following_state is FollowingState.ACCEPTED


def test_a_parsed_request_keeps_its_bytes(asker: Town, baerum: Town) -> None:
    body = a_request(baerum, asker, "https://asker.example/proposals/x", quantity=Quantity(Decimal(1), Unit.ONE))

    activity = parse_recorded(body)

    assert isinstance(activity, Request)
    assert activity.header.body == body
