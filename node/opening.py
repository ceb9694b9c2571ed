"""An open node: its settings, its database, its keys and its clock, put together for a command or for `node.app`.

All that a command needs, without HTTP and without an event loop: a command starts in half the time without them.
"""

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from node.domain.categories import parse_scheme
from node.domain.outcomes import refuse
from node.domain.places import Coordinates, snap_to_grid
from node.keys import load_proof_key
from node.operations.author import Author
from node.operations.initialise_node import check_node
from node.settings import Settings
from node.store.database import Database, connect
from node.store.failures import explain_failure
from node.store.migrations import migrate
from protocol.identifiers import ActorIri, Iri, Origin
from schemas import category_scheme, message_context

T = TypeVar("T")

LOCK_NAME = "serve.lock"
"""The file in a node's folder that whoever serves it holds locked."""

TOKEN_BYTES = 16
"""128 random bits in every IRI and nonce: nobody guesses one, and none is ever drawn twice."""


@dataclass(frozen=True, slots=True)
class Node:
    """An open node: its settings, its database, and who it is when it writes. Use it in a `with` statement."""

    settings: Settings
    database: Database
    author: Author
    clock: Callable[[], datetime]

    def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function reads. Blocks: for commands."""
        return self.database.read(function).result()

    def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """What the function returns, once its writes are committed. Blocks: for commands."""
        return self.database.write(function).result()

    def close(self) -> None:
        """Finish what is queued and close the database. Blocks."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_clock() -> datetime:
    """This machine's time, aware UTC."""
    return datetime.now(UTC)


def draw_fresh_token() -> str:
    """Fresh base64url of 22 characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def open_node(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = read_clock,
    draw_token: Callable[[], str] = draw_fresh_token,
) -> Node:
    """The node in the settings' folder, its database brought to the newest schema. Blocks.

    Raises RefusedError where the database is missing, unreadable or another node's, and KeysInvalid for its keys.
    """
    author = Author(
        actor_iri=ActorIri(Iri(settings.actor_iri)),
        origin=Origin(settings.origin),
        proof_key=load_proof_key(settings.home, actor_iri=settings.actor_iri),
        context=message_context(),
        scheme=parse_scheme(category_scheme()),
        coordinates=published_coordinates(settings),
        draw_token=draw_token,
    )
    path = settings.database_path
    # SQLite would make an empty database where there is none.
    if not path.is_file():
        raise refuse("no-database", f"{path} is missing: restore it from the backup, or make a new node elsewhere.")
    try:
        with closing(connect(path)) as connection:
            migrate(connection)
            check_node(connection, actor_iri=settings.actor_iri)
    except sqlite3.DatabaseError as error:
        raise refuse("database", f"{path}: {explain_failure(error)}") from error
    return Node(settings=settings, database=Database(path), author=author, clock=clock)


def published_coordinates(settings: Settings) -> Coordinates:
    """Where the organisation says it is: the nearest point of its grid."""
    exact = Coordinates(latitude=settings.latitude, longitude=settings.longitude)
    return snap_to_grid(exact, grid_degrees=settings.grid_degrees)


def is_served(home: Path) -> bool:
    """Whether a `krets serve` runs on this folder now, on this machine."""
    try:
        descriptor = os.open(home / LOCK_NAME, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
