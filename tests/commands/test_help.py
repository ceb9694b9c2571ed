"""Help: every command has some, with an example that uses what the command really has."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli import app
from tests.commands.running import krets

REPOSITORY = Path(__file__).resolve().parents[2]


def list_commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from list_commands(child, (*path, name))


COMMANDS = dict(list_commands(get_command(app)))

EXPECTED = {
    "init", "serve", "status", "demo",
    "peer add", "peer list", "peer show", "peer accept", "peer reject", "peer block", "peer remove",
    "item add", "item import", "item import-undo", "item list", "item show", "item edit", "item remove",
    "offer publish", "offer edit", "offer list", "offer withdraw",
    "need publish", "need list", "need withdraw",
    "catalogue search",
    "request make", "request list", "request accept", "request reject", "request withdraw", "request revoke",
    "handover give", "handover receive", "handover dispute",
    "agreement list", "agreement show",
}  # fmt: skip


def test_the_commands_are_those_that_were_promised() -> None:
    assert {" ".join(path) for path in COMMANDS} == EXPECTED


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_shows_an_example_that_calls_the_command_with_options_it_has(path: tuple[str, ...]) -> None:
    outcome = krets(*path, "--help")

    assert outcome.exit_code == 0
    example = re.search(r"Example:\n((?:    .+\n)+)", outcome.out)
    assert example is not None, outcome.out
    words = shlex.split(example[1])
    assert words[: 1 + len(path)] == ["krets", *path]
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("noun", sorted({path[0] for path in COMMANDS if len(path) > 1}))
def test_help_of_a_noun_shows_an_example_of_one_of_its_commands(noun: str) -> None:
    outcome = krets(noun, "--help")

    example = re.search(r"Example:\n    (krets .+)\n", outcome.out)
    assert example is not None, outcome.out
    words = shlex.split(example[1])
    assert words[1] == noun
    options = {option for parameter in COMMANDS[noun, words[2]].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_takes_home_and_json(path: tuple[str, ...]) -> None:
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}

    assert {"--home", "--json"} <= options


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_and_argument_has_help(path: tuple[str, ...]) -> None:
    outcome = krets(*path, "--help")

    for parameter in COMMANDS[path].params:
        assert parameter.help, f"{parameter.name} of {' '.join(path)} has no help"
    assert outcome.err == ""


@pytest.mark.parametrize("noun", sorted({path[0] for path in COMMANDS if len(path) > 1}))
def test_a_noun_without_a_verb_says_where_help_is(noun: str) -> None:
    outcome = krets(noun)

    assert outcome.exit_code == 2
    assert outcome.err == f"krets: Missing command. See krets {noun} --help.\n"
    assert outcome.out == ""


def test_krets_alone_prints_help() -> None:
    outcome = krets()

    assert outcome.exit_code == 0
    assert "Commands:" in outcome.out


def test_the_version_is_the_projects() -> None:
    outcome = krets("--version")

    declared = re.search(r'^version = "(.+)"$', (REPOSITORY / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared is not None
    assert outcome.out == f"krets {declared[1]}\n"
    assert krets("--version", "--json").document == krets("--json", "--version").document == {"version": declared[1]}


def test_json_before_a_command_is_wrong_usage() -> None:
    for words in (["--json"], ["--json", "status"]):
        outcome = krets(*words)
        assert outcome.exit_code == 2
        assert outcome.document["error"]["code"] == "usage"
        assert "krets status --json" in outcome.document["error"]["message"]


def test_help_imports_nothing_that_only_work_needs() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "heavy = {'aiohttp', 'cryptography', 'nacl', 'rich', 'sqlite_utils', 'openpyxl', 'stdnum', 'jinja2'};"
        "found = heavy & set(sys.modules); assert not found, found"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
