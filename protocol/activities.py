"""The messages of the exchange from bytes: the only ways to get one.

Here: `parse_activity` for what arrives, `parse_recorded` for what was verified before it was stored, `peek_activity`
for a look before anything is known; the values themselves are passed on from `protocol.messages`. Not here: the objects
that activities carry (`protocol.documents`), writing (`protocol.compose`), what a set of messages amounts to
(`protocol.agreements`), and whether this node wants to hear it. Sources: ActivityPub, FEP-0837, FEP-8b32, FEP-fe34.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from protocol.canonical import canonicalize, canonicalize_members, join_members, sha256_digest
from protocol.documents import AgreementTerms, Proposal, parse_agreement_terms, parse_event, parse_proposal
from protocol.errors import ActorMismatch, ContextRefused, InvalidMessage, ProofInvalid, ProofRequired
from protocol.fields import (
    optional_code,
    optional_digest,
    optional_integer,
    optional_iri,
    optional_paragraphs,
    optional_seen,
    require_type,
    required_actor_iri,
    required_audience,
    required_iri,
    required_object,
)
from protocol.http_signatures import VerifiedRequest
from protocol.identifiers import ActorIri, Digest, Iri, same_origin
from protocol.keys import PublicProofKey
from protocol.limits import ACTIVITY_BYTES_MAX, CONTENT_CHARS_MAX, SAFE_INTEGER_MAX
from protocol.messages import (
    Accept,
    Activity,
    Block,
    CreateProposal,
    DeleteProposal,
    Follow,
    Header,
    RecordEvent,
    Reject,
    Request,
    Undo,
    UpdateProposal,
)
from protocol.proofs import verify_members
from protocol.strict_json import JsonObject, JsonValue, parse_object
from protocol.vocabulary import PINNED_CONTEXTS, QUANTITY_KEYS, Tier, parse_instant, parse_quantity

__all__ = [
    "Accept",
    "Activity",
    "ActivityPeek",
    "Block",
    "CreateProposal",
    "DeleteProposal",
    "Follow",
    "Header",
    "RecordEvent",
    "Reject",
    "Request",
    "Undo",
    "UpdateProposal",
    "parse_activity",
    "parse_recorded",
    "peek_activity",
    "read_activity",
]


@dataclass(frozen=True, slots=True)
class ActivityPeek:
    """What an unverified body says it is. Nothing here is true before `parse_activity` has said so."""

    activity_type: str
    actor_iri: ActorIri
    iri: Iri
    object_iri: Iri | None


def parse_activity(verified: VerifiedRequest, *, proof_keys: Mapping[str, PublicProofKey]) -> Activity:
    """The activity in the body of a request whose HTTP signature is verified: the only way to get one from outside.

    `proof_keys` are the keys that the actor lists under assertionMethod, by their ids. Checked here, in this order:
    strict JSON within ACTIVITY_BYTES_MAX; no key that restructures JSON-LD; a pinned context; the actor owns the key
    of the HTTP signature; the activity's proof is there, by a listed key, and right; so is that of the durable object
    that it carries; the form of the type; the object is the actor's own; ids are under the actor's origin.

    Raises ProtocolError and nothing else: MalformedJson, LimitExceeded, ContextRefused, ActorMismatch, ProofRequired,
    ProofInvalid, InvalidIdentifier, InvalidMessage.

    >>> from datetime import UTC, datetime
    >>> from protocol.compose import compose_follow, seal
    >>> from protocol.http_signatures import HttpRequest, sign_request, verify_request
    >>> from protocol.keys import ProofKey, PublicTransportKey, TransportKey, ed25519_pem_from_seed
    >>> import schemas
    >>> now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> asker, baerum = "https://asker.example/actor", "https://baerum.example/actor"
    >>> proof_key = ProofKey.from_seed(bytes(range(32)), key_id=f"{asker}#proof-1")
    >>> transport_key = TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id=f"{asker}#ed-http")
    >>> follow = compose_follow(
    ...     iri="https://asker.example/activities/1", actor_iri=asker, object_iri=baerum,
    ...     published=now, context=schemas.message_context())
    >>> body = seal(follow, key=proof_key, created=now)
    >>> headers = (("content-type", "application/activity+json"),)
    >>> unsigned = HttpRequest("POST", "https://baerum.example/inbox", headers, body)
    >>> request = sign_request(unsigned, key=transport_key, now=now, nonce="n-1")

    The other node has both public keys from the actor document, and verifies first the request, then the message:

    >>> public = PublicTransportKey.from_pem(transport_key.public_pem, key_id=f"{asker}#ed-http", owner_iri=asker)
    >>> verified = verify_request(request, key=public, now=now)
    >>> activity = parse_activity(verified, proof_keys={proof_key.key_id: proof_key.public})
    >>> type(activity).__name__, activity.object_iri
    ('Follow', 'https://baerum.example/actor')
    """
    received = _read_document(verified.request.body)
    document = received.document
    if document.get("actor") != verified.key.owner_iri:
        raise ActorMismatch(f"the key of {verified.key.owner_iri} speaks for {document.get('actor')!r}")
    _verify_proof(document, forms=received.forms, proof_keys=proof_keys)
    if received.durable is not None:
        _verify_proof(received.durable, forms=received.durable_forms, proof_keys=proof_keys)
    return _read(received)


def parse_recorded(body: bytes) -> Activity:
    """The activity in bytes that this node verified, or signed itself, before it stored them.

    The same strict form as in `parse_activity`, no signatures: bytes from anywhere else do not belong here. Raises
    ProtocolError where the bytes are not such an activity.
    """
    return _read(_read_document(body))


def read_activity(document: JsonObject, *, header: Header) -> Activity:
    """The activity that a document states, under a header the caller answers for. Raises ProtocolError.

    For documents in another envelope than ours (FEP-0837 leaves out `published`); what arrives goes through
    `parse_activity`. Checked are the form of the type and that the object is the actor's own, no proof and no context.
    """
    return _reader_of(document)(document, header, None)


def peek_activity(body: bytes) -> ActivityPeek:
    """What an unverified body says it is, within the same limits. Raises ProtocolError. Believe nothing of it."""
    document = parse_object(body, bytes_max=ACTIVITY_BYTES_MAX)
    activity_type = document.get("type")
    if not isinstance(activity_type, str):
        raise InvalidMessage("type is not one text")
    embedded = document.get("object")
    object_iri = None
    if isinstance(embedded, dict):
        object_iri = optional_iri(embedded, "id")
    elif embedded is not None:
        object_iri = required_iri(document, "object")
    return ActivityPeek(
        activity_type=activity_type,
        actor_iri=required_actor_iri(document, "actor"),
        iri=required_iri(document, "id"),
        object_iri=object_iri,
    )


@dataclass(frozen=True, slots=True)
class _Received:
    """A document in a pinned context, and the durable object in it standing alone with that context, if there is one.

    `forms` are the canonical forms of their members, each made once: canonical writing is what reading costs most.
    """

    body: bytes
    document: JsonObject
    forms: Mapping[str, bytes]
    durable: JsonObject | None
    durable_forms: Mapping[str, bytes]


def _read_document(body: bytes) -> _Received:
    """The JSON object in the body, in a pinned context and without keys that would restructure it."""
    document = parse_object(body, bytes_max=ACTIVITY_BYTES_MAX)
    if "@context" not in document:
        raise ContextRefused("no @context")
    context = document["@context"]
    known = {"@context": canonicalize(context)}
    if sha256_digest(known["@context"]) not in PINNED_CONTEXTS:
        raise ContextRefused("the @context is not pinned")
    for key, value in document.items():
        if key != "@context":
            _check_member(key, value, context=context)
    durable_key = _DURABLE_MEMBERS.get(str(document.get("type")), "")
    embedded = document.get(durable_key)
    durable: JsonObject | None = None
    durable_forms: dict[str, bytes] = {}
    if isinstance(embedded, dict):
        durable = {"@context": context, **embedded}
        durable_forms = _canonical_forms(durable, known=known)
        known = {**known, durable_key: join_members(durable_forms, without="@context")}
    forms = _canonical_forms(document, known=known)
    return _Received(body=body, document=document, forms=forms, durable=durable, durable_forms=durable_forms)


def _canonical_forms(document: JsonObject, *, known: Mapping[str, bytes]) -> dict[str, bytes]:
    """The canonical forms of a document's members. In its proof the context is the document's own, as was checked."""
    proof = document.get("proof")
    if isinstance(proof, dict):
        in_proof = {"@context": known["@context"]}
        known = {**known, "proof": join_members(canonicalize_members(proof, known=in_proof), without=None)}
    return canonicalize_members(document, known=known)


def _check_member(key: str, value: JsonValue, *, context: JsonValue) -> None:
    """Refuse keys that make a JSON-LD reader see another document than a JSON reader does.

    Those are the keywords, `@id` and `@type` included, which `id` and `type` stand for; and compact or absolute IRIs,
    which could say `as:actor` beside `actor` (the two prefixed spellings of a quantity's keys are read, and so
    allowed). `@context` may stand in a proof, where it must be the document's own.
    """
    if (key[:1] == "@" or ":" in key) and key not in QUANTITY_KEYS:
        raise ContextRefused(f"the key {key!r} restructures the document")
    _check_value(value, context=context, is_proof=key == "proof")


def _check_value(value: JsonValue, *, context: JsonValue, is_proof: bool) -> None:
    if isinstance(value, list):
        for entry in value:
            _check_value(entry, context=context, is_proof=is_proof)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key != "@context" or not is_proof:
                _check_member(key, member, context=context)
            elif member != context:
                raise ProofInvalid("the @context of a proof is not the document's", code="proof-context")


def _verify_proof(
    document: JsonObject, *, forms: Mapping[str, bytes], proof_keys: Mapping[str, PublicProofKey]
) -> None:
    if "proof" not in document:
        raise ProofRequired(f"no proof on the {document.get('type')!r}")
    proof = document["proof"]
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    if not isinstance(method, str):
        raise ProofInvalid("a proof is an object that names one verificationMethod")
    key = proof_keys.get(method)
    if key is None:
        raise ProofInvalid(f"the actor does not list {method!r}", code="proof-key-unlisted")
    verify_members(document, forms=forms, public_key=key)


def _read(received: _Received) -> Activity:
    document = received.document
    header = _header(document, body=received.body, digest=sha256_digest(join_members(received.forms, without=None)))
    canonical = None
    if received.durable is not None:
        canonical = join_members(received.durable_forms, without=None)
    return _reader_of(document)(document, header, canonical)


def _reader_of(document: JsonObject) -> Callable[[JsonObject, Header, bytes | None], Activity]:
    activity_type = document.get("type")
    reader = _READERS.get(activity_type) if isinstance(activity_type, str) else None
    if reader is None:
        raise InvalidMessage(f"no activity of ours: {activity_type!r}")
    return reader


def _header(document: JsonObject, *, body: bytes, digest: Digest) -> Header:
    iri = required_iri(document, "id")
    actor_iri = required_actor_iri(document, "actor")
    _require_own(iri, actor_iri=actor_iri)
    return Header(
        iri=iri,
        actor_iri=actor_iri,
        audience=required_audience(document),
        published=parse_instant(document.get("published")),
        digest=digest,
        body=body,
    )


def _require_own(iri: Iri, *, actor_iri: ActorIri) -> None:
    """An actor speaks for ids of its own origin only (FEP-fe34; CVE-2024-23832 is what happens otherwise)."""
    if not same_origin(iri, actor_iri):
        raise ActorMismatch(f"{iri} is not of the origin of {actor_iri}")


def _standing_alone(document: JsonObject) -> JsonObject:
    """The embedded object with the context of the activity: the document that its digest and its proof are over."""
    return {"@context": document.get("@context"), **required_object(document, "object")}


def _read_follow(document: JsonObject, header: Header, canonical: bytes | None) -> Follow:
    return Follow(header=header, object_iri=required_iri(document, "object"))


def _read_block(document: JsonObject, header: Header, canonical: bytes | None) -> Block:
    return Block(header=header, object_iri=required_iri(document, "object"))


def _read_accept(document: JsonObject, header: Header, canonical: bytes | None) -> Accept:
    result = None
    if "result" in document:
        result = parse_agreement_terms(required_object(document, "result"))
        _check_result(result, header=header)
    tier_version = optional_integer(document, "tierVersion", largest=SAFE_INTEGER_MAX)
    tier = _granted_tier(document)
    if (tier is None) != (tier_version is None):
        raise InvalidMessage("a tier and its version come together")
    if tier is not None and result is not None:
        raise InvalidMessage("an Accept answers a Follow or a request, not both")
    return Accept(
        header=header,
        object_iri=required_iri(document, "object"),
        tier=tier,
        tier_version=tier_version,
        result=result,
        object_digest=optional_digest(document, "objectDigest"),
        seen=optional_seen(document),
    )


def _check_result(result: AgreementTerms, *, header: Header) -> None:
    """The Agreement that an Accept leads to is the accepting actor's statement, and everything in it has an id."""
    if result.iri is None or result.commitment.iri is None:
        raise InvalidMessage("the resulting Agreement and its Commitment have ids")
    if not same_origin(result.iri, result.commitment.iri):
        raise InvalidMessage("the Commitment is not of the Agreement's origin")
    if result.attributed_to != header.actor_iri:
        raise ActorMismatch("the resulting Agreement is attributed to another actor")


def _granted_tier(document: JsonObject) -> Tier | None:
    if "tier" not in document:
        return None
    if document["tier"] not in _GRANTED_TIERS:
        raise InvalidMessage(f"no tier that can be granted: {document['tier']!r}")
    return Tier(document["tier"])


def _read_reject(document: JsonObject, header: Header, canonical: bytes | None) -> Reject:
    available = None
    if "availableQuantity" in document:
        available = parse_quantity(document["availableQuantity"], allow_zero=True)
    return Reject(
        header=header,
        object_iri=required_iri(document, "object"),
        code=optional_code(document, "code"),
        object_digest=optional_digest(document, "objectDigest"),
        agreement_iri=optional_iri(document, "context"),
        available=available,
        text=optional_paragraphs(document, "content", chars_max=CONTENT_CHARS_MAX),
        seen=optional_seen(document),
    )


def _read_undo(document: JsonObject, header: Header, canonical: bytes | None) -> Undo:
    return Undo(
        header=header,
        object_iri=required_iri(document, "object"),
        code=optional_code(document, "code"),
        agreement_iri=optional_iri(document, "context"),
        seen=optional_seen(document),
    )


def _read_offer(document: JsonObject, header: Header, canonical: bytes | None) -> Request:
    return Request(
        header=header,
        terms=parse_agreement_terms(required_object(document, "object")),
        expires_at=parse_instant(document["endTime"]) if "endTime" in document else None,
        seen=optional_seen(document),
    )


def _read_create(document: JsonObject, header: Header, canonical: bytes | None) -> CreateProposal | RecordEvent:
    if required_object(document, "object").get("type") == "EconomicEvent":
        return _read_record(document, header, canonical)
    return CreateProposal(header=header, proposal=_own_proposal(document, header, canonical))


def _read_update(document: JsonObject, header: Header, canonical: bytes | None) -> UpdateProposal:
    return UpdateProposal(header=header, proposal=_own_proposal(document, header, canonical))


def _own_proposal(document: JsonObject, header: Header, canonical: bytes | None) -> Proposal:
    proposal = parse_proposal(_standing_alone(document), published_default=header.published, canonical=canonical)
    _require_own(proposal.iri, actor_iri=header.actor_iri)
    if proposal.attributed_to != header.actor_iri:
        raise ActorMismatch("the Proposal is attributed to another actor")
    return proposal


def _read_record(document: JsonObject, header: Header, canonical: bytes | None) -> RecordEvent:
    event = parse_event(_standing_alone(document), canonical=canonical)
    _require_own(event.iri, actor_iri=header.actor_iri)
    if header.actor_iri not in (event.provider, event.receiver):
        raise ActorMismatch("the event is between two other actors")
    if event.provider == event.receiver:
        raise InvalidMessage("nobody hands over to themselves")
    if optional_iri(document, "context") not in (None, event.agreement_iri):
        raise InvalidMessage("the activity names another agreement than the event")
    return RecordEvent(header=header, event=event, seen=optional_seen(document))


def _read_delete(document: JsonObject, header: Header, canonical: bytes | None) -> DeleteProposal:
    tombstone = required_object(document, "object")
    require_type(tombstone, "Tombstone")
    if tombstone.get("formerType") != "Proposal":
        raise InvalidMessage("only Proposals are deleted")
    version = optional_integer(tombstone, "version", largest=SAFE_INTEGER_MAX)
    if version is None:
        raise InvalidMessage("a tombstone carries the last version")
    parse_instant(tombstone.get("deleted"))
    proposal_iri = required_iri(tombstone, "id")
    _require_own(proposal_iri, actor_iri=header.actor_iri)
    return DeleteProposal(header=header, proposal_iri=proposal_iri, version=version)


# Where an activity carries an object that stands for itself, and so has a proof of its own.
_DURABLE_MEMBERS = MappingProxyType({"Create": "object", "Update": "object", "Accept": "result"})

_GRANTED_TIERS = (Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC)

_READERS: Mapping[str, Callable[[JsonObject, Header, bytes | None], Activity]] = MappingProxyType(
    {
        "Follow": _read_follow,
        "Accept": _read_accept,
        "Reject": _read_reject,
        "Undo": _read_undo,
        "Block": _read_block,
        "Create": _read_create,
        "Update": _read_update,
        "Delete": _read_delete,
        "Offer": _read_offer,
    }
)
