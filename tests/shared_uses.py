"""Marks what a measured test runs after it has turned to the shared folder, which another machine may not have.

Coverage records such lines under a context of their own, so that `coverage_floors.py` can leave them out. Only the
change from one context to the other costs time, and most tests need none.
"""

from collections.abc import Callable
from pathlib import Path

import coverage

SHARED_CONTEXT = "shared"
OWN_CONTEXT = ""

EVENTS = frozenset({"open", "os.listdir", "os.scandir", "krets.shared_file"})
"""Audit events that begin with a path; the last is raised by `tests.shared_files`, also for a file that is absent."""


def switch_context(name: str) -> None:
    """Record under this context from here on. Nothing where nothing is measured."""
    measured = coverage.Coverage.current()
    if measured is not None:
        measured.switch_context(name)


class SharedUses:
    """Follows the tests of one process. `watch` is an audit hook; `begin` and `end` stand around each test."""

    def __init__(self, folder: Path, *, switch: Callable[[str], None] = switch_context) -> None:
        self._prefix = f"{folder.resolve()}/"
        self._switch = switch
        self._known: set[str] = set()
        self._test: str | None = None
        self._context = OWN_CONTEXT

    def begin(self, test_id: str) -> None:
        """A test, or a case of one. Where an earlier case used the folder, a cache may hold what this one needs."""
        self._test = test_id.partition("[")[0]
        if self._test in self._known:
            self._change(SHARED_CONTEXT)

    def end(self) -> None:
        """After it."""
        self._test = None
        self._change(OWN_CONTEXT)

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        """For `sys.addaudithook`."""
        if self._test is None or event not in EVENTS or not arguments:
            return
        path = arguments[0]
        if isinstance(path, str) and path.startswith(self._prefix):
            self._known.add(self._test)
            self._change(SHARED_CONTEXT)

    def _change(self, context: str) -> None:
        if context != self._context:
            self._context = context
            self._switch(context)
