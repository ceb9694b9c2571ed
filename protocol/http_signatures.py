"""HTTP message signatures (RFC 9421) and body digests (RFC 9530): sign a request, and verify one strictly.

The time and the nonce are arguments. `signature_base` is general enough for the RFC's own examples; `sign_request` and
`verify_request` keep the narrower profile of SPEC.md: one signature, full coverage, five minutes, a nonce. Nothing
here remembers a nonce, looks up a key or knows a peer. Draft-cavage signatures do not belong here.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from protocol.errors import DigestMismatch, MalformedField, SignatureInvalid
from protocol.keys import PublicTransportKey, TransportKey
from protocol.limits import CLOCK_SKEW_SECONDS, NONCE_CHARS_MAX, SIGNATURE_WINDOW_SECONDS
from protocol.message_components import (
    Message,
    Target,
    combined_fields,
    component_value,
    malformed,
    normal_authority,
    parse_target,
)
from protocol.structured_fields import (
    BareItem,
    Component,
    Parameters,
    parse_byte_sequences,
    parse_inner_lists,
    serialize_bytes,
    serialize_component,
    serialize_inner_list,
)

SIGNATURE_LABEL = "sig1"
SIGNATURE_TAG = "krets"

_ALWAYS_COVERED = ("@method", "@target-uri", "@authority")
_COVERED_WITH_BODY = ("content-type", "content-digest")
_COVERED_IF_PRESENT = "krets-feed"

# RFC 9530, 5: the two algorithms that are safe and in use; any other in Content-Digest is passed over.
_DIGESTS = MappingProxyType({"sha-256": hashlib.sha256, "sha-512": hashlib.sha512})
_SEAL = object()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as both sides see it, before or after the network.

    `target_uri` is the absolute URI in full, query included, as the receiver knows itself to be addressed: a server
    puts its own configured origin before the raw path, and never lets the sender's Host choose it. `headers` are the
    field lines in order, duplicates included; names in any case. `body` is the exact octets, empty if none.
    """

    method: str
    target_uri: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class SignatureParameters:
    """What the one signature of a request claims about itself. Nothing of it is verified.

    `params_text` is the exact text of components and parameters, which the signature covers.
    """

    label: str
    components: tuple[Component, ...]
    parameters: Parameters
    params_text: str
    signature: bytes
    keyid: str
    created: int | None
    expires: int | None
    nonce: str | None
    alg: str | None
    tag: str | None


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """A request that the holder of `key` signed for exactly this method, target, body and time.

    Only `verify_request` makes one. `nonce` (up to NONCE_CHARS_MAX characters) must be remembered together with
    `key.key_id` until `expires_at`, or the request can be replayed; `created_at` and `expires_at` are aware UTC.
    """

    request: HttpRequest
    key: PublicTransportKey
    nonce: str
    created_at: datetime
    expires_at: datetime
    signature: bytes
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only verify_request makes a VerifiedRequest")


def content_digest(body: bytes) -> str:
    """The value of Content-Digest for this body: SHA-256 (RFC 9530).

    >>> content_digest(b'{"hello": "world"}')
    'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'
    """
    return f"sha-256={serialize_bytes(hashlib.sha256(body).digest())}"


def signature_base(
    request: HttpRequest,
    *,
    components: Sequence[Component],
    parameters: Parameters,
    response_status: int | None = None,
    related_request: HttpRequest | None = None,
) -> bytes:
    """The octets that are signed for these components and parameters (RFC 9421, 2.5), in ASCII.

    For a response, `request` carries the response's headers and body, `response_status` its status, and
    `related_request` the request that it answers, for components with the parameter `req`. Of the other component
    parameters only `name` of `@query-param` is read. Raises SignatureInvalid (signature-malformed) where a component
    is unknown, absent or twice.

    >>> request = HttpRequest("GET", "https://asker.example/actor?page=2", (("Accept", "text/html"),), b"")
    >>> components = (Component("@method"), Component("@query"), Component("accept"))
    >>> print(signature_base(request, components=components, parameters=(("created", 1700000000),)).decode())
    "@method": GET
    "@query": ?page=2
    "accept": text/html
    "@signature-params": ("@method" "@query" "accept");created=1700000000
    """
    return _base_of(
        _message_of(request, status=response_status),
        components=components,
        related=_message_of(related_request, status=None) if related_request is not None else None,
        params_text=serialize_inner_list(tuple(components), parameters=parameters),
    )


def sign_request(request: HttpRequest, *, key: TransportKey, now: datetime, nonce: str) -> HttpRequest:
    """The request with Content-Digest (where there is a body or the method is POST), Signature-Input and Signature.

    Covers `@method @target-uri @authority`, with a body or POST also `content-type content-digest`, and `krets-feed`
    if present. Valid from `now` for SIGNATURE_WINDOW_SECONDS. `nonce` is fresh randomness, 1 to NONCE_CHARS_MAX
    printable characters. A Content-Digest that the request already carries is used as it is, so that one body is
    digested once for many peers. Raises ValueError on a naive `now`, a bad nonce, a body without Content-Type, or a
    request that is signed already.

    >>> from protocol.keys import ed25519_pem_from_seed
    >>> key = TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id="https://asker.example/actor#ed-http")
    >>> plain = HttpRequest("GET", "https://hole.example/actor", (), b"")
    >>> signed = sign_request(plain, key=key, now=datetime(2026, 11, 23, 12, tzinfo=UTC), nonce="bm9uY2U")
    >>> print(signed.headers[0][1].replace(";", " ;"))
    sig1=("@method" "@target-uri" "@authority") ;created=1795435200 ;expires=1795435500 ;nonce="bm9uY2U" ;\
keyid="https://asker.example/actor#ed-http" ;alg="ed25519" ;tag="krets"
    """
    created = int(_checked_now(now))
    if not 1 <= len(nonce) <= NONCE_CHARS_MAX:
        raise ValueError(f"a nonce has 1 to {NONCE_CHARS_MAX} characters")
    names = {name.lower() for name, _ in request.headers}
    if "signature" in names or "signature-input" in names:
        raise ValueError("the request is signed already")
    if _needs_digest(request):
        if "content-type" not in names:
            raise ValueError("a request with a body needs a Content-Type before it is signed")
        if "content-digest" not in names:
            request = _with_headers(request, ("Content-Digest", content_digest(request.body)))
    components = tuple(Component(name) for name in _required_names(request, krets_feed=_COVERED_IF_PRESENT in names))
    parameters: Parameters = (
        ("created", created),
        ("expires", created + SIGNATURE_WINDOW_SECONDS),
        ("nonce", nonce),
        ("keyid", key.key_id),
        ("alg", key.algorithm),
        ("tag", SIGNATURE_TAG),
    )
    params_text = serialize_inner_list(components, parameters=parameters)
    message = _message_of(request, status=None)
    signature = key.sign(_base_of(message, components=components, related=None, params_text=params_text))
    return _with_headers(
        request,
        ("Signature-Input", f"{SIGNATURE_LABEL}={params_text}"),
        ("Signature", f"{SIGNATURE_LABEL}={serialize_bytes(signature)}"),
    )


def peek_signature(request: HttpRequest) -> SignatureParameters:
    """What the request's one signature claims, so that its key can be looked up. Nothing is verified.

    Raises SignatureInvalid: signature-missing without both fields, signature-malformed on more than one signature,
    unreadable fields, parameters of the wrong type, or no keyid.

    >>> headers = (("Signature-Input", 'sig1=("@method");keyid="k";created=1'), ("Signature", "sig1=:AA==:"))
    >>> peek_signature(HttpRequest("GET", "https://hole.example/actor", headers, b"")).keyid
    'k'
    """
    return _signature_of(combined_fields(request.headers))


def verify_request(request: HttpRequest, *, key: PublicTransportKey, now: datetime) -> VerifiedRequest:
    """The same request as a VerifiedRequest, if `key` signed it as SPEC.md asks; raises otherwise.

    Cheap refusals come first. In this order: the signature is one and readable (signature-missing,
    signature-malformed); it names this key and its algorithm (signature-invalid, algorithm); the body has a digest
    (digest); everything required is covered (component-uncovered); it was made for at most SIGNATURE_WINDOW_SECONDS
    (signature-malformed), not over CLOCK_SKEW_SECONDS in the future (clock), and has not expired (signature-expired:
    `expires` itself is the last valid second); each Host field, where present, names the target (wrong-target);
    Content-Digest fits the body (digest); the signature verifies (signature-invalid). Codes of SignatureInvalid, but
    for digest, which is DigestMismatch. A naive `now` is a ValueError. What is not checked: whether the nonce was
    seen before, and whose message the body is.

    >>> from protocol.keys import ed25519_pem_from_seed
    >>> key = TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id="https://asker.example/actor#ed-http")
    >>> public = PublicTransportKey.from_pem(
    ...     key.public_pem, key_id="https://asker.example/actor#ed-http", owner_iri="https://asker.example/actor"
    ... )
    >>> headers = (("Content-Type", "application/activity+json"),)
    >>> plain = HttpRequest("POST", "https://hole.example/inbox", headers, b"{}")
    >>> now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> signed = sign_request(plain, key=key, now=now, nonce="bm9uY2U")
    >>> verify_request(signed, key=public, now=now).nonce
    'bm9uY2U'
    >>> verify_request(replace(signed, target_uri="https://lier.example/inbox"), key=public, now=now)
    Traceback (most recent call last):
    ...
    protocol.errors.SignatureInvalid: the Ed25519 signature is not by this key over this request
    """
    now_seconds = _checked_now(now)
    message = _message_of(request, status=None)
    fields = message.fields
    claimed = _signature_of(fields)
    if claimed.keyid != key.key_id:
        raise SignatureInvalid(f"signed with {claimed.keyid!r}, not {key.key_id!r}")
    if claimed.alg is not None and claimed.alg != key.algorithm:
        raise SignatureInvalid(f"alg is {claimed.alg!r} and the key's is {key.algorithm}", code="algorithm")
    if _needs_digest(request) and "content-digest" not in fields:
        raise DigestMismatch("a body without Content-Digest")
    _check_coverage(claimed, request=request, fields=fields)
    created, expires, nonce = _check_times(claimed, now_seconds=now_seconds)
    _check_host(request, target=message.target)
    if "content-digest" in fields:
        _check_digest(fields["content-digest"], body=request.body)
    base = _base_of(message, components=claimed.components, related=None, params_text=claimed.params_text)
    key.verify(claimed.signature, base)
    return VerifiedRequest(
        request=request,
        key=key,
        nonce=nonce,
        created_at=datetime.fromtimestamp(created, tz=UTC),
        expires_at=datetime.fromtimestamp(expires, tz=UTC),
        signature=claimed.signature,
        seal=_SEAL,
    )


def _checked_now(now: datetime) -> float:
    if now.tzinfo is None:
        raise ValueError("now is an aware time")
    return now.timestamp()


def _with_headers(request: HttpRequest, *headers: tuple[str, str]) -> HttpRequest:
    return replace(request, headers=request.headers + headers)


def _message_of(request: HttpRequest, *, status: int | None) -> Message:
    return Message(
        method=request.method,
        target=parse_target(request.target_uri),
        fields=combined_fields(request.headers),
        status=status,
    )


def _base_of(message: Message, *, components: Sequence[Component], related: Message | None, params_text: str) -> bytes:
    values: dict[str, str] = {}
    for component in components:
        identifier = serialize_component(component)
        if identifier in values:
            raise malformed(f"the component {identifier} is covered twice")
        plain = _without_req(component) if component.parameters else component
        if plain == component:
            values[identifier] = component_value(component, message=message)
        elif related is not None:
            values[identifier] = component_value(plain, message=related)
        else:
            raise malformed("the parameter req without the request that is answered")
    lines = [f"{identifier}: {value}" for identifier, value in values.items()]
    lines.append(f'"@signature-params": {params_text}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        raise malformed("a covered component is not ASCII") from error


def _without_req(component: Component) -> Component:
    return Component(component.name, tuple(item for item in component.parameters if item != ("req", True)))


def _needs_digest(request: HttpRequest) -> bool:
    return bool(request.body) or request.method == "POST"


def _required_names(request: HttpRequest, *, krets_feed: bool) -> tuple[str, ...]:
    with_body = _COVERED_WITH_BODY if _needs_digest(request) else ()
    return _ALWAYS_COVERED + with_body + ((_COVERED_IF_PRESENT,) if krets_feed else ())


def _signature_of(fields: Mapping[str, str]) -> SignatureParameters:
    if "signature-input" not in fields or "signature" not in fields:
        raise SignatureInvalid("Signature-Input or Signature is absent", code="signature-missing")
    try:
        inputs = parse_inner_lists(fields["signature-input"])
        signatures = parse_byte_sequences(fields["signature"])
    except MalformedField as error:
        raise malformed(str(error)) from error
    if len(inputs) != 1 or signatures.keys() != inputs.keys():
        raise malformed("one signature under one label is accepted")
    ((label, claimed),) = inputs.items()
    values = dict(claimed.parameters)
    keyid = _text_of(values, "keyid")
    if keyid is None:
        raise malformed("a signature without keyid")
    return SignatureParameters(
        label=label,
        components=claimed.components,
        parameters=claimed.parameters,
        params_text=claimed.text,
        signature=signatures[label],
        keyid=keyid,
        created=_integer_of(values, "created"),
        expires=_integer_of(values, "expires"),
        nonce=_text_of(values, "nonce"),
        alg=_text_of(values, "alg"),
        tag=_text_of(values, "tag"),
    )


def _integer_of(values: Mapping[str, BareItem], name: str) -> int | None:
    value = values.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise malformed(f"{name} is an integer")


def _text_of(values: Mapping[str, BareItem], name: str) -> str | None:
    value = values.get(name)
    if value is None or isinstance(value, str):
        return value
    raise malformed(f"{name} is a string")


def _check_coverage(claimed: SignatureParameters, *, request: HttpRequest, fields: Mapping[str, str]) -> None:
    # A component with parameters is another component: `"content-digest";req` covers nothing of this request.
    covered = {component.name for component in claimed.components if not component.parameters}
    for name in _required_names(request, krets_feed=_COVERED_IF_PRESENT in fields):
        if name not in covered:
            raise SignatureInvalid(f"{name} is not covered", code="component-uncovered")


def _check_times(claimed: SignatureParameters, *, now_seconds: float) -> tuple[int, int, str]:
    """The checked created, expires and nonce; both times are then near enough to now to be dates."""
    created, expires, nonce = claimed.created, claimed.expires, claimed.nonce
    if created is None or expires is None or nonce is None:
        raise malformed("created, expires and nonce are required")
    if not 1 <= len(nonce) <= NONCE_CHARS_MAX:
        raise malformed(f"a nonce of {len(nonce)} characters")
    if not 0 < expires - created <= SIGNATURE_WINDOW_SECONDS:
        raise malformed(f"a signature for {expires - created} seconds")
    if created > now_seconds + CLOCK_SKEW_SECONDS:
        raise SignatureInvalid(f"created {created - now_seconds:.0f} s in the future", code="clock")
    if expires < now_seconds:
        raise SignatureInvalid(f"expired {now_seconds - expires:.0f} s ago", code="signature-expired")
    return created, expires, nonce


def _check_host(request: HttpRequest, *, target: Target) -> None:
    # The signature covers the target as the receiver knows itself. A Host that names another is a request for
    # somebody else; saying so is kinder than "the signature does not verify".
    expected = normal_authority(target.authority, scheme=target.scheme)
    for name, line in request.headers:
        if name.lower() == "host" and normal_authority(line.strip(" \t"), scheme=target.scheme) != expected:
            raise SignatureInvalid(f"Host is {line!r} and the target {request.target_uri!r}", code="wrong-target")


def _check_digest(field: str, *, body: bytes) -> None:
    try:
        stated = parse_byte_sequences(field)
    except MalformedField as error:
        raise DigestMismatch(f"Content-Digest cannot be read: {error}") from error
    known = {name: digest for name, digest in stated.items() if name in _DIGESTS}
    if not known:
        raise DigestMismatch("Content-Digest with neither sha-256 nor sha-512")
    for name, digest in known.items():
        if _DIGESTS[name](body).digest() != digest:
            raise DigestMismatch(f"the {name} of the body is another")
