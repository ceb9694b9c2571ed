"""Requests, keys and crafted signatures for the tests of HTTP signatures."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from protocol.errors import DigestMismatch, ProtocolError, SignatureInvalid
from protocol.http_signatures import HttpRequest, content_digest, sign_request, signature_base, verify_request
from protocol.keys import PublicTransportKey, TransportKey, ed25519_pem_from_seed
from protocol.limits import SIGNATURE_WINDOW_SECONDS
from protocol.structured_fields import Component, Parameters, Token, serialize_bytes, serialize_inner_list

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
CREATED = int(NOW.timestamp())
KEY_ID = "https://asker.example/actor#ed-http"
OWNER = "https://asker.example/actor"
KEY = TransportKey.from_pem(ed25519_pem_from_seed(bytes(range(32))), key_id=KEY_ID)
PUBLIC = PublicTransportKey.from_pem(KEY.public_pem, key_id=KEY_ID, owner_iri=OWNER)
OTHER_KEY = TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id=KEY_ID)

POST = HttpRequest(
    method="POST",
    target_uri="https://hole.example/inbox",
    headers=(("Host", "hole.example"), ("Content-Type", "application/activity+json")),
    body=b'{"type":"Offer"}',
)
GET = HttpRequest(method="GET", target_uri="https://hole.example/offers/1?page=2", headers=(), body=b"")
FULL_COVERAGE = ("@method", "@target-uri", "@authority", "content-type", "content-digest")


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return replace(request, headers=(*request.headers, (name, value)))


def with_changed_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    headers = tuple((key, value if key.lower() == name else old) for key, old in request.headers)
    assert headers != request.headers
    return replace(request, headers=headers)


def without_header(request: HttpRequest, name: str) -> HttpRequest:
    return replace(request, headers=tuple(header for header in request.headers if header[0].lower() != name))


def signed(request: HttpRequest = POST, *, now: datetime = NOW) -> HttpRequest:
    return sign_request(request, key=KEY, now=now, nonce="bm9uY2U")


def parameters_of(**changes: int | str | Token | bool | None) -> Parameters:
    """The parameters of a good signature with some changed, and those that are None left out."""
    values = {
        "created": CREATED,
        "expires": CREATED + SIGNATURE_WINDOW_SECONDS,
        "nonce": "bm9uY2U",
        "keyid": KEY_ID,
        "alg": "ed25519",
        "tag": "krets",
        **changes,
    }
    return tuple((name, value) for name, value in values.items() if value is not None)


def crafted(
    request: HttpRequest,
    *,
    covered: tuple[str | Component, ...] = FULL_COVERAGE,
    parameters: Parameters | None = None,
    label: str = "sig1",
) -> HttpRequest:
    """A request with a good signature over whatever is asked for, so that only our rules can refuse it."""
    components = tuple(name if isinstance(name, Component) else Component(name) for name in covered)
    parameters = parameters_of() if parameters is None else parameters
    signature = KEY.sign(signature_base(request, components=components, parameters=parameters))
    return with_header(
        with_header(request, "Signature-Input", f"{label}={serialize_inner_list(components, parameters=parameters)}"),
        "Signature",
        f"{label}={serialize_bytes(signature)}",
    )


POST_WITH_DIGEST = with_header(POST, "Content-Digest", content_digest(POST.body))


def refusal_of(request: HttpRequest, *, now: datetime = NOW) -> ProtocolError:
    with pytest.raises((SignatureInvalid, DigestMismatch)) as caught:
        verify_request(request, key=PUBLIC, now=now)
    assert caught.value.status == 401
    return caught.value
