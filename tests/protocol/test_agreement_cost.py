"""What the next message lists, and what finding a state costs."""

import sys
from collections.abc import Callable

import pytest

from protocol.limits import SEEN_DIGESTS_MAX
from tests.protocol.conversation import (
    PROPOSER,
    RESPONDENT,
    Conversation,
    accepted,
)

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
