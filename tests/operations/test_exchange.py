"""The main job between two towns: offer, ask, agree, hand over, and every way it can end otherwise."""

import pytest

from node.domain.outcomes import RefusedError
from node.domain.requests import Approval
from node.operations.decide_request import (
    AcceptRequest,
    RejectRequest,
    accept_request,
    expire_requests,
    reject_request,
)
from node.operations.end_request import RevokeRequest, WithdrawRequest, revoke_request, withdraw_request
from node.operations.hand_over import DisputeHandover, GiveHandover, ReceiveHandover, dispute, give, receive
from node.operations.publish_proposal import (
    EditOffer,
    PublishNeed,
    WithdrawProposal,
    edit_offer,
    publish_need,
    withdraw_proposal,
)
from node.store import audit
from protocol.agreements import Phase
from protocol.vocabulary import CancelCode, DisputeCode, Purpose, RefusalCode, Tier
from tests.cast import Town, World
from tests.operations.steps import agreed, agreement_at, ask, ask_blindly, chairs, entry_at, item_at, offer


def test_an_offer_reaches_the_partner_catalogue_with_its_terms(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=24)

    world.deliver()

    seen = entry_at(baerum, entry.iri)
    assert (seen.name, seen.available, seen.tier, seen.version) == ("Kontorstol Capisco", 24, Tier.PARTNERS, 1)
    assert seen.digest == entry.digest
    assert seen.publisher_iri == asker.actor_iri


def test_an_accepted_request_holds_the_stock_and_both_sides_agree_on_the_state(
    world: World, asker: Town, baerum: Town
) -> None:
    agreement = agreed(world, asker, baerum, quantity=10, of=24)

    there = agreement_at(baerum, agreement.request_iri)
    assert agreement.phase is there.phase is Phase.AGREED
    assert agreement.agreement_iri == there.agreement_iri
    assert (agreement.held, there.held) == (10, 10)
    assert item_at(asker, str(agreement.item_id)).promised == 10
    assert entry_at(baerum, agreement.proposal_iri).available == 14


def test_a_handover_in_parts_completes_when_both_have_signed_all_of_it(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=10, of=24)
    ref = agreement.request_iri

    asker.run(give, GiveHandover(reference=ref, quantity=4))
    world.deliver()
    baerum.run(receive, ReceiveHandover(reference=ref, quantity=None))
    world.deliver()
    halfway = agreement_at(asker, ref)
    asker.run(give, GiveHandover(reference=ref, quantity=None))
    world.deliver()
    baerum.run(receive, ReceiveHandover(reference=ref, quantity=None))
    world.deliver()

    assert (halfway.phase, halfway.given, halfway.received, halfway.held) == (Phase.PARTLY_GIVEN, 4, 4, 6)
    here, there = agreement_at(asker, ref), agreement_at(baerum, ref)
    assert here.phase is there.phase is Phase.COMPLETED
    assert (here.given, here.received, here.held) == (there.given, there.received, there.held) == (10, 10, 0)
    item = item_at(asker, str(agreement.item_id))
    assert (item.quantity, item.promised, item.offered) == (14, 0, 14)


def test_when_everything_is_given_the_offer_leaves_both_catalogues(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=24, of=24)

    asker.run(give, GiveHandover(reference=agreement.request_iri, quantity=None))
    world.deliver()

    assert entry_at(asker, agreement.proposal_iri).withdrawn_at is not None
    assert entry_at(baerum, agreement.proposal_iri).withdrawn_at is not None


def test_the_loser_of_a_race_is_answered_in_the_transaction_that_accepts_the_winner(
    world: World, asker: Town, baerum: Town
) -> None:
    lier = world.town("lier")
    world.befriend(asker, lier)
    entry = offer(asker, quantity=5)
    world.deliver()
    winner, loser = ask(baerum, entry.iri, quantity=4), ask(lier, entry.iri, quantity=2)
    world.deliver()

    asker.run(accept_request, AcceptRequest(reference=winner.request_iri))
    at_once = agreement_at(asker, loser.request_iri)
    world.deliver()

    assert at_once.phase is Phase.REJECTED
    told = agreement_at(lier, loser.request_iri)
    assert (told.phase, told.refusal_code, told.still_available) == (Phase.REJECTED, "unavailable", 1)
    assert agreement_at(baerum, winner.request_iri).phase is Phase.AGREED


def test_with_automatic_approval_the_first_request_is_accepted_and_the_second_refused(world: World) -> None:
    giver = world.town("hole", approval=Approval.AUTOMATIC)
    first, second = world.town("hamar"), world.town("lier")
    world.befriend(giver, first)
    world.befriend(giver, second)
    entry = offer(giver, quantity=1)
    world.deliver()
    one, other = ask(first, entry.iri, quantity=1), ask(second, entry.iri, quantity=1)

    world.deliver()

    phases = {agreement_at(first, one.request_iri).phase, agreement_at(second, other.request_iri).phase}
    assert phases == {Phase.AGREED, Phase.REJECTED}


def test_accepting_twice_changes_nothing(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum)

    again = asker.run(accept_request, AcceptRequest(reference=str(agreement.id)))

    assert again == agreement
    assert world.deliver() == 0


def test_a_rejected_request_tells_the_asker_why_and_what_is_left(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=5)
    world.deliver()
    request = ask(baerum, entry.iri, quantity=3)
    world.deliver()

    asker.run(
        reject_request, RejectRequest(reference=request.request_iri, code=RefusalCode.POLICY, text="Only for schools.")
    )
    world.deliver()

    told = agreement_at(baerum, request.request_iri)
    assert (told.phase, told.refusal_code, told.refusal_text) == (Phase.REJECTED, "policy", "Only for schools.")
    assert told.still_available == 5


def test_a_withdrawn_request_frees_what_was_held(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=10)

    baerum.run(withdraw_request, WithdrawRequest(reference=agreement.request_iri, code=CancelCode.NO_LONGER_NEEDED))
    world.deliver()

    assert agreement_at(asker, agreement.request_iri).phase is Phase.CANCELLED
    assert agreement_at(baerum, agreement.request_iri).phase is Phase.CANCELLED
    assert item_at(asker, str(agreement.item_id)).promised == 0
    assert entry_at(baerum, agreement.proposal_iri).available == 24


def test_a_revoked_agreement_keeps_what_was_given_and_frees_the_rest(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=10)
    asker.run(give, GiveHandover(reference=agreement.request_iri, quantity=4))

    asker.run(revoke_request, RevokeRequest(reference=agreement.request_iri, code=CancelCode.NO_LONGER_AVAILABLE))
    world.deliver()

    here = agreement_at(asker, agreement.request_iri)
    assert (here.given, here.held) == (4, 0)
    item = item_at(asker, str(agreement.item_id))
    assert (item.quantity, item.promised) == (20, 0)


def test_a_request_that_nobody_answered_is_answered_when_it_runs_out(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=5)
    world.deliver()
    request = ask(baerum, entry.iri, quantity=3, days=2)
    world.deliver()
    world.clock.forward(days=3)

    answered = asker.run(expire_requests, limit=100)
    world.deliver()

    assert answered == 1
    assert agreement_at(baerum, request.request_iri).refusal_code == "expired"


def test_a_dispute_shows_at_both_sides(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=10)
    asker.run(give, GiveHandover(reference=agreement.request_iri, quantity=None))
    world.deliver()

    baerum.run(
        dispute,
        DisputeHandover(reference=agreement.request_iri, code=DisputeCode.NOT_RECEIVED, text="The van was empty."),
    )
    world.deliver()

    assert agreement_at(asker, agreement.request_iri).phase is Phase.DISPUTED
    assert agreement_at(baerum, agreement.request_iri).phase is Phase.DISPUTED


def test_a_receiver_may_close_without_waiting_for_the_giver(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=10)

    baerum.run(receive, ReceiveHandover(reference=agreement.request_iri, quantity=10))
    world.deliver()

    here = agreement_at(asker, agreement.request_iri)
    assert (here.given, here.held, here.received) == (10, 0, 10)
    assert item_at(asker, str(agreement.item_id)).quantity == 14


def test_a_receipt_that_crossed_with_the_cancellation_breaks_no_promise_made_since(
    world: World, asker: Town, baerum: Town
) -> None:
    lier = world.town("lier")
    world.befriend(asker, lier)
    first = agreed(world, asker, baerum, quantity=5, of=5)
    asker.run(revoke_request, RevokeRequest(reference=first.request_iri, code=CancelCode.NO_LONGER_AVAILABLE))
    baerum.run(receive, ReceiveHandover(reference=first.request_iri, quantity=5))
    body = bytes(baerum.connection.execute("SELECT body FROM messages WHERE type = 'RecordEvent'").fetchone()["body"])
    baerum.connection.execute("UPDATE subscriptions SET next_attempt_at = '2027-01-01T00:00:00Z'")
    world.deliver()
    second = ask(lier, first.proposal_iri, quantity=5)
    world.deliver()
    asker.run(accept_request, AcceptRequest(reference=second.request_iri))

    asker.receive(body, sender=baerum)

    item = item_at(asker, str(first.item_id))
    assert (item.quantity, item.promised) == (5, 5)
    assert agreement_at(asker, first.request_iri).given == 5
    assert agreement_at(asker, second.request_iri).held == 5
    entry = entry_at(asker, first.proposal_iri)
    assert (entry.promised, entry.given) == (5, 0)
    assert audit.list_audit(asker.connection, limit=9)[1].action == "stock.short"


def test_a_need_is_filled_by_who_holds_the_item_from_the_moment_of_offering(
    world: World, asker: Town, baerum: Town
) -> None:
    need = baerum.run(
        publish_need, PublishNeed(text="kontorstol", quantity=6, by_on=None, category=None, tier=Tier.PARTNERS)
    )
    world.deliver()
    item = chairs(asker, quantity=8)

    request = ask(asker, need.iri, quantity=6, item_ref=str(item.id))
    held = item_at(asker, str(item.id))
    world.deliver()
    baerum.run(accept_request, AcceptRequest(reference=request.request_iri))
    world.deliver()
    asker.run(give, GiveHandover(reference=request.request_iri, quantity=None))
    world.deliver()
    baerum.run(receive, ReceiveHandover(reference=request.request_iri, quantity=None))
    world.deliver()

    assert (held.promised, held.free) == (6, 2)
    assert agreement_at(asker, request.request_iri).phase is Phase.COMPLETED
    assert item_at(asker, str(item.id)).quantity == 2
    assert entry_at(baerum, need.iri).withdrawn_at is not None


def test_two_proposals_to_fill_one_need_do_not_promise_it_twice(world: World, asker: Town, baerum: Town) -> None:
    lier = world.town("lier")
    world.befriend(baerum, lier)
    need = baerum.run(
        publish_need, PublishNeed(text="kontorstol", quantity=6, by_on=None, category=None, tier=Tier.PARTNERS)
    )
    world.deliver()
    one = ask(asker, need.iri, quantity=6, item_ref=str(chairs(asker, quantity=6).id))
    other = ask(lier, need.iri, quantity=6, item_ref=str(chairs(lier, quantity=6).id))
    world.deliver()

    baerum.run(accept_request, AcceptRequest(reference=one.request_iri))
    world.deliver()

    assert agreement_at(asker, one.request_iri).phase is Phase.AGREED
    told = agreement_at(lier, other.request_iri)
    assert (told.phase, told.held) == (Phase.REJECTED, 0)


def test_a_request_for_more_than_is_left_is_refused_before_it_is_sent(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=2)
    world.deliver()

    with pytest.raises(RefusedError) as refused:
        ask(baerum, entry.iri, quantity=3)

    assert refused.value.refused.code == "quantity"
    assert world.deliver() == 0


def test_a_request_for_what_has_been_withdrawn_meanwhile_is_answered_no(
    world: World, asker: Town, baerum: Town
) -> None:
    entry = offer(asker, quantity=2)
    world.deliver()
    request = ask(baerum, entry.iri, quantity=1)

    asker.run(withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=Purpose.OFFER))
    world.deliver()

    told = agreement_at(baerum, request.request_iri)
    assert (told.phase, told.refusal_code, told.still_available) == (Phase.REJECTED, "unavailable", None)


def test_a_request_for_a_tier_that_the_asker_has_not_is_answered_like_one_for_nothing(
    world: World, asker: Town, baerum: Town
) -> None:
    guest = world.town("verksted")
    world.follow(guest, asker, tier=Tier.ORGANISATIONS)
    hidden = offer(asker, quantity=2, tier=Tier.PARTNERS)
    absent = f"{asker.author.origin}/proposals/nothing"
    world.deliver()

    answers = [ask_blindly(guest, asker, iri, world=world) for iri in (hidden.iri, absent)]

    assert answers[0] == answers[1] == ("unavailable", None, "It is no longer available.")


def test_editing_an_offer_publishes_a_new_version_and_its_new_amount(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=10, owned=24)
    world.deliver()

    asker.run(edit_offer, EditOffer(offer_ref=str(entry.id), quantity=20, tier=None, gone_by_on=None))
    world.deliver()

    seen = entry_at(baerum, entry.iri)
    assert (seen.quantity, seen.available, seen.version) == (20, 20, 2)


def test_narrowing_an_offer_deletes_it_where_it_can_no_longer_be_seen(world: World, asker: Town, baerum: Town) -> None:
    guest = world.town("verksted")
    world.follow(guest, asker, tier=Tier.ORGANISATIONS)
    entry = offer(asker, quantity=10, tier=Tier.ORGANISATIONS)
    world.deliver()

    asker.run(edit_offer, EditOffer(offer_ref=entry.iri, quantity=None, tier=Tier.PARTNERS, gone_by_on=None))
    world.deliver()
    hidden = entry_at(guest, entry.iri)
    asker.run(edit_offer, EditOffer(offer_ref=entry.iri, quantity=None, tier=Tier.ORGANISATIONS, gone_by_on=None))
    world.deliver()

    assert hidden.withdrawn_at is not None
    assert entry_at(guest, entry.iri).withdrawn_at is None
    assert entry_at(baerum, entry.iri).withdrawn_at is None


def test_what_is_left_below_the_smallest_part_can_be_had_whole(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker, quantity=7)
    asker.run(edit_offer, EditOffer(offer_ref=entry.iri, quantity=None, tier=None, gone_by_on=None, minimum=4))
    world.deliver()
    first = ask(baerum, entry.iri, quantity=4)
    world.deliver()
    asker.run(accept_request, AcceptRequest(reference=first.request_iri))
    world.deliver()

    with pytest.raises(RefusedError):
        ask(baerum, entry.iri, quantity=2)
    rest = ask(baerum, entry.iri, quantity=3)
    world.deliver()

    assert agreement_at(asker, rest.request_iri).phase is Phase.REQUESTED
