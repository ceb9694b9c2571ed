"""Handing over, receiving and disputing: each rule, and the cases where two messages cross."""

from decimal import Decimal

import pytest

from protocol.agreements import Phase
from protocol.identifiers import Iri
from protocol.vocabulary import Action, Quantity, Unit
from tests.protocol.conversation import (
    AGREEMENT,
    PROPOSER,
    RESPONDENT,
    STRANGER,
    accepted,
    facts,
    ones,
    reasons,
)

OTHER_AGREEMENT = Iri("https://asker.example/agreements/2")
KILOGRAMS = Quantity(Decimal(1), Unit.KILOGRAM)


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


def test_who_disputed_may_take_it_back_and_nobody_else() -> None:
    talk = accepted()
    receipt = talk.receipt(talk.hand_over(10), 10)
    dispute = talk.dispute(receipt, by=talk.giver)

    talk.undo(dispute, by=talk.receiver)
    still = talk.state()
    talk.undo(dispute, by=talk.giver)

    assert facts(still.phase, still.disputes) == (Phase.DISPUTED, (dispute,))
    assert facts(talk.state().phase, talk.state().disputes) == (Phase.COMPLETED, ())
    assert reasons(talk) == ["withdraw-dispute is for the author"]


def test_a_disputed_handover_whose_dispute_is_taken_back_waits_for_its_receipt_again() -> None:
    talk = accepted()
    handover = talk.hand_over(10)
    dispute = talk.dispute(handover, by=talk.receiver)
    assert facts(talk.state().open_handovers, talk.state().disputed_handovers) == ((), (handover.event,))

    talk.undo(dispute, by=talk.receiver)

    assert facts(talk.state().phase, talk.state().open_handovers) == (Phase.GIVEN, (handover.event,))
