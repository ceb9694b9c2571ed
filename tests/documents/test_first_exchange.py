"""The first exchange of README.md, typed as it stands there, ends with a thing that both sides have signed for."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.documents.markdown import REPOSITORY, blocks_in, text_of

HEADING = "## Five minutes to a first exchange"
PORTS_IN_TEXT = ("8101", "8102")
ANSWER_SECONDS_MAX = 60
"""How long a step may wait for what the step before it sends; the peer's next attempt is a second or two away."""


def typed_lines() -> list[list[str]]:
    """The words of every line of the section, in order."""
    text = text_of("README.md")
    section = text[text.index(HEADING) :]
    section = section[: section.index("\n## ", 1)]
    lines = "\n".join(re.sub(r"\\\n\s*", " ", block.text) for block in blocks_in(section, document="README.md"))
    return [shlex.split(line) for line in lines.splitlines() if line]


def free_ports(count: int) -> list[str]:
    """Ports that nobody listens on now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [str(each.getsockname()[1]) for each in sockets]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator["Shell"]:
    """A shell in an empty folder; what it started in the background is ended with it."""
    started = Shell(tmp_path, ports=dict(zip(PORTS_IN_TEXT, free_ports(len(PORTS_IN_TEXT)), strict=True)))
    yield started
    started.close()


class Shell:
    """Runs lines as the reader of the text would, and again when something has not arrived yet."""

    def __init__(self, folder: Path, *, ports: dict[str, str]) -> None:
        self._folder = folder
        self._ports = ports
        self._background: list[subprocess.Popen[bytes]] = []

    def run(self, words: list[str]) -> str:
        """What the line prints. Raises AssertionError if it fails to the end."""
        assert words[0] == "krets"
        arguments = [self._with_ports(word) for word in words[1:] if word != "&"]
        command = [sys.executable, "-c", "from cli import app; app()", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        if words[-1] == "&":
            self._background.append(
                subprocess.Popen(command, cwd=self._folder, env=environment, stderr=subprocess.DEVNULL)
            )
            return ""
        give_up_at = time.monotonic() + ANSWER_SECONDS_MAX
        while True:
            done = subprocess.run(
                command, cwd=self._folder, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            if done.returncode == 0 or time.monotonic() > give_up_at:
                break
            time.sleep(0.3)
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stderr}"
        return done.stdout

    def close(self) -> None:
        """End what runs in the background."""
        for process in self._background:
            process.terminate()
        for process in self._background:
            process.wait(timeout=30)

    def _with_ports(self, word: str) -> str:
        for stated, free in self._ports.items():
            word = word.replace(stated, free)
        return word


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_first_exchange_of_the_readme_ends_signed_by_both_sides(shell: Shell) -> None:
    shown = [shell.run(words) for words in typed_lines()]

    assert "both have signed" in shown[-1]
