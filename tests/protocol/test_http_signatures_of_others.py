"""HTTP signatures of others: the examples of RFC 9421, messages captured from Fedify, and a second implementation."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.resolvers import MappingKeyResolver

from protocol.errors import DigestMismatch, SignatureInvalid
from protocol.http_signatures import (
    HttpRequest,
    content_digest,
    peek_signature,
    sign_request,
    signature_base,
    verify_request,
)
from protocol.keys import PublicTransportKey, TransportKey, ed25519_pem_from_seed
from tests.shared_files import shared_file

RFC_9421_CASES = (
    "Minimal Signature Using rsa-pss-sha512",
    "Selective Covered Components using rsa-pss-sha512",
    "Full Coverage using rsa-pss-sha512",
    "Signing a Response using ecdsa-p256-sha256",
    "Signing a Request using hmac-sha256",
    "Signing a Request using ed25519",
)
# RFC 9421, B.2: the digest of the archived test-response is wrong; this is the one of the RFC.
RESPONSE_DIGEST = "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:"

KEY_ID = "https://asker.example/actor#key"
OWNER = "https://asker.example/actor"


@dataclass
class Message:
    """A request in the form that the second implementation signs and verifies."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


def rfc_vectors() -> Any:
    return json.loads(shared_file("vectors", "rfc9421-appendix-b.json").read_bytes())


def message_of(text: str) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    """The first line, the header fields and the body of a message as the RFC prints it."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    return first, tuple((line.split(": ", 1)[0], line.split(": ", 1)[1]) for line in lines), body.strip("\n").encode()


def rfc_request(vectors: Any) -> HttpRequest:
    first, headers, body = message_of(vectors["test_request"])
    method, target, _ = first.split(" ")
    return HttpRequest(method, f"https://example.com{target}", headers, body)


def test_all_the_cases_of_the_rfc_are_tested() -> None:
    assert tuple(case["title"] for case in rfc_vectors()["cases"]) == RFC_9421_CASES


@pytest.mark.parametrize("index", range(len(RFC_9421_CASES)))
def test_the_signature_base_and_signature_of_each_rfc_example_are_reproduced(index: int) -> None:
    vectors = rfc_vectors()
    case = vectors["cases"][index]
    message, status = rfc_request(vectors), None
    if "Response" in case["title"]:
        first, headers, body = message_of(vectors["test_response"])
        corrected = tuple((name, RESPONSE_DIGEST if name == "Content-Digest" else value) for name, value in headers)
        message, status = HttpRequest("", message.target_uri, corrected, body), int(first.split(" ")[1])
    signed = HttpRequest(
        message.method,
        message.target_uri,
        (*message.headers, ("Signature-Input", case["signature_input"]), ("Signature", case["signature"])),
        message.body,
    )
    claimed = peek_signature(signed)

    base = signature_base(signed, components=claimed.components, parameters=claimed.parameters, response_status=status)

    assert base.decode("ascii") == case["signature_base"]
    assert base.decode("ascii").endswith(claimed.params_text)
    assert (claimed.label, claimed.created) == (case["signature"].split("=")[0], 1618884473)
    check_rfc_signature(vectors["keys"], title=case["title"], base=base, signature=claimed.signature)


def check_rfc_signature(keys: Any, *, title: str, base: bytes, signature: bytes) -> None:
    """Verify with the RFC's key: Ed25519 with the code under test, what it does not speak with `cryptography`."""
    if "rsa-pss" in title:
        public = load_pem_public_key(keys["example-key-rsa-pss-test"]["pem"][0].encode())
        assert isinstance(public, rsa.RSAPublicKey)
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
        public.verify(signature, base, pss, hashes.SHA512())
    elif "ecdsa" in title:
        elliptic = load_pem_public_key(keys["example-key-ecc-p256"]["pem"][0].encode())
        assert isinstance(elliptic, ec.EllipticCurvePublicKey)
        halves = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        elliptic.verify(encode_dss_signature(*halves), base, ec.ECDSA(hashes.SHA256()))
    elif "hmac" in title:
        mac = hmac.HMAC(base64.b64decode(keys["example-shared-secret"]["secret_b64"][0]), hashes.SHA256())
        mac.update(base)
        mac.verify(signature)
    else:
        public_pem, private_pem = keys["example-key-ed25519"]["pem"]
        private = TransportKey.from_pem(private_pem.encode(), key_id="test-key-ed25519")
        PublicTransportKey.from_pem(public_pem, key_id="test-key-ed25519", owner_iri=OWNER).verify(signature, base)
        assert private.public_pem == public_pem + "\n"
        assert private.sign(base) == signature


def test_the_rsa_key_of_the_rfc_signs_and_verifies() -> None:
    public_pem, private_pem = rfc_vectors()["keys"]["example-key-rsa-test"]["pem"]
    private = TransportKey.from_pem(private_pem.encode(), key_id="test-key-rsa")
    public = PublicTransportKey.from_pem(public_pem, key_id="test-key-rsa", owner_iri=OWNER)

    public.verify(private.sign(b"a request"), b"a request")

    assert isinstance(load_pem_private_key(private_pem.encode(), password=None), rsa.RSAPrivateKey)
    assert (private.algorithm, private.public_pem) == ("rsa-v1_5-sha256", public.pem)


def test_the_rfcs_own_ed25519_example_is_refused_by_our_narrower_profile() -> None:
    vectors = rfc_vectors()
    case, request = vectors["cases"][5], rfc_request(vectors)
    headers = (*request.headers, ("Signature-Input", case["signature_input"]), ("Signature", case["signature"]))
    signed = HttpRequest(request.method, request.target_uri, headers, request.body)
    pem = vectors["keys"]["example-key-ed25519"]["pem"][0]
    key = PublicTransportKey.from_pem(pem, key_id="test-key-ed25519", owner_iri=OWNER)

    with pytest.raises(SignatureInvalid) as caught:
        verify_request(signed, key=key, now=datetime.fromtimestamp(1618884473, tz=UTC))

    assert caught.value.code == "component-uncovered"


@pytest.mark.parametrize("index", [0, 1])
def test_a_message_from_fedify_has_the_signature_base_it_was_signed_with(index: int) -> None:
    captured = json.loads(shared_file("vectors", "fedify-2.3.6-signed-messages.json").read_bytes())
    message, listed = captured["messages"][index], captured["peer_actor"]["publicKey"]
    body = base64.b64decode(message["body_b64"])
    request = HttpRequest(message["method"], message["target_uri"], tuple(message["headers"].items()), body)
    key = PublicTransportKey.from_pem(listed["publicKeyPem"], key_id=listed["id"], owner_iri=listed["owner"])

    claimed = peek_signature(request)
    base = signature_base(request, components=claimed.components, parameters=claimed.parameters)

    assert base.decode("ascii") == message["signature_base"]
    assert (claimed.keyid, claimed.alg) == (key.key_id, key.algorithm)
    assert dict(request.headers)["Content-Digest"] == content_digest(body)
    key.verify(claimed.signature, base)


# --- the second implementation, http-message-signatures, which reads the clock ---


def ed25519_pair() -> tuple[bytes, type]:
    return ed25519_pem_from_seed(bytes(range(32))), algorithms.ED25519


def rsa_pair() -> tuple[bytes, type]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), algorithms.RSA_V1_5_SHA256


REQUESTS = (
    HttpRequest("POST", "https://hole.example/inbox", (("Content-Type", "application/activity+json"),), b'{"a":1}'),
    HttpRequest("POST", "https://hole.example:8443/sync?a=b", (("Content-Type", "text/plain"),), b""),
    HttpRequest("GET", "http://127.0.0.1:8301/offers/1?page=%C3%A6", (), b""),
)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("pair", [ed25519_pair, rsa_pair])
def test_the_second_implementation_verifies_what_we_sign(request_: HttpRequest, pair: Any) -> None:
    pem, algorithm = pair()
    key = TransportKey.from_pem(pem, key_id=KEY_ID)
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithm,
        key_resolver=MappingKeyResolver(public_keys={KEY_ID: key.public_pem.encode()}, private_keys={}),
    )

    signed = sign_request(request_, key=key, now=datetime.now(UTC), nonce="bm9uY2U")
    message = Message(signed.method, signed.target_uri, dict(signed.headers))
    results = verifier.verify(message, expect_tag="krets", body=signed.body)

    assert [(result.label, result.nonce) for result in results] == [("sig1", "bm9uY2U")]
    message.url += "x"
    with pytest.raises(InvalidSignature):
        verifier.verify(message, expect_tag="krets")


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("pair", [ed25519_pair, rsa_pair])
def test_we_verify_what_the_second_implementation_signs(request_: HttpRequest, pair: Any) -> None:
    pem, algorithm = pair()
    ours = TransportKey.from_pem(pem, key_id=KEY_ID)
    public = PublicTransportKey.from_pem(ours.public_pem, key_id=KEY_ID, owner_iri=OWNER)
    signer = HTTPMessageSigner(
        signature_algorithm=algorithm,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={KEY_ID: pem}),
    )
    covered = ["@authority", "@method", "@target-uri"]
    message = Message(request_.method, request_.target_uri, dict(request_.headers))
    if request_.method == "POST":
        covered += ["content-digest", "content-type"]
    now = datetime.now(UTC)

    signer.sign(
        message,
        key_id=KEY_ID,
        created=now,
        expires=now + timedelta(seconds=120),
        nonce="their nonce",
        label="theirs",
        covered_component_ids=covered,
        body=request_.body if request_.method == "POST" else None,
    )
    received = HttpRequest(message.method, message.url, tuple(message.headers.items()), request_.body)
    verified = verify_request(received, key=public, now=now)

    assert verified.nonce == "their nonce"
    with pytest.raises((SignatureInvalid, DigestMismatch)):
        verify_request(
            HttpRequest(received.method, received.target_uri, received.headers, b"another body"), key=public, now=now
        )
