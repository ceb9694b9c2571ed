"""HTTP signatures: what is accepted and what it then says, callers' errors, and any input survived.

Each check of verification failing alone is in test_http_signature_checks.py; what others published or sent, and the
second implementation, in test_http_signatures_of_others.py.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ProtocolError, SignatureInvalid
from protocol.http_signatures import (
    HttpRequest,
    VerifiedRequest,
    content_digest,
    peek_signature,
    sign_request,
    signature_base,
    verify_request,
)
from protocol.keys import PublicTransportKey, TransportKey
from protocol.limits import NONCE_CHARS_MAX, SIGNATURE_WINDOW_SECONDS
from protocol.structured_fields import Component, serialize_bytes
from tests.protocol.signed_requests import (
    CREATED,
    FULL_COVERAGE,
    GET,
    KEY,
    KEY_ID,
    NOW,
    OWNER,
    POST,
    POST_WITH_DIGEST,
    PUBLIC,
    crafted,
    parameters_of,
    signed,
    with_changed_header,
    with_header,
    without_header,
)


@pytest.mark.parametrize("request_", [POST, GET, replace(POST, body=b""), replace(POST, method="PUT")])
def test_a_signed_request_verifies_and_says_by_whom_and_until_when(request_: HttpRequest) -> None:
    request = signed(request_)

    verified = verify_request(request, key=PUBLIC, now=NOW)

    assert verified.request is request
    assert verified.key is PUBLIC
    assert verified.nonce == "bm9uY2U"
    assert verified.created_at == NOW
    assert verified.expires_at == NOW + timedelta(seconds=SIGNATURE_WINDOW_SECONDS)
    assert len(verified.signature) == 64


def test_an_rsa_key_signs_requests_too() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = TransportKey.from_pem(pem, key_id=KEY_ID)
    public = PublicTransportKey.from_pem(key.public_pem, key_id=KEY_ID, owner_iri=OWNER)

    request = sign_request(POST, key=key, now=NOW, nonce="bm9uY2U")

    assert peek_signature(request).alg == "rsa-v1_5-sha256"
    assert len(verify_request(request, key=public, now=NOW).signature) == 256


def test_a_post_covers_its_body_and_a_get_only_its_target() -> None:
    post, get = peek_signature(signed(POST)), peek_signature(signed(GET))

    assert tuple(component.name for component in post.components) == FULL_COVERAGE
    assert tuple(component.name for component in get.components) == FULL_COVERAGE[:3]
    assert (post.label, post.tag, post.alg, post.keyid) == ("sig1", "krets", "ed25519", KEY_ID)
    assert (post.created, post.expires, post.nonce) == (CREATED, CREATED + SIGNATURE_WINDOW_SECONDS, "bm9uY2U")


def test_a_feed_position_is_covered_whenever_it_is_present() -> None:
    request = signed(with_header(POST, "Krets-Feed", 'feed="x"'))

    assert peek_signature(request).components[-1] == Component("krets-feed")
    verify_request(request, key=PUBLIC, now=NOW)


def test_signing_digests_the_body_once_where_the_caller_did_not() -> None:
    digested = signed(POST_WITH_DIGEST)

    assert signed(POST).headers == digested.headers
    assert [name for name, _ in digested.headers].count("Content-Digest") == 1
    assert POST.headers == (("Host", "hole.example"), ("Content-Type", "application/activity+json"))


def test_further_components_and_the_absence_of_alg_and_tag_are_accepted() -> None:
    covered = (*FULL_COVERAGE, "host", "@path", Component("@query-param", (("name", "a"),)))
    request = replace(POST_WITH_DIGEST, target_uri="https://hole.example/inbox?a=1")

    verify_request(crafted(request, covered=covered), key=PUBLIC, now=NOW)
    verify_request(crafted(POST_WITH_DIGEST, parameters=parameters_of(alg=None, tag=None)), key=PUBLIC, now=NOW)
    verify_request(crafted(POST_WITH_DIGEST, label="another"), key=PUBLIC, now=NOW)


def test_a_digest_with_sha_512_is_accepted_too() -> None:
    digest = f"sha-512={serialize_bytes(hashlib.sha512(POST.body).digest())}"

    for value in (digest, f"{content_digest(POST.body)}, {digest}", f"{digest}, md5=:AA==:"):
        verify_request(crafted(with_header(POST, "Content-Digest", value)), key=PUBLIC, now=NOW)


@pytest.mark.parametrize("host", ["HOLE.example", "hole.example:443", " hole.example "])
def test_a_host_field_may_name_the_target_in_any_of_its_spellings(host: str) -> None:
    verify_request(signed(with_changed_header(POST, "host", host)), key=PUBLIC, now=NOW)


def test_a_request_is_verified_without_a_host_field() -> None:
    verify_request(signed(without_header(POST, "host")), key=PUBLIC, now=NOW)


# --- callers' errors ---


def test_a_naive_time_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        sign_request(POST, key=KEY, now=NOW.replace(tzinfo=None), nonce="bm9uY2U")
    with pytest.raises(ValueError, match="aware"):
        verify_request(signed(), key=PUBLIC, now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("name", ["Signature", "signature-input"])
def test_signing_twice_is_the_callers_error(name: str) -> None:
    with pytest.raises(ValueError, match="already"):
        signed(with_header(POST, name, "x"))


def test_signing_a_body_without_its_type_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="Content-Type"):
        signed(without_header(POST, "content-type"))


def test_a_nonce_that_cannot_be_written_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="printable"):
        sign_request(POST, key=KEY, now=NOW, nonce="æ")


def test_only_verifying_makes_a_verified_request() -> None:
    with pytest.raises(TypeError, match="only verify_request"):
        VerifiedRequest(
            request=POST,
            key=PUBLIC,
            nonce="bm9uY2U",
            created_at=NOW,
            expires_at=NOW,
            signature=b"",
            seal=object(),
        )


# --- related requests, which only the general function reads ---


def test_a_component_of_the_request_that_a_response_answers_has_that_requests_value() -> None:
    response = HttpRequest("", "https://hole.example/inbox", (("Content-Type", "application/problem+json"),), b"{}")
    components = (
        Component("@status"),
        Component("content-type"),
        Component("content-type", (("req", True),)),
        Component("@method", (("req", True),)),
    )

    base = signature_base(response, components=components, parameters=(), response_status=401, related_request=POST)

    assert base.decode().splitlines()[:4] == [
        '"@status": 401',
        '"content-type": application/problem+json',
        '"content-type";req: application/activity+json',
        '"@method";req: POST',
    ]


def test_a_component_of_a_related_request_needs_one() -> None:
    with pytest.raises(SignatureInvalid) as caught:
        signature_base(POST, components=(Component("@method", (("req", True),)),), parameters=())

    assert caught.value.code == "signature-malformed"


# --- any input ---


header_values = st.text(max_size=40) | st.text(alphabet='sig1=("@method");:A= ,?0\\b', max_size=40)


@given(signature_input=header_values, signature=header_values, extra=st.tuples(st.text(max_size=9), header_values))
def test_any_header_is_verified_or_refused_with_a_protocol_error(
    signature_input: str, signature: str, extra: tuple[str, str]
) -> None:
    request = replace(POST, headers=(("Signature-Input", signature_input), ("Signature", signature), extra))

    with suppress(ProtocolError):
        peek_signature(request)
    with pytest.raises(ProtocolError):
        verify_request(request, key=PUBLIC, now=NOW)


@given(target_uri=st.text(max_size=40), method=st.text(max_size=6), body=st.binary(max_size=20), extra=header_values)
def test_any_request_around_a_signature_is_refused_with_a_protocol_error(
    target_uri: str, method: str, body: bytes, extra: str
) -> None:
    request = HttpRequest(method, target_uri, (*signed().headers, ("X-Extra", extra)), body)

    with pytest.raises(ProtocolError):
        verify_request(request, key=PUBLIC, now=NOW)


@given(
    body=st.binary(max_size=200),
    path=st.from_regex(r"(/[A-Za-z0-9._~%-]{0,8}){1,3}(\?[a-z=&]{0,9})?", fullmatch=True),
    nonce=st.text(alphabet=[chr(code) for code in range(0x20, 0x7F)], min_size=1, max_size=NONCE_CHARS_MAX),
    seconds=st.integers(min_value=0, max_value=SIGNATURE_WINDOW_SECONDS),
)
def test_whatever_is_signed_verifies_within_its_time(body: bytes, path: str, nonce: str, seconds: int) -> None:
    request = replace(POST, body=body, target_uri=f"https://hole.example{path}")

    signed_request = sign_request(request, key=KEY, now=NOW, nonce=nonce)
    verified = verify_request(signed_request, key=PUBLIC, now=NOW + timedelta(seconds=seconds))

    assert verified.nonce == nonce
