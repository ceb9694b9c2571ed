"""What this node publishes about itself: actor, WebFinger, NodeInfo, and the published schemas.

All of it is for anybody, unsigned. Documents that do not change while the node runs are made once, before it serves.
What depends on who asks is in `node.federation.objects` and `node.federation.outbox`.
"""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from aiohttp import web

import schemas
from node.domain.places import Coordinates
from node.federation.media_types import ACTIVITY_JSON, JRD_JSON, JSON, LD_JSON, SCHEMA_JSON
from node.federation.problems import NOT_FOUND, ProblemError
from protocol.canonical import canonicalize
from protocol.discovery import (
    ListedProofKey,
    RemoteActor,
    actor_document,
    nodeinfo_document,
    nodeinfo_index_document,
    webfinger_document,
    webfinger_resources,
)
from protocol.identifiers import ActorIri, Domain, Iri, Origin
from protocol.keys import ProofKey, PublicProofKey, PublicTransportKey, TransportKey
from protocol.vocabulary import OrganisationKind

PUBLISHED_FILES: tuple[tuple[str, str, str], ...] = (
    ("/ns", "namespace.jsonld", LD_JSON),
    ("/contexts/krets", "context.json", LD_JSON),
    ("/categories", "categories.jsonld", LD_JSON),
)
"""Path, name in `schemas`, Content-Type; the message schemas follow by their own names."""

CACHE_SECONDS = 300
"""How long others may keep a document that changes only with a restart."""

NODEINFO_TYPE = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"'
"""NodeInfo 2.1 asks for exactly this Content-Type."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the actor document says about whose node this is."""

    actor_iri: ActorIri
    origin: Origin
    domain: Domain
    name: str
    kind: OrganisationKind
    country: str
    org_number: str
    coordinates: Coordinates


@dataclass(frozen=True, slots=True)
class StaticDocument:
    """Bytes that are the same for everybody, with their Content-Type."""

    body: bytes
    content_type: str


def describe_organisation(
    organisation: Organisation,
    *,
    proof_key: ProofKey,
    transport_keys: tuple[TransportKey, ...],
    recovery_key: PublicProofKey,
) -> RemoteActor:
    """Our own actor as others will read it. The coordinates are the snapped ones."""
    return RemoteActor(
        id=organisation.actor_iri,
        inbox=Iri(f"{organisation.origin}/inbox"),
        outbox=Iri(f"{organisation.origin}/outbox"),
        name=organisation.name,
        kind=organisation.kind,
        country=organisation.country,
        org_number=organisation.org_number,
        latitude=organisation.coordinates.latitude,
        longitude=organisation.coordinates.longitude,
        # Positions of what is pushed to us are not read yet, so they are not asked for.
        feeds=False,
        proof_keys=(ListedProofKey(key_id=proof_key.key_id, key=proof_key.public),),
        transport_keys=tuple(
            PublicTransportKey.from_pem(key.public_pem, key_id=key.key_id, owner_iri=organisation.actor_iri)
            for key in transport_keys
        ),
        recovery_fingerprint=recovery_key.fingerprint,
    )


def static_documents(actor: RemoteActor, *, organisation: Organisation) -> dict[str, StaticDocument]:
    """Every unchanging document by its path. Reads the published files: not for the event loop."""
    documents = {
        "/actor": StaticDocument(canonicalize(actor_document(actor, domain=organisation.domain)), ACTIVITY_JSON),
        "/.well-known/nodeinfo": StaticDocument(
            canonicalize(nodeinfo_index_document(origin=organisation.origin)), JSON
        ),
        "/nodeinfo/2.1": StaticDocument(
            canonicalize(nodeinfo_document(software_version=software_version())), NODEINFO_TYPE
        ),
    }
    for path, name, content_type in PUBLISHED_FILES:
        documents[path] = StaticDocument(schemas.read_bytes(name), content_type)
    for file in files(schemas).joinpath("messages").iterdir():
        if file.name.endswith(".json"):
            documents[f"/schemas/messages/{file.name}"] = StaticDocument(file.read_bytes(), SCHEMA_JSON)
    return documents


def software_version() -> str:
    """The version of the installed package; `0` where it runs from a folder that is not installed."""
    try:
        return version("krets")
    except PackageNotFoundError:
        return "0"


class Documents:
    """Handlers for what anybody may read."""

    def __init__(self, *, organisation: Organisation, documents: dict[str, StaticDocument]) -> None:
        self._organisation = organisation
        self._documents = documents
        self._resources = webfinger_resources(actor_iri=organisation.actor_iri, domain=organisation.domain)
        self._webfinger = canonicalize(webfinger_document(actor_iri=organisation.actor_iri, domain=organisation.domain))

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Register every path of this module."""
        for path in self._documents:
            router.add_get(path, self.get_static)
        router.add_get("/.well-known/webfinger", self.get_webfinger)

    async def get_static(self, request: web.Request) -> web.Response:
        """A document that is the same for everybody until the next start."""
        document = self._documents[request.path]
        return public_response(document.body, content_type=document.content_type, cache_seconds=CACHE_SECONDS)

    async def get_webfinger(self, request: web.Request) -> web.Response:
        """Our one actor, if the question is about it or about this server as a whole (FEP-d556)."""
        if request.query.get("resource") not in self._resources:
            raise ProblemError(NOT_FOUND)
        return public_response(self._webfinger, content_type=JRD_JSON, cache_seconds=CACHE_SECONDS)


def public_response(body: bytes, *, content_type: str, cache_seconds: int) -> web.Response:
    """A document for anybody, which pages of other sites may read too."""
    caching = f"public, max-age={cache_seconds}" if cache_seconds else "no-cache"
    headers = {"Content-Type": content_type, "Cache-Control": caching, "Access-Control-Allow-Origin": "*"}
    return web.Response(body=body, headers=headers)
