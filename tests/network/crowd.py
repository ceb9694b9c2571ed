"""Fifty organisations in one process: each with an address, keys and an inbox of its own, all on one event loop.

They are written with this project's `protocol`, as an outside organisation would use it, and with nothing of the node.
Each has its own address of the loopback network (127.0.0.2, 127.0.0.3, ...) because a node knows one peer an origin.
"""

import asyncio
import hashlib
import itertools
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from yarl import URL

from protocol.activities import Accept, Activity, Reject, parse_activity
from protocol.compose import (
    compose_accept_follow,
    compose_create,
    compose_follow,
    compose_proposal,
    compose_request,
    seal,
)
from protocol.discovery import ListedProofKey, RemoteActor
from protocol.feeds import FeedName, tier_feed_iri
from protocol.http_signatures import HttpRequest, peek_signature, sign_request, verify_request
from protocol.identifiers import ActorIri, Iri, KeyIri, Origin
from protocol.keys import ProofKey, PublicTransportKey, TransportKey, ed25519_pem_from_seed
from protocol.limits import ACTIVITY_BYTES_MAX
from protocol.proofs import sign_document
from protocol.vocabulary import Action, Counterfactual, Purpose, Quantity, Tier, Unit
from schemas import message_context

CONTEXT = message_context()
FIRST_HOST = 2
"""127.0.0.1 is the node's."""

ACTIVITY_JSON = (("content-type", "application/activity+json"),)


def utc_now() -> datetime:
    """Now, in whole seconds as messages have it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Letter:
    """A request as it arrived, and when."""

    request: HttpRequest
    received_at: datetime


@dataclass
class Member:
    """One organisation of the crowd, and what was delivered to it."""

    number: int
    port: int
    proof_key: ProofKey = field(init=False)
    transport_key: TransportKey = field(init=False)
    letters: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        seed = hashlib.sha256(f"member {self.number}".encode()).digest()
        self.proof_key = ProofKey.from_seed(seed, key_id=KeyIri(f"{self.actor_iri}#proof-1"))
        pem = ed25519_pem_from_seed(hashlib.sha256(seed).digest())
        self.transport_key = TransportKey.from_pem(pem, key_id=f"{self.actor_iri}#ed-http")

    @property
    def host(self) -> str:
        """The address that is this member's alone."""
        return f"127.0.0.{FIRST_HOST + self.number}"

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://{self.host}:{self.port}"

    @property
    def actor_iri(self) -> ActorIri:
        """Who it is."""
        return ActorIri(Iri(f"{self.origin}/actor"))

    def actor(self) -> RemoteActor:
        """What it says about itself."""
        pem = self.transport_key.public_pem
        transport = PublicTransportKey.from_pem(pem, key_id=self.transport_key.key_id, owner_iri=self.actor_iri)
        return RemoteActor(
            id=self.actor_iri,
            inbox=Iri(f"{self.origin}/inbox"),
            outbox=Iri(f"{self.origin}/outbox"),
            name=f"Member {self.number}",
            kind=None,
            country="NO",
            org_number=None,
            latitude=None,
            longitude=None,
            feeds=True,
            proof_keys=(ListedProofKey(key_id=self.proof_key.key_id, key=self.proof_key.public),),
            transport_keys=(transport,),
            recovery_fingerprint=None,
        )

    def follow(self, followed: ActorIri) -> bytes:
        """A signed wish to follow."""
        unsigned = compose_follow(
            iri=self._mint("activities"),
            actor_iri=self.actor_iri,
            object_iri=followed,
            published=utc_now(),
            context=CONTEXT,
        )
        return seal(unsigned, key=self.proof_key, created=utc_now())

    def accept_follow(self, follow_iri: Iri, *, to: ActorIri) -> bytes:
        """A signed yes to a node that wants to follow."""
        unsigned = compose_accept_follow(
            iri=self._mint("activities"),
            actor_iri=self.actor_iri,
            object_iri=follow_iri,
            to=to,
            tier=Tier.PARTNERS,
            tier_version=1,
            published=utc_now(),
            context=CONTEXT,
        )
        return seal(unsigned, key=self.proof_key, created=utc_now())

    def create(self) -> bytes:
        """A signed offer of chairs, as signed news."""
        iri = self._mint("proposals")
        audience = (tier_feed_iri(Origin(self.origin), FeedName.PARTNERS),)
        proposal = compose_proposal(
            iri=iri,
            purpose=Purpose.OFFER,
            attributed_to=self.actor_iri,
            name="Kontorstol Capisco",
            content="Brukte, hele, fra rådhuset. Kan hentes i kjelleren.",
            version=1,
            published=utc_now(),
            closes_at=None,
            action=Action.TRANSFER,
            category_iri=Iri("https://w3id.org/krets/category/office-chair"),
            quantity=Quantity.of(24, Unit.ONE),
            available=Quantity.of(24, Unit.ONE),
            minimum=None,
            latitude=59.83,
            longitude=10.44,
            condition="good",
            mass_grams=14_000,
            audience=audience,
            context=CONTEXT,
        )
        unsigned = compose_create(
            iri=self._mint("activities"),
            actor_iri=self.actor_iri,
            audience=audience,
            published=utc_now(),
            context=CONTEXT,
            signed_object=sign_document(proposal, key=self.proof_key, created=utc_now()),
        )
        return seal(unsigned, key=self.proof_key, created=utc_now())

    def request(self, proposal_iri: str, *, to: ActorIri) -> tuple[Iri, bytes]:
        """A signed request for one of an offer: its IRI and its bytes."""
        iri = self._mint("activities")
        unsigned = compose_request(
            iri=iri,
            actor_iri=self.actor_iri,
            to=to,
            satisfies=Iri(f"{proposal_iri}#primary"),
            quantity=Quantity.of(1, Unit.ONE),
            proposal_version=1,
            proposal_digest=None,
            counterfactual=Counterfactual.NOT_SAID,
            expires_at=None,
            seen=frozenset(),
            published=utc_now(),
            context=CONTEXT,
        )
        return iri, seal(unsigned, key=self.proof_key, created=utc_now())

    def sign(self, body: bytes, *, inbox_iri: str) -> HttpRequest:
        """The body as a signed POST."""
        unsigned = HttpRequest("POST", inbox_iri, ACTIVITY_JSON, body)
        return sign_request(unsigned, key=self.transport_key, now=utc_now(), nonce=self.token())

    def answers(self, *, sender: RemoteActor) -> dict[Iri, list[Accept | Reject]]:
        """What was delivered here in answer to each request, all of it verified as the sender's."""
        answers: dict[Iri, list[Accept | Reject]] = {}
        for letter in self.letters:
            activity = _verified(letter, sender=sender)
            if isinstance(activity, Accept | Reject):
                answers.setdefault(activity.object_iri, []).append(activity)
        return answers

    def token(self) -> str:
        """Fresh randomness."""
        return secrets.token_urlsafe(16)

    def _mint(self, collection: str) -> Iri:
        return Iri(f"{self.origin}/{collection}/{self.token()}")


class Crowd:
    """The members with their inboxes open and a warm connection each to the node. Use it in `async with`."""

    def __init__(self, members: Sequence[Member], *, inbox_iri: str) -> None:
        self.members = members
        self.inbox_iri = inbox_iri
        self._by_host = {member.host: member for member in members}
        self._stack = AsyncExitStack()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Crowd":
        app = web.Application(client_max_size=ACTIVITY_BYTES_MAX)
        app.router.add_post("/inbox", self._post_inbox)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        for member in self.members:
            await web.TCPSite(runner, member.host, member.port).start()
        connector = aiohttp.TCPConnector(limit=len(self.members))
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def post_together(self, requests: Sequence[HttpRequest]) -> list[int]:
        """Send all of these at once, each on a connection of its own. Returns their statuses."""
        start = asyncio.Event()
        tasks = [asyncio.create_task(self._post(request, start=start)) for request in requests]
        await asyncio.sleep(0)
        start.set()
        return list(await asyncio.gather(*tasks))

    async def _post(self, request: HttpRequest, *, start: asyncio.Event) -> int:
        assert self._session is not None
        await start.wait()
        target = URL(request.target_uri, encoded=True)
        async with self._session.post(target, headers=request.headers, data=request.body) as answer:
            await answer.read()
            return answer.status

    async def _post_inbox(self, request: web.Request) -> web.Response:
        body = await request.read()
        member = self._by_host[request.host.partition(":")[0]]
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers)
        arrived = HttpRequest("POST", f"{member.origin}{request.raw_path}", headers, body)
        member.letters.append(Letter(request=arrived, received_at=utc_now()))
        return web.Response(status=202)


def crowd_of(count: int, *, port: int) -> list[Member]:
    """So many members, all on this port of their own addresses."""
    return list(itertools.starmap(Member, ((number, port) for number in range(count))))


def _verified(letter: Letter, *, sender: RemoteActor) -> Activity:
    key_id = peek_signature(letter.request).keyid
    key = next(listed for listed in sender.transport_keys if listed.key_id == key_id)
    verified = verify_request(letter.request, key=key, now=letter.received_at)
    return parse_activity(verified, proof_keys={listed.key_id: listed.key for listed in sender.proof_keys})
