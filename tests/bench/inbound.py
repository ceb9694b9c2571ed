"""Activities that come in, one a request, through the whole of a real node: HTTP, signature, proof, FULL commit.

The node is `krets serve` in a process of its own; what it costs is read from the kernel. The client is this process,
which has signed everything before. Beside it, in the same run and with the same bytes: the raw limit (two Ed25519
verifies and one row in a batched FULL transaction) and a bare aiohttp server.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
from yarl import URL

from node.operations.add_peer import AddPeer, add_peer
from node.operations.receive_activity import Signature, receive_activity
from node.operations.record_delivery import record_delivered
from node.store import feeds
from protocol.activities import Activity, parse_activity, parse_recorded
from protocol.http_signatures import HttpRequest, VerifiedRequest, verify_request
from tests.bench.measuring import Cost, cpu_seconds_of, measure_here, middle, spread
from tests.bench.raw import measure_raw
from tests.cast import Town
from tests.network.backstage import backstage, introduce
from tests.network.crowd import Member, crowd_of, utc_now
from tests.network.nodes import LOOPBACK, free_port, init_node, start_node, wait_until_answering
from tests.shared_files import REPOSITORY

WARM_UP = 100
IN_FLIGHT = 32
"""Requests under way at once, as from so many peers: enough that a group commit has a group."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured: activities a run, and runs."""

    activities: int
    runs: int


@dataclass(frozen=True, slots=True)
class Bench:
    """A stopped node and a peer of it, whose catalogue it follows and that it has accepted."""

    home: Path
    inbox_iri: str
    member: Member

    def sign_creates(self, count: int) -> list[HttpRequest]:
        """So many new offers of the peer, signed to be sent now."""
        return [self.member.sign(self.member.create(), inbox_iri=self.inbox_iri) for _ in range(count)]


def measure_inbound(folder: Path, amount: Amount) -> Iterator[str]:
    """The lines to print."""
    bench = set_up(folder)
    count = amount.activities
    sample = [request.body for request in bench.sign_creates(count)]
    yield ""
    yield f"Inbound: Create of an offer, {len(sample[0])} bytes, {count} a run, {IN_FLIGHT} at once, {amount.runs} runs"
    whole, bare, raw = [], [], []
    with start_node(bench.home) as node, bare_server() as (bare_id, bare_inbox_iri):
        send(bench.sign_creates(WARM_UP))
        for run in range(amount.runs):
            raw.append(measure_raw(sample, folder / f"raw-{run}.db"))
            bare.append(measure_server(bare_id, [retarget(body, bare_inbox_iri) for body in sample]))
            whole.append(measure_server(node.process.pid, bench.sign_creates(count)))
    for name, costs in (("raw limit", raw), ("bare aiohttp", bare), ("whole node", whole)):
        cost = middle(costs)
        yield f"  {name:<14} {cost.cpu_microseconds:7.0f} µs CPU {spread(costs):<5} {cost.per_second:7.0f} a second"
    least = middle(raw).cpu_microseconds
    ratio = middle(whole).cpu_microseconds / least
    with_http = middle(whole).cpu_microseconds / (least + middle(bare).cpu_microseconds)
    yield f"  whole node / raw limit: {ratio:.1f} (goal: at most 2.5)"
    yield f"  whole node / (raw limit + bare aiohttp): {with_http:.1f}"
    yield "  Fedify 2.3.6 on the same work: not measured here"
    yield "  where it goes, measured in this process, one after the other:"
    rest = middle(whole).cpu_microseconds - middle(bare).cpu_microseconds
    for name, cost in measure_steps(bench, count=count):
        rest -= cost.cpu_microseconds
        yield f"    {name:<44} {cost.cpu_microseconds:7.0f} µs CPU, {cost.cpu_microseconds / least:.1f} raw"
    yield f"    {'what is left beside bare aiohttp':<44} {rest:7.0f} µs CPU, {rest / least:.1f} raw"


def set_up(folder: Path) -> Bench:
    """The node and its peer; nothing waits to be delivered."""
    home = init_node(folder / "asker", name="Asker", settings={"log_level": '"warning"'})
    (member,) = crowd_of(1, port=free_port())
    with backstage(home) as town:
        introduce(town, member)
        town.run(add_peer, AddPeer(actor=member.actor()))
        follow_iri = town.run(lambda connection: connection.execute("SELECT following_iri FROM peers").fetchone()[0])
        receive_recorded(town, member, member.accept_follow(follow_iri, to=town.actor_iri))
        for waiting in feeds.list_subscriptions(town.connection, limit=10):
            through = waiting.head_seq
            town.run(record_delivered, peer_id=waiting.peer_id, feed_id=waiting.feed_id, through_seq=through)
        return Bench(home=home, inbox_iri=f"{town.author.origin}/inbox", member=member)


def receive_recorded(town: Town, member: Member, body: bytes) -> None:
    """The operation alone, with an activity that needs no verifying."""
    signature = Signature(
        key_iri=member.transport_key.key_id, nonce=member.token(), expires_at=utc_now() + timedelta(seconds=300)
    )
    town.run(receive_activity, parse_recorded(body), signature=signature, approval=town.approval)


@contextmanager
def bare_server() -> Iterator[tuple[int, str]]:
    """A bare aiohttp server: its process id and the address of its inbox."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.bare_server", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        try:
            wait_until_answering((LOOPBACK, port), is_alive=lambda: process.poll() is None)
            yield process.pid, f"http://{LOOPBACK}:{port}/inbox"
        finally:
            process.terminate()


def retarget(body: bytes, inbox_iri: str) -> HttpRequest:
    """The body for a server that verifies nothing, with as many bytes of headers."""
    headers = (("content-type", "application/activity+json"), ("signature-input", "x" * 330), ("signature", "x" * 100))
    return HttpRequest("POST", inbox_iri, headers, body)


def measure_server(process_id: int, requests: Sequence[HttpRequest]) -> Cost:
    """What another process spends on answering these requests."""
    cpu, clock = cpu_seconds_of(process_id), time.perf_counter()
    statuses = send(requests)
    cost = Cost(count=len(requests), cpu_seconds=cpu_seconds_of(process_id) - cpu, seconds=time.perf_counter() - clock)
    if statuses.keys() != {202}:
        raise RuntimeError(f"the server did not take everything: {statuses}")
    return cost


def send(requests: Sequence[HttpRequest]) -> Counter[int]:
    """Send all, IN_FLIGHT at a time over kept connections. Returns how often which status came."""
    return asyncio.run(_send(deque(requests)))


async def _send(waiting: deque[HttpRequest]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send_some() -> None:
            while waiting:
                request = waiting.popleft()
                target = URL(request.target_uri, encoded=True)
                async with session.post(target, headers=request.headers, data=request.body) as answer:
                    await answer.read()
                    statuses[answer.status] += 1

        await asyncio.gather(*(send_some() for _ in range(IN_FLIGHT)))
    return statuses


def measure_steps(bench: Bench, *, count: int) -> Iterator[tuple[str, Cost]]:
    """The parts of the node's work, each alone: in this process, without HTTP and without other threads."""
    requests = bench.sign_creates(count)
    actor = bench.member.actor()
    (key,) = actor.transport_keys
    proof_keys = {str(listed.key_id): listed.key for listed in actor.proof_keys}
    verified: list[VerifiedRequest] = []
    activities: list[Activity] = []

    def verify_all() -> int:
        verified.extend(verify_request(request, key=key, now=utc_now()) for request in requests)
        return len(verified)

    def parse_all() -> int:
        activities.extend(parse_activity(request, proof_keys=proof_keys) for request in verified)
        return len(activities)

    def receive_all(town: Town) -> int:
        town.connection.execute("BEGIN IMMEDIATE")
        for activity, request in zip(activities, verified, strict=True):
            receive_activity(
                town.connection,
                activity,
                signature=Signature(key_iri=key.key_id, nonce=request.nonce, expires_at=request.expires_at),
                author=town.author,
                approval=town.approval,
                now=utc_now(),
            )
        town.connection.execute("COMMIT")
        return len(activities)

    yield "verify_request: the HTTP signature", measure_here(verify_all)
    yield "parse_activity: JSON, context, two proofs", measure_here(parse_all)
    with backstage(bench.home) as town:
        yield "receive_activity: all statements, one commit", measure_here(partial(receive_all, town))
