"""The writer, the readers, and what a caller may rely on."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from node.store import database as database_module
from node.store.database import GROUP_MAX, Database, DatabaseClosedError, connect, read_commit_counter
from node.store.failures import explain_failure
from node.store.migrations import NewerSchemaError, migrate


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with one table."""
    with Database(tmp_path / "test.db") as opened:
        opened.write(lambda c: c.execute("CREATE TABLE notes (text TEXT UNIQUE NOT NULL)")).result()
        yield opened


def note(text: str | None) -> "NoteWriter":
    """A write of one note."""
    return NoteWriter(text)


class NoteWriter:
    """Inserts one note; None breaks the table's constraint."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __call__(self, connection: sqlite3.Connection) -> str | None:
        connection.execute("INSERT INTO notes VALUES ('before ' || ?)", (self.text or "a failure",))
        connection.execute("INSERT INTO notes VALUES (?)", (self.text,))
        return self.text


def count(connection: sqlite3.Connection) -> int:
    """How many notes there are."""
    return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])


def test_a_write_is_visible_to_readers_when_its_future_resolves(database: Database) -> None:
    answer = database.write(note("one")).result()

    assert answer == "one"
    assert database.read(count).result() == 2


def test_a_write_that_fails_is_undone_alone_and_its_neighbours_in_the_group_are_kept(database: Database) -> None:
    gate = threading.Event()
    blocker = database.write(lambda _: gate.wait(5))
    good, bad, other = (database.write(note(text)) for text in ("good", None, "other"))
    gate.set()

    assert blocker.result()
    assert (good.result(), other.result()) == ("good", "other")
    with pytest.raises(sqlite3.IntegrityError):
        bad.result()
    assert database.read(count).result() == 4


def test_a_long_queue_is_committed_in_bounded_groups(database: Database) -> None:
    commits: list[None] = []
    gate = threading.Event()
    blocker = database.write(lambda _: gate.wait(5))
    futures = [database.write(note(str(number))) for number in range(2 * GROUP_MAX)]
    database.on_commit(lambda: commits.append(None))
    gate.set()

    assert blocker.result()
    for future in futures:
        future.result()
    database.write(count).result()

    assert 2 <= len(commits) <= 5
    assert database.read(count).result() == 4 * GROUP_MAX


def test_a_cancelled_write_is_not_run_and_does_not_stop_the_writer(database: Database) -> None:
    gate = threading.Event()
    blocker = database.write(lambda _: gate.wait(5))
    cancelled = database.write(note("never"))
    assert cancelled.cancel()
    gate.set()

    assert blocker.result()
    assert database.write(note("after")).result() == "after"
    assert database.read(count).result() == 2


def test_when_the_commit_fails_every_caller_of_the_group_is_told(database: Database) -> None:
    database.write(lambda c: c.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")).result()
    database.write(
        lambda c: c.execute("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    ).result()
    gate = threading.Event()
    blocker = database.write(lambda _: gate.wait(5))
    innocent: Future[str | None] = database.write(note("innocent"))
    guilty = database.write(lambda c: c.execute("INSERT INTO child VALUES (1)").rowcount)
    gate.set()

    for future in (innocent, guilty):
        with pytest.raises(sqlite3.IntegrityError):
            future.result()
    assert blocker.done()
    assert database.read(count).result() == 0
    assert database.write(note("later")).result() == "later"


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.read(note("sneaky")).result()


def test_a_closed_database_refuses_work_and_closes_twice(tmp_path: Path) -> None:
    database = Database(tmp_path / "test.db")
    database.close()
    database.close()

    with pytest.raises(DatabaseClosedError):
        database.write(count)
    with pytest.raises(DatabaseClosedError):
        database.read(count)


def test_a_file_that_cannot_be_used_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.write_bytes(b"this is a text of more than a hundred bytes " * 20)

    with pytest.raises(sqlite3.DatabaseError) as refused:
        Database(path)

    # Looked at while the error and its frames still live: nothing but `close` can have let go of the file.
    assert refused.value is not None
    assert str(path) not in files_open_here()


def test_what_was_opened_is_closed_when_the_next_connection_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "test.db"
    left = [connect, connect]

    def connect_twice(path: Path) -> sqlite3.Connection:
        """What SQLite does when the process may open no more files."""
        if not left:
            raise sqlite3.OperationalError("too many open files")
        return left.pop()(path)

    monkeypatch.setattr(database_module, "connect", connect_twice)

    with pytest.raises(sqlite3.OperationalError, match="too many") as refused:
        Database(path)

    assert refused.value is not None
    assert str(path) not in files_open_here()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("krets-")]


def files_open_here() -> set[str]:
    """The paths of the files that this process holds open."""
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}


def test_after_the_end_everything_is_in_one_file(tmp_path: Path) -> None:
    for number in range(50):
        with Database(tmp_path / f"{number}.db") as database:
            database.write(lambda connection: connection.execute("CREATE TABLE notes (text TEXT)")).result()

    assert {path.suffix for path in tmp_path.iterdir()} == {".db"}


def test_another_connections_commit_changes_the_counter(database: Database) -> None:
    watcher = connect(database.path)
    before = read_commit_counter(watcher)

    database.write(note("news")).result()

    assert read_commit_counter(watcher) != before
    watcher.close()


def test_every_connection_syncs_fully_and_keeps_foreign_keys(tmp_path: Path) -> None:
    connection = connect(tmp_path / "test.db")

    pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys")}

    assert pragmas == {"synchronous": 2, "foreign_keys": 1}
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_migrating_twice_and_from_two_connections_is_harmless(tmp_path: Path) -> None:
    one, other = connect(tmp_path / "node.db"), connect(tmp_path / "node.db")

    migrate(one)
    migrate(other)
    migrate(one)

    applied = one.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0]
    assert applied == 1
    one.close()
    other.close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "krets.db")) as connection:
        migrate(connection)
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " SELECT migration_set, 'split_items_in_two', applied_at FROM _sqlite_migrations"
        )
        before = list(connection.iterdump())

        with pytest.raises(NewerSchemaError) as error:
            migrate(connection)

        assert list(connection.iterdump()) == before
    assert explain_failure(error.value).endswith("install that version.")


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    connection = connect(tmp_path / "node.db")
    connection.execute("CREATE TABLE items (in_the_way TEXT)")

    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection)

    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"items"}
    connection.close()
