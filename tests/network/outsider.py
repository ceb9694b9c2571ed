"""A peer that is not Krets: its own keys, its own signatures, its own server; nothing of `protocol/` in it.

An `Outsider` can say anything, rightly or wrongly. It answers WebFinger and its actor on a port of the loopback, so
that `krets peer add` and `krets peer show` find it, and takes what is posted to its inbox. What it sends is a `Letter`:
the raw parts of one POST, any of which a test may change before or after signing. Being written apart from the
product, from RFC 8785, RFC 9421, RFC 9530 and FEP-8b32, it is also a second implementation of them.
"""

import base64
import hashlib
import http.client
import json
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import base58
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.network.nodes import LOOPBACK, wait_for
from tests.shared_files import REPOSITORY

Document = dict[str, Any]
"""A JSON object that a test builds and breaks."""

ACTIVITY_JSON = "application/activity+json"
CONTEXT = json.loads((REPOSITORY / "schemas" / "context.json").read_text(encoding="utf-8"))["@context"]
COVERED = ("@method", "@target-uri", "@authority", "content-type", "content-digest")
POST_SECONDS = 30.0


def canonical(value: object) -> bytes:
    """RFC 8785 for what tests send: ASCII keys, and no numbers but integers and short decimals."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def digest_field(body: bytes) -> str:
    """The value of Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def instant(*, seconds_ago: float = 0) -> str:
    """Now, or so long ago, as RFC 3339 in UTC."""
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def key_of(words: str) -> Ed25519PrivateKey:
    """A key that is always the same for the same words."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(words.encode()).digest())


def multibase_of(key: Ed25519PrivateKey) -> str:
    """The public half as a Multikey states it (FEP-521a)."""
    return "z" + base58.b58encode(b"\xed\x01" + key.public_key().public_bytes_raw()).decode()


@dataclass(frozen=True, slots=True)
class Letter:
    """One request in its raw parts. A part that is changed after signing stays changed."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    chunked: bool = False

    def value(self, name: str) -> str:
        """The first header field of this name."""
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def without(self, *names: str) -> "Letter":
        """The letter without these header fields."""
        lowered = [name.lower() for name in names]
        return replace(self, headers=tuple(header for header in self.headers if header[0].lower() not in lowered))

    def with_header(self, name: str, value: str) -> "Letter":
        """The letter with this header field instead of any of the same name."""
        return replace(self, headers=(*self.without(name).headers, (name, value)))

    def with_body(self, body: bytes) -> "Letter":
        """The letter with another body and its digest."""
        return replace(self, body=body).with_header("Content-Digest", digest_field(body))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Document:
        """The body as a JSON object."""
        document: Document = json.loads(self.body)
        return document


def post(letter: Letter, *, address: tuple[str, int]) -> Answer:
    """Send the letter to this address, octet for octet, on a connection of its own."""
    with closing(http.client.HTTPConnection(*address, timeout=POST_SECONDS)) as connection:
        connection.putrequest(letter.method, letter.path, skip_host=True, skip_accept_encoding=True)
        for name, value in letter.headers:
            connection.putheader(name, value)
        if letter.chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        else:
            connection.putheader("Content-Length", str(len(letter.body)))
        # A node that has read enough answers and hangs up before it has the whole body.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(iter([letter.body]) if letter.chunked else letter.body, encode_chunked=letter.chunked)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=headers, body=answer.read())


@dataclass
class Outsider:
    """An organisation with keys and a server of its own. `start` it; it stops at the end of a `with` statement."""

    name: str
    server: "_ActorServer" = field(init=False, repr=False)
    proof_key: Ed25519PrivateKey = field(init=False, repr=False)
    transport_key: Ed25519PrivateKey = field(init=False, repr=False)
    received: list[Document] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.proof_key = key_of(f"{self.name} proof")
        self.transport_key = key_of(f"{self.name} transport")
        self.server = _ActorServer(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), name=self.name, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def origin(self) -> str:
        """Where its server is."""
        return f"http://{LOOPBACK}:{self.server.server_port}"

    @property
    def actor_iri(self) -> str:
        """Who it is on the wire."""
        return f"{self.origin}/actor"

    @property
    def proof_key_iri(self) -> str:
        """The one key that it lists for proofs."""
        return f"{self.actor_iri}#proof-1"

    @property
    def transport_key_iri(self) -> str:
        """The one key that it lists for signing requests."""
        return f"{self.actor_iri}#ed-http"

    def actor_document(self) -> Document:
        """What it says about itself."""
        pem = self.transport_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.actor_iri,
            "type": "Organization",
            "name": self.name,
            "inbox": f"{self.origin}/inbox",
            "outbox": f"{self.origin}/outbox",
            "publicKey": [{"id": self.transport_key_iri, "owner": self.actor_iri, "publicKeyPem": pem}],
            "assertionMethod": [
                {
                    "id": self.proof_key_iri,
                    "type": "Multikey",
                    "controller": self.actor_iri,
                    "publicKeyMultibase": multibase_of(self.proof_key),
                }
            ],
        }

    def webfinger_document(self) -> Document:
        """What its server answers when it is asked for its own actor."""
        links = [{"rel": "self", "type": ACTIVITY_JSON, "href": self.actor_iri}]
        return {"subject": f"acct:actor@{self.origin.removeprefix('http://')}", "links": links}

    def mint(self, collection: str) -> str:
        """A new id."""
        return f"{self.origin}/{collection}/{uuid.uuid4().hex}"

    def activity(self, activity_type: str, *, to: str, **members: object) -> Document:
        """An unsigned activity of this outsider; `members` replace what it would say by itself."""
        document = {
            "@context": CONTEXT,
            "type": activity_type,
            "id": self.mint("activities"),
            "actor": self.actor_iri,
            "to": [to],
            "published": instant(),
        }
        return document | members

    def proposal(self, *, to: str, **members: object) -> Document:
        """An unsigned offer of chairs, standing alone."""
        iri = self.mint("proposals")
        quantity = {"hasUnit": "one", "hasNumericalValue": "12"}
        document = {
            "@context": CONTEXT,
            "type": "Proposal",
            "id": iri,
            "purpose": "offer",
            "attributedTo": self.actor_iri,
            "name": "Office chairs",
            "content": "Twelve, blue",
            "version": 1,
            "published": instant(),
            "publishes": {
                "type": "Intent",
                "id": f"{iri}#primary",
                "action": "transfer",
                "resourceConformsTo": "https://w3id.org/krets/category/office-chair",
                "resourceQuantity": quantity,
                "availableQuantity": quantity,
            },
            "to": [to],
        }
        return document | members

    def prove(
        self,
        document: Document,
        *,
        key: Ed25519PrivateKey | None = None,
        method: str | None = None,
        context: list[object] | None = None,
        **members: object,
    ) -> Document:
        """The document with a proof. `members` replace those of the proof, before it is signed; None leaves one out."""
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "proofPurpose": "assertionMethod",
            "verificationMethod": method or self.proof_key_iri,
            "created": instant(),
            "@context": context or document.get("@context"),
        } | members
        proof = {name: value for name, value in proof.items() if value is not None}
        hashed = hashlib.sha256(canonical(proof)).digest() + hashlib.sha256(canonical(document)).digest()
        signature = (key or self.proof_key).sign(hashed)
        return document | {"proof": proof | {"proofValue": "z" + base58.b58encode(signature).decode()}}

    def letter(self, document: Document | bytes, *, origin: str) -> Letter:
        """The document as an unsigned POST to the inbox of the node with this origin."""
        body = document if isinstance(document, bytes) else canonical(document)
        headers = (
            ("Host", origin.partition("://")[2]),
            ("Content-Type", ACTIVITY_JSON),
            ("Content-Digest", digest_field(body)),
        )
        return Letter(method="POST", path="/inbox", headers=headers, body=body)

    def sign(
        self,
        letter: Letter,
        *,
        origin: str,
        covered: tuple[str, ...] = COVERED,
        key: Ed25519PrivateKey | None = None,
        **parameters: object,
    ) -> Letter:
        """The letter with its RFC 9421 signature for the node with this origin.

        `parameters` replace those of the signature; None leaves one out.
        """
        now = int(time.time())
        stated = {
            "created": now,
            "expires": now + 300,
            "nonce": uuid.uuid4().hex,
            "keyid": self.transport_key_iri,
            "alg": "ed25519",
            "tag": "krets",
        } | parameters
        written = [
            f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
            for name, value in stated.items()
            if value is not None
        ]
        params = "(" + " ".join(f'"{name}"' for name in covered) + ")" + "".join(written)
        lines = [f'"{name}": {_component(letter, name, origin=origin)}' for name in covered]
        base = "\n".join([*lines, f'"@signature-params": {params}'])
        signature = base64.b64encode((key or self.transport_key).sign(base.encode("ascii"))).decode()
        return letter.with_header("Signature-Input", f"sig1={params}").with_header("Signature", f"sig1=:{signature}:")

    def wait_for_message(self, activity_type: str) -> Document:
        """The newest message of this type that has come, or comes within some seconds."""
        return wait_for(
            lambda: next((found for found in reversed(self.received) if found.get("type") == activity_type), None),
            what=f"{activity_type} at {self.name}",
        )


def embedded(document: Document) -> Document:
    """A signed document as an activity carries it: without its context."""
    return {name: value for name, value in document.items() if name != "@context"}


def _component(letter: Letter, name: str, *, origin: str) -> str:
    match name:
        case "@method":
            return letter.method
        case "@target-uri":
            return f"{origin}{letter.path}"
        case "@authority":
            return origin.partition("://")[2]
        case _:
            return letter.value(name)


class _ActorServer(ThreadingHTTPServer):
    """Serves one outsider's documents and takes its post."""

    daemon_threads = True

    def __init__(self, outsider: Outsider) -> None:
        super().__init__((LOOPBACK, 0), _ActorRequest)
        self.outsider = outsider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a node that was killed or has hung up; anything else fails the test that waits for it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _ActorRequest(BaseHTTPRequestHandler):
    """One connection to an outsider."""

    protocol_version = "HTTP/1.1"
    server: _ActorServer

    def do_GET(self) -> None:
        outsider = self.server.outsider
        match self.path.partition("?")[0]:
            case "/actor":
                self._answer(200, outsider.actor_document(), ACTIVITY_JSON)
            case "/.well-known/webfinger":
                self._answer(200, outsider.webfinger_document(), "application/jrd+json")
            case _:
                self._answer(404, {}, "application/json")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.outsider.received.append(json.loads(body))
        self._answer(202, {"outcome": "applied"}, "application/json")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Say nothing: the tests look at what was received."""

    def _answer(self, status: int, document: Document, content_type: str) -> None:
        body = canonical(document)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
