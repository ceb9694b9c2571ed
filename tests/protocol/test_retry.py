"""When to try again: doubling to the cap, jitter within each step."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.limits import RETRY_CAP_SECONDS
from protocol.retry import next_attempt_seconds

jitters = st.floats(min_value=0, max_value=1, exclude_max=True)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.5), (2, 1), (3, 2), (11, 512), (12, 1024), (13, 1800), (14, 1800), (10**9, 1800)]
)
def test_without_jitter_the_wait_is_half_of_a_doubling_time_up_to_the_cap(failures: int, seconds: float) -> None:
    assert next_attempt_seconds(failures, jitter=0.0) == seconds


@given(failures=st.integers(min_value=1, max_value=10**6), jitter=jitters)
def test_the_wait_lies_in_the_upper_half_of_its_step(failures: int, jitter: float) -> None:
    step = next_attempt_seconds(failures, jitter=0.0) * 2

    wait = next_attempt_seconds(failures, jitter=jitter)

    assert step / 2 <= wait <= step <= RETRY_CAP_SECONDS


@given(failures=st.integers(min_value=1, max_value=10**6), jitter=jitters)
def test_one_more_failure_never_shortens_the_wait(failures: int, jitter: float) -> None:
    assert next_attempt_seconds(failures, jitter=jitter) <= next_attempt_seconds(failures + 1, jitter=jitter)


@pytest.mark.parametrize(("failures", "jitter"), [(0, 0.5), (-1, 0.5), (1, -0.1), (1, 1.0), (1, math.nan)])
def test_arguments_out_of_range_are_the_callers_error(failures: int, jitter: float) -> None:
    with pytest.raises(ValueError, match=r"failure|jitter"):
        next_attempt_seconds(failures, jitter=jitter)
