"""Which cases of parametrized tests run where not all of them do: some of each test, others with every seed."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol


class Case(Protocol):
    """What pytest collects, as far as a draw goes."""

    @property
    def nodeid(self) -> str:
        """`file::test`, and for a case of a parametrized test `[case]` after it."""
        ...


def draw_cases(cases: Iterable[Case], *, cases_max: int, seed: str) -> frozenset[str]:
    """The ids of at most `cases_max` cases of each test. Neither order nor process changes what a seed draws."""
    by_test: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        by_test[case.nodeid.partition("[")[0]].append(case.nodeid)

    def lot(case_id: str) -> bytes:
        return hashlib.sha256(f"{seed} {case_id}".encode()).digest()

    return frozenset(case_id for ids in by_test.values() for case_id in sorted(ids, key=lot)[:cases_max])
