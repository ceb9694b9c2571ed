"""Every step of an exchange that a person may try at the wrong moment, and the sentence that says so."""

from collections.abc import Callable

import pytest

from node.domain.outcomes import RefusedError
from node.operations.decide_peer import BlockPeer, RemovePeer, block_peer, remove_peer
from node.operations.decide_request import AcceptRequest, RejectRequest, accept_request, reject_request
from node.operations.edit_inventory import AddItem, ItemChanges, add_item
from node.operations.end_request import RevokeRequest, WithdrawRequest, revoke_request, withdraw_request
from node.operations.hand_over import (
    DisputeHandover,
    GiveHandover,
    ReceiveHandover,
    WithdrawDispute,
    dispute,
    give,
    receive,
    withdraw_dispute,
)
from node.operations.publish_proposal import PublishNeed, WithdrawProposal, publish_need, withdraw_proposal
from protocol.vocabulary import CancelCode, DisputeCode, Purpose, RefusalCode, Tier
from tests.cast import Town, World
from tests.operations.steps import agreed, agreement_at, ask, chairs, offer


def code_of(step: Callable[[], object]) -> str:
    """The code with which the step is refused."""
    with pytest.raises(RefusedError) as refused:
        step()
    assert refused.value.refused.safe_text.endswith(".")
    return refused.value.refused.code


def accepts(town: Town, ref: str) -> Callable[[], object]:
    """The town accepts the request."""
    return lambda: town.run(accept_request, AcceptRequest(reference=ref))


def rejects(town: Town, ref: str) -> Callable[[], object]:
    """The town rejects the request."""
    return lambda: town.run(reject_request, RejectRequest(reference=ref, code=RefusalCode.OTHER, text=None))


def withdraws(town: Town, ref: str) -> Callable[[], object]:
    """The town withdraws its request."""
    return lambda: town.run(withdraw_request, WithdrawRequest(reference=ref, code=CancelCode.OTHER))


def revokes(town: Town, ref: str) -> Callable[[], object]:
    """The town revokes what it agreed to."""
    return lambda: town.run(revoke_request, RevokeRequest(reference=ref, code=CancelCode.OTHER))


def gives(town: Town, ref: str, quantity: int | None = None) -> Callable[[], object]:
    """The town hands over."""
    return lambda: town.run(give, GiveHandover(reference=ref, quantity=quantity))


def receives(town: Town, ref: str, quantity: int | None = None) -> Callable[[], object]:
    """The town receives."""
    return lambda: town.run(receive, ReceiveHandover(reference=ref, quantity=quantity))


def disputes(town: Town, ref: str) -> Callable[[], object]:
    """The town disputes."""
    return lambda: town.run(dispute, DisputeHandover(reference=ref, code=DisputeCode.OTHER, text=None))


def takes_back(town: Town, ref: str) -> Callable[[], object]:
    """The town no longer disputes."""
    return lambda: town.run(withdraw_dispute, WithdrawDispute(reference=ref))


def test_nothing_can_be_done_about_an_unknown_reference(asker: Town) -> None:
    steps = [accepts, rejects, withdraws, revokes, gives, receives, disputes]

    assert {code_of(step(asker, "99")) for step in steps} == {"not-found"}


def test_only_the_side_whose_step_it_is_may_take_it(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum).request_iri

    codes = [
        code_of(step)
        for step in (
            accepts(baerum, ref), rejects(baerum, ref), revokes(baerum, ref), withdraws(asker, ref),
            gives(baerum, ref), receives(asker, ref),
        )
    ]  # fmt: skip

    assert codes == ["not-ours", "not-ours", "not-ours", "not-ours", "not-giver", "not-receiver"]


def test_before_the_answer_there_is_nothing_to_hand_over_or_revoke(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    ref = ask(baerum, entry.iri, quantity=2).request_iri
    world.deliver()

    steps = [revokes(asker, ref), gives(asker, ref), receives(baerum, ref), disputes(baerum, ref)]

    assert {code_of(step) for step in steps} == {"not-agreed"}


def test_who_hands_over_before_saying_yes_is_told_how_to_say_it(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    ref = ask(baerum, entry.iri, quantity=2).request_iri
    world.deliver()
    reference = str(agreement_at(asker, ref).id)

    with pytest.raises(RefusedError) as refused:
        gives(asker, reference)()

    assert f"krets request accept {reference}" in refused.value.refused.safe_text


def test_after_yes_the_answer_cannot_become_no_and_after_no_not_yes(world: World, asker: Town, baerum: Town) -> None:
    accepted = agreed(world, asker, baerum).request_iri
    entry = offer(asker)
    world.deliver()
    refused = ask(baerum, entry.iri, quantity=2).request_iri
    world.deliver()
    rejects(asker, refused)()

    assert code_of(rejects(asker, accepted)) == "decided"
    assert code_of(accepts(asker, refused)) == "decided"
    assert rejects(asker, refused)() == agreement_at(asker, refused)


def test_what_has_ended_cannot_be_ended_again(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum).request_iri
    withdraws(baerum, ref)()
    world.deliver()

    assert code_of(withdraws(baerum, ref)) == "ended"
    assert code_of(revokes(asker, ref)) == "ended"
    assert code_of(rejects(asker, ref)) == "decided"
    assert code_of(gives(asker, ref)) == "nothing-open"
    assert code_of(receives(baerum, ref)) == "nothing-open"


@pytest.mark.parametrize("quantity", [0, 13])
def test_no_more_than_is_held_can_be_given_and_no_more_than_is_open_received(
    world: World, asker: Town, baerum: Town, quantity: int
) -> None:
    ref = agreed(world, asker, baerum, quantity=12).request_iri

    assert code_of(gives(asker, ref, quantity)) == "quantity"
    assert code_of(receives(baerum, ref, quantity)) == "quantity"


def test_there_is_nothing_to_dispute_before_the_other_side_has_signed_something(
    world: World, asker: Town, baerum: Town
) -> None:
    ref = agreed(world, asker, baerum).request_iri
    gives(asker, ref)()
    world.deliver()

    assert code_of(disputes(asker, ref)) == "nothing-to-dispute"


def test_the_giver_may_dispute_what_the_receiver_claims(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum).request_iri
    gives(asker, ref)()
    world.deliver()
    receives(baerum, ref)()
    world.deliver()

    disputes(asker, ref)()
    world.deliver()

    assert agreement_at(asker, ref).phase == agreement_at(baerum, ref).phase == "disputed"


def test_nobody_signs_for_what_was_not_announced_by_leaving_the_number_out(
    world: World, asker: Town, baerum: Town
) -> None:
    ref = agreed(world, asker, baerum, quantity=10).request_iri
    too_early = code_of(receives(baerum, ref))
    gives(asker, ref, 4)()
    world.deliver()
    receives(baerum, ref)()
    world.deliver()

    twice = code_of(receives(baerum, ref))

    assert (too_early, twice) == ("nothing-to-confirm", "nothing-to-confirm")
    assert (agreement_at(baerum, ref).given, agreement_at(baerum, ref).held) == (4, 6)


def test_a_disputed_handover_is_settled_by_what_the_receiver_counts(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum, quantity=10).request_iri
    gives(asker, ref, 4)()
    world.deliver()
    disputes(baerum, ref)()
    world.deliver()

    without_a_number = code_of(receives(baerum, ref))
    receives(baerum, ref, 3)()
    world.deliver()

    assert without_a_number == "disputed"
    here, there = agreement_at(asker, ref), agreement_at(baerum, ref)
    assert here.phase == there.phase == "partly-given"
    assert (here.given, here.received) == (there.given, there.received) == (4, 3)


def test_who_disputed_can_take_it_back_and_nobody_else(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum).request_iri
    gives(asker, ref)()
    world.deliver()
    receives(baerum, ref)()
    world.deliver()
    disputes(asker, ref)()
    world.deliver()

    other = code_of(takes_back(baerum, ref))
    takes_back(asker, ref)()
    world.deliver()

    assert other == "nothing-disputed"
    assert agreement_at(asker, ref).phase == agreement_at(baerum, ref).phase == "completed"
    assert code_of(takes_back(asker, ref)) == "nothing-disputed"


def test_a_dispute_is_not_ended_by_cancelling_where_nothing_is_held(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum).request_iri
    gives(asker, ref)()
    world.deliver()
    disputes(baerum, ref)()
    world.deliver()

    assert (code_of(revokes(asker, ref)), code_of(withdraws(baerum, ref))) == ("disputed", "disputed")

    known = asker.peer(baerum)
    assert asker.run(remove_peer, RemovePeer(peer_id=known.id)).follower_state == "rejected"


def test_what_would_have_no_effect_is_not_signed(world: World, asker: Town, baerum: Town) -> None:
    ref = agreed(world, asker, baerum).request_iri
    gives(asker, ref, 6)()
    world.deliver()
    receives(baerum, ref, 4)()
    world.deliver()
    before = list(baerum.connection.iterdump())

    assert code_of(disputes(baerum, ref)) == "no-effect"
    assert list(baerum.connection.iterdump()) == before


def test_an_expired_request_cannot_be_accepted(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    ref = ask(baerum, entry.iri, quantity=2, days=1).request_iri
    world.deliver()
    world.clock.forward(days=2)

    assert code_of(accepts(asker, ref)) == "expired"


def test_a_request_for_something_withdrawn_or_taken_cannot_be_accepted(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=5)
    world.deliver()
    ref = ask(baerum, entry.iri, quantity=4).request_iri
    world.deliver()
    asker.connection.execute("UPDATE proposals SET promised = 3 WHERE iri = ?", (entry.iri,))
    taken = code_of(accepts(asker, ref))
    asker.connection.execute("UPDATE proposals SET withdrawn_at = '2026-11-23T12:00:00Z' WHERE iri = ?", (entry.iri,))

    assert taken == "unavailable"
    assert code_of(accepts(asker, ref)) == "withdrawn"
    assert rejects(asker, ref)() is not None


def test_a_need_is_filled_only_with_something_of_its_category_that_is_free(
    world: World, asker: Town, baerum: Town
) -> None:
    need = baerum.run(
        publish_need, PublishNeed(text="kontorstol", quantity=6, by_on=None, category=None, tier=Tier.PARTNERS)
    )
    world.deliver()
    desk = asker.run(add_item, AddItem(item=ItemChanges(name="Pult", quantity=6, category="desk")))
    few = chairs(asker, quantity=5)

    assert code_of(lambda: ask(asker, need.iri, quantity=6)) == "item-missing"
    assert code_of(lambda: ask(asker, need.iri, quantity=6, item_ref=str(desk.id))) == "category"
    assert code_of(lambda: ask(asker, need.iri, quantity=6, item_ref=str(few.id))) == "quantity"
    assert code_of(lambda: ask(asker, need.iri, quantity=6, item_ref="99")) == "not-found"


def test_nothing_is_asked_of_a_peer_that_we_blocked(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    baerum.run(block_peer, BlockPeer(peer_id=baerum.peer(asker).id))
    baerum.connection.execute("UPDATE proposals SET withdrawn_at = NULL")

    assert code_of(lambda: ask(baerum, entry.iri, quantity=1)) == "not-followed"


def test_a_need_is_not_an_offer_when_it_is_withdrawn(asker: Town) -> None:
    entry = offer(asker)

    assert code_of(
        lambda: asker.run(withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=Purpose.REQUEST))
    ) == ("not-found")
