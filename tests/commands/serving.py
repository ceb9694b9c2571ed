"""A node served from a thread of this process, so that commands have somebody to talk to over real HTTP."""

import asyncio
import fcntl
import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from node.app import create_app
from node.opening import LOCK_NAME
from node.settings import load_settings
from tests.commands.running import granted

T = TypeVar("T")

READY_SECONDS = 30.0


def pick_port() -> int:
    """A port that nobody listens on, below the range for outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(12_000, 30_000)
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_for(look: Callable[[], T | None], *, what: str) -> T:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        found = look()
        if found is not None:
            return found
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.05)


class ServedNode:
    """The node in a folder while it is served; holds the folder's lock as `krets serve` does."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = load_settings(home, {})
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def __enter__(self) -> Self:
        """Begin to serve; may be done again after the end."""
        app = create_app(self.settings, clock=lambda: datetime.now(UTC))
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(app)), daemon=True)
        self._thread.start()
        assert self._ready.wait(READY_SECONDS), "the node did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive() and self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(READY_SECONDS)

    def ask(self, *words: object) -> Any:
        """The JSON document of a command on this node that must not refuse."""
        return granted(*words, home=self.home)

    def become_peers_with(self, other: "ServedNode") -> None:
        """Ask each other, look, and accept, through commands."""
        self.ask("peer", "add", other.settings.origin)
        other.ask("peer", "add", self.settings.origin)
        for one, asking in ((self, other), (other, self)):
            wait_for(lambda one=one: _has_asked(one), what="the peer asks")  # type: ignore[misc]
            one.ask("peer", "show", asking.settings.origin)
            one.ask("peer", "accept", asking.settings.origin, "--tier", "partners")
        for one in (self, other):
            wait_for(lambda one=one: _is_accepted(one), what="the peer accepts")  # type: ignore[misc]

    def stop(self) -> None:
        """Stop serving, so that the peer is away."""
        self.__exit__(None, None, None)

    async def _serve(self, app: web.Application) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        lock = await asyncio.to_thread(_lock, self.home)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        host, port = self.settings.listen_address
        await web.TCPSite(runner, host, port).start()
        self._ready.set()
        await self._stopping.wait()
        await runner.cleanup()
        await asyncio.to_thread(lock.close)


def _lock(home: Path) -> Any:
    file = (home / LOCK_NAME).open("w")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _has_asked(node: ServedNode) -> bool | None:
    return (
        any(peer["follower_state"] in ("unverified", "pending") for peer in node.ask("peer", "list")["peers"]) or None
    )


def _is_accepted(node: ServedNode) -> bool | None:
    return any(peer["following_state"] == "accepted" for peer in node.ask("peer", "list")["peers"]) or None
