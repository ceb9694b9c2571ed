"""`krets serve` as a process: one at a time on a folder, advice where it cannot serve, an orderly end."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.commands.running import granted, krets
from tests.commands.serving import ServedNode, pick_port
from tests.commands.test_help import REPOSITORY


@contextmanager
def served(home: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """`krets serve`, once it says that it serves."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--listen", f"127.0.0.1:{port}", "--home", str(home), "--json"],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if line.startswith("serving"):
                    break
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate(timeout=30)


@pytest.mark.slow
def test_a_second_serve_and_a_busy_port_are_refused_with_advice_and_term_ends_the_first_in_order(
    home: Path, made_pair: tuple[Path, Path]
) -> None:
    port = pick_port()
    with served(home, port) as process:
        second = krets("serve", home=home)
        other = krets("serve", "--listen", f"127.0.0.1:{port}", home=made_pair[0])
        serving = granted("status", home=home)["serving"]
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/")
            status = connection.getresponse().status
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)

    assert json.loads(out)["home"] == str(home)
    assert (second.exit_code, second.err.count("\n")) == (1, 1)
    assert "served already" in second.err
    assert (other.exit_code, other.err.count("\n")) == (1, 1)
    assert "--listen HOST:PORT" in other.err
    assert (serving, status, process.returncode) == (True, 200, 0)
    assert granted("status", home=home)["serving"] is False


def test_serve_beside_a_node_that_is_served_is_refused(pair: tuple[ServedNode, ServedNode]) -> None:
    outcome = krets("serve", home=pair[0].home)

    assert outcome.exit_code == 1
    assert re.fullmatch(r"krets: .* is served already: .*\n", outcome.err)


def test_serve_on_a_port_that_somebody_has_is_refused(home: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        outcome = krets("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", home=home)

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "--listen HOST:PORT" in outcome.err


def test_a_refused_serve_with_json_is_one_document(pair: tuple[ServedNode, ServedNode]) -> None:
    outcome = krets("serve", "--json", home=pair[0].home)

    assert outcome.exit_code == 1
    assert outcome.document["error"]["code"] == "serve"


def test_serve_without_its_keys_is_refused(home: Path) -> None:
    (home / "keys" / "main-key.pem").unlink()

    outcome = krets("serve", home=home)

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "backup" in outcome.err
