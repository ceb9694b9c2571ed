"""Integrity proofs: the published examples, messages of independent software, and each check failing alone."""

import base64
import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical import canonicalize
from protocol.errors import NotCanonicalizable, ProofInvalid, ProtocolError
from protocol.keys import ProofKey, PublicProofKey, multibase_of, parse_multibase
from protocol.limits import IRI_CHARS_MAX
from protocol.proofs import VerifiedDocument, embed, lift, proof_of, sign_document, verify_document
from protocol.strict_json import JsonObject, JsonValue, parse
from tests.shared_files import shared_file

CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
KEY = ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1")
OTHER_KEY = ProofKey.from_seed(bytes(32), key_id="https://asker.example/actor#proof-1")
CONTEXT: list[JsonValue] = ["https://www.w3.org/ns/activitystreams", {"krets": "https://w3id.org/krets/ns#"}]

# FEP-8b32, feature "Signing document": the secret key, and a proof over a document of the same form as below.
FEP_8B32_SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"

DOCUMENT: JsonObject = {
    "@context": CONTEXT,
    "id": "https://asker.example/offers/1",
    "type": "Proposal",
    "name": "12 chairs from Bærum",
    "location": {"type": "Place", "latitude": 59.83, "longitude": -71.184902},
}
WITHOUT_CONTEXT: JsonObject = {"subject": "an offer", "quantity": 12}


def signed_document(document: JsonObject = DOCUMENT) -> Any:
    """A fresh signed copy, free to be changed by a test; Any, because tests reach into it at will."""
    return copy.deepcopy(sign_document(document, key=KEY, created=CREATED))


def refusal_of(document: JsonObject) -> ProofInvalid:
    with pytest.raises(ProofInvalid) as caught:
        verify_document(document, public_key=KEY.public)
    return caught.value


def resigned(document: Any) -> JsonObject:
    """The document signed again with its proof as it stands: only what is wrong with the proof is wrong."""
    signable = copy.deepcopy(document)
    signable["proof"].pop("proofValue", None)
    content = {name: value for name, value in signable.items() if name != "proof"}
    octets = b"".join(_sha256(canonicalize(part)) for part in (signable["proof"], content))
    signable["proof"]["proofValue"] = multibase_of(KEY.sign(octets))
    result: JsonObject = signable
    return result


def _sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


@pytest.mark.parametrize("document", [DOCUMENT, WITHOUT_CONTEXT, {}])
def test_a_signed_document_verifies_and_says_by_whom_and_when(document: JsonObject) -> None:
    signed = sign_document(document, key=KEY, created=CREATED)

    verified = verify_document(signed, public_key=KEY.public)

    assert verified.document is signed
    assert verified.public_key == KEY.public
    assert verified.verification_method == KEY.key_id
    assert verified.created == CREATED


def test_signing_leaves_the_given_document_as_it_was() -> None:
    document = copy.deepcopy(DOCUMENT)

    sign_document(document, key=KEY, created=CREATED)

    assert document == DOCUMENT


def test_a_proof_has_the_context_of_its_document_and_nothing_more_than_it_needs() -> None:
    with_context = signed_document()["proof"]
    without_context = signed_document(WITHOUT_CONTEXT)["proof"]

    assert with_context.pop("@context") == CONTEXT
    assert (
        with_context.keys()
        == without_context.keys()
        == {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
    )
    assert with_context["created"] == "2023-02-24T23:36:38Z"


@pytest.mark.parametrize(
    "created",
    [
        CREATED.replace(microsecond=999_999),
        CREATED.astimezone(timezone(timedelta(hours=2))),
        CREATED.astimezone(timezone(-timedelta(hours=9, minutes=30))),
    ],
)
def test_created_is_written_in_utc_in_whole_seconds(created: datetime) -> None:
    signed: Any = sign_document(DOCUMENT, key=KEY, created=created)

    assert signed["proof"]["created"] == "2023-02-24T23:36:38Z"


def test_a_naive_time_or_a_second_proof_is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        sign_document(DOCUMENT, key=KEY, created=CREATED.replace(tzinfo=None))
    with pytest.raises(ValueError, match="already"):
        sign_document(signed_document(), key=KEY, created=CREATED)


def test_a_document_without_canonical_form_is_neither_signed_nor_verified() -> None:
    with pytest.raises(NotCanonicalizable):
        sign_document({"n": 2**60}, key=KEY, created=CREATED)
    with pytest.raises(NotCanonicalizable):
        verify_document({**signed_document(), "n": 2**60}, public_key=KEY.public)


def test_a_proof_is_what_a_second_implementation_of_the_primitives_verifies() -> None:
    signed = signed_document()
    proof = signed.pop("proof")
    signature = parse_multibase(proof.pop("proofValue"))

    octets = b"".join(
        _sha256(json.dumps(part, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode())
        for part in (proof, signed)
    )

    Ed25519PublicKey.from_public_bytes(KEY.public.raw).verify(signature, octets)


def _tamper(change: Callable[[Any], object]) -> JsonObject:
    document: Any = signed_document()
    change(document)
    result: JsonObject = document
    return result


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(name="13 chairs from Bærum"),
        lambda document: document.update(extra=None),
        lambda document: document.pop("name"),
        lambda document: document["location"].update(latitude=59.84),
        lambda document: document["location"].pop("latitude"),
        lambda document: document["proof"].update(created="2023-02-24T23:36:39Z"),
        lambda document: document["proof"].pop("created"),
        lambda document: document["proof"].update(verificationMethod="https://asker.example/actor#proof-2"),
        lambda document: (document["@context"].append("x"), document["proof"]["@context"].append("x")),
        lambda document: (document.pop("@context"), document["proof"].pop("@context")),
    ],
)
def test_any_change_after_signing_breaks_the_signature(change: Callable[[Any], object]) -> None:
    refusal = refusal_of(_tamper(change))

    assert (refusal.status, refusal.code) == (401, "proof-invalid")
    assert "signature" in str(refusal)


def test_a_proof_by_another_key_with_the_same_id_is_refused() -> None:
    signed = sign_document(DOCUMENT, key=OTHER_KEY, created=CREATED)

    assert "signature" in str(refusal_of(signed))
    verify_document(signed, public_key=OTHER_KEY.public)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["@context"].append("https://evil.example/context"),
        lambda document: document["proof"]["@context"].append("https://evil.example/context"),
        lambda document: document["@context"].reverse(),
        lambda document: document.update({"@context": CONTEXT[0]}),
        lambda document: document.pop("@context"),
        lambda document: document["proof"].pop("@context"),
        lambda document: document["proof"].update({"@context": None}),
    ],
)
def test_a_proof_with_another_context_than_its_document_is_refused_even_if_signed_so(
    change: Callable[[Any], object],
) -> None:
    refusal = refusal_of(resigned(_tamper(change)))

    assert (refusal.status, refusal.code) == (401, "proof-context")


def test_a_context_that_is_null_is_not_an_absent_one() -> None:
    verify_document(signed_document({"@context": None}), public_key=KEY.public)
    document = signed_document(WITHOUT_CONTEXT)
    document["@context"] = None

    assert refusal_of(resigned(document)).code == "proof-context"


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: proof.update(type="Ed25519Signature2020"),
        lambda proof: proof.update(type=["DataIntegrityProof"]),
        lambda proof: proof.pop("type"),
        lambda proof: proof.update(cryptosuite="eddsa-rdfc-2022"),
        lambda proof: proof.pop("cryptosuite"),
        lambda proof: proof.update(proofPurpose="authentication"),
        lambda proof: proof.pop("proofPurpose"),
        lambda proof: proof.update(expires="2099-01-01T00:00:00Z"),
        lambda proof: proof.update(domain="asker.example"),
        lambda proof: proof.update(previousProof="urn:uuid:1"),
        lambda proof: proof.update(verificationMethod=7),
        lambda proof: proof.update(verificationMethod=""),
        lambda proof: proof.update(verificationMethod="x" * (IRI_CHARS_MAX + 1)),
        lambda proof: proof.update(verificationMethod={"id": KEY.key_id}),
        lambda proof: proof.pop("verificationMethod"),
        lambda proof: proof.update(created=None),
        lambda proof: proof.update(created=1677281798),
        lambda proof: proof.update(created="2023-02-24"),
        lambda proof: proof.update(created="2023-02-24T23:36:38"),
        lambda proof: proof.update(created="2023-02-30T23:36:38Z"),
        lambda proof: proof.update(created="2023-02-24T23:36:60Z"),
        lambda proof: proof.update(created="2023-02-24T24:00:00Z"),
        lambda proof: proof.update(created="2023-02-24T23:36:38+24:00"),
        lambda proof: proof.update(created="2023-02-24T23:36:38.Z"),
        lambda proof: proof.update(created="0000-02-24T23:36:38Z"),
        lambda proof: proof.update(created="0001-01-01T00:00:00+01:00"),
        lambda proof: proof.update(created="9999-12-31T23:59:59-01:00"),
        lambda proof: proof.update(created="２０２３-02-24T23:36:38Z"),
    ],
)
def test_a_proof_that_is_not_of_the_one_kind_is_refused_even_if_signed_so(change: Callable[[Any], object]) -> None:
    refusal = refusal_of(resigned(_tamper(lambda document: change(document["proof"]))))

    assert refusal.code == "proof-invalid"
    assert "signature" not in str(refusal)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        "z",
        "zz0",
        "u" + base64.urlsafe_b64encode(bytes(64)).decode().rstrip("="),
        multibase_of(bytes(63)),
        multibase_of(bytes(65)),
    ],
)
def test_a_proof_value_that_is_not_64_octets_of_base58btc_is_refused(value: object) -> None:
    document = _tamper(lambda document: document["proof"].update(proofValue=value))

    with pytest.raises(ProofInvalid) as caught:
        proof_of(document)

    assert caught.value.code == refusal_of(document).code == "proof-invalid"


def test_a_proof_without_value_is_refused() -> None:
    assert refusal_of(_tamper(lambda document: document["proof"].pop("proofValue"))).code == "proof-invalid"


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("proof"),
        lambda document: document.update(proof=None),
        lambda document: document.update(proof="z3u2"),
        lambda document: document.update(proof=[]),
        lambda document: document.update(proof=[document["proof"]]),
        lambda document: document.update(proof=[document["proof"], document["proof"]]),
    ],
)
def test_a_document_without_exactly_one_proof_is_refused(change: Callable[[Any], object]) -> None:
    assert refusal_of(_tamper(change)).code == "proof-invalid"


@pytest.mark.parametrize("chars", [1, IRI_CHARS_MAX - 1, IRI_CHARS_MAX])
def test_a_verification_method_up_to_the_length_limit_is_read(chars: int) -> None:
    document = resigned(_tamper(lambda document: document["proof"].update(verificationMethod="x" * chars)))

    assert verify_document(document, public_key=KEY.public).verification_method == "x" * chars


@pytest.mark.parametrize(
    ("text", "created"),
    [
        ("2023-02-24T23:36:38Z", CREATED),
        ("2023-02-24T23:36:38.5Z", CREATED.replace(microsecond=500_000)),
        ("2023-02-24T23:36:38.123456789Z", CREATED.replace(microsecond=123_456)),
        ("2023-02-25T01:36:38+02:00", CREATED),
        ("2023-02-24T14:06:38-09:30", CREATED),
        (None, None),
    ],
)
def test_created_is_read_in_every_form_of_the_specification(text: str | None, created: datetime | None) -> None:
    def change(document: Any) -> None:
        document["proof"].pop("created")
        document["proof"].update({} if text is None else {"created": text})

    assert verify_document(resigned(_tamper(change)), public_key=KEY.public).created == created


def test_a_proof_can_be_looked_at_before_the_key_is_chosen() -> None:
    proof = proof_of(signed_document())

    assert (proof.verification_method, proof.created) == (KEY.key_id, CREATED)
    assert len(proof.signature) == 64


def test_only_verifying_makes_a_verified_document() -> None:
    with pytest.raises(TypeError, match="only verify_document"):
        VerifiedDocument(
            document=DOCUMENT, public_key=KEY.public, verification_method=KEY.key_id, created=None, seal=object()
        )


def test_an_embedded_document_has_no_context_and_verifies_with_that_of_the_activity() -> None:
    signed = signed_document()
    embedded = embed(signed)

    lifted = lift(embedded, context=CONTEXT)

    assert "@context" not in embedded
    assert lifted == signed
    assert verify_document(lifted, public_key=KEY.public).document == signed


def test_an_embedded_document_is_not_lifted_into_another_context() -> None:
    embedded = embed(signed_document())
    never_had_one: JsonObject = signed_document(WITHOUT_CONTEXT)
    cases: list[tuple[JsonObject, JsonValue]] = [
        (embedded, CONTEXT[0]),
        (embedded, [*CONTEXT, "https://evil.example/context"]),
        (embedded, None),
        (never_had_one, CONTEXT),
        ({"@context": CONTEXT, **embedded}, CONTEXT),
    ]

    for document, context in cases:
        with pytest.raises(ProofInvalid) as caught:
            lift(document, context=context)
        assert caught.value.code == "proof-context"


def test_an_embedded_document_without_a_proof_is_not_lifted() -> None:
    with pytest.raises(ProofInvalid) as caught:
        lift({"type": "Proposal"}, context=CONTEXT)

    assert caught.value.code == "proof-invalid"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)
proofs = st.fixed_dictionaries(
    {},
    optional={
        "@context": st.just(CONTEXT) | json_values,
        "type": st.just("DataIntegrityProof") | json_values,
        "cryptosuite": st.just("eddsa-jcs-2022") | json_values,
        "proofPurpose": st.just("assertionMethod") | json_values,
        "verificationMethod": st.text(max_size=10) | json_values,
        "created": st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{1,9}(Z|[+-][0-9]{2}:[0-9]{2})", fullmatch=True),
        "proofValue": st.binary(min_size=62, max_size=66).map(multibase_of) | json_values,
    },
)


@given(proof=proofs | json_values, context=st.just(CONTEXT) | json_values)
def test_any_proof_is_verified_or_refused_with_a_protocol_error(proof: Any, context: Any) -> None:
    with pytest.raises(ProtocolError):
        verify_document({"@context": context, "proof": proof}, public_key=KEY.public)
    with pytest.raises(ProtocolError):
        verify_document({"proof": proof}, public_key=KEY.public)


@given(st.dictionaries(st.text(max_size=6).filter(lambda key: key != "proof"), json_values, max_size=4))
def test_whatever_can_be_signed_verifies(document: JsonObject) -> None:
    try:
        signed = sign_document(document, key=KEY, created=CREATED)
    except NotCanonicalizable:
        return

    verify_document(parse_again(signed), public_key=KEY.public)


def parse_again(document: JsonObject) -> JsonObject:
    value = parse(canonicalize(document))
    assert isinstance(value, dict)
    return value


def fep_key(key_id: str) -> ProofKey:
    return ProofKey.from_seed(parse_multibase(FEP_8B32_SECRET).removeprefix(b"\x80\x26"), key_id=key_id)


def test_the_example_of_fep_8b32_is_signed_to_the_same_bytes_and_verifies() -> None:
    signing, verifying = json.loads(shared_file("vectors", "fep-8b32.json").read_bytes())
    unsigned, expected = signing["documents"]
    signed_by_others, actor = verifying["documents"]
    listed = actor["assertionMethod"][0]
    public_key = PublicProofKey.from_multibase(listed["publicKeyMultibase"])

    signed = sign_document(unsigned, key=fep_key(listed["id"]), created=CREATED)

    assert signing["values"][0]["value"] == FEP_8B32_SECRET
    assert signed == expected
    assert verify_document(signed_by_others, public_key=public_key).verification_method == listed["id"]


def test_the_example_of_fep_c390_is_signed_to_the_same_bytes_and_verifies() -> None:
    creating, verifying = json.loads(shared_file("vectors", "fep-c390.json").read_bytes())
    unsigned, expected = creating["documents"]
    statement = verifying["documents"][0]["attachment"][0]
    did = creating["values"][0]["value"]
    public_key = PublicProofKey.from_multibase(did.removeprefix("did:key:"))

    signed = sign_document(unsigned, key=fep_key(did), created=CREATED)

    assert signed == expected
    assert verify_document(statement, public_key=public_key).verification_method == did


@pytest.mark.parametrize("index", [0, 1])
def test_the_proof_of_a_message_from_fedify_verifies(index: int) -> None:
    captured = json.loads(shared_file("vectors", "fedify-2.3.6-signed-messages.json").read_bytes())
    listed = captured["peer_actor"]["assertionMethod"][1]
    document = parse(base64.b64decode(captured["messages"][index]["body_b64"]))
    assert isinstance(document, dict)
    # Fedify signs the activity first and adds the legacy LD signature afterwards, outside the proof.
    legacy = document.pop("signature")

    verified = verify_document(document, public_key=PublicProofKey.from_multibase(listed["publicKeyMultibase"]))

    assert verified.verification_method == listed["id"]
    assert verified.created is not None
    assert legacy is not None
