"""The demo's nodes as operating-system processes: started, asked through `krets` commands and HTTP, and stopped.

Nothing of a node is imported here: what the demo shows is what anybody can do from outside.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from node.commands.demo_cast import Organisation

T = TypeVar("T")

COMMAND_SECONDS_MAX = 120.0
"""A command takes a fraction of a second; a loaded machine may take many times that."""

STOP_SECONDS_MAX = 15.0
WAIT_SECONDS_MAX = 120.0
"""How long the story waits for something to arrive: on loopback it takes milliseconds, on a loaded machine longer."""

FIRST_LOOK_SECONDS = 0.2
"""A running node notices what a command wrote in less than that, and on loopback the rest takes milliseconds."""

POLL_SECONDS = 0.15
LOG_TAIL_CHARS = 300

PORT_FIRST = 10_000
PORT_LAST = 30_000
"""Below the range that systems use for outgoing connections, which could otherwise take a node's port."""


_WIDTH = max(2, os.cpu_count() or 2)
"""Commands that run at the same time: they compute more than they wait."""

KRETS = (sys.executable, "-P", "-m", "cli")
"""How to run this very `krets`: -P keeps a folder of the user's from standing in for our modules."""


class DemoFailed(Exception):
    """A step did not come out as it should. `safe_text` says what was expected and what was found."""

    def __init__(self, safe_text: str) -> None:
        super().__init__(safe_text)
        self.safe_text = safe_text


@dataclass(frozen=True, slots=True)
class DemoNode:
    """One organisation's node: its folder and where it listens."""

    organisation: Organisation
    home: Path
    port: int

    @property
    def name(self) -> str:
        """The organisation's name."""
        return self.organisation.name

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed with --json, and its exit code."""

    exit_code: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Running:
    """A command that has been started and whose answer nobody has read yet."""

    node: DemoNode
    words: tuple[str, ...]
    process: "subprocess.Popen[str]"


class Fleet:
    """All processes that the demo starts. `stop` ends and reaps every one of them, whatever has happened."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        patience_seconds: float,
        stop_seconds: float = STOP_SECONDS_MAX,
        program: tuple[str, ...] = KRETS,
    ) -> None:
        self._environment = dict(environment)
        self._patience_seconds = patience_seconds
        self._stop_seconds = stop_seconds
        self._program = program
        self._serving: dict[str, tuple[DemoNode, subprocess.Popen[bytes]]] = {}
        self._commands: list[subprocess.Popen[str]] = []

    def start(self, node: DemoNode) -> None:
        """Start `krets serve` for the node; its log goes to a file beside its folder."""
        with log_path(node).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program and folder
                [*self._program, "serve", "--home", str(node.home)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal reaches the demo alone, which then stops its nodes in order.
                start_new_session=True,
            )
        self._serving[node.organisation.slug] = (node, process)

    def pid_of(self, node: DemoNode) -> int | None:
        """The process id of the node's server, or None before it was started."""
        serving = self._serving.get(node.organisation.slug)
        return None if serving is None else serving[1].pid

    def check_alive(self) -> None:
        """Raise DemoFailed if a node that was started has ended."""
        for node, process in self._serving.values():
            code = process.poll()
            if code is not None:
                how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
                raise DemoFailed(f"the node of {node.name} (process {process.pid}) {how}{_tail_of(log_path(node))}")

    def begin(self, node: DemoNode, *words: str) -> Running:
        """Start a command on the node's folder."""
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [*self._program, *words, "--home", str(node.home), "--json"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._commands.append(process)
        return Running(node=node, words=words, process=process)

    def finish(self, running: Running) -> Answer:
        """The answer of a command that was started."""
        try:
            out, err = running.process.communicate(timeout=COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            raise DemoFailed(f"{_told(running)} did not end within {COMMAND_SECONDS_MAX:g} seconds") from error
        self._commands.remove(running.process)
        self.check_alive()
        try:
            document = json.loads(out)
        except ValueError as error:
            raise DemoFailed(f"{_told(running)} printed no JSON document: {(out + err)[-LOG_TAIL_CHARS:]!r}") from error
        return Answer(exit_code=running.process.returncode, document=document)

    def ask(self, node: DemoNode, *words: str) -> Mapping[str, Any]:
        """What the command answers. Raises DemoFailed if it refuses."""
        return self.granted(self.begin(node, *words))

    def granted(self, running: Running) -> Mapping[str, Any]:
        """The answer of a command that was started and must not refuse."""
        answer = self.finish(running)
        if answer.exit_code != 0:
            reason = answer.document.get("error", {}).get("message", "no reason given")
            raise DemoFailed(f"{_told(running)} was refused: {reason}")
        return answer.document

    def ask_all(self, asked: Sequence[tuple[DemoNode, Sequence[str]]]) -> list[Mapping[str, Any]]:
        """Like `ask` for many, as many at once as the machine has processors, answers in the order asked."""
        answers: list[Mapping[str, Any]] = []
        for start in range(0, len(asked), _WIDTH):
            group = [self.begin(node, *words) for node, words in asked[start : start + _WIDTH]]
            answers.extend(self.granted(running) for running in group)
        return answers

    def wait_until(
        self, what: str, look: Callable[[], T | None], *, first_look_seconds: float = FIRST_LOOK_SECONDS
    ) -> T:
        """What `look` finds. Raises DemoFailed if a node dies or nothing is found in time."""
        deadline = time.monotonic() + self._patience_seconds
        time.sleep(min(first_look_seconds, self._patience_seconds))
        while True:
            found = look()
            self.check_alive()
            if found is not None:
                return found
            if time.monotonic() >= deadline:
                raise DemoFailed(f"waited {self._patience_seconds:g} seconds in vain: {what}")
            time.sleep(POLL_SECONDS)

    def wait_for_all(
        self, what: str, asked: Mapping[DemoNode, Sequence[str]], holds: Callable[[DemoNode, Mapping[str, Any]], bool]
    ) -> None:
        """Ask each node until what it answers holds: a few at a time, because who comes later needs fewer questions."""
        nodes = tuple(asked)
        for start in range(0, len(nodes), _WIDTH):
            waiting = list(nodes[start : start + _WIDTH])

            def look(waiting: list[DemoNode] = waiting) -> bool | None:
                answers = self.ask_all([(node, asked[node]) for node in waiting])
                waiting[:] = [node for node, answer in zip(waiting, answers, strict=True) if not holds(node, answer)]
                return not waiting or None

            self.wait_until(what, look, first_look_seconds=FIRST_LOOK_SECONDS if start == 0 else 0.0)

    def stop(self) -> None:
        """End every process and wait for it: commands at once, nodes with TERM and time to finish."""
        for command in self._commands:
            command.kill()
            command.communicate()
        self._commands.clear()
        serving = [process for _, process in self._serving.values()]
        for process in serving:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._stop_seconds
        for process in serving:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def root_folder() -> Path:
    """Where the top-level modules of krets are: the checkout, or the environment's packages."""
    return Path(__file__).resolve().parents[2]


def log_path(node: DemoNode) -> Path:
    """Where the node's log goes."""
    return node.home.with_name(f"{node.home.name}.log")


def fetch_page(node: DemoNode, path: str) -> tuple[int, str] | None:
    """Status and text of a page of the node, or None if nobody answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=5)
    try:
        connection.request("GET", path, headers={"Accept": "text/html, application/json"})
        response = connection.getresponse()
        return response.status, response.read(100_000).decode("utf-8", errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def pick_ports(count: int) -> tuple[int, ...]:
    """So many ports that nobody listens on. Demos side by side begin at different ones."""
    span = PORT_LAST - PORT_FIRST
    start = os.getpid() * 16 % span
    free: list[int] = []
    for step in range(span):
        port = PORT_FIRST + (start + step) % span
        if _is_free(port):
            free.append(port)
        if len(free) == count:
            return tuple(free)
    raise DemoFailed(f"found no {count} free ports from {PORT_FIRST} to {PORT_LAST}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _told(running: Running) -> str:
    return f"krets {' '.join(running.words)} at {running.node.name}"


def _tail_of(path: Path) -> str:
    """The last words of a log, in brackets, or nothing."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
    last = text.splitlines()[-1][-LOG_TAIL_CHARS:] if text else ""
    return f" (its log ends: {last})" if last else ""
