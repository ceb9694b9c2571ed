"""Opening a node, and serving it as a process of its own: what is refused, and how it stops."""

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from node.app import ServeRefused, _take_lock, serve
from node.domain.outcomes import RefusedError
from node.domain.places import Coordinates
from node.federation.objects import NOT_FOUND_SECONDS
from node.jobs import RESTART_SECONDS, keep_running, run_guarded
from node.keys import KeysInvalid
from node.opening import draw_fresh_token, is_served, open_node, published_coordinates, read_clock
from node.settings import Settings
from tests.cast import Clock
from tests.federation.serving import Network, Served, make_app, make_home, problem_of
from tests.shared_files import REPOSITORY

SERVE = """
import asyncio, os, sys
from pathlib import Path
from node.app import ServeRefused, serve
from node.settings import load_settings
try:
    asyncio.run(serve(load_settings(Path(sys.argv[1]), os.environ), sys.argv[2]))
except ServeRefused as refused:
    sys.exit(refused.safe_text)
"""


@pytest.fixture
def settings(tmp_path: Path, template: Path) -> Settings:
    """The settings of a node whose folder is complete, on this machine's clock."""
    return make_home(tmp_path, "asker", template=template, clock=read_clock, dev=True, domain="127.0.0.1:8299")


@contextmanager
def started(home: Path, listen: str = "127.0.0.1:0") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A serving process, with the line it prints once it serves."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(home), listen], stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    assert process.stderr is not None
    try:
        yield process, process.stderr.readline()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_an_open_node_reads_and_writes_and_closes(settings: Settings) -> None:
    with open_node(settings) as node:
        node.write(lambda connection: connection.execute("UPDATE node SET created_at = 'then'").rowcount)
        assert node.read(lambda connection: connection.execute("SELECT created_at FROM node").fetchone()[0]) == "then"

    assert node.author.actor_iri == settings.actor_iri
    with pytest.raises(RuntimeError):
        node.read(lambda connection: None)


def test_a_missing_database_is_told_and_not_made(settings: Settings) -> None:
    settings.database_path.unlink()

    with pytest.raises(RefusedError, match="restore it from the backup"):
        open_node(settings)
    assert not settings.database_path.exists()


def test_a_file_that_is_no_database_is_told(settings: Settings) -> None:
    settings.database_path.write_bytes(b"this is a text of more than a hundred bytes " * 20)

    with pytest.raises(RefusedError, match="is damaged; restore"):
        open_node(settings)


def test_the_database_of_another_node_is_told(settings: Settings) -> None:
    connection = sqlite3.connect(settings.database_path)
    connection.execute("UPDATE node SET actor_iri = 'https://hole.example/actor'")
    connection.commit()
    connection.close()

    with pytest.raises(RefusedError, match=r"hole\.example"):
        open_node(settings)


def test_missing_keys_are_told(settings: Settings) -> None:
    shutil.rmtree(settings.home / "keys")

    with pytest.raises(KeysInvalid, match="is missing"):
        open_node(settings)


def test_a_serving_node_that_lacks_a_transport_key_closes_its_database(settings: Settings) -> None:
    (settings.home / "keys" / "main-key.pem").unlink()

    with pytest.raises(KeysInvalid, match=r"main-key\.pem"):
        make_app(settings, network=Network(), clock=Clock())


def test_tokens_are_long_and_never_the_same() -> None:
    drawn = {draw_fresh_token() for _ in range(100)}

    assert len(drawn) == 100
    assert all(len(token) == 22 for token in drawn)


def test_the_place_that_is_published_is_on_the_grid(settings: Settings) -> None:
    assert published_coordinates(settings) == Coordinates(latitude=59.83, longitude=10.44)


def test_the_clock_is_aware_of_its_zone() -> None:
    assert read_clock().utcoffset() == timedelta(0)


def test_a_node_serves_says_so_and_stops_in_order(settings: Settings) -> None:
    assert not is_served(settings.home)

    with started(settings.home) as (process, line):
        assert line.startswith("serving http://127.0.0.1:8299 on 127.0.0.1:")
        assert is_served(settings.home)
        address = line.rsplit(" ", 1)[1].strip()
        with urllib.request.urlopen(f"http://{address}/actor", timeout=10) as answer:
            assert answer.headers["Content-Type"] == "application/activity+json"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0

    assert not is_served(settings.home)


def test_a_request_under_way_is_answered_before_the_node_stops(settings: Settings) -> None:
    with started(settings.home) as (process, line):
        host, _, port = line.rsplit(" ", 1)[1].strip().rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"GET /proposals/none HTTP/1.1\r\nHost: 127.0.0.1:8299\r\n\r\n")
            time.sleep(NOT_FOUND_SECONDS / 5)
            process.send_signal(signal.SIGINT)
            assert connection.recv(100).startswith(b"HTTP/1.1 404")
        assert process.wait(timeout=20) == 0


def test_a_folder_is_served_by_one_process_only(settings: Settings) -> None:
    with started(settings.home), started(settings.home) as (second, line):
        assert second.wait(timeout=20) == 1

    assert "is served already" in line


def test_a_folder_can_be_served_again_after_a_kill(settings: Settings) -> None:
    with started(settings.home) as (process, _):
        process.kill()
        process.wait()

    with started(settings.home) as (_, line):
        assert line.startswith("serving")


def test_a_busy_port_is_told_with_advice(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(settings.home, f"127.0.0.1:{port}") as (process, line):
            assert process.wait(timeout=20) == 1

    assert f"Port {port} on 127.0.0.1 is in use" in line
    assert "--listen" in line
    assert not is_served(settings.home)


@pytest.mark.parametrize(
    ("listen", "message"),
    [
        ("8201", "must be HOST:PORT"),
        ("no-such-host.invalid:8201", "is not an address of this machine"),
        ("192.0.2.7:8201", "is not an address of this machine"),
    ],
)
async def test_an_address_that_cannot_be_listened_on_is_told(settings: Settings, listen: str, message: str) -> None:
    with pytest.raises(ServeRefused, match=message):
        await serve(settings, listen)
    assert not await asyncio.to_thread(is_served, settings.home)


def test_a_connection_that_sends_half_a_header_does_not_keep_others_waiting(settings: Settings) -> None:
    with started(settings.home) as (_, line):
        host, _, port = line.rsplit(" ", 1)[1].strip().rpartition(":")
        slow = [socket.create_connection((host, int(port)), timeout=10) for _ in range(50)]
        for connection in slow:
            connection.sendall(b"GET /actor HTTP/1.1\r\nHo")
        with urllib.request.urlopen(f"http://{host}:{port}/actor", timeout=10) as answer:
            assert answer.status == 200
        for connection in slow:
            connection.close()


async def test_a_mistake_of_ours_is_a_500_with_an_id_that_the_log_has_too(
    asker: Served, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(asker.node.write, lambda connection: connection.execute("DROP TABLE peers").rowcount)

    answer = await asker.get("/proposals/x", **{"Signature-Input": 'a=("@method");keyid="k"', "Signature": "a=:AA==:"})

    assert problem_of(answer)[0] in (500, 503)
    assert b"peers" not in answer.body


async def test_a_database_that_is_closed_is_answered_503(asker: Served) -> None:
    await asyncio.to_thread(asker.node.close)

    answer = await asker.get("/proposals/x")

    assert problem_of(answer) == (503, "busy")
    assert answer.headers["Retry-After"] == "5"


async def test_a_job_that_fails_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    await run_guarded("sums", fail)

    assert "'sums' failed" in caplog.text


async def test_a_loop_that_fails_is_begun_again(caplog: pytest.LogCaptureFixture) -> None:
    runs: asyncio.Queue[str] = asyncio.Queue()

    async def fail() -> None:
        await runs.put("run")
        raise ZeroDivisionError

    task = asyncio.create_task(keep_running("sums", fail))
    async with asyncio.timeout(RESTART_SECONDS * 10):
        assert [await runs.get(), await runs.get()] == ["run", "run"]
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_jobs_answer_what_expired_and_forget_old_signatures(asker: Served, clock: Clock) -> None:
    from node.jobs import Jobs

    jobs = Jobs(database=asker.node.database, author=asker.node.author, clock=lambda: clock.now)
    await asyncio.to_thread(
        asker.node.write,
        lambda connection: (
            connection.execute("INSERT INTO replay_memory VALUES ('k', 'n', '2026-11-23T11:59:00Z')") and None
        ),
    )

    await jobs.expire_requests()
    await jobs.forget_nonces()

    assert await asyncio.to_thread(asker.rows, "replay_memory") == []


def test_a_start_waits_while_somebody_asks_whether_the_folder_is_served(settings: Settings) -> None:
    descriptor = os.open(settings.home / "serve.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    threading.Timer(0.1, os.close, (descriptor,)).start()

    _take_lock(settings.home).close()


def test_the_lock_is_not_taken_by_asking(settings: Settings) -> None:
    (settings.home / "serve.lock").touch()

    assert not is_served(settings.home)
    assert not is_served(settings.home)
    assert os.access(settings.home / "serve.lock", os.R_OK)
