"""Each check of a message, its context, its proofs and its actor, switched off alone."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from node.federation import inbox
from node.operations import receive_proposal
from protocol import activities, canonical, http_signatures, identifiers, proofs, strict_json
from protocol.canonical import sha256_digest
from protocol.errors import ContextRefused
from protocol.http_signatures import VerifiedRequest
from protocol.identifiers import ActorIri, Iri, origin_of
from protocol.keys import PublicProofKey
from tests.network import outsider, test_refused_messages
from tests.network.weakening import NO_LIMIT, Facts, Weakening, becomes, forgiving, swap


def take_the_last_of_two_keys(_facts: Facts) -> None:
    """Of equal keys the last counts, as in the standard library."""
    decoder = json.JSONDecoder(
        object_pairs_hook=lambda pairs: strict_json._read_object(list(dict(pairs).items())),
        parse_int=strict_json._read_integer,
        parse_float=strict_json._read_float,
        parse_constant=strict_json._refuse_constant,
    )
    swap(strict_json, "_DECODER", becomes(decoder))


def skip_the_byte_order_mark(_facts: Facts) -> None:
    """A byte order mark is passed over."""
    mark = test_refused_messages.BYTE_ORDER_MARK
    swap(strict_json, "parse", lambda original: lambda body: original(body.removeprefix(mark)))


def set_everywhere(name: str, value: object) -> Weakening:
    """Another value for a limit that both the reading and the canonical form keep."""

    def switch_off(_facts: Facts) -> None:
        for owner in (strict_json, canonical):
            swap(owner, name, becomes(value))

    return switch_off


def need_no_context(_facts: Facts) -> None:
    """A message without a context is read."""

    def read(_original: object, body: bytes) -> strict_json.JsonObject:
        document = strict_json.parse_object(body, bytes_max=NO_LIMIT)
        if "@context" in document:
            raise ContextRefused("it has one")
        return document

    swap(activities, "_read_document", forgiving("context", read))


def read_the_unknown_context(_facts: Facts) -> None:
    """A context that nobody pinned is read: the one of the test, since an appended one has its own guards."""
    digest = sha256_digest(outsider.canonical(test_refused_messages.UNKNOWN_CONTEXT))
    swap(activities, "PINNED_CONTEXTS", lambda pinned: pinned | {digest})


def read_what_the_proof_covers(_facts: Facts) -> None:
    """The rule of eddsa-jcs-2022: of a context that begins with the proof's, the rest is cut off before reading.

    It stands before three guards of ours: the pinned contexts, the equality in the message, and that in its object.
    """

    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        def parse_object(body: bytes, *, bytes_max: int) -> strict_json.JsonObject:
            document: strict_json.JsonObject = original(body, bytes_max=bytes_max)
            proof, context = document.get("proof"), document.get("@context")
            if isinstance(proof, dict) and isinstance(context, list) and isinstance(proof.get("@context"), list):
                covered = proof["@context"]
                assert isinstance(covered, list)
                if context[: len(covered)] == covered:
                    document["@context"] = covered
            return document

        return parse_object

    swap(strict_json, "parse_object", change)
    swap(activities, "parse_object", becomes(strict_json.parse_object))


def read_contexts_inside(_facts: Facts) -> None:
    """An object may have a context of its own: three guards, where keys are looked at and where it is lifted, twice."""

    def check(original: Callable[..., None]) -> Callable[..., None]:
        def _check_member(key: str, value: object, **named: object) -> None:
            if key != "@context":
                original(key, value, **named)

        return _check_member

    swap(activities, "_check_member", check)
    for reader in (activities, receive_proposal):
        swap(
            reader,
            "lift",
            lambda original: lambda document, *, context: original(outsider.embedded(document), context=context),
        )


def allow_key(key: str) -> Weakening:
    """This key does not count as one that restructures the message."""
    return lambda _facts: swap(activities, "QUANTITY_KEYS", lambda allowed: allowed | {key})


def need_no_proof(_facts: Facts) -> None:
    """An activity may come without a proof."""

    def change(original: Callable[..., None]) -> Callable[..., None]:
        def _verify_proof(document: strict_json.JsonObject, *, proof_keys: Mapping[str, PublicProofKey]) -> None:
            if "proof" in document or "actor" not in document:
                original(document, proof_keys=proof_keys)

        return _verify_proof

    swap(activities, "_verify_proof", change)


def need_no_proof_inside(_facts: Facts) -> None:
    """An object may come without a proof: two guards, where it is verified and where it is lifted to be kept."""

    def durable(original: Callable[..., Any]) -> Callable[..., Any]:
        def _durable_member(document: strict_json.JsonObject) -> strict_json.JsonObject | None:
            found: strict_json.JsonObject | None = original(document)
            return found if found is not None and "proof" in found else None

        return _durable_member

    swap(activities, "_durable_member", durable)
    swap(
        receive_proposal,
        "lift",
        lambda original: (
            lambda document, *, context: (
                original(document, context=context) if "proof" in document else {"@context": context, **document}
            )
        ),
    )


def believe_proofs_by(words: str) -> Weakening:
    """A proof may also be by this key, whatever key it names."""
    forger = PublicProofKey.from_multibase(outsider.multibase_of(outsider.key_of(words)))

    def verify(original: Callable[..., Any], document: object, *, public_key: object) -> Any:
        return original(document, public_key=forger)

    return lambda _facts: swap(activities, "verify_document", forgiving("proof-invalid", verify))


def leave_unproven(member: str, value: str) -> Weakening:
    """This member is not bound by the proof: it is verified as it once was."""

    def verify(original: Callable[..., Any], document: strict_json.JsonObject, *, public_key: object) -> Any:
        return original({**document, member: value}, public_key=public_key)

    return lambda _facts: swap(activities, "verify_document", forgiving("proof-invalid", verify))


def list_for_the_friend(fragment: str, *, words: str) -> Weakening:
    """The key of these words counts as listed for proofs, though the friend does not list it."""
    unlisted = PublicProofKey.from_multibase(outsider.multibase_of(outsider.key_of(words)))

    def switch_off(facts: Facts) -> None:
        swap(
            inbox,
            "parse_activity",
            lambda original: (
                lambda verified, *, proof_keys: original(
                    verified, proof_keys={**proof_keys, facts.friend_iri + fragment: unlisted}
                )
            ),
        )

    return switch_off


def allow_another_proof_context(_facts: Facts) -> None:
    """The context of a proof need not be the message's: two guards, where keys are looked at and where it is read."""

    def read(original: Callable[..., Any], document: strict_json.JsonObject) -> Any:
        proof = document["proof"]
        assert isinstance(proof, dict)
        return original({**document, "@context": proof["@context"]})

    swap(activities, "_check_member", forgiving("proof-context", lambda *_, **__: None))
    swap(proofs, "proof_of", forgiving("proof-context", read))


def allow_another_context_inside(_facts: Facts) -> None:
    """An object's proof may have another context than the message: three guards, keys, and lifting, twice."""

    def lift(_original: object, document: strict_json.JsonObject, **_named: object) -> strict_json.JsonObject:
        proof = document["proof"]
        assert isinstance(proof, dict)
        return {"@context": proof["@context"], **document}

    swap(activities, "_check_member", forgiving("proof-context", lambda *_, **__: None))
    for reader in (activities, receive_proposal):
        swap(reader, "lift", forgiving("proof-context", lift))


def allow_in_proofs(member: str) -> Weakening:
    """This member of a proof may say anything."""
    return lambda _facts: swap(
        proofs,
        "_FIXED_MEMBERS",
        lambda fixed: {name: value for name, value in fixed.items() if name != member},
    )


def allow_more_in_proofs(_facts: Facts) -> None:
    """A proof may promise more than anybody checks."""
    swap(proofs, "_MEMBERS", lambda known: known | {"domain"})


def believe_any_actor(_facts: Facts) -> None:
    """Whoever signs the request may speak for anybody."""

    def parse(original: Callable[..., Any], verified: VerifiedRequest, *, proof_keys: object) -> Any:
        claimed = str(json.loads(verified.request.body)["actor"])
        key = replace(verified.key, owner_iri=claimed)
        return original(replace(verified, key=key, seal=http_signatures._SEAL), proof_keys=proof_keys)

    swap(inbox, "parse_activity", forgiving("actor-mismatch", parse))


def believe_any_origin(collection: str) -> Weakening:
    """An actor may speak for ids of other origins, if they are of this kind."""
    return lambda _facts: swap(
        activities,
        "same_origin",
        lambda original: lambda iri, actor_iri: f"/{collection}/" in iri or original(iri, actor_iri),
    )


def believe_any(parser: str, member: str) -> Weakening:
    """Whoever an object of this kind says it is of, it is taken for that of the actor at its own origin."""

    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        def parse(*given: Any, **named: Any) -> Any:
            parsed = original(*given, **named)
            # What is asked for has no id yet, and no author.
            if parsed.iri is None:
                return parsed
            return replace(parsed, **{member: ActorIri(Iri(f"{origin_of(parsed.iri)}/actor"))})

        return parse

    return lambda _facts: swap(activities, parser, change)


def read_any_type(_facts: Facts) -> None:
    """A type that is not known is read as a Create."""
    swap(activities, "_READERS", lambda readers: {**readers, "Announce": readers["Create"]})


def read_dot_segments(_facts: Facts) -> None:
    """A path with dot segments is one more spelling."""
    swap(identifiers, "_DOT_SEGMENT", becomes(re.compile("(?!)")))
