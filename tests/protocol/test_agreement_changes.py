"""Changes of an agreement: each rule, and the cases where two messages cross."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from protocol.agreements import Phase
from protocol.identifiers import ActorIri, Iri
from protocol.vocabulary import Purpose, Quantity, Unit
from tests.protocol.conversation import (
    AGREEMENT,
    NOON,
    PROPOSER,
    RESPONDENT,
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
