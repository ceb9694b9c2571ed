"""From a signed request to an activity: every check alone, the limits, and bytes nobody would write.

The forms of the messages are in tests/schemas: there each vector goes through schema and parser.
"""

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.activities import (
    Accept,
    Block,
    CreateProposal,
    DeleteProposal,
    Follow,
    RecordEvent,
    Reject,
    Request,
    Undo,
    UpdateProposal,
    parse_activity,
    parse_recorded,
    peek_activity,
)
from protocol.canonical import canonicalize, digest_of
from protocol.errors import (
    ActorMismatch,
    ContextRefused,
    LimitExceeded,
    MalformedJson,
    ProofInvalid,
    ProofRequired,
    ProtocolError,
    StructureLimitExceeded,
)
from protocol.http_signatures import HttpRequest, VerifiedRequest, sign_request, verify_request
from protocol.keys import ProofKey, PublicProofKey
from protocol.limits import ACTIVITY_BYTES_MAX, JSON_DEPTH_MAX, OBJECT_KEYS_MAX
from protocol.proofs import sign_document
from protocol.strict_json import JsonObject
from protocol.vocabulary import Quantity, Tier, Unit
from tests.schemas.test_vectors import validator
from tests.schemas.vector_cast import (
    AGREEMENT_IRI,
    ASKER,
    BAERUM,
    COMMITMENT_IRI,
    HANDOVER_IRI,
    NOON,
    OFFER_IRI,
    PARTNERS_FEED,
    Organisation,
    valid_messages,
)

MESSAGES = {name: message.document for name, message in valid_messages().items()}
SCHEMAS = {name: message.schema for name, message in valid_messages().items()}


@dataclass(frozen=True)
class Sender:
    """Who sends, and which proof keys its actor lists."""

    organisation: Organisation

    @property
    def proof_keys(self) -> dict[str, PublicProofKey]:
        """The keys under assertionMethod."""
        key = self.organisation.proof_key
        return {key.key_id: key.public}

    def verified(self, body: bytes) -> VerifiedRequest:
        """The body in a request with this sender's real signature."""
        request = HttpRequest(
            method="POST",
            target_uri="https://receiver.example/inbox",
            headers=(("content-type", "application/activity+json"),),
            body=body,
        )
        signed = sign_request(request, key=self.organisation.transport_key, now=NOON, nonce="n-1")
        return verify_request(signed, key=self.organisation.public_transport_key, now=NOON)

    def parse(self, document: JsonObject) -> object:
        """What comes out at the other end."""
        return parse_activity(self.verified(json.dumps(document).encode()), proof_keys=self.proof_keys)


asker, baerum = Sender(ASKER), Sender(BAERUM)


def message(name: str) -> dict[str, Any]:
    """A valid message that the test may change."""
    return deepcopy(MESSAGES[name])


# --- what comes out ---


def test_each_message_is_read_as_its_own_type() -> None:
    types = {name: type(parse_recorded(canonicalize(document))) for name, document in MESSAGES.items()}

    assert types == {
        "follow": Follow,
        "accept-follow": Accept,
        "reject-follow": Reject,
        "undo-follow": Undo,
        "block": Block,
        "create-offer": CreateProposal,
        "create-need": CreateProposal,
        "update": UpdateProposal,
        "delete": DeleteProposal,
        "offer": Request,
        "accept-request": Accept,
        "reject-request": Reject,
        "reject-agreement": Reject,
        "undo-request": Undo,
        "offer-change": Request,
        "create-handover": RecordEvent,
        "create-receipt": RecordEvent,
        "reject-handover": Reject,
    }


def test_the_header_keeps_the_exact_bytes_and_the_digest_of_the_canonical_form() -> None:
    body = json.dumps(MESSAGES["follow"], indent=2).encode()

    activity = parse_activity(baerum.verified(body), proof_keys=baerum.proof_keys)

    header = activity.header
    assert header.body == body != canonicalize(MESSAGES["follow"])
    assert header.digest == digest_of(MESSAGES["follow"])
    assert (header.iri, header.actor_iri) == (BAERUM.iri("activities/b1"), BAERUM.actor_iri)
    assert (header.audience, header.published) == ((ASKER.actor_iri,), NOON)


def test_an_offer_is_read_with_all_its_fields_and_the_digest_it_has_standing_alone() -> None:
    activity = asker.parse(MESSAGES["create-offer"])

    assert isinstance(activity, CreateProposal)
    proposal = activity.proposal
    embedded = MESSAGES["create-offer"]["object"]
    assert isinstance(embedded, dict)
    assert proposal.digest == digest_of({"@context": MESSAGES["create-offer"]["@context"]} | embedded)
    assert (proposal.iri, proposal.version, proposal.audience) == (OFFER_IRI, 1, (PARTNERS_FEED,))
    assert (proposal.quantity, proposal.minimum) == (Quantity.of(24, Unit.ONE), Quantity.of(1, Unit.ONE))
    assert (proposal.latitude, proposal.longitude, proposal.mass_grams) == (59.83, 10.44, 11_700)
    assert (proposal.condition, proposal.closes_at is not None) == ("god", True)


def test_a_grant_is_read_with_its_version() -> None:
    activity = asker.parse(MESSAGES["accept-follow"])

    assert isinstance(activity, Accept)
    assert (activity.tier, activity.tier_version, activity.result) == (Tier.PARTNERS, 1, None)


def test_an_accept_is_read_with_the_ids_that_it_gives() -> None:
    activity = asker.parse(MESSAGES["accept-request"])

    assert isinstance(activity, Accept)
    assert activity.result is not None
    assert (activity.result.iri, activity.result.commitment.iri) == (AGREEMENT_IRI, COMMITMENT_IRI)
    assert activity.object_digest == digest_of(MESSAGES["offer"])
    assert activity.seen == {digest_of(MESSAGES["offer"])}


def test_a_refusal_is_read_with_what_is_left() -> None:
    activity = asker.parse(MESSAGES["reject-request"])

    assert isinstance(activity, Reject)
    assert (activity.code, activity.text) == ("unavailable", "Noen andre var raskere.")
    assert (activity.available, activity.agreement_iri) == (Quantity.of(0, Unit.ONE), None)


def test_a_deletion_is_read_with_the_version_that_is_gone() -> None:
    activity = asker.parse(MESSAGES["delete"])

    assert isinstance(activity, DeleteProposal)
    assert (activity.proposal_iri, activity.version) == (OFFER_IRI, 2)


def test_a_receipt_is_read_with_the_handover_that_it_mirrors() -> None:
    activity = baerum.parse(MESSAGES["create-receipt"])

    assert isinstance(activity, RecordEvent)
    assert (activity.event.mirrors, activity.event.quantity) == (HANDOVER_IRI, Quantity.of(11, Unit.ONE))


def test_a_change_names_what_it_supersedes_and_a_request_nothing() -> None:
    change, request = baerum.parse(MESSAGES["offer-change"]), baerum.parse(MESSAGES["offer"])

    assert isinstance(change, Request)
    assert isinstance(request, Request)
    assert (change.terms.supersedes, request.terms.supersedes) == (AGREEMENT_IRI, None)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_what_was_verified_is_read_from_the_record_as_it_was(name: str) -> None:
    sender = asker if MESSAGES[name]["actor"] == ASKER.actor_iri else baerum
    body = canonicalize(MESSAGES[name])

    assert parse_recorded(body) == parse_activity(sender.verified(body), proof_keys=sender.proof_keys)


# --- each check alone ---


def test_a_key_twice_in_one_object_is_refused() -> None:
    body = canonicalize(MESSAGES["follow"])
    doubled = body[:-1] + b',"object":"https://mallory.example/actor"}'

    with pytest.raises(MalformedJson):
        parse_activity(baerum.verified(doubled), proof_keys=baerum.proof_keys)


@pytest.mark.parametrize(("surplus", "error"), [(-1, None), (0, None), (1, LimitExceeded)])
def test_a_body_has_at_most_so_many_bytes(surplus: int, error: type[ProtocolError] | None) -> None:
    body = canonicalize(MESSAGES["follow"])
    body += b" " * (ACTIVITY_BYTES_MAX + surplus - len(body))

    if error is None:
        assert parse_activity(baerum.verified(body), proof_keys=baerum.proof_keys).header.body == body
    else:
        with pytest.raises(error):
            parse_activity(baerum.verified(body), proof_keys=baerum.proof_keys)


@pytest.mark.parametrize("levels", [JSON_DEPTH_MAX - 1, JSON_DEPTH_MAX, JSON_DEPTH_MAX + 1])
def test_a_message_is_nested_at_most_so_deep(levels: int) -> None:
    document = message("follow")
    nested: Any = []
    for _ in range(levels - 2):
        nested = [nested]
    unsigned = {key: value for key, value in document.items() if key != "proof"} | {"future": nested}

    if levels <= JSON_DEPTH_MAX:
        assert isinstance(baerum.parse(BAERUM.sign(unsigned)), Follow)
    else:
        with pytest.raises(StructureLimitExceeded):
            baerum.parse(unsigned | {"proof": document["proof"]})


@pytest.mark.parametrize("surplus", [0, 1])
def test_an_object_has_at_most_so_many_keys(surplus: int) -> None:
    many = {f"k{number}": number for number in range(OBJECT_KEYS_MAX + surplus)}
    unsigned = {key: value for key, value in message("follow").items() if key != "proof"} | {"future": many}

    if surplus == 0:
        assert isinstance(baerum.parse(BAERUM.sign(unsigned)), Follow)
    else:
        with pytest.raises(StructureLimitExceeded):
            baerum.parse(BAERUM.sign(unsigned))


def test_another_key_of_the_same_origin_may_not_speak_for_the_actor() -> None:
    document = message("follow") | {"actor": f"{BAERUM.actor_iri}/deputy"}

    with pytest.raises(ActorMismatch):
        baerum.parse(BAERUM.sign_all(document))


def test_a_valid_message_of_one_actor_is_refused_when_another_delivers_it() -> None:
    with pytest.raises(ActorMismatch):
        parse_activity(asker.verified(canonicalize(MESSAGES["follow"])), proof_keys=asker.proof_keys)


def test_a_message_without_a_proof_is_told_to_bring_one() -> None:
    document = message("follow")
    del document["proof"]

    with pytest.raises(ProofRequired):
        baerum.parse(document)


def test_a_legacy_signature_is_no_proof() -> None:
    document = message("follow")
    del document["proof"]
    document["signature"] = {"type": "RsaSignature2017", "creator": f"{BAERUM.actor_iri}#main-key"}

    with pytest.raises(ProofRequired):
        baerum.parse(document)


@pytest.mark.parametrize("proof", [None, [], "z1", {}, {"verificationMethod": 1}, {"verificationMethod": ["a"]}])
def test_a_proof_is_one_object_with_one_verification_method(proof: object) -> None:
    with pytest.raises(ProofInvalid):
        baerum.parse(message("follow") | {"proof": proof})


def test_two_proofs_are_refused_even_if_both_are_right() -> None:
    document = message("follow")

    with pytest.raises(ProofInvalid):
        baerum.parse(document | {"proof": [document["proof"], document["proof"]]})


def test_a_proof_by_a_key_that_the_actor_does_not_list_is_refused() -> None:
    stranger = ProofKey.from_seed(bytes(32), key_id="https://mallory.example/actor#proof-1")
    unsigned = {key: value for key, value in message("follow").items() if key != "proof"}

    with pytest.raises(ProofInvalid) as refused:
        baerum.parse(sign_document(unsigned, key=stranger, created=NOON))

    assert refused.value.code == "proof-key-unlisted"


def test_a_proof_by_another_key_under_a_listed_id_is_refused() -> None:
    impostor = ProofKey.from_seed(bytes(32), key_id=BAERUM.proof_key.key_id)
    unsigned = {key: value for key, value in message("follow").items() if key != "proof"}

    with pytest.raises(ProofInvalid) as refused:
        baerum.parse(sign_document(unsigned, key=impostor, created=NOON))

    assert refused.value.code == "proof-invalid"


@pytest.mark.parametrize(("name", "key"), [("create-offer", "object"), ("accept-request", "result")])
def test_a_durable_object_needs_a_proof_of_its_own(name: str, key: str) -> None:
    document = message(name)
    del document[key]["proof"]

    with pytest.raises(ProofRequired):
        asker.parse(ASKER.sign_all(document))


@pytest.mark.parametrize(("name", "key"), [("create-offer", "object"), ("accept-request", "result")])
def test_the_proof_of_a_durable_object_is_verified(name: str, key: str) -> None:
    document = message(name)
    document[key]["summary"] = "added after it was signed"
    unsigned = {field: value for field, value in document.items() if field != "proof"}

    with pytest.raises(ProofInvalid) as refused:
        asker.parse(ASKER.sign(unsigned))

    assert refused.value.code == "proof-invalid"


def test_the_proof_of_a_durable_object_is_by_the_actor_who_sends_it() -> None:
    document = message("create-offer")
    of_another = BAERUM.sign(
        {"@context": document["@context"]} | {k: v for k, v in document["object"].items() if k != "proof"}
    )
    document["object"] = {key: value for key, value in of_another.items() if key != "@context"}
    unsigned = {key: value for key, value in document.items() if key != "proof"}

    with pytest.raises(ProofInvalid) as refused:
        asker.parse(ASKER.sign(unsigned))

    assert refused.value.code == "proof-key-unlisted"


def test_a_durable_object_that_was_signed_in_another_context_is_refused() -> None:
    document = message("create-offer")
    document["object"]["proof"]["@context"] = ["https://www.w3.org/ns/activitystreams"]
    unsigned = {key: value for key, value in document.items() if key != "proof"}

    with pytest.raises(ProofInvalid) as refused:
        asker.parse(ASKER.sign(unsigned))

    assert refused.value.code == "proof-context"


@pytest.mark.parametrize("context", [None, [], {}, "https://www.w3.org/ns/activitystreams", 1, float("1e300")])
def test_another_context_is_refused_and_nothing_is_fetched(context: object) -> None:
    with pytest.raises(ContextRefused):
        baerum.parse(message("follow") | {"@context": context})


@pytest.mark.parametrize("value", [[{"@list": []}], {"proof": {"deep": {"@graph": 1}}}, {"as": {"@context": 1}}])
def test_keys_that_restructure_a_document_are_found_at_any_depth(value: object) -> None:
    with pytest.raises(ContextRefused):
        baerum.parse(message("follow") | {"future": value})


@pytest.mark.parametrize("in_list", [False, True])
def test_a_context_inside_a_proof_inside_anything_is_the_documents_own(in_list: bool) -> None:
    proof: Any = {"@context": "https://mallory.example/ns"}
    with pytest.raises(ProofInvalid) as refused:
        baerum.parse(message("follow") | {"future": {"proof": [proof] if in_list else proof}})

    assert refused.value.code == "proof-context"


# --- nothing but a ProtocolError ---

SCRAPS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(
        ["one", "Offer", "Proposal", "https://asker.example/x", "2026-11-23T12:00:00Z", "@id", "sha-256:" + "0" * 64]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("id"), inner, max_size=3),
    max_leaves=4,
)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where something could be changed: every place but the context and the proofs."""
    found: list[tuple[str | int, ...]] = []
    members = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, member in members:
        if key not in ("@context", "proof"):
            found += [(*path, key), *_paths(member, (*path, key))]
    return found


@st.composite
def changed_messages(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A valid message with one to three places removed or filled with a scrap."""
    name = draw(st.sampled_from(sorted(MESSAGES)))
    document = message(name)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_paths(document)))
        place: Any = document
        for key in path[:-1]:
            place = place[key]
        if draw(st.booleans()):
            place[path[-1]] = draw(SCRAPS)
        else:
            del place[path[-1]]
    return name, document


@given(changed=changed_messages())
def test_a_changed_message_is_read_or_refused_with_a_protocol_error(changed: tuple[str, dict[str, Any]]) -> None:
    _, document = changed
    refusals = []
    try:
        actor_iri: object = parse_recorded(json.dumps(document).encode()).header.actor_iri
    except ProtocolError as refused:
        refusals.append(refused.safe_text)
        actor_iri = document.get("actor")

    assert actor_iri == document.get("actor")
    assert all(refusals)


@given(changed=changed_messages())
def test_what_the_parser_accepts_the_schema_accepts(changed: tuple[str, dict[str, Any]]) -> None:
    name, document = changed
    try:
        activity = parse_recorded(json.dumps(document).encode())
    except ProtocolError:
        return
    schema = str(document["type"]).lower()
    assert schema == SCHEMAS[name] or type(activity).__name__ == document["type"]
    validator(schema).validate(document)


@given(changed=changed_messages())
def test_a_changed_message_with_its_old_proof_is_refused(changed: tuple[str, dict[str, Any]]) -> None:
    name, document = changed
    sender = asker if MESSAGES[name]["actor"] == ASKER.actor_iri else baerum
    if document == MESSAGES[name]:
        return
    with pytest.raises(ProtocolError):
        sender.parse(document)


@given(body=st.binary(max_size=60), at=st.integers(0, 2_000), name=st.sampled_from(sorted(MESSAGES)))
def test_bytes_put_into_a_message_are_refused_with_a_protocol_error(body: bytes, at: int, name: str) -> None:
    original = canonicalize(MESSAGES[name])
    broken = original[:at] + body + original[at + len(body) :]
    for read in (parse_recorded, peek_activity):
        try:
            read(broken)
        except ProtocolError:
            continue
