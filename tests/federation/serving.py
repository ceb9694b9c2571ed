"""Whole served nodes in one process: real databases, keys, HTTP and signatures, and a network that tests can break.

A served node is asked over a real socket. What it sends goes through `Network`, which carries it to the other served
nodes over their sockets, answers what a test has laid ready, and fails for every other host.
"""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.app import create_app, node_of
from node.federation.transport import ExchangeFailed, HttpAnswer
from node.keys import create_keys
from node.opening import Node
from node.operations.add_peer import AddPeer, add_peer
from node.operations.decide_peer import AcceptPeer, accept_peer
from node.operations.initialise_node import initialise_node
from node.operations.learn_peer import LearnPeer, learn_peer
from node.settings import Settings, write_settings
from node.store import peers
from node.store.database import connect
from node.store.migrations import migrate
from protocol.http_signatures import HttpRequest
from protocol.identifiers import Iri, origin_of
from protocol.strict_json import JsonObject
from protocol.vocabulary import Tier
from tests.cast import Clock, Town, tokens
from tests.small_keys import write_small_key

T = TypeVar("T")

ORG_NUMBERS = {"asker": "920125298", "baerum": "935478715", "drammen": "921234554"}


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Network:
    """The port to the network of every served node of a test."""

    served: dict[str, "Served"] = field(default_factory=dict)
    answers: dict[str, HttpAnswer] = field(default_factory=dict)
    sent: list[HttpRequest] = field(default_factory=list)

    def lay_ready(self, target_uri: str, document: object, *, content_type: str, status: int = 200) -> None:
        """Answer requests for this address so."""
        headers = (("content-type", content_type),)
        self.answers[target_uri] = HttpAnswer(status=status, headers=headers, body=json.dumps(document).encode())

    async def exchange(self, request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        """As `node.federation.transport.Transport` says."""
        self.sent.append(request)
        if request.target_uri in self.answers:
            return self.answers[request.target_uri]
        served = self.served.get(origin_of(Iri(request.target_uri)))
        if served is None:
            raise ExchangeFailed("no connection", internal=f"{request.target_uri} is not in this test")
        answer = await served.ask(request)
        headers = tuple((name.lower(), value) for name, value in answer.headers.items())
        return HttpAnswer(status=answer.status, headers=headers, body=answer.body)


@dataclass
class Served:
    """A node that answers on a socket of its own."""

    node: Node
    app: web.Application
    client: TestClient[web.Request, web.Application]

    @property
    def origin(self) -> str:
        """The address that the node believes it has."""
        return self.node.settings.origin

    async def ask(self, request: HttpRequest) -> Answer:
        """Send the request as it is; Host is the one of its target unless it names another."""
        target = request.target_uri.partition("://")[2]
        host, slash, path = target.partition("/")
        headers = list(request.headers)
        if not any(name.lower() == "host" for name, _ in headers):
            headers.append(("Host", host))
        response = await self.client.request(
            request.method, slash + path, headers=headers, data=request.body or None, skip_auto_headers=["Content-Type"]
        )
        return Answer(status=response.status, headers=dict(response.headers), body=await response.read())

    async def get(self, path: str, **headers: str) -> Answer:
        """An unsigned GET."""
        return await self.ask(HttpRequest("GET", f"{self.origin}{path}", tuple(headers.items()), b""))

    def run(self, operation: Callable[..., T], *arguments: object, **named: object) -> T:
        """One operation in one transaction, as a command beside the served node does it. Blocks."""
        names = operation.__code__.co_varnames[: operation.__code__.co_argcount + operation.__code__.co_kwonlyargcount]
        if "author" in names:
            named.setdefault("author", self.node.author)
        if "now" in names:
            named.setdefault("now", self.node.clock())
        return self.node.write(lambda connection: operation(connection, *arguments, **named))

    def befriend(self, town: Town, *, tier: Tier = Tier.PARTNERS) -> None:
        """Follow a town that is not served, and accept it with the tier, as if it had asked."""
        self.run(add_peer, AddPeer(actor=town.actor()))
        peer = self.node.read(lambda connection: peers.find_peer_by_actor(connection, town.actor_iri))
        assert peer is not None
        self.run(_note_follow, peer.id)
        self.run(learn_peer, LearnPeer(peer_id=peer.id, actor=town.actor()))
        self.run(accept_peer, AcceptPeer(peer_id=peer.id, tier=tier))

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Everything in a table."""
        return self.node.read(lambda connection: [tuple(row) for row in connection.execute(f"SELECT * FROM {table}")])


def _note_follow(connection: Any, peer_id: int) -> None:
    connection.execute(
        "UPDATE peers SET follower_state = 'pending', follower_iri = actor_iri || '#follow' WHERE id = ?", (peer_id,)
    )


def make_home(
    folder: Path, name: str, *, template: Path, clock: Callable[[], Any], dev: bool = False, **values: object
) -> Settings:
    """A node's folder as `krets init` makes it, from a template."""
    home = folder / name
    home.mkdir()
    settings = write_settings(
        home,
        {
            "domain": f"{name}.example",
            "name": name.capitalize(),
            "org_number": ORG_NUMBERS[name],
            "latitude": 59.8331,
            "longitude": 10.4392,
            "dev": dev,
            **values,
        },
    )
    shutil.copytree(template / "keys", home / "keys")
    shutil.copyfile(template / "krets.db", settings.database_path)
    with closing(connect(settings.database_path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        initialise_node(connection, actor_iri=settings.actor_iri, now=clock())
        connection.execute("COMMIT")
    return settings


def make_template(folder: Path) -> Path:
    """A folder with an empty database and keys, made once for many nodes, because that takes most of a test's time."""
    with closing(connect(folder / "krets.db")) as connection:
        migrate(connection)
    create_keys(folder)
    write_small_key(folder)
    return folder


def make_app(settings: Settings, *, network: Network, clock: Clock) -> web.Application:
    """The application of a served node on a test's network and clock."""
    return create_app(
        settings,
        clock=lambda: clock.now,
        transport=network,
        draw_token=tokens(settings.name),
        draw_jitter=lambda: 0.5,
    )


@asynccontextmanager
async def serving(app: web.Application, *, network: Network) -> AsyncIterator[Served]:
    """The application on a socket, known to the network by the origin it believes to have."""
    async with TestClient(TestServer(app)) as client:
        served = Served(node=node_of(app), app=app, client=client)
        network.served[served.origin] = served
        yield served


def problem_of(answer: Answer) -> tuple[int, str]:
    """Status and code of a refusal; fails on anything that is not a well-formed problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer
    document: JsonObject = answer.document
    assert document["status"] == answer.status
    assert document["type"] == f"https://w3id.org/krets/problems#{document['code']}"
    assert isinstance(document["detail"], str)
    assert isinstance(document["title"], str)
    return answer.status, str(document["code"])
