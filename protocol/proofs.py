"""Integrity proofs inside documents: Data Integrity with the cryptosuite eddsa-jcs-2022 (FEP-8b32).

Works for any JSON document, whatever its vocabulary, with or without `@context`. Stricter than the specification in
one thing: there a verifier replaces the document's context by the proof's if the one starts with the other, so that
anybody may append to a signed document's context; here the two must be equal. Which key a signer may use is for the
caller to decide, with `proof_of`.

Hashed is SHA-256(JCS(proof without proofValue)) followed by SHA-256(JCS(document without proof)).
"""

import hashlib
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime, timedelta, timezone

from protocol.canonical import canonicalize, canonicalize_members, join_members
from protocol.errors import InvalidKey, ProofInvalid
from protocol.identifiers import KeyIri
from protocol.keys import ED25519_SIGNATURE_BYTES, ProofKey, PublicProofKey, multibase_of, parse_multibase
from protocol.limits import IRI_CHARS_MAX
from protocol.strict_json import JsonObject, JsonValue

_CONTEXT = "@context"
_FIXED_MEMBERS = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}
_MEMBERS = frozenset({_CONTEXT, *_FIXED_MEMBERS, "verificationMethod", "created", "proofValue"})

# XML Schema dateTimeStamp, narrowed to years of four digits; Fedify 2.3.6 writes up to nine decimals of a second.
_CREATED = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_SEAL = object()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a well-formed proof claims, its signature unchecked. `created` is aware UTC and no proof of a time."""

    verification_method: KeyIri
    created: datetime | None
    signature: bytes


@dataclass(frozen=True, slots=True)
class VerifiedDocument:
    """A document whose proof is by `public_key`. Only `verify_document` makes one.

    `document` is the very object that was given, proof included; whoever changes it afterwards makes this untrue.
    """

    document: JsonObject
    public_key: PublicProofKey
    verification_method: KeyIri
    created: datetime | None
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only verify_document makes a VerifiedDocument")


def sign_document(document: JsonObject, *, key: ProofKey, created: datetime) -> JsonObject:
    """A new document: the given one with a `proof` by `key`, which carries the document's `@context` if it has one.

    `created` is any aware time; it is written in UTC as `YYYY-MM-DDTHH:MM:SSZ`, fractions cut off. Raises ValueError
    on a naive time or a document that has a proof already, NotCanonicalizable on one that has no JCS form.

    >>> key = ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1")
    >>> signed = sign_document({"type": "Note"}, key=key, created=datetime(2026, 11, 23, 12, tzinfo=UTC))
    >>> signed["proof"]["created"], signed["proof"]["verificationMethod"]
    ('2026-11-23T12:00:00Z', 'https://asker.example/actor#proof-1')
    >>> verify_document(signed, public_key=key.public).verification_method
    'https://asker.example/actor#proof-1'
    """
    if "proof" in document:
        raise ValueError("the document has a proof already")
    if created.tzinfo is None:
        raise ValueError("created is an aware time")
    proof: JsonObject = {
        **_FIXED_MEMBERS,
        "verificationMethod": key.key_id,
        "created": created.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z",
    }
    if _CONTEXT in document:
        # A copy: otherwise whoever changes the document's context changes the proof's unseen.
        proof[_CONTEXT] = deepcopy(document[_CONTEXT])
    proof["proofValue"] = multibase_of(key.sign(_octets(options=canonicalize(proof), content=canonicalize(document))))
    return {**document, "proof": proof}


def proof_of(document: JsonObject) -> Proof:
    """The document's one proof, well-formed but unverified: enough to choose the key. Raises ProofInvalid.

    Well-formed is: an object with exactly the type DataIntegrityProof, the cryptosuite eddsa-jcs-2022, the purpose
    assertionMethod, a verificationMethod, a proofValue of 64 octets in base58btc, perhaps `created`, the document's
    `@context` where it has one, and nothing else: `expires`, `domain` and the like would be promises not kept.

    >>> proof_of({"type": "Note"})
    Traceback (most recent call last):
    ...
    protocol.errors.ProofInvalid: a document has exactly one proof, an object
    """
    proof = _proof_member(document)
    if _context_of(proof) != _context_of(document):
        raise ProofInvalid("the @context of the proof is not the document's", code="proof-context")
    for name, expected in _FIXED_MEMBERS.items():
        if proof.get(name) != expected:
            raise ProofInvalid(f"{name} of the proof is not {expected}")
    unknown = proof.keys() - _MEMBERS
    if unknown:
        raise ProofInvalid(f"members of the proof that are not understood: {sorted(unknown)}")
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not 0 < len(method) <= IRI_CHARS_MAX:
        raise ProofInvalid("a proof names one verificationMethod")
    created = _parse_created(proof["created"]) if "created" in proof else None
    return Proof(verification_method=KeyIri(method), created=created, signature=_signature_of(proof))


def verify_document(document: JsonObject, *, public_key: PublicProofKey) -> VerifiedDocument:
    """The document as a VerifiedDocument if its one proof is well-formed and by `public_key`.

    Raises ProofInvalid (code proof-context where only the contexts differ), and NotCanonicalizable. The caller has
    checked that the proof's verificationMethod is a key of the party that the document speaks for.

    >>> key = ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1")
    >>> signed = sign_document({"name": "12 chairs"}, key=key, created=datetime(2026, 11, 23, 12, tzinfo=UTC))
    >>> verify_document({**signed, "name": "13 chairs"}, public_key=key.public)
    Traceback (most recent call last):
    ...
    protocol.errors.ProofInvalid: the Ed25519 signature is not by this key over this document
    """
    proof = proof_of(document)
    options = canonicalize(_without_value(_proof_member(document)))
    content = canonicalize({name: value for name, value in document.items() if name != "proof"})
    public_key.verify(proof.signature, _octets(options=options, content=content))
    return _verified(document, proof=proof, public_key=public_key)


def verify_members(document: JsonObject, *, forms: Mapping[str, bytes], public_key: PublicProofKey) -> VerifiedDocument:
    """As `verify_document`, for a caller that has made the canonical form of each of the document's members.

    `forms` is what `canonicalize_members` makes of this very document, for which the caller answers. The form of its
    `@context` is taken for the proof's too. So this is for pinned contexts, which are nothing but texts: there equal
    contexts have equal forms, while Python takes 1 for True.
    """
    proof = proof_of(document)
    options = canonicalize_members(
        _without_value(_proof_member(document)), known={name: forms[name] for name in (_CONTEXT,) if name in forms}
    )
    signed = _octets(options=join_members(options, without=None), content=join_members(forms, without="proof"))
    public_key.verify(proof.signature, signed)
    return _verified(document, proof=proof, public_key=public_key)


def _verified(document: JsonObject, *, proof: Proof, public_key: PublicProofKey) -> VerifiedDocument:
    return VerifiedDocument(
        document=document,
        public_key=public_key,
        verification_method=proof.verification_method,
        created=proof.created,
        seal=_SEAL,
    )


def embed(document: JsonObject) -> JsonObject:
    """A signed document in the form in which an activity carries it: without `@context`, the proof kept.

    >>> key = ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1")
    >>> proposal = {"@context": "https://example.org/ns", "type": "Proposal"}
    >>> signed = sign_document(proposal, key=key, created=datetime(2026, 11, 23, 12, tzinfo=UTC))
    >>> sorted(embed(signed))
    ['proof', 'type']
    >>> lift(embed(signed), context="https://example.org/ns") == signed
    True
    """
    return {name: value for name, value in document.items() if name != _CONTEXT}


def lift(embedded: JsonObject, *, context: JsonValue) -> JsonObject:
    """An embedded document standing alone again, with the activity's context, ready for `verify_document`.

    Raises ProofInvalid (proof-context) if it has a context of its own, or its proof was made with another one.
    """
    if _CONTEXT in embedded:
        raise ProofInvalid("an embedded document has a @context of its own", code="proof-context")
    if _context_of(_proof_member(embedded)) != [context]:
        raise ProofInvalid("the embedded proof was made with another @context", code="proof-context")
    return {_CONTEXT: context, **embedded}


def _proof_member(document: JsonObject) -> JsonObject:
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise ProofInvalid("a document has exactly one proof, an object")
    return proof


def _context_of(member: JsonObject) -> list[JsonValue]:
    # A list, so that an absent context and one that is null stay different.
    return [member[_CONTEXT]] if _CONTEXT in member else []


def _octets(*, options: bytes, content: bytes) -> bytes:
    """What is signed, from the canonical forms of the proof without its value and of the document without its proof."""
    return hashlib.sha256(options).digest() + hashlib.sha256(content).digest()


def _without_value(proof: JsonObject) -> JsonObject:
    return {name: value for name, value in proof.items() if name != "proofValue"}


def _signature_of(proof: JsonObject) -> bytes:
    try:
        signature = parse_multibase(proof.get("proofValue"))
    except InvalidKey as error:
        raise ProofInvalid("proofValue is not base58btc multibase") from error
    if len(signature) != ED25519_SIGNATURE_BYTES:
        raise ProofInvalid(f"a proofValue of {len(signature)} octets")
    return signature


def _parse_created(value: JsonValue) -> datetime:
    match = _CREATED.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ProofInvalid("created of the proof is not a date and time with an offset")
    seconds, fraction, sign, hours, minutes = match.groups()
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        return datetime.fromisoformat(seconds).replace(microsecond=microsecond, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ProofInvalid("created of the proof does not exist in the calendar") from error
