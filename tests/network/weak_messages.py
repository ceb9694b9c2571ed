"""Each check of a message, its context, its proofs and its actor, switched off alone."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from node.federation import inbox
from protocol import activities, canonical, http_signatures, identifiers, proofs, strict_json
from protocol.canonical import sha256_digest
from protocol.errors import ContextRefused
from protocol.http_signatures import VerifiedRequest
from protocol.identifiers import ActorIri, Iri, origin_of
from protocol.keys import PublicProofKey
from tests.network import outsider, test_refused_messages
from tests.network.weakening import NO_LIMIT, Change, Facts, Weakening, becomes, forgiving, swap


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

    def read(_original: object, body: bytes) -> activities._Received:
        document = strict_json.parse_object(body, bytes_max=NO_LIMIT)
        if "@context" in document:
            raise ContextRefused("it has one")
        forms = canonical.canonicalize_members(document, known={})
        return activities._Received(body=body, document=document, forms=forms, durable=None, durable_forms={})

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
    """An object may have a context of its own: three guards, in keys, in the canonical form, and where it is kept."""

    def check(original: Callable[..., None]) -> Callable[..., None]:
        def _check_member(key: str, value: object, **named: object) -> None:
            if key != "@context":
                original(key, value, **named)

        return _check_member

    swap(activities, "_check_member", check)
    swap(activities, "_canonical_forms", _write_objects_as_they_are)


def _write_objects_as_they_are(original: Callable[..., Any]) -> Callable[..., Any]:
    """The canonical form of a message is made of its own object, not of the object with the message's context."""

    def _canonical_forms(document: strict_json.JsonObject, *, known: Mapping[str, bytes]) -> Any:
        return original(document, known={"@context": known["@context"]})

    return _canonical_forms


def allow_key(key: str) -> Weakening:
    """This key does not count as one that restructures the message."""
    return lambda _facts: swap(activities, "QUANTITY_KEYS", lambda allowed: allowed | {key})


def need_no_proof(_facts: Facts) -> None:
    """An activity may come without a proof."""
    swap(activities, "_verify_proof", _pass_unproven(lambda document: "actor" in document))


def need_no_proof_inside(_facts: Facts) -> None:
    """An object may come without a proof."""
    swap(activities, "_verify_proof", _pass_unproven(lambda document: "actor" not in document))


def _pass_unproven(passes: Callable[[strict_json.JsonObject], bool]) -> Change:
    def change(original: Callable[..., None]) -> Callable[..., None]:
        def _verify_proof(document: strict_json.JsonObject, **named: object) -> None:
            if "proof" in document or not passes(document):
                original(document, **named)

        return _verify_proof

    return change


def believe_proofs_by(words: str) -> Weakening:
    """A proof may also be by this key, whatever key it names."""
    forger = PublicProofKey.from_multibase(outsider.multibase_of(outsider.key_of(words)))

    def believe(original: Callable[..., None], _key: object, signature: bytes, octets: bytes) -> None:
        original(forger, signature, octets)

    return lambda _facts: swap(PublicProofKey, "verify", forgiving("proof-invalid", believe))


def leave_unproven(member: str, value: str) -> Weakening:
    """This member is not bound by the proof: it is verified as it once was."""

    def verify(
        original: Callable[..., Any],
        document: strict_json.JsonObject,
        *,
        forms: Mapping[str, bytes],
        public_key: object,
    ) -> Any:
        earlier = {**forms, member: outsider.canonical(value)}
        return original({**document, member: value}, forms=earlier, public_key=public_key)

    return lambda _facts: swap(activities, "verify_members", forgiving("proof-invalid", verify))


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
    """The context of a proof need not be the message's: three guards, in keys, in the proof, in its canonical form."""

    def read(original: Callable[..., Any], document: strict_json.JsonObject) -> Any:
        # The proof of an object inside has guards of its own.
        return original({**document, "@context": _context_of_proof(document)} if "actor" in document else document)

    def verify(_original: object) -> Callable[..., Any]:
        return lambda document, *, forms, public_key: proofs.verify_document(document, public_key=public_key)

    swap(activities, "_check_member", forgiving("proof-context", lambda *_, **__: None))
    swap(proofs, "proof_of", forgiving("proof-context", read))
    swap(activities, "verify_members", verify)


def _context_of_proof(document: strict_json.JsonObject) -> strict_json.JsonValue:
    proof = document["proof"]
    assert isinstance(proof, dict)
    return proof["@context"]


def allow_another_context_inside(_facts: Facts) -> None:
    """An object's proof may have another context than the message: four guards.

    They stand in its keys, in its proof, in its canonical form, and where it is kept.
    """

    def verify(original: Callable[..., Any]) -> Callable[..., Any]:
        def verify_members(document: strict_json.JsonObject, *, forms: object, public_key: PublicProofKey) -> Any:
            if "actor" in document:
                return original(document, forms=forms, public_key=public_key)
            alone = {**document, "@context": _context_of_proof(document)}
            return proofs.verify_document(alone, public_key=public_key)

        return verify_members

    swap(activities, "_check_member", forgiving("proof-context", lambda *_, **__: None))
    swap(activities, "_canonical_forms", _write_objects_as_they_are)
    swap(activities, "verify_members", verify)


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
