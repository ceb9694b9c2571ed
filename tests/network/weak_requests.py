"""Each check of a request and its HTTP signature, switched off alone."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from node.federation import inbox, reading
from node.store import audit
from protocol import activities, http_signatures
from protocol.http_signatures import HttpRequest, SignatureParameters, VerifiedRequest
from protocol.keys import PublicTransportKey
from tests.network import outsider, test_refused_requests
from tests.network.weakening import NO_LIMIT, Change, Facts, Weakening, always, becomes, forgiving, swap, transport_key


def believe_unsigned_requests(facts: Facts) -> None:
    """Whoever does not sign is taken for the friend."""

    def claim(_original: object, _request: HttpRequest) -> SignatureParameters:
        return SignatureParameters(
            label="", components=(), parameters=(), params_text="", signature=b"", keyid=facts.friend_key_iri,
            created=None, expires=None, nonce=None, alg=None, tag=None,
        )  # fmt: skip

    def believe(_original: object, request: HttpRequest, *, key: PublicTransportKey, now: datetime) -> VerifiedRequest:
        return VerifiedRequest(
            request=request, key=key, nonce=uuid.uuid4().hex, created_at=now, expires_at=now + timedelta(seconds=300),
            signature=b"", seal=http_signatures._SEAL,
        )  # fmt: skip

    swap(inbox, "peek_signature", forgiving("signature-missing", claim))
    swap(inbox, "verify_request", forgiving("signature-missing", believe))


def read_the_first_signature(_facts: Facts) -> None:
    """Of several signatures the first counts."""
    for name in ("parse_inner_lists", "parse_byte_sequences"):
        swap(http_signatures, name, lambda original: lambda text: dict(list(original(text).items())[:1]))


def believe_another_key(_facts: Facts) -> None:
    """A signature may also be by a key that nobody published."""
    impostor = transport_key(test_refused_requests.IMPOSTOR, key_id="", owner_iri="")

    def believe(original: Callable[..., None], _key: object, signature: bytes, base: bytes) -> None:
        original(impostor, signature, base)

    swap(PublicTransportKey, "verify", forgiving("signature-invalid", believe))


def verify_as_if(change: Callable[[HttpRequest], HttpRequest]) -> Weakening:
    """A signature is also good if it is for the request as this changes it: what the change undoes is not bound."""

    def verify(
        original: Callable[..., VerifiedRequest], request: HttpRequest, *, key: object, now: object
    ) -> VerifiedRequest:
        return original(change(request), key=key, now=now)

    return lambda _facts: swap(inbox, "verify_request", forgiving("signature-invalid", verify))


def for_the_other_host(request: HttpRequest) -> HttpRequest:
    """As the other host would have got it."""
    path = request.target_uri.split("/", 3)[3]
    headers = tuple(header for header in request.headers if header[0].lower() != "host")
    return replace(request, target_uri=f"http://{test_refused_requests.OTHER_HOST}/{path}", headers=headers)


def for_the_other_path(request: HttpRequest) -> HttpRequest:
    """As it would have come to the other path."""
    return replace(request, target_uri=request.target_uri.replace("/inbox", test_refused_requests.OTHER_PATH))


def without_query(request: HttpRequest) -> HttpRequest:
    """As it would have come without a query."""
    return replace(request, target_uri=request.target_uri.partition("?")[0])


def by_the_other_method(request: HttpRequest) -> HttpRequest:
    """As it would have come as a PUT."""
    return replace(request, method="PUT")


def under_the_usual_type(request: HttpRequest) -> HttpRequest:
    """As it would have come with the content type that everybody sends."""
    headers = tuple(
        (name, outsider.ACTIVITY_JSON if name.lower() == "content-type" else value) for name, value in request.headers
    )
    return replace(request, headers=headers)


def cover_all_but(name: str) -> Weakening:
    """This component need not be covered."""
    without: Change = lambda names: tuple(component for component in names if component != name)  # noqa: E731

    def switch_off(_facts: Facts) -> None:
        swap(http_signatures, "_ALWAYS_COVERED", without)
        swap(http_signatures, "_COVERED_WITH_BODY", without)

    return switch_off


def cover_no_feed(_facts: Facts) -> None:
    """Krets-Feed need not be covered."""
    swap(
        http_signatures,
        "_required_names",
        lambda original: lambda request, *, krets_feed: original(request, krets_feed=False),
    )


def need_no_digest(_facts: Facts) -> None:
    """A body may come without a digest, which then need not be covered either: two checks."""
    swap(
        http_signatures,
        "_needs_digest",
        lambda original: (
            lambda request: original(request) and any(name.lower() == "content-digest" for name, _ in request.headers)
        ),
    )


def compare_no_digest(_facts: Facts) -> None:
    """A SHA-256 digest is not compared with the body."""
    swap(
        http_signatures,
        "_check_digest",
        lambda original: lambda field, *, body: None if "sha-256=" in field else original(field, body=body),
    )


def believe_unknown_digests(_facts: Facts) -> None:
    """A digest that cannot be compared will do."""
    swap(
        http_signatures,
        "_check_digest",
        lambda original: lambda field, *, body: original(field, body=body) if "sha-256=" in field else None,
    )


def take_any_host(_facts: Facts) -> None:
    """Host is not compared with what the request was signed for."""
    swap(http_signatures, "_check_host", always(None))


def take_any_type(_facts: Facts) -> None:
    """Content-Type is passed over."""
    swap(reading, "is_activity_type", always(True))


def forget_expiry(_facts: Facts) -> None:
    """A signature is good for ever."""

    def believe(_original: object, claimed: SignatureParameters, **_named: object) -> tuple[object, ...]:
        return (claimed.created, claimed.expires, claimed.nonce)

    swap(http_signatures, "_check_times", forgiving("signature-expired", believe))


def fill_in(**drawn: Callable[[], object]) -> Weakening:
    """A parameter that the signature lacks is made up."""

    def change(original: Callable[..., SignatureParameters]) -> Callable[..., SignatureParameters]:
        def read(header_fields: Mapping[str, str]) -> SignatureParameters:
            claimed = original(header_fields)
            absent = {name: draw() for name, draw in drawn.items() if getattr(claimed, name) is None}
            return replace(claimed, **absent)  # type: ignore[arg-type]

        return read

    return lambda _facts: swap(http_signatures, "_signature_of", change)


def believe_any_algorithm(_facts: Facts) -> None:
    """What the signature says of its algorithm is passed over; the key's own is used."""
    swap(http_signatures, "_signature_of", lambda original: lambda found: replace(original(found), alg=None))


def forget_signatures(_facts: Facts) -> None:
    """No signature counts as used."""
    swap(audit, "record_nonce", lambda original: lambda *given, **named: original(*given, **named) or True)


def read_any_coding(_facts: Facts) -> None:
    """Content-Encoding is passed over."""
    swap(inbox, "check_body_announced", forgiving("content-encoding", lambda *_: None))


def read_endless_bodies(*, announced: bool) -> Weakening:
    """A body may be of any size if its size is announced, or if it is not: when its head, when it, is read."""

    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        async def read_body(request: web.Request, *, seconds_max: float) -> bytes:
            if (request.content_length is not None) == announced:
                return await request.content.read()
            body: bytes = await original(request, seconds_max=seconds_max)
            return body

        return read_body

    def switch_off(_facts: Facts) -> None:
        if announced:
            swap(inbox, "check_body_announced", forgiving("too-large", lambda *_: None))
        swap(inbox, "read_body", change)
        swap(activities, "ACTIVITY_BYTES_MAX", becomes(NO_LIMIT))

    return switch_off
