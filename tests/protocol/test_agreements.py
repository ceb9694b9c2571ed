"""What the messages of two parties amount to: from the request to its end, and where two decisions cross."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from protocol.agreements import Phase, state_of
from protocol.errors import LimitExceeded
from protocol.identifiers import Iri
from protocol.limits import AGREEMENT_MESSAGES_MAX
from protocol.vocabulary import Purpose, Quantity, Unit
from tests.protocol.conversation import (
    AGREEMENT,
    COMMITMENT,
    NOON,
    PROPOSER,
    RESPONDENT,
    STRANGER,
    Conversation,
    accepted,
    facts,
    ones,
    reasons,
    terms_for,
)

OTHER_AGREEMENT = Iri("https://asker.example/agreements/2")
OTHER_INTENT = Iri("https://asker.example/proposals/2#primary")
KILOGRAMS = Quantity(Decimal(1), Unit.KILOGRAM)


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
