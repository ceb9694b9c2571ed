"""The demo as people and programs run it: processes of its own, stopped in every way it can be stopped."""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.running import krets

REPOSITORY = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "cli", "demo"]
STORY_SECONDS_MAX = 400.0
"""Under half a minute on an idle machine; test runs beside each other may take many times that."""
STEPS = [
    "set-up", "serve", "import", "peer", "offer", "guard", "need", "request", "accept", "race", "handover",
    "settle", "compare",
]  # fmt: skip


@contextmanager
def started(*words: str, environment: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """The demo as a process that does not outlive the test."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("KRETS_")}
    with subprocess.Popen(
        [*DEMO, *words],
        cwd=REPOSITORY,
        # A folder meant for another node must not become the demo's.
        env={**inherited, "KRETS_HOME": "nowhere", "KRETS_NAME": "Somebody else", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=30)


def is_running(pid: int) -> bool:
    """Whether a process has this number and is more than a name waiting to be reaped."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def rows_of(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a node's own database says."""
    with closing(sqlite3.connect(f"file:{home}/krets.db?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.slow
@pytest.mark.timeout(450)
def test_once_with_two_nodes_exits_0_and_both_databases_tell_the_same_story(tmp_path: Path) -> None:
    with started("--once", "--nodes", "2", "--json", "--home", str(tmp_path / "demo")) as process:
        out, err = process.communicate(timeout=STORY_SECONDS_MAX)

    document = json.loads(out)
    assert process.returncode == 0, err
    assert document.keys() == {"ok", "steps", "nodes", "agreement"}
    assert document["ok"] is True
    assert [step["name"] for step in document["steps"]] == STEPS
    assert all(step.keys() == {"name", "ok", "detail"} and step["ok"] and step["detail"] for step in document["steps"])
    assert [node["name"] for node in document["nodes"]] == ["Asker", "Bærum"]
    assert all(node.keys() == {"name", "address", "home", "pid"} for node in document["nodes"])
    assert not any(is_running(node["pid"]) for node in document["nodes"])
    homes = [Path(node["home"]) for node in document["nodes"]]
    assert {home.parent for home in homes} == {tmp_path / "demo"}
    agreed = "SELECT agreement_iri, phase, quantity, given, received, held FROM agreements WHERE phase = 'completed'"
    assert (
        rows_of(homes[0], agreed) == rows_of(homes[1], agreed) == [(document["agreement"], "completed", 24, 24, 24, 0)]
    )
    exchanged = "SELECT digest FROM messages WHERE thread_iri IS NOT NULL ORDER BY digest"
    assert rows_of(homes[0], exchanged) == rows_of(homes[1], exchanged)
    assert rows_of(homes[1], "SELECT count(*) FROM agreements WHERE phase = 'rejected'") == [(1,)]
    assert all(path.stat().st_mode & 0o077 == 0 for home in homes for path in (home / "keys").iterdir())


@pytest.mark.slow
@pytest.mark.timeout(450)
def test_the_default_story_is_told_and_the_nodes_serve_until_term(tmp_path: Path) -> None:
    with started("--home", str(tmp_path)) as process:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if "keep running until Ctrl-C" in line:
                break
        for name, port in re.findall(
            r"^ +(\S+) +http://127\.0\.0\.1:(\d+)/$", "".join(process.stdout.readline() for _ in range(4)), re.MULTILINE
        ):
            told.append(name)
            with closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)) as connection:
                connection.request("GET", "/")
                answer = connection.getresponse()
                assert answer.status == 200
                assert name in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        rest, err = process.communicate(timeout=60)

    story = "".join(told)
    assert process.returncode == 0, err
    assert told[-4:] == ["Asker", "Bærum", "Drammen", "Eventyrverkstedet"]
    assert err == ""
    assert "\x1b" not in story
    assert story.count("✓") == len(STEPS) + 1
    assert "All nodes have stopped." in rest
    pids = [int(pid) for pid in re.findall(r"\(process (\d+)\)", story)]
    assert len(pids) == 4
    assert not any(is_running(pid) for pid in pids)


@pytest.mark.slow
@pytest.mark.timeout(450)
def test_a_node_killed_in_the_middle_fails_the_demo_which_says_where(tmp_path: Path) -> None:
    with started("--once", "--nodes", "2", "--json", "--home", str(tmp_path)) as process:
        assert process.stderr is not None
        pids: dict[str, int] = {}
        for line in process.stderr:
            if found := re.search(r"^ +(\S+) .*\(process (\d+)\)", line):
                pids[found[1]] = int(found[2])
            if "Asker offers" in line:
                break
        os.kill(pids["Bærum"], signal.SIGKILL)
        out, err = process.communicate(timeout=STORY_SECONDS_MAX)

    document = json.loads(out)
    assert process.returncode == 1
    assert document["ok"] is False
    failed = document["steps"][-1]
    assert (failed["name"], failed["ok"]) == ("offer", False)
    assert all(step["ok"] for step in document["steps"][:-1])
    assert document["error"]["code"] == "demo-failed"
    assert "at the step offer" in document["error"]["message"]
    assert f"the node of Bærum (process {pids['Bærum']}) was killed by signal 9" in document["error"]["message"]
    assert "✗" in err
    assert not any(is_running(pid) for pid in pids.values())


@pytest.mark.slow
@pytest.mark.timeout(450)
def test_an_interrupt_in_the_middle_stops_every_node_and_leaves_the_temporary_folder(tmp_path: Path) -> None:
    with started("--nodes", "2", "--json", environment={"TMPDIR": str(tmp_path)}) as process:
        assert process.stderr is not None
        pids = []
        for line in process.stderr:
            pids += [int(pid) for pid in re.findall(r"\(process (\d+)\)", line)]
            if "brings in its inventory" in line:
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    document = json.loads(out)
    assert "interrupted" in document["error"]["message"]
    (folder,) = tmp_path.glob("krets-demo-*")
    assert [Path(node["home"]).parent for node in document["nodes"]] == [folder, folder]
    assert len(pids) == 2
    assert not any(is_running(pid) for pid in pids)


@pytest.mark.parametrize("count", ["1", "16", "0", "four"])
def test_a_number_of_nodes_outside_2_to_15_is_refused(count: str) -> None:
    outcome = krets("demo", "--nodes", count, "--once")

    assert outcome.exit_code == 2
    assert outcome.err.count("\n") == 1
    assert "--nodes" in outcome.err


def test_a_folder_of_an_earlier_demo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "baerum").mkdir()

    outcome = krets("demo", "--once", "--nodes", "2", "--json", home=tmp_path)

    assert outcome.exit_code == 1
    assert outcome.document["error"]["code"] == "exists"
    assert list(tmp_path.iterdir()) == [tmp_path / "baerum"]


def test_a_file_as_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    outcome = krets("demo", "--once", home=tmp_path / "file")

    assert outcome.exit_code == 2
    assert outcome.err.count("\n") == 1
