"""When to try again to reach a peer, as a pure function: the caller brings the count of failures and the randomness."""

from protocol.limits import RETRY_CAP_SECONDS, RETRY_FIRST_SECONDS

# From this exponent on the doubling exceeds the cap, whatever the count; keeps 2 ** failures small.
_EXPONENT_MAX = RETRY_CAP_SECONDS.bit_length()


def next_attempt_seconds(failures: int, *, jitter: float) -> float:
    """Seconds to wait after `failures` failures in a row (1 or more) before the next attempt; there is no last one.

    The wait is d * (1 + jitter) / 2 with d = min(RETRY_CAP_SECONDS, RETRY_FIRST_SECONDS * 2 ** (failures - 1)), so it
    lies in [d/2, d): 0.5 to 1 s after the first failure, half an hour to an hour from the thirteenth on. `jitter` is
    a fresh random number in [0, 1); it spreads the peers of a node that was away, so that they do not return in step.
    Raises ValueError on arguments out of range.

    >>> [next_attempt_seconds(failures, jitter=0.5) for failures in (1, 2, 3, 12, 13, 1000)]
    [0.75, 1.5, 3.0, 1536.0, 2700.0, 2700.0]
    """
    if failures < 1:
        raise ValueError("the wait follows at least one failure")
    if not 0 <= jitter < 1:
        raise ValueError("jitter lies in [0, 1)")
    doubled: int = RETRY_FIRST_SECONDS * 2 ** min(failures - 1, _EXPONENT_MAX)
    return min(RETRY_CAP_SECONDS, doubled) * (1 + jitter) / 2
