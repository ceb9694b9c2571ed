"""Holds the measured coverage against the floors, with and without the tests that need the shared folder.

The vectors and corpora of the shared folder are not part of this project, so nothing may be covered by them alone. One
run is enough to know: every line is recorded with the test that ran it, the tests that touched the shared folder are
listed in a file, and the second verdict leaves their lines out.

    python -m tests.coverage_floors FILE      FILE lists the tests that used the shared folder, one id a line
"""

import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import coverage


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


def contexts_without(test_ids: frozenset[str]) -> str:
    """A pattern for the contexts of every test but these; lines run outside any test count as well."""
    left_out = "|".join(re.escape(test_id) for test_id in sorted(test_ids))
    return rf"^(?!(?:{left_out})(?:\[|\||::|$))"


def read_test_ids(path: Path) -> frozenset[str]:
    """The ids in a file, without their parameters. An absent file is an empty one."""
    if not path.exists():
        return frozenset()
    return frozenset(line.split("[")[0].strip() for line in path.read_text(encoding="utf-8").splitlines() if line)


def measure(measured: coverage.Coverage, floor: Floor, *, contexts: list[str] | None) -> tuple[float, str]:
    """Percent reached and the table of what is missing."""
    table = io.StringIO()
    percent = measured.report(file=table, include=list(floor.include), contexts=contexts, show_missing=True)
    return percent, table.getvalue()


def main(arguments: list[str]) -> int:
    """Print each verdict. Returns the exit status: 0 if every floor is reached."""
    test_ids = read_test_ids(Path(arguments[0]))
    measured = coverage.Coverage()
    measured.load()
    verdicts: list[tuple[str, list[str] | None]] = [("all tests", None)]
    if test_ids:
        verdicts.append((f"without the {len(test_ids)} that use the shared folder", [contexts_without(test_ids)]))
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
    sys.exit(main(sys.argv[1:]))
