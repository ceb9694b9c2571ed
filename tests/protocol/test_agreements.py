"""What the messages of two parties amount to: each rule, and the cases where two messages cross."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from protocol.agreements import Phase, state_of
from protocol.errors import LimitExceeded
from protocol.identifiers import ActorIri, Iri
from protocol.limits import AGREEMENT_MESSAGES_MAX, SEEN_DIGESTS_MAX
from protocol.vocabulary import Action, Purpose, Quantity, Unit
from tests.protocol.conversation import (
    AGREEMENT,
    COMMITMENT,
    NOON,
    PROPOSER,
    RESPONDENT,
    STRANGER,
    Conversation,
    ones,
    terms_for,
)

OTHER_AGREEMENT = Iri("https://asker.example/agreements/2")
OTHER_INTENT = Iri("https://asker.example/proposals/2#primary")
KILOGRAMS = Quantity(Decimal(1), Unit.KILOGRAM)


def accepted(purpose: Purpose = Purpose.OFFER) -> Conversation:
    """A conversation in which ten are agreed."""
    talk = Conversation(purpose=purpose)
    talk.accept()
    return talk


def facts(*values: object) -> tuple[object, ...]:
    """Several values to compare at once, amounts with plain numbers among them."""
    return values


def reasons(talk: Conversation) -> list[str]:
    """Why something is illegal."""
    return list(talk.state().illegal.values())


# --- from the request to its end ---


def test_a_thing_goes_from_request_to_completion() -> None:
    talk = Conversation()
    phases = [talk.state().phase]

    talk.accept()
    phases.append(talk.state().phase)
    first = talk.hand_over(4)
    phases.append(talk.state().phase)
    second = talk.hand_over(6)
    phases.append(talk.state().phase)
    talk.receipt(first, 4)
    talk.receipt(second, 6)
    phases.append(talk.state().phase)

    assert phases == [Phase.REQUESTED, Phase.AGREED, Phase.PARTLY_GIVEN, Phase.GIVEN, Phase.COMPLETED]
    state = talk.state()
    assert facts(state.quantity, state.handed, state.received, state.given, state.held) == (10, 10, 10, 10, 0)
    assert facts(state.agreement_iri, state.commitment_iri) == (AGREEMENT, COMMITMENT)
    assert not state.illegal


def test_the_giver_of_an_offer_holds_from_the_accept_on() -> None:
    talk = Conversation(purpose=Purpose.OFFER)
    asked = talk.state().held

    talk.accept()

    assert facts(asked, talk.state().held) == (0, 10)


def test_the_giver_for_a_need_holds_from_the_request_on() -> None:
    talk = Conversation(purpose=Purpose.REQUEST)
    offered = talk.state().held

    talk.accept()

    assert facts(offered, talk.state().held) == (10, 10)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_declined_request_holds_nothing_and_says_why(purpose: Purpose) -> None:
    talk = Conversation(purpose=purpose)

    talk.decline()

    state = talk.state()
    assert facts(state.phase, state.held, state.refusal_code, state.cancel_code) == (Phase.REJECTED, 0, "other", None)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_withdrawn_request_holds_nothing_and_says_why(purpose: Purpose) -> None:
    talk = Conversation(purpose=purpose)

    talk.withdraw()

    state = talk.state()
    assert facts(state.phase, state.held) == (Phase.WITHDRAWN, 0)
    assert facts(state.refusal_code, state.cancel_code) == (None, "no-longer-needed")


def test_a_decline_and_a_withdrawal_that_cross_end_in_rejection() -> None:
    talk = Conversation()

    talk.decline(seen=(talk.root,))
    talk.withdraw(seen=(talk.root,))

    assert talk.state().phase is Phase.REJECTED
    assert not talk.state().illegal


def test_cancelling_ends_only_what_has_not_been_given() -> None:
    talk = accepted()
    handover = talk.hand_over(3)

    talk.revoke()

    state = talk.state()
    assert facts(state.phase, state.given, state.held) == (Phase.GIVEN, 3, 0)
    talk.receipt(handover, 3)
    assert talk.state().phase is Phase.COMPLETED


def test_an_agreement_without_messages_is_refused_as_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no opening request"):
        state_of([], proposer=PROPOSER, respondent=RESPONDENT, purpose=Purpose.OFFER)


def test_two_agreements_at_once_are_refused_as_a_mistake_of_the_caller() -> None:
    talk = Conversation()
    talk.request(quantity=3)

    with pytest.raises(ValueError, match="or several"):
        talk.state()


def test_a_request_by_the_proposer_opens_nothing() -> None:
    talk = Conversation()

    with pytest.raises(ValueError, match="no opening request"):
        state_of(talk.messages, proposer=RESPONDENT, respondent=PROPOSER, purpose=Purpose.OFFER)


@pytest.mark.parametrize("surplus", [-1, 0, 1])
def test_an_agreement_has_at_most_so_many_messages(surplus: int) -> None:
    talk = accepted()
    while len(talk.messages) < AGREEMENT_MESSAGES_MAX + surplus:
        talk.decline(seen=())

    if surplus > 0:
        with pytest.raises(LimitExceeded):
            talk.state()
    else:
        assert talk.state().phase is Phase.DISPUTED


def test_a_message_of_a_stranger_has_no_effect_and_no_place_among_the_heads() -> None:
    talk = Conversation()

    stranger = talk.decline(by=STRANGER)

    state = talk.state()
    assert state.phase is Phase.REQUESTED
    assert dict(state.illegal) == {stranger.header.digest: "its sender is no party"}
    assert state.heads == {talk.root.header.digest}


def test_messages_that_claim_to_have_seen_each_other_have_no_effect() -> None:
    talk = Conversation()
    one = talk.decline()
    talk.messages[1] = replace(one, seen=frozenset({one.header.digest}))

    assert reasons(talk) == ["what it saw leads back to itself"]
    assert talk.state().phase is Phase.REQUESTED


# --- R1: accepting ---


def test_an_accept_within_the_time_is_legal_and_one_after_it_is_not() -> None:
    talk = Conversation(expires_at=NOON)
    late = talk.accept(published=NOON + timedelta(seconds=1))
    assert dict(talk.state().illegal) == {late.header.digest: "what it accepts had expired"}

    talk.accept(published=NOON)

    assert talk.state().phase is Phase.AGREED


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"result": None}, "it leads to no agreement"),
        ({"result": terms_for(ones(10), by=PROPOSER)}, "it leads to no agreement"),
        ({"object_digest": None}, "it does not name the digest of what it accepts"),
        (
            {"result": terms_for(ones(11), iri=AGREEMENT, commitment=COMMITMENT)},
            "it agrees to something else than was asked",
        ),
        (
            {"result": terms_for(KILOGRAMS, iri=AGREEMENT, commitment=COMMITMENT)},
            "it agrees to something else than was asked",
        ),
        (
            {"result": terms_for(ones(10), iri=AGREEMENT, commitment=COMMITMENT, satisfies=OTHER_INTENT)},
            "it agrees to something else than was asked",
        ),
        (
            {"result": terms_for(ones(10), iri=Iri("https://baerum.example/agreements/1"), commitment=COMMITMENT)},
            "the agreement is not of the proposer's origin",
        ),
    ],
)
def test_an_accept_that_says_another_thing_is_illegal(different: dict[str, object], reason: str) -> None:
    talk = Conversation()

    talk.answer(talk.root, by=PROPOSER, different=different)

    assert reasons(talk) == [reason]
    assert talk.state().phase is Phase.REQUESTED


def test_an_accept_that_saw_the_withdrawal_is_illegal() -> None:
    talk = Conversation()
    talk.withdraw()

    talk.accept()

    assert reasons(talk) == ["no accept while withdrawn"]


def test_an_accept_and_a_withdrawal_that_cross_cancel_each_other() -> None:
    talk = Conversation()

    talk.accept(seen=(talk.root,))
    talk.withdraw(seen=(talk.root,))

    state = talk.state()
    assert facts(state.phase, state.held, state.cancel_code) == (Phase.CANCELLED, 0, "no-longer-needed")
    assert not state.illegal


# --- R2: one party decides in two ways ---


def test_two_accepts_with_the_same_ids_are_one() -> None:
    talk = Conversation()

    talk.accept(seen=(talk.root,))
    talk.accept(seen=(talk.root,))

    assert talk.state().phase is Phase.AGREED
    assert not talk.state().illegal


def test_two_accepts_with_different_ids_are_disputed_and_held_once() -> None:
    talk = Conversation()

    talk.accept(seen=(talk.root,))
    talk.accept(seen=(talk.root,), agreement=OTHER_AGREEMENT)

    assert facts(talk.state().phase, talk.state().held) == (Phase.DISPUTED, 10)


def test_an_accept_and_a_decline_by_the_giver_are_disputed_and_stay_held() -> None:
    talk = Conversation(purpose=Purpose.OFFER)

    talk.accept(seen=(talk.root,))
    talk.decline(seen=(talk.root,))

    assert facts(talk.state().phase, talk.state().held) == (Phase.DISPUTED, 10)


def test_an_accept_and_a_decline_by_the_receiver_are_disputed_and_free_the_giver() -> None:
    talk = Conversation(purpose=Purpose.REQUEST)

    talk.accept(seen=(talk.root,))
    talk.decline(seen=(talk.root,))

    assert facts(talk.state().phase, talk.state().held) == (Phase.DISPUTED, 0)


def test_a_contradiction_ends_when_somebody_who_knows_it_ends_the_agreement() -> None:
    talk = Conversation()
    talk.accept(seen=(talk.root,))
    talk.decline(seen=(talk.root,))
    in_ignorance = talk.withdraw(seen=(talk.root,))
    assert facts(talk.state().phase, talk.state().held) == (Phase.DISPUTED, 0)
    talk.messages.remove(in_ignorance)

    talk.withdraw()

    assert talk.state().phase is Phase.CANCELLED


# --- R3 and R4: ending ---


def test_a_revocation_names_the_agreement_that_was_made() -> None:
    talk = accepted()

    talk.reject(talk.root.header.iri, by=PROPOSER, agreement=OTHER_AGREEMENT)

    assert reasons(talk) == ["it names another agreement"]
    assert talk.state().phase is Phase.AGREED


def test_a_refusal_that_names_another_digest_is_illegal() -> None:
    talk = Conversation()
    other = Conversation(quantity=3).root

    talk.reject(talk.root.header.iri, by=PROPOSER, object_digest=other.header.digest)

    assert reasons(talk) == ["it names another request by its digest"]


def test_nothing_goes_on_after_the_end_even_while_a_dispute_is_open() -> None:
    talk = accepted()
    handover = talk.hand_over(3)
    talk.dispute(handover, by=RESPONDENT)
    change = talk.change(10, by=PROPOSER)
    talk.withdraw()

    talk.revoke()
    talk.hand_over(1)
    talk.close(1)
    talk.change(5, by=PROPOSER)
    talk.answer(change, by=RESPONDENT)

    assert talk.state().phase is Phase.DISPUTED
    assert talk.state().open_changes == ()
    assert sorted(reasons(talk)) == [
        "no change after the end",
        "no close after the end",
        "no handover after the end",
        "no revoke after the end",
        "the change is answered or withdrawn already",
    ]


# --- R5: changes ---


@pytest.mark.parametrize("author", [PROPOSER, RESPONDENT])
@pytest.mark.parametrize("purpose", Purpose)
def test_a_change_takes_effect_when_the_other_party_accepts_it(author: ActorIri, purpose: Purpose) -> None:
    talk = accepted(purpose)
    change = talk.change(4, by=author)
    assert talk.state().open_changes == (change,)
    assert talk.state().quantity == 10

    talk.answer(change, by=RESPONDENT if author == PROPOSER else PROPOSER)

    state = talk.state()
    assert facts(state.quantity, state.held, state.open_changes) == (4, 4, ())
    assert not state.illegal


def test_a_declined_or_withdrawn_change_changes_nothing_and_makes_room_for_another() -> None:
    talk = accepted()
    declined = talk.change(4, by=PROPOSER)
    talk.reject(declined.header.iri, by=RESPONDENT, object_digest=declined.header.digest)
    withdrawn = talk.change(5, by=PROPOSER)
    talk.undo(withdrawn, by=PROPOSER, agreement=AGREEMENT)

    third = talk.change(6, by=PROPOSER)

    state = talk.state()
    assert facts(state.quantity, state.open_changes) == (10, (third,))
    assert not state.illegal


def test_the_giver_holds_a_larger_quantity_from_offering_it_on_and_the_receiver_claims_nothing_by_asking() -> None:
    talk = accepted()
    asked = talk.change(20, by=talk.receiver)
    held_when_asked = talk.state().held
    talk.undo(asked, by=talk.receiver)

    offered = talk.change(20, by=talk.giver)
    held_when_offered = talk.state().held
    talk.reject(offered.header.iri, by=talk.receiver)

    assert facts(held_when_asked, held_when_offered, talk.state().held) == (10, 20, 10)


def test_a_party_has_one_change_open_at_most() -> None:
    talk = accepted()
    talk.change(4, by=PROPOSER)
    talk.change(5, by=RESPONDENT)

    talk.change(6, by=PROPOSER)

    assert reasons(talk) == ["its author has a change open already"]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (terms_for(ones(4), supersedes=OTHER_AGREEMENT), "it supersedes another agreement"),
        (
            terms_for(ones(4), supersedes=AGREEMENT, satisfies=OTHER_INTENT),
            "a change is about the same thing in the same unit",
        ),
        (terms_for(KILOGRAMS, supersedes=AGREEMENT), "a change is about the same thing in the same unit"),
    ],
)
def test_a_change_is_about_this_agreement_and_the_same_thing(terms: object, reason: str) -> None:
    talk = accepted()

    talk.change(4, by=PROPOSER, terms=terms)  # type: ignore[arg-type]

    assert reasons(talk) == [reason]


def test_a_change_does_not_use_the_id_of_another() -> None:
    talk = accepted()
    first = talk.change(4, by=PROPOSER)
    talk.undo(first, by=PROPOSER)

    talk.change(5, by=PROPOSER, iri=first.header.iri)

    assert reasons(talk) == ["its id is used already"]


def test_a_second_opening_request_under_the_same_id_has_no_effect_once_the_first_is_answered() -> None:
    talk = Conversation()
    for quantity in range(90, 99):
        other = talk.request(quantity=quantity, seen=())
        talk.messages[-1] = replace(other, header=replace(other.header, iri=talk.root.header.iri))

    talk.accept(seen=(talk.root,))

    assert facts(talk.state().quantity, talk.state().held) == (10, 10)
    assert set(reasons(talk)) == {"another request opened this agreement"}


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"object_digest": None}, "it names nothing that its sender had seen"),
        ({"result": None}, "it leads to no agreement"),
        (
            {"result": terms_for(ones(4), iri=OTHER_AGREEMENT, commitment=Iri(f"{OTHER_AGREEMENT}#primary"))},
            "a changed agreement keeps its ids",
        ),
        (
            {"result": terms_for(ones(4), iri=AGREEMENT, commitment=Iri(f"{AGREEMENT}#other"))},
            "a changed agreement keeps its ids",
        ),
    ],
)
def test_an_accept_of_a_change_that_says_another_thing_is_illegal(different: dict[str, object], reason: str) -> None:
    talk = accepted()
    change = talk.change(4, by=PROPOSER)
    if "object_digest" in different:
        different = {"object_digest": talk.root.header.digest}

    talk.answer(change, by=RESPONDENT, different=different)

    assert reasons(talk) == [reason]
    assert talk.state().quantity == 10


def test_an_accept_of_a_change_without_its_digest_is_illegal() -> None:
    talk = accepted()
    change = talk.change(4, by=PROPOSER)

    talk.answer(change, by=RESPONDENT, different={"object_digest": None})

    assert reasons(talk) == ["it does not name the digest of what it accepts"]


def test_a_change_cannot_be_accepted_after_its_time() -> None:
    talk = accepted()
    change = talk.change(4, by=PROPOSER, expires_at=NOON)

    talk.answer(change, by=RESPONDENT, published=NOON + timedelta(seconds=1))

    assert reasons(talk) == ["what it accepts had expired"]


def test_a_change_cannot_go_below_what_has_been_given() -> None:
    talk = accepted()
    change = talk.change(4, by=RESPONDENT)
    talk.hand_over(5)

    talk.answer(change, by=PROPOSER)

    assert reasons(talk) == ["more has been given already"]


def test_a_handover_stands_that_crossed_with_the_accept_of_a_smaller_quantity() -> None:
    talk = accepted()
    change = talk.change(4, by=PROPOSER)
    talk.hand_over(5, seen=(change,))
    talk.answer(change, by=RESPONDENT, seen=(change,))

    state = talk.state()

    assert facts(state.quantity, state.given, state.held) == (5, 5, 0)
    assert not state.illegal


@pytest.mark.parametrize("purpose", Purpose)
def test_of_two_changes_that_cross_the_one_the_giver_accepted_counts(purpose: Purpose) -> None:
    talk = accepted(purpose)
    agreed = talk.messages[-1]
    of_giver = talk.change(12, by=talk.giver, seen=(agreed,))
    of_receiver = talk.change(4, by=talk.receiver, seen=(agreed,))

    talk.answer(of_receiver, by=talk.giver, seen=(of_giver, of_receiver))
    talk.answer(of_giver, by=talk.receiver, seen=(of_giver, of_receiver))

    assert facts(talk.state().quantity, talk.state().held) == (4, 4)
    assert not talk.state().illegal


def test_a_change_made_in_knowledge_of_another_replaces_it() -> None:
    talk = accepted()
    of_receiver = talk.change(4, by=talk.receiver)
    of_giver = talk.change(12, by=talk.giver)
    talk.answer(of_receiver, by=talk.giver)

    talk.answer(of_giver, by=talk.receiver)

    assert talk.state().quantity == 12


def test_of_an_accept_and_a_withdrawal_of_a_change_that_cross_the_accept_of_the_giver_counts() -> None:
    talk = accepted()
    change = talk.change(4, by=talk.receiver)

    talk.answer(change, by=talk.giver, seen=(change,))
    talk.undo(change, by=talk.receiver, seen=(change,))

    assert talk.state().quantity == 4


def test_of_an_accept_and_a_withdrawal_of_a_change_that_cross_the_withdrawal_of_the_giver_counts() -> None:
    talk = accepted()
    change = talk.change(20, by=talk.giver)

    talk.answer(change, by=talk.receiver, seen=(change,))
    talk.undo(change, by=talk.giver, seen=(change,))

    assert facts(talk.state().quantity, talk.state().held) == (10, 10)


@pytest.mark.parametrize(("change_to", "held"), [(4, 10), (20, 20)])
def test_a_giver_that_accepts_and_declines_a_change_holds_the_larger_quantity(change_to: int, held: int) -> None:
    talk = accepted()
    change = talk.change(change_to, by=talk.receiver)

    talk.answer(change, by=talk.giver, seen=(change,))
    talk.reject(change.header.iri, by=talk.giver, seen=(change,))

    assert facts(talk.state().phase, talk.state().held) == (Phase.DISPUTED, held)


@pytest.mark.parametrize(("change_to", "held"), [(4, 4), (20, 10)])
def test_a_receiver_that_accepts_and_declines_a_change_has_the_smaller_quantity(change_to: int, held: int) -> None:
    talk = accepted()
    change = talk.change(change_to, by=talk.giver)

    talk.answer(change, by=talk.receiver, seen=(change,))
    talk.reject(change.header.iri, by=talk.receiver, seen=(change,))

    assert facts(talk.state().phase, talk.state().held) == (Phase.DISPUTED, held)


def test_answering_a_change_twice_without_knowing_changes_nothing() -> None:
    talk = accepted()
    accepted_twice = talk.change(4, by=PROPOSER)
    talk.answer(accepted_twice, by=RESPONDENT, seen=(accepted_twice,))
    talk.answer(accepted_twice, by=RESPONDENT, seen=(accepted_twice,))
    declined_twice = talk.change(5, by=PROPOSER)
    talk.reject(declined_twice.header.iri, by=RESPONDENT, seen=(declined_twice,))
    talk.reject(declined_twice.header.iri, by=RESPONDENT, seen=(declined_twice,))

    assert facts(talk.state().phase, talk.state().quantity) == (Phase.AGREED, 4)
    assert not talk.state().illegal


# --- R6: handing over ---


def test_a_handover_that_crossed_with_the_end_stands_and_one_that_saw_it_does_not() -> None:
    talk = accepted()
    agreed = talk.messages[-1]
    ended = talk.withdraw(seen=(agreed,))
    crossed = talk.hand_over(3, seen=(agreed,))

    late = talk.hand_over(2, seen=(crossed, ended))

    state = talk.state()
    assert dict(state.illegal) == {late.header.digest: "no handover while given"}
    assert facts(state.given, state.held) == (3, 0)


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        ({"agreement_iri": OTHER_AGREEMENT}, "it fulfills no commitment of this agreement"),
        ({"fulfills": Iri(f"{AGREEMENT}#other")}, "it fulfills no commitment of this agreement"),
        ({"receiver": STRANGER}, "it is not from the giver to the receiver"),
        ({"provider": RESPONDENT, "receiver": PROPOSER}, "it is not from the giver to the receiver"),
    ],
)
def test_a_handover_outside_the_agreement_is_illegal(different: dict[str, object], reason: str) -> None:
    talk = accepted()

    talk.record(1, by=PROPOSER, different=different)

    assert reasons(talk) == [reason]


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [(KILOGRAMS, "it is in another unit than the agreement"), (ones(11), "it leads over what is agreed")],
)
def test_a_handover_of_another_unit_or_of_too_much_is_illegal(quantity: Quantity, reason: str) -> None:
    talk = accepted()

    talk.record(quantity, by=PROPOSER)

    assert reasons(talk) == [reason]


def test_handovers_stay_within_what_is_agreed_even_if_the_giver_forgot_some() -> None:
    talk = accepted()
    agreed = talk.messages[-1]
    for _ in range(5):
        talk.hand_over(3, seen=(agreed,))

    state = talk.state()

    assert facts(state.handed, len(state.illegal)) == (9, 2)


def test_an_event_does_not_use_the_id_of_another() -> None:
    talk = accepted()
    first = talk.hand_over(1)

    talk.record(1, by=PROPOSER, different={"iri": first.event.iri})
    closing = talk.close(1)
    talk.record(1, by=RESPONDENT, different={"iri": closing.event.iri})

    assert reasons(talk) == ["its id is used already", "its id is used already"]


# --- R7: receiving ---


def test_what_is_given_is_the_larger_count_of_the_two() -> None:
    talk = accepted()
    handover = talk.hand_over(4)

    talk.receipt(handover, 6)

    state = talk.state()
    assert facts(state.handed, state.received, state.given, state.held) == (4, 6, 6, 4)


def test_the_receiver_may_close_without_the_giver() -> None:
    talk = accepted()

    talk.close(10)

    assert facts(talk.state().phase, talk.state().given, talk.state().held) == (Phase.COMPLETED, 10, 0)


def test_the_receiver_cannot_count_more_than_is_agreed() -> None:
    talk = accepted()
    talk.close(7)

    talk.close(4)

    assert reasons(talk) == ["it leads over what is agreed"]


def test_closings_that_did_not_know_of_each_other_give_no_more_than_is_agreed() -> None:
    talk = accepted()
    agreed = talk.messages[-1]

    talk.close(7, seen=(agreed,))
    talk.close(7, seen=(agreed,))

    assert facts(talk.state().received, talk.state().given, talk.state().held) == (14, 10, 0)


def test_a_handover_is_receipted_once() -> None:
    talk = accepted()
    handover = talk.hand_over(4)
    talk.receipt(handover, 4)

    talk.receipt(handover, 4)

    assert reasons(talk) == ["the handover is receipted already"]


def test_of_two_receipts_of_one_handover_that_did_not_know_of_each_other_the_larger_counts() -> None:
    talk = accepted()
    handover = talk.hand_over(4)

    talk.receipt(handover, 2, seen=(handover,))
    talk.receipt(handover, 3, seen=(handover,))

    assert talk.state().received == 3


def test_a_receipt_of_an_unknown_handover_is_illegal() -> None:
    talk = accepted()
    handover = talk.hand_over(4)
    other = accepted().hand_over(3)

    talk.record(4, by=RESPONDENT, mirrors=Iri(f"{other.event.iri}0"))

    assert reasons(talk) == ["it mirrors no handover that its sender had seen"]
    assert talk.state().open_handovers == (handover.event,)


def test_a_receipt_is_of_the_same_action() -> None:
    talk = accepted()
    handover = talk.hand_over(4)

    talk.record(4, by=RESPONDENT, mirrors=handover.event.iri, different={"action": Action.TRANSFER_CUSTODY})

    assert reasons(talk) == ["it is another action than the handover"]


# --- R8: disputing ---


def test_a_dispute_shows_until_a_receipt_that_knows_of_it() -> None:
    talk = accepted()
    handover = talk.hand_over(4)
    dispute = talk.dispute(handover, by=talk.receiver)
    disputed = talk.state()
    assert facts(disputed.phase, disputed.disputes, disputed.open_handovers) == (Phase.DISPUTED, (dispute,), ())

    talk.receipt(handover, 3)

    assert facts(talk.state().phase, talk.state().disputes) == (Phase.PARTLY_GIVEN, ())


def test_a_receipt_that_did_not_know_of_the_dispute_does_not_settle_it() -> None:
    talk = accepted()
    handover = talk.hand_over(4)

    talk.dispute(handover, by=talk.receiver, seen=(handover,))
    talk.receipt(handover, 4, seen=(handover,))

    assert talk.state().phase is Phase.DISPUTED


def test_a_receipt_of_another_handover_does_not_settle_a_dispute() -> None:
    talk = accepted()
    first = talk.hand_over(4)
    second = talk.hand_over(4)
    talk.dispute(first, by=talk.receiver)

    talk.receipt(second, 4)

    assert talk.state().phase is Phase.DISPUTED


def test_the_giver_may_dispute_a_closing_and_a_later_event_settles_it() -> None:
    talk = accepted()
    closing = talk.close(6)
    talk.dispute(closing, by=talk.giver)
    assert talk.state().phase is Phase.DISPUTED

    talk.hand_over(6)

    assert talk.state().phase is Phase.PARTLY_GIVEN


def test_an_event_is_disputed_once_at_a_time() -> None:
    talk = accepted()
    handover = talk.hand_over(4)
    talk.dispute(handover, by=talk.receiver)

    talk.dispute(handover, by=talk.receiver)

    assert reasons(talk) == ["the event is disputed already"]


def test_a_receipted_handover_cannot_be_disputed() -> None:
    talk = accepted()
    handover = talk.hand_over(4)
    talk.receipt(handover, 4)

    talk.dispute(handover, by=talk.receiver)

    assert reasons(talk) == ["the receiver has receipted the handover"]


# --- what the next message lists ---


def test_the_heads_are_what_nobody_has_seen() -> None:
    talk = accepted()
    agreed = talk.messages[-1]

    of_giver = talk.hand_over(1, seen=(agreed,))
    of_receiver = talk.close(1, seen=(agreed,))

    assert talk.state().heads == {of_giver.header.digest, of_receiver.header.digest}


@pytest.mark.parametrize("surplus", [-1, 0, 1])
def test_the_heads_fit_in_one_message_and_keep_the_latest_of_each_party(surplus: int) -> None:
    talk = accepted()
    agreed = talk.messages[-1]
    own = talk.hand_over(1, seen=(agreed,))
    while len(talk.messages) - 2 < SEEN_DIGESTS_MAX + surplus:
        talk.decline(by=RESPONDENT, seen=(agreed,))

    heads = talk.state().heads

    assert len(heads) == min(SEEN_DIGESTS_MAX, SEEN_DIGESTS_MAX + surplus)
    assert own.header.digest in heads


# --- cost ---


def _calls(work: Callable[[], object]) -> int:
    """How many functions of ours and of Python's are called by this work: a measure of it that no clock disturbs."""
    count = 0

    def watch(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    former = sys.getprofile()
    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(former)
    return count


def _parallel_events(talk: Conversation) -> None:
    latest = tuple(talk.messages[-2:])
    talk.hand_over(1, seen=latest)
    talk.close(1, seen=latest)


def _answered_changes(talk: Conversation) -> None:
    change = talk.change(900 + len(talk.messages) % 7, by=PROPOSER, seen=tuple(talk.messages[-1:]))
    talk.answer(change, by=RESPONDENT, seen=(change,))


def _disputed_handovers(talk: Conversation) -> None:
    handover = talk.hand_over(1, seen=tuple(talk.messages[-1:]))
    talk.dispute(handover, by=RESPONDENT, seen=(handover,))


@pytest.mark.parametrize("go_on", [_parallel_events, _answered_changes, _disputed_handovers])
def test_twice_as_many_messages_are_at_most_four_times_the_work(go_on: Callable[[Conversation], None]) -> None:
    talks = [Conversation(quantity=1000), Conversation(quantity=1000)]
    for talk, count in zip(talks, (100, 200), strict=True):
        talk.accept()
        while len(talk.messages) < count:
            go_on(talk)

    small, large = (_calls(talk.state) for talk in talks)

    assert large <= 4.2 * small
