"""The messages of the exchange as values, and the only ways to get one from bytes.

Here: one frozen value per activity, `parse_activity` for what arrives, `parse_recorded` for what was verified before
it was stored, `peek_activity` for a look before anything is known. Not here: the objects that activities carry
(`protocol.documents`), writing (`protocol.compose`), what a set of messages amounts to (`protocol.agreements`), and
whether this node wants to hear it (the node's policy). Sources: ActivityPub, FEP-0837, FEP-8b32, FEP-fe34.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from protocol.canonical import canonicalize, digest_of, sha256_digest
from protocol.documents import AgreementTerms, Event, Proposal, parse_agreement_terms, parse_event, parse_proposal
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
from protocol.proofs import lift, verify_document
from protocol.strict_json import JsonObject, JsonValue, parse_object
from protocol.vocabulary import PINNED_CONTEXTS, QUANTITY_KEYS, Quantity, Tier, parse_instant, parse_quantity


@dataclass(frozen=True, slots=True)
class Header:
    """What every activity has: who said it, to whom, when by their clock, and the exact bytes.

    `digest` is over the canonical form with the proof; `body` is what arrived, which need not be canonical.
    """

    iri: Iri
    actor_iri: ActorIri
    audience: tuple[Iri, ...]
    published: datetime
    digest: Digest
    body: bytes


@dataclass(frozen=True, slots=True)
class Follow:
    """A node asks another (`object_iri`, its actor) to become its peer."""

    header: Header
    object_iri: Iri


@dataclass(frozen=True, slots=True)
class Accept:
    """Yes to a Follow (`tier` and `tier_version` say what is granted) or to a Request (`result` is what is agreed)."""

    header: Header
    object_iri: Iri
    tier: Tier | None
    tier_version: int | None
    result: AgreementTerms | None
    object_digest: Digest | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Reject:
    """No to a Follow, a Request or an Event: which one, `object_iri` tells to whoever looks it up.

    With `agreement_iri` (the wire's `context`) and a Request as object it cancels what was agreed. `available` is
    what this asker could still get; `text` is for people.
    """

    header: Header
    object_iri: Iri
    code: str | None
    object_digest: Digest | None
    agreement_iri: Iri | None
    available: Quantity | None
    text: str | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Undo:
    """The sender takes back its own Follow, Request or change."""

    header: Header
    object_iri: Iri
    code: str | None
    agreement_iri: Iri | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Block:
    """The sender ends the peering with `object_iri`, an actor."""

    header: Header
    object_iri: Iri


@dataclass(frozen=True, slots=True)
class CreateProposal:
    """An offer or need is published to the feeds in the audience."""

    header: Header
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class UpdateProposal:
    """A new version of an offer or need."""

    header: Header
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class DeleteProposal:
    """An offer or need is gone from the feeds in the audience; the tombstone carries its last version."""

    header: Header
    proposal_iri: Iri
    version: int


@dataclass(frozen=True, slots=True)
class Request:
    """`Offer(Agreement)`: a respondent asks for part of an offer or proposes to fill a need, or asks for a change.

    After `expires_at` (the wire's `endTime`) it cannot be accepted any more.
    """

    header: Header
    terms: AgreementTerms
    expires_at: datetime | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """`Create(EconomicEvent)`: a handover by the giver, or a receipt by the receiver."""

    header: Header
    event: Event
    seen: frozenset[Digest]


Activity: TypeAlias = (
    Follow | Accept | Reject | Undo | Block | CreateProposal | UpdateProposal | DeleteProposal | Request | RecordEvent
)


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

    >>> from datetime import UTC
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
    body = verified.request.body
    document = _read_document(body)
    if document.get("actor") != verified.key.owner_iri:
        raise ActorMismatch(f"the key of {verified.key.owner_iri} speaks for {document.get('actor')!r}")
    _verify_proof(document, proof_keys=proof_keys)
    embedded = _durable_member(document)
    if embedded is not None:
        if "proof" not in embedded:
            raise ProofRequired("the durable object has no proof of its own")
        _verify_proof(lift(embedded, context=document["@context"]), proof_keys=proof_keys)
    return read_activity(document, header=_header(document, body=body))


def parse_recorded(body: bytes) -> Activity:
    """The activity in bytes that this node verified, or signed itself, before it stored them.

    The same strict form as in `parse_activity`, no signatures: bytes from anywhere else do not belong here. Raises
    ProtocolError where the bytes are not such an activity.
    """
    document = _read_document(body)
    return read_activity(document, header=_header(document, body=body))


def read_activity(document: JsonObject, *, header: Header) -> Activity:
    """The activity that a document states, under a header the caller answers for. Raises ProtocolError.

    For documents in another envelope than ours (FEP-0837 leaves out `published`); what arrives goes through
    `parse_activity`. Checked are the form of the type and that the object is the actor's own, no proof and no context.
    """
    activity_type = document.get("type")
    reader = _READERS.get(activity_type) if isinstance(activity_type, str) else None
    if reader is None:
        raise InvalidMessage(f"no activity of ours: {activity_type!r}")
    return reader(document, header)


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


def _read_document(body: bytes) -> JsonObject:
    """The JSON object in the body, in a pinned context and without keys that would restructure it."""
    document = parse_object(body, bytes_max=ACTIVITY_BYTES_MAX)
    if "@context" not in document:
        raise ContextRefused("no @context")
    context = document["@context"]
    if sha256_digest(canonicalize(context)) not in PINNED_CONTEXTS:
        raise ContextRefused("the @context is not pinned")
    for key, value in document.items():
        if key != "@context":
            _check_member(key, value, context=context)
    return document


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


def _verify_proof(document: JsonObject, *, proof_keys: Mapping[str, PublicProofKey]) -> None:
    if "proof" not in document:
        raise ProofRequired("no proof")
    proof = document["proof"]
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    if not isinstance(method, str):
        raise ProofInvalid("a proof is an object that names one verificationMethod")
    key = proof_keys.get(method)
    if key is None:
        raise ProofInvalid(f"the actor does not list {method!r}", code="proof-key-unlisted")
    verify_document(document, public_key=key)


def _durable_member(document: JsonObject) -> JsonObject | None:
    """The embedded object that stands for itself and so has a proof of its own, if the activity carries one."""
    key = {"Create": "object", "Update": "object", "Accept": "result"}.get(str(document.get("type")))
    embedded = document.get(key) if key is not None else None
    return embedded if isinstance(embedded, dict) else None


def _header(document: JsonObject, *, body: bytes) -> Header:
    iri = required_iri(document, "id")
    actor_iri = required_actor_iri(document, "actor")
    _require_own(iri, actor_iri=actor_iri)
    return Header(
        iri=iri,
        actor_iri=actor_iri,
        audience=required_audience(document),
        published=parse_instant(document.get("published")),
        digest=digest_of(document),
        body=body,
    )


def _require_own(iri: Iri, *, actor_iri: ActorIri) -> None:
    """An actor speaks for ids of its own origin only (FEP-fe34; CVE-2024-23832 is what happens otherwise)."""
    if not same_origin(iri, actor_iri):
        raise ActorMismatch(f"{iri} is not of the origin of {actor_iri}")


def _standing_alone(document: JsonObject) -> JsonObject:
    """The embedded object with the context of the activity: the document that its digest and its proof are over."""
    return {"@context": document.get("@context"), **required_object(document, "object")}


def _read_follow(document: JsonObject, header: Header) -> Follow:
    return Follow(header=header, object_iri=required_iri(document, "object"))


def _read_block(document: JsonObject, header: Header) -> Block:
    return Block(header=header, object_iri=required_iri(document, "object"))


def _read_accept(document: JsonObject, header: Header) -> Accept:
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


def _read_reject(document: JsonObject, header: Header) -> Reject:
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


def _read_undo(document: JsonObject, header: Header) -> Undo:
    return Undo(
        header=header,
        object_iri=required_iri(document, "object"),
        code=optional_code(document, "code"),
        agreement_iri=optional_iri(document, "context"),
        seen=optional_seen(document),
    )


def _read_offer(document: JsonObject, header: Header) -> Request:
    return Request(
        header=header,
        terms=parse_agreement_terms(required_object(document, "object")),
        expires_at=parse_instant(document["endTime"]) if "endTime" in document else None,
        seen=optional_seen(document),
    )


def _read_create(document: JsonObject, header: Header) -> CreateProposal | RecordEvent:
    if required_object(document, "object").get("type") == "EconomicEvent":
        return _read_record(document, header)
    return CreateProposal(header=header, proposal=_own_proposal(document, header))


def _read_update(document: JsonObject, header: Header) -> UpdateProposal:
    return UpdateProposal(header=header, proposal=_own_proposal(document, header))


def _own_proposal(document: JsonObject, header: Header) -> Proposal:
    proposal = parse_proposal(_standing_alone(document), published_default=header.published)
    _require_own(proposal.iri, actor_iri=header.actor_iri)
    if proposal.attributed_to != header.actor_iri:
        raise ActorMismatch("the Proposal is attributed to another actor")
    return proposal


def _read_record(document: JsonObject, header: Header) -> RecordEvent:
    event = parse_event(_standing_alone(document))
    _require_own(event.iri, actor_iri=header.actor_iri)
    if header.actor_iri not in (event.provider, event.receiver):
        raise ActorMismatch("the event is between two other actors")
    if event.provider == event.receiver:
        raise InvalidMessage("nobody hands over to themselves")
    if optional_iri(document, "context") not in (None, event.agreement_iri):
        raise InvalidMessage("the activity names another agreement than the event")
    return RecordEvent(header=header, event=event, seen=optional_seen(document))


def _read_delete(document: JsonObject, header: Header) -> DeleteProposal:
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


_GRANTED_TIERS = (Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC)

_READERS: Mapping[str, Callable[[JsonObject, Header], Activity]] = MappingProxyType(
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
