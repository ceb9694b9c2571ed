"""Imports point down the layers, libraries have one home each, and pure code stays pure."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.import_rules import (
    find_misplaced_libraries,
    find_reading_of_the_world,
    find_sql_elsewhere,
    find_waiting,
    find_wrong_direction,
    imports_of,
)
from tests.architecture.source_tree import REPOSITORY, product_modules, source_module, told

# They read the product and run none of it.
pytestmark = pytest.mark.no_cover


def test_every_import_of_our_own_points_down_the_layers() -> None:
    found = [finding for module in product_modules() for finding in find_wrong_direction(module)]

    assert not found, told(found)


def test_every_library_is_imported_only_in_its_home() -> None:
    found = [finding for module in product_modules() for finding in find_misplaced_libraries(module)]

    assert not found, told(found)


def test_pure_parts_read_neither_clock_nor_files_and_only_the_settings_read_the_environment() -> None:
    found = [finding for module in product_modules() for finding in find_reading_of_the_world(module)]

    assert not found, told(found)


def test_sql_stands_only_in_the_store() -> None:
    found = [finding for module in product_modules() for finding in find_sql_elsewhere(module)]

    assert not found, told(found)


def test_nothing_below_the_http_layer_waits_on_the_event_loop() -> None:
    found = [finding for module in product_modules() for finding in find_waiting(module)]

    assert not found, told(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("protocol/keys.py", "import node.store"),
        ("protocol/keys.py", "from schemas import read_bytes"),
        ("protocol/keys.py", "from importlib import import_module\nimport_module('node.settings')"),
        ("schemas/__init__.py", "from protocol import limits"),
        ("node/settings.py", "from node.store import peers"),
        ("node/sheets/tables.py", "from protocol import limits"),
        ("node/sheets/tables.py", "import node.domain.items"),
        ("node/domain/matching.py", "from node.sheets import tables"),
        ("node/domain/matching.py", "from node import store"),
        ("node/domain/matching.py", "def late():\n    from node.operations import publish_offer"),
        ("node/store/peers.py", "from node.operations import add_peer"),
        ("node/store/__init__.py", "from ..operations import add_peer"),
        ("node/operations/add_peer.py", "from node.federation import fetch"),
        ("node/web/pages.py", "import node.federation.inbox"),
        ("node/federation/inbox.py", "import node.web.pages"),
        ("node/federation/inbox.py", "from node.jobs import start"),
        ("node/jobs.py", "from node.app import create_app"),
        ("node/app.py", "from node.commands import serve"),
        ("node/commands/serve.py", "import cli"),
        ("node/__init__.py", "from node.store import peers"),
        ("cli.py", "from node.store import peers"),
        ("cli.py", "from protocol import limits"),
        ("node/store/peers.py", "import tests.conftest"),
        ("node/elsewhere.py", "import json"),
    ],
)
def test_an_import_that_points_elsewhere_is_found(path: str, text: str) -> None:
    module = source_module(text, path=path)

    found = find_wrong_direction(module)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("cli.py", "from node.commands import serve\nimport typer"),
        ("node/commands/serve.py", "from node.app import create_app\nfrom node.settings import load_settings"),
        ("node/jobs.py", "from node.federation import deliver\nfrom node.web import pages"),
        (
            "node/operations/import_items.py",
            "from node.sheets import tables\nfrom node.store import items\nimport schemas",
        ),
        ("node/store/peers.py", "from node.store import rows\nfrom protocol.keys import ProofKey"),
        ("node/domain/matching.py", "from node.domain import items\nfrom protocol import limits"),
        ("node/settings.py", "from protocol import limits"),
        ("protocol/proofs.py", "from protocol import keys\nimport hashlib"),
    ],
)
def test_an_import_that_points_down_is_let_through(path: str, text: str) -> None:
    module = source_module(text, path=path)

    found = find_wrong_direction(module)

    assert not found, told(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("protocol/proofs.py", "import time"),
        ("protocol/proofs.py", "import random"),
        ("protocol/proofs.py", "from secrets import token_bytes"),
        ("protocol/proofs.py", "import os.path"),
        ("protocol/proofs.py", "import socket"),
        ("protocol/proofs.py", "import logging"),
        ("protocol/proofs.py", "import urllib.request"),
        ("protocol/proofs.py", "from urllib import request"),
        ("node/domain/matching.py", "import asyncio"),
        ("node/domain/matching.py", "from pathlib import Path"),
        ("node/federation/inbox.py", "import sqlite_utils"),
        ("node/federation/deliver.py", "from apscheduler.schedulers.asyncio import AsyncIOScheduler"),
        ("node/commands/serve.py", "import tomllib"),
        ("node/operations/add_peer.py", "import typer"),
        ("node/operations/add_peer.py", "from aiohttp import web"),
        ("node/commands/items.py", "import openpyxl"),
        ("node/app.py", "from os import environ"),
        ("node/operations/add_peer.py", "from node import keys"),
        ("node/store/peers.py", "from node.settings import Settings"),
    ],
)
def test_a_library_outside_its_home_is_found(path: str, text: str) -> None:
    module = source_module(text, path=path)

    found = find_misplaced_libraries(module)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("protocol/proofs.py", "from datetime import datetime, UTC\ndatetime.now(UTC)"),
        ("protocol/proofs.py", "import datetime\ndatetime.datetime.utcnow()"),
        ("node/domain/matching.py", "from datetime import date\ndate.today()"),
        ("node/domain/matching.py", "open('offers.txt')"),
        ("node/sheets/tables.py", "print('read')"),
        ("node/app.py", "import os\nos.environ['KRETS_HOME']"),
        ("node/commands/serve.py", "import os\nos.getenv('KRETS_HOME')"),
    ],
)
def test_a_look_at_the_world_is_found(path: str, text: str) -> None:
    module = source_module(text, path=path)

    found = find_reading_of_the_world(module)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    "text",
    [
        "import sqlite3\nsqlite3.connect('krets.db')",
        "from sqlite3 import connect",
        "def load(connection):\n    return connection.execute('SELECT 1')",
        "def load(connection):\n    connection.executescript('DROP TABLE peers')",
    ],
)
def test_sql_outside_the_store_is_found(text: str) -> None:
    module = source_module(text, path="node/operations/add_peer.py")

    found = find_sql_elsewhere(module)

    assert len(found) == 1, told(found)


def test_the_types_of_sqlite3_may_be_named_anywhere() -> None:
    text = "import sqlite3\ndef load(connection: sqlite3.Connection):\n    raise sqlite3.OperationalError"
    module = source_module(text, path="node/operations/add_peer.py")

    found = find_sql_elsewhere(module)

    assert not found, told(found)


@pytest.mark.parametrize("text", ["async def load(): ...", "async def load():\n    await other()"])
def test_a_coroutine_in_a_synchronous_part_is_found(text: str) -> None:
    module = source_module(text, path="node/operations/add_peer.py")

    found = find_waiting(module)

    assert found


def test_imports_inside_functions_and_relative_ones_are_seen() -> None:
    text = "from . import rows\nfrom .rows import one\nfrom .. import domain\ndef late():\n    import json\n"
    module = source_module(text, path="node/store/peers.py")

    targets = {target for _, target in imports_of(module)}

    assert targets == {"node.store.rows", "node.store.rows.one", "node.domain", "json"}


def test_import_linter_keeps_every_contract() -> None:
    done = _lint_imports(REPOSITORY)

    assert done.returncode == 0, done.stdout + done.stderr


def test_import_linter_breaks_on_each_planted_import(tmp_path: Path) -> None:
    planted = {
        "protocol/keys.py": "import schemas\nimport time\n",
        "schemas/__init__.py": "from protocol import keys\n",
        "node/domain/matching.py": "import sqlite3\n",
        "node/store/peers.py": "from node.operations import add_peer\n",
        "node/operations/add_peer.py": "",
    }
    for path, text in planted.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for package in (file.parent, file.parent.parent):
            if package != tmp_path and not (package / "__init__.py").exists():
                (package / "__init__.py").touch()
        file.write_text(text)
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)

    done = _lint_imports(tmp_path)

    assert "0 kept, 4 broken" in done.stdout, done.stdout + done.stderr


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the packages in a folder, with the contracts of the pyproject.toml there."""
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; "
    program += "lint_imports_command(['--no-cache'])"
    return subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
