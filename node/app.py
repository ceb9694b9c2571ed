"""The composition root of a serving node: puts it together from its settings and runs it.

The only place that knows everything, and it decides nothing. `create_app` gives an open node its handlers, its
delivery loop and its jobs; `serve` runs that until it is told to stop.
"""

import asyncio
import errno
import fcntl
import logging
import os
import random
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web

from node.domain.requests import Approval
from node.federation.askers import Askers
from node.federation.deliver import Deliverer, TransportKeys
from node.federation.documents import Documents, Organisation, describe_organisation, static_documents
from node.federation.inbox import Inbox
from node.federation.keyring import KeyRefresher, Keyring
from node.federation.objects import Objects
from node.federation.outbox import Outbox
from node.federation.problems import problem_middleware
from node.federation.transport import HttpTransport, Transport
from node.jobs import Jobs, keep_running, start_scheduler
from node.keys import NodeKeys, load_keys
from node.opening import LOCK_NAME, Node, draw_fresh_token, open_node, published_coordinates, read_clock
from node.settings import Settings, parse_listen
from node.store.database import read_commit_counter
from node.web.home import HomeFacts, HomePage
from protocol.identifiers import Domain

_NODE_KEY = web.AppKey("node", Node)

LOCK_PAUSES_SECONDS = (0.02, 0.05, 0.1, 0.2)
"""Between tries to take the lock: four commands in a row may ask who holds it before a start gives up."""

WATCH_SECONDS = 0.15
"""Between two looks for commits of other processes: a command beside `serve` is noticed at once, for its person."""

CONNECTIONS_MAX = 1_000
"""Connections that peers and proxies may hold open; one more is answered 503 at once. About 30 KiB each."""

CONNECTION_IDLE_SECONDS = 30.0
"""For a request to begin and its header to be complete, on a new connection and on a kept one."""

STOP_SECONDS = 5.0
"""For requests under way to end after SIGTERM. One whose body is still on its way is cut off; the peer repeats it."""

DELIVERY_GRACE_SECONDS = 5.0
"""For deliveries under way to end; one that is cut off is repeated after the next start."""


class ServeRefused(Exception):
    """The node cannot be served like this. `safe_text` is one line that says why and what to do."""

    def __init__(self, safe_text: str) -> None:
        super().__init__(safe_text)
        self.safe_text = safe_text


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    transport: Transport | None = None,
    draw_token: Callable[[], str] = draw_fresh_token,
    draw_jitter: Callable[[], float] = random.random,
) -> web.Application:
    """The whole serving node as an aiohttp application that opens and closes what it needs. Blocks.

    Without a `transport` it talks to the real network. Everything that reads a file happens here, before the event
    loop serves. Raises what `open_node` raises.
    """

    node = open_node(settings, clock=clock, draw_token=draw_token)
    try:
        return _assemble(node, transport=transport, draw_jitter=draw_jitter)
    except BaseException:
        node.close()
        raise


def node_of(app: web.Application) -> Node:
    """The node that an application of `create_app` serves."""
    return app[_NODE_KEY]


async def serve(settings: Settings, listen: str | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way and return.

    `listen` is HOST:PORT and overrides the settings. Raises ServeRefused with advice where this folder is served
    already or the address cannot be listened on, and what `open_node` raises.
    """
    logging.basicConfig(
        stream=sys.stderr, level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Its errors are requests that it could not read, a stack trace for each; ours are logged where they are answered.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    try:
        host, port = parse_listen(listen) if listen else settings.listen_address
    except ValueError as error:
        raise ServeRefused(f"--listen is {listen!r}: {error}.") from error
    stopping = asyncio.Event()
    with closing(await asyncio.to_thread(_take_lock, settings.home)):
        bound = await asyncio.to_thread(_bind, host, port)
        try:
            app = await asyncio.to_thread(create_app, settings, clock=read_clock)
        except BaseException:
            bound.close()
            raise
        runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=CONNECTION_IDLE_SECONDS,
            shutdown_timeout=STOP_SECONDS,
        )
        await runner.setup()
        try:
            server = await _listen(runner, bound)
            _stop_on_signals(stopping)
            shown = f"[{host}]" if ":" in host else host
            sys.stderr.write(f"serving {settings.origin} on {shown}:{bound.getsockname()[1]}\n")
            sys.stderr.flush()
            await stopping.wait()
            server.close()
        finally:
            await runner.cleanup()


def _assemble(node: Node, *, transport: Transport | None, draw_jitter: Callable[[], float]) -> web.Application:
    settings, database, author, clock = node.settings, node.database, node.author, node.clock
    keys = load_keys(settings.home, actor_iri=settings.actor_iri)
    network = HttpTransport(loopback_allowed=settings.dev) if transport is None else transport
    keyring = Keyring(database)
    refresher = KeyRefresher(
        database=database, keyring=keyring, transport=network, http_allowed=settings.dev, clock=clock
    )
    inbox = Inbox(
        database=database,
        keyring=keyring,
        refresher=refresher,
        author=author,
        approval=Approval(settings.approval),
        http_allowed=settings.dev,
        clock=clock,
    )
    deliverer = Deliverer(
        database=database,
        transport=network,
        keys=TransportKeys(ed_http=keys.ed_http, main=keys.main),
        parallel_max=settings.deliveries_parallel,
        clock=clock,
        author=author,
        draw_jitter=draw_jitter,
    )
    app = web.Application(middlewares=[problem_middleware])
    app[_NODE_KEY] = node
    app.router.add_post("/inbox", inbox.post_inbox)
    askers = Askers(keyring=keyring, origin=author.origin, clock=clock)
    Objects(database=database, askers=askers, origin=author.origin).add_routes(app.router)
    Outbox(database=database, askers=askers, origin=author.origin).add_routes(app.router)
    _add_public_routes(app.router, node=node, keys=keys)
    jobs = Jobs(database=database, author=author, clock=clock)
    running = _Running(node=node, network=network, keyring=keyring, refresher=refresher, deliverer=deliverer, jobs=jobs)
    app.cleanup_ctx.append(running.run)
    return app


def _add_public_routes(router: web.UrlDispatcher, *, node: Node, keys: NodeKeys) -> None:
    """Everything that is for anybody: what the node says of itself, and the page for people."""
    settings = node.settings
    organisation = Organisation(
        actor_iri=node.author.actor_iri,
        origin=node.author.origin,
        domain=Domain(settings.domain),
        name=settings.name,
        kind=settings.kind,
        country=settings.country,
        org_number=settings.org_number,
        coordinates=published_coordinates(settings),
    )
    actor = describe_organisation(
        organisation, proof_key=keys.proof, transport_keys=(keys.main, keys.ed_http), recovery_key=keys.recovery
    )
    facts = HomeFacts(
        name=settings.name,
        kind=settings.kind,
        country=settings.country,
        org_number=settings.org_number,
        origin=settings.origin,
        actor_iri=settings.actor_iri,
        proof_fingerprint=keys.proof.public.fingerprint,
        recovery_fingerprint=keys.recovery.fingerprint,
    )
    static = static_documents(actor, organisation=organisation)
    Documents(organisation=organisation, documents=static).add_routes(router)
    HomePage(facts=facts, database=node.database, clock=node.clock).add_routes(router)


@dataclass(frozen=True, slots=True)
class _Running:
    """What runs beside the requests, from the start of the application to its end."""

    node: Node
    network: Transport
    keyring: Keyring
    refresher: KeyRefresher
    deliverer: Deliverer
    jobs: Jobs

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        """Start it, wait for the end, and stop it in the opposite order; the database is closed last."""
        node, loop = self.node, asyncio.get_running_loop()

        def wake() -> None:
            # Called on the writer's thread, which must not fail because the loop has ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self.deliverer.wake)

        async with AsyncExitStack() as stack:
            stack.push_async_callback(asyncio.to_thread, node.close)
            if isinstance(self.network, HttpTransport):
                await stack.enter_async_context(self.network)
            stack.push_async_callback(self.refresher.close)
            stack.push_async_callback(self.deliverer.close, grace_seconds=DELIVERY_GRACE_SECONDS)
            for name, work in (("delivery", self.deliverer.run), ("watch", self._watch)):
                stack.push_async_callback(_stop, asyncio.create_task(keep_running(name, work), name=name))
            scheduler = start_scheduler(self.jobs)
            stack.callback(scheduler.shutdown, wait=False)
            node.database.on_commit(wake)
            yield

    async def _watch(self) -> None:
        """Notice what other processes commit: keys may have changed, and there may be something to deliver."""
        seen: int | None = None
        while True:
            # Asked on the writer's own connection, whose own commits do not count.
            counter = await asyncio.wrap_future(self.node.database.write(read_commit_counter))
            if counter != seen:
                self.keyring.forget()
                self.deliverer.wake()
                seen = counter
            await asyncio.sleep(WATCH_SECONDS)


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class _Lock:
    """The folder's lock, held by an open file until `close`, however the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """Let another process serve."""
        os.close(self._descriptor)


def _take_lock(home: Path) -> _Lock:
    """The folder's lock. Waits a moment, because `is_served` of a command holds it for an instant."""
    descriptor = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    for pause in (*LOCK_PAUSES_SECONDS, None):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if pause is None:
                os.close(descriptor)
                raise ServeRefused(
                    f"{home} is served already: use the node that runs, or stop it first (Ctrl-C where it was started)."
                ) from error
            time.sleep(pause)
        else:
            break
    return _Lock(descriptor)


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ServeRefused with advice."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    advice = "choose another with --listen HOST:PORT"
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                reason = f"Port {port} on {host} is in use: stop the other program, or {advice}."
            case errno.EACCES:
                reason = f"Port {port} is reserved for the system: {advice}, and let a web server in front pass on."
            case errno.EADDRNOTAVAIL | socket.EAI_NONAME | socket.EAI_AGAIN:
                reason = f"{host} is not an address of this machine: {advice}."
            case _:
                reason = f"Cannot listen on {host}:{port} ({error.strerror}): {advice}."
        raise ServeRefused(reason) from error


async def _listen(runner: web.AppRunner, bound: socket.socket) -> asyncio.Server:
    """Accept connections, no more than CONNECTIONS_MAX at once."""
    server = runner.server
    if server is None:
        raise RuntimeError("the runner is not set up")

    def make_protocol() -> asyncio.Protocol:
        return server() if len(server.connections) < CONNECTIONS_MAX else _Overfull()

    return await asyncio.get_running_loop().create_server(make_protocol, sock=bound)


class _Overfull(asyncio.Protocol):
    """Answers a connection too many, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say when to come again."""
        if isinstance(transport, asyncio.Transport):
            transport.write(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n")
            transport.close()


def _stop_on_signals(stopping: asyncio.Event) -> None:
    """The first signal stops in order; the second one is the system's own and ends at once."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
