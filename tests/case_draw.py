"""Which tests run where not all of them do: some cases of each, others with every seed.

Tests that begin with nodes being started (the fixtures `pair` and `stage`) count as cases of one test in each file.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

COSTLY_FIXTURES = frozenset({"pair", "stage"})


@dataclass(frozen=True, slots=True)
class Case:
    """A collected test, or a case of one: `file::test`, and for a case `[case]` after it."""

    case_id: str
    fixtures: frozenset[str]

    @property
    def group(self) -> str:
        """Of what it is a case."""
        path, _, rest = self.case_id.partition("::")
        return path if self.fixtures & COSTLY_FIXTURES else f"{path}::{rest.partition('[')[0]}"


def draw_cases(cases: Iterable[Case], *, cases_max: int, seed: str) -> frozenset[str]:
    """The ids of at most `cases_max` cases of each group. Neither order nor process changes what a seed draws."""
    groups: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        groups[case.group].append(case.case_id)

    def lot(case_id: str) -> bytes:
        return hashlib.sha256(f"{seed} {case_id}".encode()).digest()

    return frozenset(case_id for ids in groups.values() for case_id in sorted(ids, key=lot)[:cases_max])
