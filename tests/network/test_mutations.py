"""Each check is switched off in turn, in a process of its own, and exactly the test of that check fails."""

from collections import Counter
from pathlib import Path

import pytest

from tests.network.mutants import failing_tests, refusal_tests, weakened
from tests.network.mutations import ALONE, AT_ONCE, Mutation
from tests.network.stage import Stage

CONTROLS = frozenset(
    {
        "test_a_message_that_is_right_in_every_respect_is_taken",
        "test_a_request_by_a_peer_that_is_accepted_is_taken",
        "test_a_request_that_is_right_in_every_respect_is_taken",
        "test_the_same_message_posted_anew_gets_the_same_answer",
    }
)
"""Tests of what is taken: they show that what is refused elsewhere is refused for its one fault."""


@pytest.mark.slow
@pytest.mark.parametrize("mutation", ALONE + AT_ONCE, ids=lambda mutation: mutation.check)
def test_without_a_check_exactly_its_tests_fail(mutation: Mutation, stopped_stage: Stage, tmp_path: Path) -> None:
    with weakened(stopped_stage, mutation, folder=tmp_path) as mutant:
        failed = failing_tests(mutant)

    assert failed.keys() == mutation.fails, failed


def test_every_refusal_has_one_check_that_can_be_switched_off_alone() -> None:
    alone = Counter(name for mutation in ALONE for name in mutation.fails)

    assert alone == Counter(refusal_tests().keys() - CONTROLS)


def test_checks_that_are_switched_off_at_once_are_known_one_by_one() -> None:
    refusals = refusal_tests().keys()

    assert all(mutation.fails < refusals for mutation in AT_ONCE)
    assert all(len(mutation.fails) == 1 for mutation in ALONE)


def test_no_two_checks_have_one_name() -> None:
    names = [mutation.check for mutation in ALONE + AT_ONCE]

    assert len(set(names)) == len(names)
