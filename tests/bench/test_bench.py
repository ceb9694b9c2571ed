"""The measurements can be made. What they come to is for people to read."""

from pathlib import Path

import pytest

from tests.bench.inbound import Amount, measure_inbound
from tests.bench.measuring import Cost, describe_machine, middle, spread


@pytest.mark.slow
def test_a_short_run_of_the_inbound_measurement_gives_its_ratios(tmp_path: Path) -> None:
    lines = list(measure_inbound(tmp_path, Amount(activities=20, runs=1)))

    assert any("whole node / raw limit" in line for line in lines)


def test_the_middle_of_several_runs_is_the_one_with_the_median_processor_time() -> None:
    costs = [Cost(count=10, cpu_seconds=seconds, seconds=1.0) for seconds in (0.004, 0.001, 0.002)]

    assert middle(costs).cpu_microseconds == 200.0
    assert spread(costs) == "±75%"


def test_the_machine_is_described_in_one_line() -> None:
    assert "\n" not in describe_machine()
