"""A thing really changes hands between two served nodes: ask, accept, hand over, receive, and read it all back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web

from node.domain.agreements import Agreement
from node.operations.decide_request import AcceptRequest, accept_request
from node.operations.hand_over import GiveHandover, ReceiveHandover, give, receive
from node.operations.make_request import MakeRequest, make_request
from node.store import agreements
from protocol.agreements import Phase
from protocol.http_signatures import HttpRequest, sign_request
from protocol.identifiers import Iri
from protocol.keys import TransportKey
from protocol.proofs import verify_document
from protocol.strict_json import parse_object
from protocol.vocabulary import Counterfactual, Tier
from tests.cast import Clock
from tests.federation.serving import Answer, Network, Served, make_app, make_home, problem_of, serving
from tests.federation.test_delivery import all_delivered, follow, until
from tests.federation.test_documents import offer, proof_key_of

T = TypeVar("T")


@pytest.fixture
def baerum_app(tmp_path: Path, template: Path, network: Network, clock: Clock) -> web.Application:
    """The application of Bærum's node."""
    settings = make_home(tmp_path, "baerum", template=template, clock=lambda: clock.now)
    return make_app(settings, network=network, clock=clock)


@pytest.fixture
async def neighbour(baerum_app: web.Application, network: Network, asker: Served) -> AsyncIterator[Served]:
    """Bærum's node, serving, and a peer of Asker's in both directions."""
    async with serving(baerum_app, network=network) as served:
        await follow(served, asker)
        await follow(asker, served)
        yield served


def in_phase(phase: Phase) -> Callable[[sqlite3.Connection], Agreement | None]:
    def look(connection: sqlite3.Connection) -> Agreement | None:
        found = agreements.find_agreement(connection, "1")
        return found if found is not None and found.phase is phase else None

    return look


async def run(served: Served, operation: Callable[..., T], *arguments: object, **named: object) -> T:
    return await asyncio.to_thread(lambda: served.run(operation, *arguments, **named))


async def get_signed(asked: Served, asker: Served, iri: str, *, clock: Clock) -> Answer:
    pem = await asyncio.to_thread((asker.node.settings.home / "keys" / "ed-http.pem").read_bytes)
    key = TransportKey.from_pem(pem, key_id=f"{asker.node.settings.actor_iri}#ed-http")
    request = sign_request(HttpRequest("GET", Iri(iri), (), b""), key=key, now=clock.now, nonce="get")
    return await asked.ask(request)


async def test_a_thing_is_asked_for_agreed_handed_over_and_received(
    asker: Served, neighbour: Served, clock: Clock
) -> None:
    iri = await asyncio.to_thread(offer, asker, tier=Tier.PARTNERS)
    await until(neighbour, lambda connection: connection.execute("SELECT 1 FROM proposals").fetchone())

    command = MakeRequest(reference=iri, quantity=3, item_ref=None, counterfactual=Counterfactual.BUY_NEW)
    await run(neighbour, make_request, command, expires_at=clock.now + timedelta(days=14))
    await until(asker, in_phase(Phase.REQUESTED))
    await run(asker, accept_request, AcceptRequest(reference="1"))
    await until(neighbour, in_phase(Phase.AGREED))
    await run(asker, give, GiveHandover(reference="1", quantity=None))
    await until(neighbour, in_phase(Phase.GIVEN))
    await run(neighbour, receive, ReceiveHandover(reference="1", quantity=None))
    await until(asker, in_phase(Phase.COMPLETED))
    await until(neighbour, in_phase(Phase.COMPLETED))
    await until(asker, all_delivered)

    agreement = await asyncio.to_thread(asker.node.read, in_phase(Phase.COMPLETED))
    assert agreement is not None
    assert (agreement.quantity, agreement.given, agreement.received, agreement.held) == (3, 3, 3, 0)
    await check_durable_objects(asker, neighbour, agreement, clock=clock)


async def check_durable_objects(asker: Served, neighbour: Served, agreement: Agreement, *, clock: Clock) -> None:
    """The agreement and the handover are served at their IRIs, with their proofs, to the other party alone."""
    assert agreement.agreement_iri is not None
    event_iri = await asyncio.to_thread(
        asker.node.read,
        lambda connection: connection.execute(
            "SELECT object_iri FROM thread_objects WHERE object_iri LIKE 'https://asker.example/events/%'"
        ).fetchone()[0],
    )
    for iri in (agreement.agreement_iri, event_iri):
        answer = await get_signed(asker, neighbour, iri, clock=clock)
        assert (answer.status, answer.document["id"]) == (200, iri)
        document = parse_object(answer.body, bytes_max=65_536)
        verify_document(document, public_key=proof_key_of(asker))
        assert problem_of(await asker.get(iri.removeprefix(asker.origin))) == (404, "not-found")
        # An IRI of this collection that names something else of ours is no agreement and no event.
    request_path = agreement.request_iri.removeprefix(neighbour.origin)
    assert problem_of(await asker.get(request_path)) == (404, "not-found")
