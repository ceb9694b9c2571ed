"""What `make test` is made of does what it says: interpreters, environments, coverage without the shared folder."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import coverage_floors, environments, run_all
from tests.architecture.source_tree import REPOSITORY
from tests.case_draw import Case, draw_cases
from tests.shared_uses import SharedUses


def test_the_interpreter_that_runs_this_is_found_and_no_language_version_twice(tmp_path: Path) -> None:
    discovery = environments.find_interpreters(search_path=str(tmp_path))

    minors = [interpreter.minor for interpreter in discovery.interpreters]
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in minors
    assert len(set(minors)) == len(minors)
    assert not set(minors) & set(discovery.absent_minors)


def test_a_file_that_only_has_an_interpreters_name_is_not_taken_for_one(tmp_path: Path) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'python3.99: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)

    discovery = environments.find_interpreters(search_path=str(tmp_path))

    assert "3.99" not in {interpreter.minor for interpreter in discovery.interpreters}


def test_an_environment_is_stale_until_its_stamp_fits(tmp_path: Path) -> None:
    interpreter = environments.Interpreter(path=Path(sys.executable), version=(3, 11, 7))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()

    before = environments.is_fresh(tmp_path, interpreter)
    environments.write_stamp(tmp_path, interpreter)
    after = environments.is_fresh(tmp_path, interpreter)
    for_another = environments.is_fresh(tmp_path, environments.Interpreter(interpreter.path, (3, 11, 8)))

    assert (before, after, for_another) == (False, True, False)
    assert environments.maker_of(tmp_path) == interpreter


def test_the_first_environment_begins_with_the_locked_pip_and_its_hashes() -> None:
    entry = environments.locked_pip()

    assert re.fullmatch(r"pip==[0-9.]+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", entry)


CASES = tuple(
    Case(f"tests/a.py::test_{name}", frozenset(fixtures))
    for name, fixtures in (
        ("two", ()),
        *((f"one[{number}]", ("tmp_path",)) for number in range(20)),
        *((f"pair_{number}", ("pair", "tmp_path")) for number in range(20)),
    )
)


def test_a_draw_takes_so_many_cases_of_each_test_and_others_with_another_seed() -> None:
    drawn = draw_cases(CASES, cases_max=3, seed="1")

    assert Counter(re.split(r"\d|\[", case_id)[0] for case_id in drawn) == {
        "tests/a.py::test_two": 1,
        "tests/a.py::test_one": 3,
        "tests/a.py::test_pair_": 3,
    }
    assert draw_cases(reversed(CASES), cases_max=3, seed="1") == drawn
    assert draw_cases(CASES, cases_max=3, seed="2") != drawn
    assert draw_cases(CASES, cases_max=20, seed="1") == {case.case_id for case in CASES}


def test_with_a_most_of_cases_the_others_are_left_out_and_counted() -> None:
    listed = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "--cases-max=2",
            "tests/commands/test_command_line.py",
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    cases = Counter(line.partition("[")[0] for line in listed.splitlines() if "[" in line)
    assert set(cases.values()) == {2}
    assert re.search(r"\d+/\d+ tests collected \(\d+ deselected\)", listed)


def test_where_no_compiled_files_may_be_written_they_go_into_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    told = environments.without_compiling_again(tmp_path)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    untold = environments.without_compiling_again(tmp_path)

    assert "PYTHONDONTWRITEBYTECODE" not in told
    assert told["PYTHONPYCACHEPREFIX"] == str(tmp_path / "compiled")
    assert "PYTHONPYCACHEPREFIX" not in untold


def test_from_its_first_use_of_the_shared_folder_a_test_counts_apart_and_so_do_its_later_cases(tmp_path: Path) -> None:
    switched: list[str] = []
    uses = SharedUses(tmp_path, switch=switched.append)

    uses.watch("open", (f"{tmp_path}/jcs.json", "r"))
    uses.begin("tests/a.py::test_vectors[x]")
    uses.watch("open", ("/elsewhere/jcs.json", "r"))
    uses.watch("import", (f"{tmp_path}/jcs.json",))
    before = list(switched)
    uses.watch("open", (f"{tmp_path}/jcs.json", "r"))
    uses.watch("os.listdir", (f"{tmp_path}/more",))
    uses.end()
    uses.begin("tests/a.py::test_vectors[y]")
    uses.end()
    uses.begin("tests/a.py::test_ours")
    uses.end()

    assert before == []
    assert switched == ["shared", "", "shared", ""]


def test_lines_of_every_context_but_the_shared_one_are_our_own() -> None:
    kept = [context for context in ("", "shared", "shared-not") if re.search(coverage_floors.OWN_LINES, context)]

    assert kept == ["", "shared-not"]


@pytest.mark.parametrize(
    ("line", "is_summary"),
    [
        ("=========== 3501 passed, 2 skipped in 216.67s (0:03:36) ============", True),
        ("==== 1 failed, 1 error in 0.52s ====", True),
        ("=========================== short test summary info ============================", False),
        ("---- 3 passed in 1s", False),
    ],
)
def test_the_summary_of_pytest_is_recognised(line: str, is_summary: bool) -> None:
    assert bool(run_all.SUMMARY.fullmatch(line)) is is_summary


def test_make_without_a_target_lists_every_target() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))

    shown = subprocess.run(["make"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60).stdout

    assert {"help", "demo", "test", "bench", "soak", "lint", "types"} <= targets
    assert all(f"make {target} " in shown for target in targets)


def test_the_checking_machine_can_run_its_script() -> None:
    script = REPOSITORY / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("exec make test")
