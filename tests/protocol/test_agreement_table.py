"""Every cell of the table: each phase, each step, each party, for offers and for needs."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from protocol.activities import RecordEvent, Reject, Request
from protocol.agreements import ExchangeMessage
from protocol.identifiers import ActorIri
from protocol.transitions import TRANSITIONS, Phase, Role, Step
from protocol.vocabulary import Purpose
from tests.protocol.conversation import PROPOSER, RESPONDENT, Conversation


@dataclass
class Scene:
    """A conversation in some phase, with everything there that a step could name."""

    talk: Conversation
    change: Request
    open_handover: RecordEvent
    receipt: RecordEvent
    dispute: Reject


def _scene(phase: Phase, *, purpose: Purpose, change_by: ActorIri | None) -> Scene:
    """The conversation brought to this phase; what the phase cannot have is taken from another conversation."""
    elsewhere = Conversation(purpose=purpose)
    elsewhere.accept()
    foreign_change = elsewhere.change(10, by=PROPOSER)
    foreign_handover = elsewhere.hand_over(1)
    talk = Conversation(purpose=purpose)
    talk.counter = 100
    scene = Scene(
        talk=talk, change=foreign_change, open_handover=foreign_handover,
        receipt=elsewhere.receipt(foreign_handover, 1),
        dispute=elsewhere.dispute(elsewhere.hand_over(1), by=elsewhere.receiver),
    )  # fmt: skip
    if phase is Phase.REJECTED:
        talk.decline()
    elif phase is Phase.WITHDRAWN:
        talk.withdraw()
    elif phase is not Phase.REQUESTED:
        talk.accept()
        if change_by is not None:
            # To the same quantity: it moves no phase.
            scene.change = talk.change(10, by=change_by)
        _go_on(scene, phase)
    assert talk.state().phase is phase
    assert not talk.state().illegal
    return scene


def _go_on(scene: Scene, phase: Phase) -> None:
    talk = scene.talk
    if phase is Phase.CANCELLED:
        talk.withdraw()
    elif phase is not Phase.AGREED:
        first = talk.hand_over(3)
        scene.receipt = talk.receipt(first, 3)
        scene.open_handover = talk.hand_over(2 if phase in (Phase.PARTLY_GIVEN, Phase.DISPUTED) else 7)
    if phase is Phase.COMPLETED:
        talk.receipt(scene.open_handover, 7)
    if phase is Phase.DISPUTED:
        scene.dispute = talk.dispute(talk.hand_over(1), by=talk.receiver)


ATTEMPTS: dict[Step, Callable[[Scene, ActorIri], ExchangeMessage]] = {
    Step.ACCEPT: lambda scene, by: scene.talk.accept(by=by),
    Step.DECLINE: lambda scene, by: scene.talk.decline(by=by),
    Step.WITHDRAW: lambda scene, by: scene.talk.withdraw(by=by),
    Step.REVOKE: lambda scene, by: scene.talk.revoke(by=by),
    Step.CHANGE: lambda scene, by: scene.talk.change(10, by=by),
    Step.ACCEPT_CHANGE: lambda scene, by: scene.talk.answer(scene.change, by=by),
    Step.DECLINE_CHANGE: lambda scene, by: scene.talk.reject(scene.change.header.iri, by=by),
    Step.WITHDRAW_CHANGE: lambda scene, by: scene.talk.undo(scene.change, by=by),
    Step.HANDOVER: lambda scene, by: scene.talk.record(1, by=by),
    Step.RECEIPT: lambda scene, by: scene.talk.record(1, by=by, mirrors=scene.open_handover.event.iri),
    Step.CLOSE: lambda scene, by: scene.talk.record(1, by=by),
    Step.DISPUTE_HANDOVER: lambda scene, by: scene.talk.dispute(scene.open_handover, by=by),
    Step.DISPUTE_RECEIPT: lambda scene, by: scene.talk.dispute(scene.receipt, by=by),
    Step.WITHDRAW_DISPUTE: lambda scene, by: scene.talk.undo(scene.dispute, by=by),
}

STEPS_ON_A_CHANGE = (Step.ACCEPT_CHANGE, Step.DECLINE_CHANGE, Step.WITHDRAW_CHANGE)


def _roles(party: ActorIri, *, talk: Conversation) -> set[Role]:
    return {
        Role.EITHER,
        Role.PROPOSER if party == PROPOSER else Role.RESPONDENT,
        Role.GIVER if party == talk.giver else Role.RECEIVER,
    }


# An event that mirrors nothing is a handover if the giver records it and a closing if the receiver does: the other
# two combinations cannot be said.
UNSAYABLE = {(Step.HANDOVER, Role.RECEIVER), (Step.CLOSE, Role.GIVER)}

CELLS = [
    pytest.param(phase, step, party, purpose, id=f"{phase}-{step}-{party.split('.')[0][8:]}-{purpose}")
    for purpose in Purpose
    for phase in Phase
    for step in Step
    if step not in STEPS_ON_A_CHANGE
    for party in (PROPOSER, RESPONDENT)
    if not any((step, role) in UNSAYABLE for role in _roles(party, talk=Conversation(purpose=purpose)))
]


@pytest.mark.parametrize(("phase", "step", "party", "purpose"), CELLS)
def test_a_step_is_legal_exactly_where_the_table_has_it(
    phase: Phase, step: Step, party: ActorIri, purpose: Purpose
) -> None:
    scene = _scene(phase, purpose=purpose, change_by=None)
    roles = _roles(party, talk=scene.talk) | ({Role.AUTHOR} if party == scene.talk.receiver else set())
    expected = TRANSITIONS[phase].get(step) in roles

    message = ATTEMPTS[step](scene, party)

    assert (message.header.digest not in scene.talk.state().illegal) is expected


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("step", STEPS_ON_A_CHANGE)
@pytest.mark.parametrize("author", [PROPOSER, RESPONDENT], ids=["by-proposer", "by-respondent"])
@pytest.mark.parametrize("party", [PROPOSER, RESPONDENT], ids=["proposer", "respondent"])
def test_a_step_on_a_change_is_legal_exactly_where_the_table_has_it(
    phase: Phase, step: Step, party: ActorIri, author: ActorIri, purpose: Purpose
) -> None:
    scene = _scene(phase, purpose=purpose, change_by=author)
    expected = TRANSITIONS[phase].get(step) is (Role.AUTHOR if party == author else Role.COUNTERPARTY)

    message = ATTEMPTS[step](scene, party)

    assert (message.header.digest not in scene.talk.state().illegal) is expected


def test_every_phase_has_a_row_and_every_step_is_legal_somewhere() -> None:
    used = {step for row in TRANSITIONS.values() for step in row}

    assert set(TRANSITIONS) == set(Phase)
    assert used == set(Step)
    assert set(ATTEMPTS) == set(Step)
