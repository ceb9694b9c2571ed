"""Opening the node in a folder for one command, and finding out whether `krets serve` runs on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from node.commands.refusals import EXIT_USAGE, CommandRefusedError

if TYPE_CHECKING:
    from node.opening import Node
    from node.settings import Settings


def find_home(home: Path | None) -> Path:
    """The folder that --home or KRETS_HOME names. Raises CommandRefusedError if neither does."""
    from node.settings import SettingsInvalid, home_from, read_environment

    try:
        return home_from(home, read_environment())
    except SettingsInvalid as error:
        raise CommandRefusedError("usage", error.safe_text, exit_code=EXIT_USAGE) from error


def find_settings(home: Path | None) -> "Settings":
    """The settings of the node in this folder, else in KRETS_HOME. Raises CommandRefusedError with what to do."""
    from node.settings import SettingsInvalid, load_settings, read_environment

    folder = find_home(home)
    try:
        return load_settings(folder, read_environment())
    except SettingsInvalid as error:
        raise CommandRefusedError("settings", error.safe_text) from error


@contextmanager
def opened_node(home: Path | None) -> Iterator["Node"]:
    """The node in this folder, for as long as one command needs it."""
    from node.opening import open_node

    settings = find_settings(home)
    with refused_plainly(), open_node(settings, clock=utc_now) as node:
        yield node


@contextmanager
def refused_plainly() -> Iterator[None]:
    """Turn what is wrong with keys or database into a refusal with advice."""
    from node.keys import KeysInvalid
    from node.store.failures import StoreError, explain_failure

    try:
        yield
    except KeysInvalid as error:
        raise CommandRefusedError("keys", error.safe_text) from error
    except StoreError as error:
        raise CommandRefusedError("database", explain_failure(error)) from error


def utc_now() -> datetime:
    """This machine's clock: the only one that commands read."""
    return datetime.now(UTC)
