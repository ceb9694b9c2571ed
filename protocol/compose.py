"""Writing messages: unsigned JSON documents with their `@context`, ready for a proof.

Here: one function per message and per durable object, and `seal`, which signs a document and gives the bytes that go
on the wire. Not here: ids, times and the context, which are arguments (`context` is the value of `@context` in
schemas/context.json, which `schemas.message_context()` returns). Reading is `protocol.activities`.
"""

from datetime import datetime

from protocol.canonical import canonicalize
from protocol.documents import PRIMARY_FRAGMENT
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.keys import ProofKey
from protocol.proofs import embed, sign_document
from protocol.strict_json import JsonObject, JsonValue
from protocol.vocabulary import Action, Counterfactual, Purpose, Quantity, Tier, format_instant


def seal(document: JsonObject, *, key: ProofKey, created: datetime) -> bytes:
    """The bytes of a document for the wire and the record: signed, in canonical form.

    Raises ValueError on a document that carries a proof already, and on a naive `created`.
    """
    return canonicalize(sign_document(document, key=key, created=created))


def compose_follow(
    *, iri: Iri, actor_iri: ActorIri, object_iri: ActorIri, published: datetime, context: JsonValue
) -> JsonObject:
    """A Follow of another node's actor, addressed to it."""
    return _activity(
        "Follow", iri=iri, actor_iri=actor_iri, audience=(object_iri,), published=published, context=context
    ) | {"object": object_iri}


def compose_accept_follow(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    object_iri: Iri,
    to: ActorIri,
    tier: Tier,
    tier_version: int,
    published: datetime,
    context: JsonValue,
) -> JsonObject:
    """An Accept of the Follow `object_iri`, with the tier that is granted; a change of tier is a new version."""
    return _activity("Accept", iri=iri, actor_iri=actor_iri, audience=(to,), published=published, context=context) | {
        "object": object_iri,
        "tier": tier.value,
        "tierVersion": tier_version,
    }


def compose_accept_request(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    object_iri: Iri,
    object_digest: Digest,
    to: ActorIri,
    signed_agreement: JsonObject,
    seen: frozenset[Digest],
    published: datetime,
    context: JsonValue,
) -> JsonObject:
    """An Accept of the Request `object_iri` (or of a change) with the signed Agreement as its result."""
    return _activity("Accept", iri=iri, actor_iri=actor_iri, audience=(to,), published=published, context=context) | {
        "object": object_iri,
        "objectDigest": object_digest,
        "result": embed(signed_agreement),
        "seen": _seen(seen),
    }


def compose_reject(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    object_iri: Iri,
    to: ActorIri,
    code: str | None,
    seen: frozenset[Digest],
    published: datetime,
    context: JsonValue,
    object_digest: Digest | None = None,
    agreement_iri: Iri | None = None,
    available: Quantity | None = None,
    text: str | None = None,
) -> JsonObject:
    """A Reject of a Follow, a Request, a change or an Event; with `agreement_iri` it cancels what a Request led to."""
    return _activity(
        "Reject", iri=iri, actor_iri=actor_iri, audience=(to,), published=published, context=context
    ) | _present(
        object=object_iri,
        code=code,
        objectDigest=object_digest,
        context=agreement_iri,
        availableQuantity=None if available is None else available.to_wire(),
        content=text,
        seen=_seen(seen),
    )


def compose_undo(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    object_iri: Iri,
    to: ActorIri,
    code: str | None,
    seen: frozenset[Digest],
    published: datetime,
    context: JsonValue,
    agreement_iri: Iri | None = None,
) -> JsonObject:
    """An Undo of the sender's own Follow, Request or change."""
    return _activity(
        "Undo", iri=iri, actor_iri=actor_iri, audience=(to,), published=published, context=context
    ) | _present(object=object_iri, code=code, context=agreement_iri, seen=_seen(seen))


def compose_block(
    *, iri: Iri, actor_iri: ActorIri, object_iri: ActorIri, published: datetime, context: JsonValue
) -> JsonObject:
    """A Block of another node's actor, addressed to it."""
    return _activity(
        "Block", iri=iri, actor_iri=actor_iri, audience=(object_iri,), published=published, context=context
    ) | {"object": object_iri}


def compose_proposal(
    *,
    iri: Iri,
    purpose: Purpose,
    attributed_to: ActorIri,
    name: str,
    content: str,
    version: int,
    published: datetime,
    closes_at: datetime | None,
    action: Action,
    category_iri: Iri | None,
    quantity: Quantity,
    available: Quantity,
    minimum: Quantity | None,
    latitude: float | None,
    longitude: float | None,
    condition: str | None,
    mass_grams: int | None,
    audience: tuple[Iri, ...],
    context: JsonValue,
) -> JsonObject:
    """A Proposal, the durable object of an offer or need; its Intent is `iri` with the fragment `primary`.

    Raises ValueError on one coordinate without the other.
    """
    if (latitude is None) != (longitude is None):
        raise ValueError("a place has both coordinates or none")
    place: JsonObject | None = None
    if latitude is not None:
        place = {"type": "Place", "latitude": latitude, "longitude": longitude}
    intent = _present(
        type="Intent",
        id=f"{iri}{PRIMARY_FRAGMENT}",
        action=action.value,
        resourceConformsTo=category_iri,
        resourceQuantity=quantity.to_wire(),
        availableQuantity=available.to_wire(),
        minimumQuantity=None if minimum is None else minimum.to_wire(),
        condition=condition,
        massGrams=mass_grams,
    )
    return {"@context": context, "type": "Proposal", "id": iri} | _present(
        purpose=purpose.value,
        attributedTo=attributed_to,
        name=name,
        content=content,
        version=version,
        published=format_instant(published),
        endTime=None if closes_at is None else format_instant(closes_at),
        location=place,
        publishes=intent,
        to=list(audience),
    )


def compose_create(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    audience: tuple[Iri, ...],
    signed_object: JsonObject,
    published: datetime,
    context: JsonValue,
    seen: frozenset[Digest] | None = None,
    agreement_iri: Iri | None = None,
) -> JsonObject:
    """A Create of a signed Proposal, or of a signed EconomicEvent (then with `seen` and the agreement)."""
    return _activity(
        "Create", iri=iri, actor_iri=actor_iri, audience=audience, published=published, context=context
    ) | _present(object=embed(signed_object), context=agreement_iri, seen=None if seen is None else _seen(seen))


def compose_update(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    audience: tuple[Iri, ...],
    signed_object: JsonObject,
    published: datetime,
    context: JsonValue,
) -> JsonObject:
    """An Update to a signed Proposal of a higher version."""
    return _activity(
        "Update", iri=iri, actor_iri=actor_iri, audience=audience, published=published, context=context
    ) | {"object": embed(signed_object)}


def compose_delete(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    audience: tuple[Iri, ...],
    proposal_iri: Iri,
    version: int,
    published: datetime,
    context: JsonValue,
) -> JsonObject:
    """A Delete of a Proposal: a Tombstone that carries its last version."""
    tombstone: JsonObject = {
        "type": "Tombstone",
        "id": proposal_iri,
        "formerType": "Proposal",
        "version": version,
        "deleted": format_instant(published),
    }
    return _activity(
        "Delete", iri=iri, actor_iri=actor_iri, audience=audience, published=published, context=context
    ) | {"object": tombstone}


def compose_request(
    *,
    iri: Iri,
    actor_iri: ActorIri,
    to: ActorIri,
    satisfies: Iri,
    quantity: Quantity,
    proposal_version: int | None,
    proposal_digest: Digest | None,
    counterfactual: Counterfactual,
    expires_at: datetime | None,
    seen: frozenset[Digest],
    published: datetime,
    context: JsonValue,
    supersedes: Iri | None = None,
) -> JsonObject:
    """An `Offer(Agreement)`: a request for part of a Proposal, or with `supersedes` a change of that agreement."""
    terms = _present(
        type="Agreement",
        stipulates=_commitment(
            iri=None,
            satisfies=satisfies,
            quantity=quantity,
            proposal_version=proposal_version,
            proposal_digest=proposal_digest,
        ),
        counterfactual=counterfactual.value,
        supersedes=supersedes,
    )
    return _activity(
        "Offer", iri=iri, actor_iri=actor_iri, audience=(to,), published=published, context=context
    ) | _present(
        object=terms,
        endTime=None if expires_at is None else format_instant(expires_at),
        seen=_seen(seen),
    )


def compose_agreement(
    *,
    iri: Iri,
    attributed_to: ActorIri,
    commitment_iri: Iri,
    satisfies: Iri,
    quantity: Quantity,
    proposal_version: int | None,
    proposal_digest: Digest | None,
    counterfactual: Counterfactual,
    context: JsonValue,
) -> JsonObject:
    """An Agreement with its Commitment, the durable object that accepts a request or a change."""
    return {
        "@context": context,
        "type": "Agreement",
        "id": iri,
        "attributedTo": attributed_to,
        "stipulates": _commitment(
            iri=commitment_iri,
            satisfies=satisfies,
            quantity=quantity,
            proposal_version=proposal_version,
            proposal_digest=proposal_digest,
        ),
        "counterfactual": counterfactual.value,
    }


def compose_event(
    *,
    iri: Iri,
    action: Action,
    agreement_iri: Iri,
    fulfills: Iri,
    provider: ActorIri,
    receiver: ActorIri,
    quantity: Quantity,
    occurred_at: datetime,
    mirrors: Iri | None,
    context: JsonValue,
) -> JsonObject:
    """An EconomicEvent, the durable object of a handover, or with `mirrors` of its receipt."""
    return {"@context": context, "type": "EconomicEvent", "id": iri} | _present(
        action=action.value,
        context=agreement_iri,
        fulfills=fulfills,
        provider=provider,
        receiver=receiver,
        resourceQuantity=quantity.to_wire(),
        hasPointInTime=format_instant(occurred_at),
        mirrors=mirrors,
    )


def _activity(
    activity_type: str,
    *,
    iri: Iri,
    actor_iri: ActorIri,
    audience: tuple[Iri, ...],
    published: datetime,
    context: JsonValue,
) -> JsonObject:
    return {
        "@context": context,
        "type": activity_type,
        "id": iri,
        "actor": actor_iri,
        "to": list(audience),
        "published": format_instant(published),
    }


def _commitment(
    *,
    iri: Iri | None,
    satisfies: Iri,
    quantity: Quantity,
    proposal_version: int | None,
    proposal_digest: Digest | None,
) -> JsonObject:
    return _present(
        type="Commitment",
        id=iri,
        satisfies=satisfies,
        resourceQuantity=quantity.to_wire(),
        proposalVersion=proposal_version,
        proposalDigest=proposal_digest,
    )


def _present(**members: JsonValue) -> JsonObject:
    """The members that have a value: an absent field is left out, never written as null."""
    return {key: value for key, value in members.items() if value is not None}


def _seen(digests: frozenset[Digest]) -> list[JsonValue]:
    """The digests in one order, so that equal messages have equal bytes."""
    return [*sorted(digests)]
