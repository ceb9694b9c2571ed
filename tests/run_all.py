"""What `make test` does: style, import direction, types, every test with coverage, every installed Python.

Only the order of things belongs here. Each step is a command that can also be run by hand; the run goes on after a
failed step, so that one look shows everything that is wrong, and exits non-zero at the end. Standard library only.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tests.environments import (
    REPOSITORY,
    Discovery,
    Interpreter,
    SetupFailed,
    begin_environment,
    environment_folder,
    fill_environment,
    find_interpreters,
    python_in,
    without_compiling_again,
)

WORKERS = max(2, min(8, os.cpu_count() or 2))
"""Test processes at once on the first interpreter; the others have one beside them, because many tests only wait."""

CASES_MAX = 2
"""Cases of each parametrized test on a further interpreter. The first one runs all of them."""

ON_EVERY_PYTHON = (
    "tests/protocol",
    "tests/schemas",
    "tests/domain",
    "tests/store",
    "tests/sheets",
    "tests/serving",
    "tests/web",
    "tests/operations/test_exchange.py",
    "tests/operations/test_inventory.py",
    "tests/federation/test_exchange_over_http.py",
    "tests/federation/test_transport.py",
    "tests/commands/test_catalogue.py",
    "tests/commands/test_exchange.py",
    "tests/commands/test_init.py",
    "tests/commands/test_item_import.py",
)
"""What may differ from Python to Python: everything pure, the database, a node that starts and stops, and one way
through the use cases, over HTTP and by commands. The rest runs on the first interpreter only (docs/adr/0012)."""

SUMMARY = re.compile(r"=+ .*\bin \d[\d.]*s.* =+")
"""pytest's own last line."""


@dataclass
class Run:
    """What has happened so far in one `make test`."""

    failed: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    def step(
        self,
        name: str,
        python: Path,
        *words: str,
        variables: dict[str, str] | None = None,
        output: TextIO = sys.stdout,
    ) -> str:
        """Run something with an environment's Python, passing its output on as it comes.

        Returns its last summary line of pytest, if any.
        """
        print(f"\n--- {name}", file=output, flush=True)
        started_at = time.monotonic()
        summary = ""
        with subprocess.Popen(
            [str(python), *words],
            cwd=REPOSITORY,
            env={**without_compiling_again(python.parent.parent), **(variables or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", file=output, flush=True)
                if SUMMARY.fullmatch(line.strip()):
                    summary = line.strip()
        seconds = time.monotonic() - started_at
        verdict = "passed" if process.returncode == 0 else f"FAILED (exit {process.returncode})"
        self.outcomes.append(f"{name}: {verdict} in {seconds:.0f} s")
        if process.returncode != 0:
            self.failed.append(name)
        return summary


def main() -> int:
    """Run everything. Returns the exit status: 0 only if every step passed."""
    discovery = find_interpreters()
    if not discovery.interpreters:
        print(f"no usable Python >= 3.11: {'; '.join(discovery.left_out)}", file=sys.stderr)
        return 1
    first, *others = discovery.interpreters
    run = Run()
    folder = environment_folder(first, is_first=True)
    also = ", ".join(other.label for other in others) or "none"
    print(f"first interpreter: Python {first.label}; also: {also}", flush=True)
    python = python_in(folder)
    with ThreadPoolExecutor(max_workers=1) as background:
        try:
            begin_environment(first, folder)
            told_beside = [background.submit(test_beside, run, other, pip_from=python) for other in others]
            fill_environment(first, folder, pip_from=python)
            check_source(run, python=python)
            summary = test_everything(run, python=python, label=first.label)
        except (SetupFailed, KeyboardInterrupt) as reason:
            text = f"The set-up failed.\n{reason}" if isinstance(reason, SetupFailed) else "Interrupted."
            print(text, file=sys.stderr, flush=True)
            background.shutdown(wait=False, cancel_futures=True)
            return 1
        for told in told_beside:
            print(told.result(), end="", flush=True)
    close(run, discovery, first=first)
    print(summary or "pytest gave no summary")
    return 1 if run.failed else 0


def check_source(run: Run, *, python: Path) -> None:
    """Everything that can be known without running the code."""
    run.step("style", python, "-m", "ruff", "check", ".")
    run.step("format", python, "-m", "ruff", "format", "--check", ".")
    run.step("import direction", python, str(python.parent / "lint-imports"), "--no-cache")
    run.step("types", python, "-m", "mypy")


def test_everything(run: Run, *, python: Path, label: str) -> str:
    """All tests but the soak on the first interpreter, with coverage. Returns pytest's summary line."""
    with tempfile.TemporaryDirectory() as scratch:
        variables = {
            # Apart from the repository, so that another run there cannot take these figures away.
            "COVERAGE_FILE": str(Path(scratch) / "coverage"),
            # Contexts tell what needed the shared folder; only the C tracer records them on every version of Python.
            "COVERAGE_CORE": "ctrace",
        }
        measured = ("--cov", "--cov-report=")
        summary = run.step(
            f"tests on {label}", python, "-m", "pytest", "-n", str(WORKERS), *measured, variables=variables
        )
        run.step("coverage", python, "-m", "tests.coverage_floors", variables=variables)
    return summary


def test_beside(run: Run, interpreter: Interpreter, *, pip_from: Path) -> str:
    """A further interpreter runs what may differ there and is not slow, some cases of each. Returns the output."""
    name = f"tests on {interpreter.label}"
    output = io.StringIO()
    folder = environment_folder(interpreter, is_first=False)
    try:
        fill_environment(interpreter, folder, pip_from=pip_from)
    except SetupFailed as failure:
        run.failed.append(name)
        run.outcomes.append(f"{name}: FAILED, no environment")
        return f"\n--- {name}\nno environment: {failure}\n"
    options = ["-q", "-n", "0", "-m", "not slow and not soak", "--hypothesis-profile=quick"]
    options += [f"--cases-max={CASES_MAX}", *ON_EVERY_PYTHON]
    run.step(name, python_in(folder), "-m", "pytest", *options, output=output)
    return output.getvalue()


def close(run: Run, discovery: Discovery, *, first: Interpreter) -> None:
    """Say what was done, with which interpreters, and what failed."""
    print("\n--- result")
    for outcome in run.outcomes:
        print(outcome)
    some = f"what may differ from Python to Python, {CASES_MAX} cases of each test"
    tested = ", ".join(
        f"{interpreter.label} ({'all tests' if interpreter == first else some})"
        for interpreter in discovery.interpreters
    )
    print(f"interpreters tested: {tested}")
    print(f"supported but not installed here: {', '.join(discovery.absent_minors) or 'none'}")
    for reason in discovery.left_out:
        print(f"left out: {reason}")
    print(f"failed: {', '.join(run.failed)}" if run.failed else "every step passed")


if __name__ == "__main__":
    sys.exit(main())
