"""Holds the measured coverage against the floors, with and without the tests that need the shared folder.

The vectors and corpora of the shared folder are not part of this project, so nothing may be covered by them alone. One
run is enough to know: what a test runs after it has turned to that folder is recorded apart (`shared_uses.py`), and the
second verdict leaves it out.

    python -m tests.coverage_floors
"""

import io
import sys
from dataclasses import dataclass

import coverage

from tests.shared_uses import SHARED_CONTEXT


@dataclass(frozen=True, slots=True)
class Floor:
    """A share of lines and branches, in percent, that some files must reach."""

    name: str
    include: tuple[str, ...]
    percent_min: float


FLOORS = (
    Floor(name="protocol/ and node/domain/", include=("protocol/*", "node/domain/*"), percent_min=100.0),
    Floor(name="overall", include=("cli.py", "node/*", "protocol/*", "schemas/*"), percent_min=90.0),
)


OWN_LINES = rf"^(?!{SHARED_CONTEXT}$)"
"""Matches every context but the one of the shared folder; lines run outside any test have an empty one."""


def measure(measured: coverage.Coverage, floor: Floor, *, contexts: list[str] | None) -> tuple[float, str]:
    """Percent reached and the table of what is missing."""
    table = io.StringIO()
    percent = measured.report(file=table, include=list(floor.include), contexts=contexts, show_missing=True)
    return percent, table.getvalue()


def main() -> int:
    """Print each verdict. Returns the exit status: 0 if every floor is reached."""
    measured = coverage.Coverage()
    measured.load()
    verdicts: list[tuple[str, list[str] | None]] = [
        ("all tests", None),
        ("without what needs the shared folder", [OWN_LINES]),
    ]
    status = 0
    for which, contexts in verdicts:
        for floor in FLOORS:
            try:
                percent, table = measure(measured, floor, contexts=contexts)
            except coverage.exceptions.NoDataError:
                sys.stdout.write(f"{floor.name}, {which}: nothing measured\n")
                status = 1
                continue
            reached = percent >= floor.percent_min
            verdict = "reached" if reached else "NOT reached"
            sys.stdout.write(f"{floor.name}, {which}: {percent:.2f} % ({verdict}: {floor.percent_min:g} %)\n")
            if not reached:
                sys.stdout.write(table)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
