"""Whatever towns do and however the network behaves, nothing is promised twice and in the end everybody agrees."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from node.domain.delivery import Subscription
from node.domain.requests import Approval
from tests.operations.market import Market

# The other tests measure what these repeat for many histories; measured, these take three times as long.
pytestmark = pytest.mark.no_cover

HISTORIES = settings(
    max_examples=min(25, settings().max_examples),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def test_in_no_history_is_more_promised_than_there_is_and_the_parties_end_up_agreed() -> None:
    run_state_machine_as_test(Market, settings=HISTORIES)


@pytest.mark.soak
def test_in_no_history_of_very_many_is_more_promised_than_there_is() -> None:
    run_state_machine_as_test(Market, settings=settings(HISTORIES, max_examples=3_000, stateful_step_count=80))


class ForgetfulMarket(Market):
    """The same, where nodes decide by numbers that are no longer true, and their tables do not mind."""

    def hand_in(self, name: str, known: Subscription, *, after: int, count: int) -> int:
        """Hand entries in while every node believes to have more on offer than it has."""
        self.count_wrong(more=5)
        through = super().hand_in(name, known, after=after, count=count)
        self.count_wrong(more=-5)
        return through

    def compare_towns(self) -> None:
        """Nothing: that the catalogues differ then is no news."""

    def count_wrong(self, *, more: int) -> None:
        """Change what the tables say is on offer."""
        for town in self.towns.values():
            town.approval = Approval.AUTOMATIC
            town.connection.execute("PRAGMA ignore_check_constraints = ON")
            town.connection.execute("UPDATE proposals SET quantity = quantity + ? WHERE peer_id IS NULL", (more,))


def test_a_node_that_decides_by_wrong_numbers_is_found_out() -> None:
    histories = settings(
        HISTORIES, max_examples=400, derandomize=True, database=None, phases=[Phase.generate], print_blob=False
    )

    with pytest.raises(AssertionError, match="promised more of item"):
        run_state_machine_as_test(ForgetfulMarket, settings=histories)
