"""Nodes as people run them: `krets init --dev`, then `krets serve` as a process, on a free port of the loopback.

    home = init_node(folder / "asker", name="Asker")
    with start_node(home) as node:
        run_krets("peer", "add", other.origin, home=node.home)
        ...
        node.kill()
        node = start_node(home)

A node that is not running answers commands all the same (`run_krets`). Only processes live here: what is said to a node
over HTTP is in `outsider.py`, and nothing here knows what a message is.
"""

import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.small_keys import write_small_key

T = TypeVar("T")

REPOSITORY = Path(__file__).resolve().parent.parent.parent

LOOPBACK = "127.0.0.1"

PORTS = (20_000, 32_000)
"""Below the range from which Linux takes ports for outgoing connections, so that none is taken before it is used."""

READY_SECONDS = 30.0
"""How long a node may take to answer: it starts in one second, but tests share two cores."""

STOP_SECONDS = 20.0
"""How long a node may take to finish after TERM; it gives deliveries under way some seconds itself."""

COMMAND_SECONDS = 60.0
POLL_SECONDS = 0.02

KRETS = (sys.executable, str(REPOSITORY / "cli.py"))
"""The command as a fresh interpreter runs it; what is tested is this checkout, installed or not."""


class NodeFailed(AssertionError):
    """A process ended or did not answer; the text has the end of its log."""


class CommandFailed(AssertionError):
    """A command that should have succeeded did not; the text has what it said."""


@dataclass
class RunningNode:
    """One `krets serve`. `address` is where it listens, which its `origin` names too unless a test says otherwise."""

    home: Path
    origin: str
    address: tuple[str, int]
    process: "subprocess.Popen[bytes]"
    log: Path = field(repr=False)

    @property
    def actor_iri(self) -> str:
        """Who the node is on the wire."""
        return f"{self.origin}/actor"

    @property
    def inbox_iri(self) -> str:
        """Where it takes messages."""
        return f"{self.origin}/inbox"

    @property
    def database_path(self) -> Path:
        """Its SQLite file, which tests only read."""
        return self.home / "krets.db"

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def stop(self) -> int:
        """Ask it to end (TERM) and wait. Returns its exit code; one that has ended already is left alone."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NodeFailed(f"{self.origin} did not stop on TERM:\n{self.log_tail()}") from None

    def kill(self) -> None:
        """End it at once (KILL), as a power cut does, and wait until it is gone."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def log_tail(self, *, chars: int = 4_000) -> str:
        """The end of what it wrote to stderr, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-chars:]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """A port that nobody listens on now, and that no outgoing connection will be given."""
    for _ in range(1_000):
        port = random.SystemRandom().randrange(*PORTS)
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise NodeFailed("no free port found")


def init_node(home: Path, *, name: str, port: int | None = None, settings: Mapping[str, str] | None = None) -> Path:
    """A new development node in `home`, for `port` of the loopback, with a small RSA key. Returns `home`.

    `settings` are further lines of its `krets.toml`, written as TOML: `{"approval": '"automatic"'}`.
    """
    run_krets(
        "init", "--dev", "--domain", f"{LOOPBACK}:{port or free_port()}", "--name", name, "--org-number", "920125298",
        "--latitude", "59.83", "--longitude", "10.44", home=home,
    )  # fmt: skip
    write_small_key(home)
    with (home / "krets.toml").open("a", encoding="utf-8") as file:
        file.writelines(f"{key} = {value}\n" for key, value in (settings or {}).items())
    return home


def origin_of_home(home: Path) -> str:
    """The origin of the node in this folder, as its database has it."""
    with closing(open_database(home / "krets.db")) as connection:
        actor_iri: str = connection.execute("SELECT actor_iri FROM node").fetchone()[0]
    return actor_iri.removesuffix("/actor")


def start_node(
    home: Path, *, environment: Mapping[str, str] | None = None, arguments: tuple[str, ...] = ()
) -> RunningNode:
    """`krets serve` on this folder, once it answers. Raises NodeFailed with its log if it does not.

    `environment` is added to this process's, `arguments` to the command's.
    """
    log = home.parent / f"{home.name}.log"
    origin = origin_of_home(home)
    host, port = origin.removeprefix("http://").split(":")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*KRETS, "serve", "--home", str(home), *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    node = RunningNode(home=home, origin=origin, address=(host, int(port)), process=process, log=log)
    try:
        wait_until_answering(node.address, is_alive=lambda: node.running)
    except BaseException as error:
        node.kill()
        if isinstance(error, NodeFailed):
            raise NodeFailed(f"{error}\n{node.log_tail()}") from None
        raise
    return node


def wait_until_answering(address: tuple[str, int], *, is_alive: Callable[[], bool]) -> None:
    """Return once a node answers HTTP at this address. Raises NodeFailed if it ends or is not ready in time."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if not is_alive():
            raise NodeFailed(f"the node for {address} ended at once")
        with closing(http.client.HTTPConnection(*address, timeout=READY_SECONDS)) as connection:
            try:
                connection.request("GET", "/.well-known/nodeinfo")
                if connection.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
        time.sleep(POLL_SECONDS)
    raise NodeFailed(f"no answer at {address} within {READY_SECONDS} seconds")


def run_krets(*arguments: str, home: Path, seconds: float = COMMAND_SECONDS) -> dict[str, Any]:
    """What the command printed as JSON. Raises CommandFailed unless it exits 0."""
    done = try_krets(*arguments, home=home, seconds=seconds)
    if done.returncode != 0:
        raise CommandFailed(f"krets {' '.join(arguments)} exited {done.returncode}: {done.stdout}{done.stderr}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def try_krets(*arguments: str, home: Path, seconds: float = COMMAND_SECONDS) -> "subprocess.CompletedProcess[str]":
    """The command with `--home` and `--json`, whatever it exits with."""
    return subprocess.run(
        [*KRETS, *arguments, "--home", str(home), "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def open_database(path: Path) -> sqlite3.Connection:
    """A connection that can only read, beside whoever else uses the file; each statement sees what is committed."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=15)
    connection.row_factory = sqlite3.Row
    return connection


def wait_for(
    look: Callable[[], T | None], *, what: str, seconds: float = READY_SECONDS, pause_seconds: float = POLL_SECONDS
) -> T:
    """What `look` returns once it is neither None nor False. Raises AssertionError naming `what` after so long."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds} seconds for {what}")
        time.sleep(pause_seconds)
