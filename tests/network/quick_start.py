"""Starting the same node a hundred times: the interpreter and its imports once, then a fork for each `krets serve`.

Importing takes most of the second in which a node starts. Each start is a process of its own all the same, which runs
the same command and can be killed as any other; only what comes before `serve` is shared.

    python -m tests.network.quick_start      reads HOME and LOG, tab-separated, a line each; answers a process id each
"""

import importlib
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from node.commands.serve import serve
from tests.network.nodes import STOP_SECONDS, NodeFailed, origin_of_home, wait_until_answering
from tests.shared_files import REPOSITORY

IMPORTED_BY_SERVE = (
    "cli",
    "node.app",
    "node.jobs",
    "node.web.home",
    "node.federation.inbox",
    "node.federation.deliver",
)


@dataclass
class ForkedNode:
    """One `krets serve`. Its process is held by a descriptor, so that no other process is ever meant by its number."""

    home: Path
    origin: str
    log: Path
    descriptor: int

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self.origin.removeprefix("http://").split(":")
        return host, int(port)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return not select.select([self.descriptor], [], [], 0)[0]

    def end(self, number: signal.Signals) -> None:
        """Send it this signal and wait until it is gone."""
        signal.pidfd_send_signal(self.descriptor, number)
        if not select.select([self.descriptor], [], [], STOP_SECONDS)[0]:
            raise NodeFailed(f"{self.origin} did not end on {number.name}:\n{self.log_tail()}")
        os.close(self.descriptor)

    def log_tail(self, *, chars: int = 4_000) -> str:
        """The end of what it wrote to stderr, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-chars:]


class QuickStarter:
    """A process with everything imported, that forks. Use it in a `with` statement; what it started is not its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.network.quick_start"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, home: Path) -> ForkedNode:
        """`krets serve` on this folder, once it answers. Raises NodeFailed with its log if it does not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        log = home.parent / f"{home.name}.log"
        self._process.stdin.write(f"{home}\t{log}\n")
        self._process.stdin.flush()
        process_id = int(self._process.stdout.readline())
        node = ForkedNode(home=home, origin=origin_of_home(home), log=log, descriptor=os.pidfd_open(process_id))
        try:
            wait_until_answering(node.address, is_alive=lambda: node.running)
        except NodeFailed as error:
            node.end(signal.SIGKILL)
            raise NodeFailed(f"{error}\n{node.log_tail()}") from None
        return node

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(STOP_SECONDS)
        self._process.stdout.close()


def main() -> None:
    """Fork for each line of the standard input."""
    for name in IMPORTED_BY_SERVE:
        importlib.import_module(name)
    # Nobody waits for the children here: the kernel is to forget them when they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        home, _, log = line.rstrip("\n").partition("\t")
        process_id = os.fork()
        if process_id == 0:
            _serve(home, log=log)
        sys.stdout.write(f"{process_id}\n")
        sys.stdout.flush()


def _serve(home: str, *, log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    serve(listen=None, home=Path(home))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
