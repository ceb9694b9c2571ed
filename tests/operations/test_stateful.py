"""Whatever towns do and however the network behaves, nothing is promised twice and in the end everybody agrees."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from node.operations.decide_request import send_accept
from tests.operations.market import Market, names, picks

HISTORIES = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def test_in_no_history_is_more_promised_than_there_is_and_the_parties_end_up_agreed() -> None:
    run_state_machine_as_test(Market, settings=HISTORIES)


class CarelessMarket(Market):
    """The same, where a town may say yes without looking what is left, and its tables do not mind."""

    @rule(name=names, pick=picks)
    def accept_blindly(self, name: str, pick: int) -> None:
        """Sign an Accept of whatever is asked."""
        town = self.towns[name]
        town.connection.execute("PRAGMA ignore_check_constraints = ON")
        found = self.pick_agreement(name, pick, we_propose=True)
        if found is not None and found.agreement_iri is None:
            town.run(send_accept, found)


def test_a_node_that_says_yes_without_looking_is_found_out() -> None:
    histories = settings(
        HISTORIES, max_examples=400, derandomize=True, database=None, phases=[Phase.generate], print_blob=False
    )

    with pytest.raises(AssertionError, match="promised more of item"):
        run_state_machine_as_test(CarelessMarket, settings=histories)
