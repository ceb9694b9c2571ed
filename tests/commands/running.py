"""Running commands in this process, and looking at what they left in the database."""

import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli import app

NOT_DOMAIN = frozenset({"audit_log", "refused_messages", "replay_memory", "_sqlite_migrations", "sqlite_sequence"})
"""Tables that may change when nothing of the domain does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def krets(*words: object, home: Path | None = None, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run a command in this process. Nothing of this process's own KRETS_ settings reaches it."""
    arguments = [str(word) for word in words]
    if home is not None:
        arguments += ["--home", str(home)]
    runner = CliRunner(env={"KRETS_HOME": None, "COLUMNS": "80", **(environment or {})})
    with runner.isolation() as (out, err, _):
        with pytest.raises(SystemExit) as ended:
            _command_line()(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        texts = [stream.getvalue().decode().replace("\r\n", "\n") for stream in (out, err)]
    assert isinstance(ended.value.code, int)
    return Outcome(ended.value.code, *texts)


@cache
def _command_line() -> Any:
    """What is made of all the commands' signatures, once: it takes longer than most commands."""
    return get_command(app)


def granted(*words: object, home: Path) -> Any:
    """The JSON document of a command that must not refuse."""
    outcome = krets(*words, "--json", home=home)
    assert outcome.exit_code == 0, outcome
    return outcome.document


def dump_domain(home: Path) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Every row of every domain table."""
    with closing(sqlite3.connect(home / "krets.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names if name not in NOT_DOMAIN
        }
