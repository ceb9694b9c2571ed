"""The errors that another party's bytes can cause, and nothing else.

    ProtocolError                     status  code
    ├── MalformedJson                 400     malformed-json
    ├── MalformedField                400     malformed-field
    ├── LimitExceeded                 413     too-large
    │   └── StructureLimitExceeded    400     too-complex, too-deep, too-many-keys
    ├── NotCanonicalizable            400     not-canonicalizable
    ├── InvalidIdentifier             400     invalid-identifier
    ├── InvalidKey                    400     invalid-key
    ├── ContextRefused                400     context
    ├── DigestMismatch                401     digest
    ├── SignatureInvalid              401     signature-invalid, signature-missing, signature-malformed,
    │                                         component-uncovered, signature-expired, clock, algorithm, wrong-target
    ├── ProofInvalid                  401     proof-invalid, proof-context, proof-key-unlisted
    ├── ActorMismatch                 401     actor-mismatch
    ├── ProofRequired                 422     proof-required
    └── InvalidMessage                422     invalid-message

Each error has two texts: `str(error)` is internal, for the log, and may quote what was received; `safe_text` goes to
the other party and holds nothing but what to do. Errors of the node (policy, storage, network) do not belong here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

NO_SPECIAL_TEXTS: Mapping[str, str] = MappingProxyType({})


class ProtocolError(Exception):
    """Another party's bytes break the protocol. Never raised itself; catch it to catch the whole tree.

    `status` is the HTTP status that answers it (design: RFC 9457 problem documents), `code` the kebab-case name that
    programs compare.
    """

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "protocol-error"
    default_safe_text: ClassVar[str] = "The message breaks the protocol. Compare it with SPEC.md and send it again."
    special_safe_texts: ClassVar[Mapping[str, str]] = NO_SPECIAL_TEXTS

    def __init__(self, internal: str, *, code: str | None = None) -> None:
        super().__init__(internal)
        self.code: str = code if code is not None else self.default_code

    @property
    def safe_text(self) -> str:
        """One sentence or two for the other party: nothing internal, nothing that was received."""
        return self.special_safe_texts.get(self.code, self.default_safe_text)


class MalformedJson(ProtocolError):
    """The bytes are not JSON in the strict form of `protocol.strict_json`."""

    default_code = "malformed-json"
    default_safe_text = "The body is not strict JSON (RFC 8259 in UTF-8, I-JSON numbers, no key twice). Correct it."


class MalformedField(ProtocolError):
    """An HTTP field is not a structured field (RFC 9651) of the kind that its name asks for."""

    default_code = "malformed-field"
    default_safe_text = "An HTTP field is not a structured field of the expected kind (RFC 9651). Correct it."


class LimitExceeded(ProtocolError):
    """Something is larger than `protocol.limits` allows."""

    status = 413
    default_code = "too-large"
    default_safe_text = "The message is larger than the limits in SPEC.md allow. Send less at a time."


class StructureLimitExceeded(LimitExceeded):
    """The JSON is nested deeper, or an object has more keys, than `protocol.limits` allows."""

    status = 400
    default_code = "too-complex"
    default_safe_text = "The JSON has more structure than the limits in SPEC.md allow. Simplify it."
    special_safe_texts = MappingProxyType(
        {
            "too-deep": "The JSON is nested deeper than the limit in SPEC.md. Flatten it.",
            "too-many-keys": "An object has more keys than the limit in SPEC.md. Split it.",
        }
    )


class NotCanonicalizable(ProtocolError):
    """A value has no RFC 8785 form: a number outside I-JSON, a lone surrogate, or something that is not JSON."""

    default_code = "not-canonicalizable"
    default_safe_text = "The message has a value without a canonical form (RFC 8785). Keep to I-JSON values."


class InvalidIdentifier(ProtocolError):
    """A text is not an identifier in the one spelling that this protocol accepts."""

    default_code = "invalid-identifier"
    default_safe_text = "An identifier is not an absolute https IRI in normal form. See SPEC.md, identifiers."


class InvalidKey(ProtocolError):
    """A key is of an unknown kind, wrongly encoded, too weak, or one that many signatures fit."""

    default_code = "invalid-key"
    default_safe_text = "A key is not acceptable: Ed25519 of full order, or RSA of 2048 to 8192 bits. Publish another."


class ContextRefused(ProtocolError):
    """The JSON-LD context is not one of the pinned ones, or restructures the document."""

    default_code = "context"
    default_safe_text = "The @context is not one this node reads. Nothing is fetched; use a context listed in SPEC.md."


class DigestMismatch(ProtocolError):
    """Content-Digest is absent, unreadable, or not the digest of the body that arrived."""

    status = 401
    default_code = "digest"
    default_safe_text = "Content-Digest does not match the body. Send a sha-256 digest (RFC 9530) of the exact bytes."


class SignatureInvalid(ProtocolError):
    """The HTTP message signature is absent, incomplete, out of time, for another request, or wrong."""

    status = 401
    default_code = "signature-invalid"
    default_safe_text = "The HTTP signature does not verify with the key that its keyid names. Sign again."
    special_safe_texts = MappingProxyType(
        {
            "signature-missing": "The request is not signed. Sign it with RFC 9421.",
            "signature-malformed": "Signature or Signature-Input cannot be read. Send one label in the RFC 9421 form.",
            "component-uncovered": "The signature does not cover all that SPEC.md requires. Cover it and sign again.",
            "signature-expired": "The signature has expired. Check your clock, then sign again and send at once.",
            "clock": "The signature was made in the future by this node's clock. Set your clock.",
            "algorithm": "The signature's algorithm is not the one of the key that its keyid names.",
            "wrong-target": "The signature is for another method, host or address. Sign the request that you send.",
        }
    )


class ProofInvalid(ProtocolError):
    """The integrity proof of a document is absent where it was promised, malformed, or wrong."""

    status = 401
    default_code = "proof-invalid"
    default_safe_text = "The integrity proof does not verify. Sign exactly the document that you send."
    special_safe_texts = MappingProxyType(
        {
            "proof-context": "The @context of the proof is not exactly the document's. Sign with the one you send.",
            "proof-key-unlisted": "The actor does not list the proof's key under assertionMethod. Publish it first.",
        }
    )


class ActorMismatch(ProtocolError):
    """The signature is by one party and the message speaks for another."""

    status = 401
    default_code = "actor-mismatch"
    default_safe_text = "The key does not belong to the actor of the message. Sign with the actor's own key."


class ProofRequired(ProtocolError):
    """An exchange message came without an integrity proof."""

    status = 422
    default_code = "proof-required"
    default_safe_text = "This kind of message needs an eddsa-jcs-2022 proof. Add one and send it again."


class InvalidMessage(ProtocolError):
    """A message is authentic but is not one of ours: a field is absent, unknown, or out of range."""

    status = 422
    default_code = "invalid-message"
    default_safe_text = "The message does not have the form that SPEC.md gives for its type. Correct it."
