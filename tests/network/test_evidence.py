"""The judge of two nodes sees what it is there to see: a message lost, one made up, one changed."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.network.backstage import befriend
from tests.network.evidence import assert_everything_arrived
from tests.network.nodes import init_node

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two nodes that have said yes to each other."""
    folder = tmp_path_factory.mktemp("couple")
    homes = (init_node(folder / "asker", name="Asker"), init_node(folder / "baerum", name="Bærum"))
    befriend(*homes)
    return homes


@pytest.fixture
def couple(untouched: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The two, to be tampered with."""
    one, other = untouched
    return shutil.copytree(one, tmp_path / one.name), shutil.copytree(other, tmp_path / other.name)


def tamper(home: Path, statement: str) -> None:
    """Change what a node has stored."""
    with closing(sqlite3.connect(home / "krets.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)


def test_what_arrived_as_it_was_sent_is_counted(couple: tuple[Path, Path]) -> None:
    assert assert_everything_arrived(*couple) > 0
    assert assert_everything_arrived(*couple[::-1]) > 0


@pytest.mark.parametrize(
    ("side", "statement", "verdict"),
    [
        (1, "DELETE FROM messages WHERE peer_id IS NOT NULL AND type = 'Accept'", "lost"),
        (
            0,
            "DELETE FROM feed_entries WHERE message_id = (SELECT max(id) FROM messages)",
            "never said",
        ),
        (1, "UPDATE messages SET body = CAST(body || ' ' AS BLOB) WHERE peer_id IS NOT NULL", "other bytes"),
        (1, "UPDATE messages SET digest = 'sha-256:0' WHERE peer_id IS NOT NULL", "other digests"),
        (0, "UPDATE feeds SET head_seq = head_seq + 1 WHERE peer_id IS NOT NULL", "gaps"),
    ],
)
def test_what_did_not_arrive_as_it_was_sent_is_found(
    couple: tuple[Path, Path], side: int, statement: str, verdict: str
) -> None:
    tamper(couple[side], statement)

    with pytest.raises(AssertionError, match=verdict):
        assert_everything_arrived(*couple)
