"""Fetching another server's documents: bounded in bytes, time and redirects, and believed only within one origin.

Fetches happen because a person looked at a peer, or because a request named a key at a known peer's origin that the
peer did not list before: then its own actor is fetched, once a minute at most. Which addresses are dialled at all is
decided in `node.federation.dialling`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from node.federation.media_types import (
    ACTIVITY_ACCEPT,
    JRD_JSON,
    is_activity_type,
    is_discovery_type,
)
from node.federation.transport import ExchangeFailed, Transport
from protocol.discovery import RemoteActor, parse_actor, parse_webfinger
from protocol.errors import InvalidIdentifier, ProtocolError
from protocol.http_signatures import HttpRequest
from protocol.identifiers import Iri, origin_of, parse_iri, same_origin
from protocol.limits import DISCOVERY_BYTES_MAX, FETCH_SECONDS_MAX, IRI_CHARS_MAX, REDIRECTS_MAX
from protocol.strict_json import JsonObject, parse_object

_REDIRECTS = (301, 302, 303, 307, 308)


class FetchFailed(Exception):
    """The document could not be had. `safe_text` is one line for the person who asked, with what to do."""

    def __init__(self, safe_text: str) -> None:
        super().__init__(safe_text)
        self.safe_text = safe_text


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """What is asked for: the Accept header, which Content-Types will do, and the largest body in bytes."""

    accept: str
    is_acceptable: Callable[[str | None], bool]
    body_bytes_max: int


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A JSON object, and the address that it finally came from."""

    fetched_from: Iri
    document: JsonObject


ACTOR_KIND = DocumentKind(ACTIVITY_ACCEPT, is_activity_type, DISCOVERY_BYTES_MAX)
WEBFINGER_KIND = DocumentKind(JRD_JSON, is_discovery_type, DISCOVERY_BYTES_MAX)


async def fetch_actor(address: str, *, transport: Transport, http_allowed: bool) -> RemoteActor:
    """The actor at this address: a host name, a server's address, or the actor's own IRI.

    A server is asked by WebFinger for its own actor (FEP-d556). Everything must be of the one origin that was asked
    for. Raises FetchFailed with advice, also where the answers are not as SPEC.md says.
    """
    iri = parse_address(address, http_allowed=http_allowed)
    try:
        if str(iri) == origin_of(iri):
            iri = await _find_server_actor(iri, transport=transport, http_allowed=http_allowed)
        fetched = await fetch_document(
            iri, kind=ACTOR_KIND, transport=transport, http_allowed=http_allowed, sign=_unsigned
        )
        return parse_actor(fetched.document, fetched_from=fetched.fetched_from)
    except ProtocolError as error:
        raise FetchFailed(f"{iri} does not answer as a peer does: {error.safe_text}") from error


async def fetch_document(
    iri: Iri,
    *,
    kind: DocumentKind,
    transport: Transport,
    http_allowed: bool,
    sign: Callable[[HttpRequest], HttpRequest],
) -> FetchedDocument:
    """The JSON object at the IRI, after at most REDIRECTS_MAX redirects within its origin.

    `sign` is given each request as it goes out and returns the one to send. Raises FetchFailed, and ProtocolError for
    a body that is not strict JSON.
    """
    target, loop = iri, asyncio.get_running_loop()
    give_up_at = loop.time() + FETCH_SECONDS_MAX
    for _ in range(REDIRECTS_MAX + 1):
        request = HttpRequest("GET", target, (("Accept", kind.accept),), b"")
        try:
            answer = await transport.exchange(
                sign(request), body_bytes_max=kind.body_bytes_max, deadline_seconds=give_up_at - loop.time()
            )
        except ExchangeFailed as error:
            raise FetchFailed(
                f"{iri} could not be fetched: {error.safe_text}. Check the address, and that the node runs."
            ) from error
        if answer.status not in _REDIRECTS:
            break
        target = _redirected(target, answer.header("location"), http_allowed=http_allowed)
    else:
        raise FetchFailed(f"{iri} redirects more than {REDIRECTS_MAX} times.")
    if answer.status != 200:
        raise FetchFailed(f"{iri} answered with status {answer.status}. Check the address.")
    if answer.header("content-encoding") not in (None, "identity"):
        raise FetchFailed(f"{iri} answered compressed, though nobody asked it to.")
    if not kind.is_acceptable(answer.header("content-type")):
        raise FetchFailed(f"{iri} answered with another kind of document than asked for. Check the address.")
    return FetchedDocument(fetched_from=target, document=parse_object(answer.body, bytes_max=kind.body_bytes_max))


def parse_address(address: str, *, http_allowed: bool) -> Iri:
    """The IRI that a person's text for a server or an actor means. Raises FetchFailed with advice.

    Without a scheme it is https, or http where that is allowed (development). A path of `/` is none.
    """
    text = address.strip()
    if "://" not in text:
        text = f"{'http' if http_allowed else 'https'}://{text}"
    if text.startswith("http://") and not http_allowed:
        raise FetchFailed(f"{address} is not https. Only a development node (krets init --dev) talks http.")
    scheme, rest = text.split("://", 1)
    host, slash, path = rest.partition("/")
    try:
        iri = parse_iri(f"{scheme}://{host.lower()}{slash + path if path else ''}", allow_http=http_allowed)
    except InvalidIdentifier as error:
        raise FetchFailed(
            f"{address[:IRI_CHARS_MAX]!r} is not the address of a node. Give its host name, for example "
            "krets.asker.example, or its https address."
        ) from error
    return Iri(iri.partition("#")[0])


async def _find_server_actor(origin: Iri, *, transport: Transport, http_allowed: bool) -> Iri:
    resource = f"{origin}/"
    query = Iri(f"{origin}/.well-known/webfinger?resource={quote(resource, safe='')}")
    fetched = await fetch_document(
        query, kind=WEBFINGER_KIND, transport=transport, http_allowed=http_allowed, sign=_unsigned
    )
    return parse_iri(parse_webfinger(fetched.document, fetched_from=fetched.fetched_from), allow_http=http_allowed)


def _redirected(target: Iri, location: str | None, *, http_allowed: bool) -> Iri:
    try:
        following = parse_iri(urljoin(target, location or ""), allow_http=http_allowed)
    except (InvalidIdentifier, ValueError) as error:
        raise FetchFailed(f"{target} redirects to something that is not an address.") from error
    if not same_origin(following, target):
        raise FetchFailed(f"{target} redirects to another server, which is not followed. Give that address instead.")
    return following


def _unsigned(request: HttpRequest) -> HttpRequest:
    """Actors and WebFinger answers are public, so nobody is told who asks."""
    return request
