"""Writing an object by its members once and reading it in parts is the same as writing each part anew."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.canonical import canonicalize, canonicalize_members, join_members
from protocol.errors import NotCanonicalizable, ProofInvalid
from protocol.keys import ProofKey
from protocol.proofs import sign_document, verify_document, verify_members
from protocol.strict_json import JsonObject

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1")

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e20, 1e20) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS | st.sampled_from(["a", "b", "@context", "proof", "\ue000", "\U00010000"]), VALUES)


@given(document=OBJECTS)
def test_an_object_joined_from_its_members_is_the_object(document: JsonObject) -> None:
    assert join_members(canonicalize_members(document, known={}), without=None) == canonicalize(document)


@given(document=OBJECTS, key=TEXTS | st.just("proof"))
def test_an_object_joined_without_a_member_is_the_object_without_it(document: JsonObject, key: str) -> None:
    rest = {name: value for name, value in document.items() if name != key}

    assert join_members(canonicalize_members(document, known={}), without=key) == canonicalize(rest)


def test_a_known_form_is_taken_as_it_is_and_only_for_members_that_are_there() -> None:
    forms = canonicalize_members({"a": 1, "b": 2}, known={"b": b'"known"', "c": b"3"})

    assert forms == {"a": b"1", "b": b'"known"'}


def test_keys_beyond_the_basic_plane_are_ordered_by_their_utf_16_units() -> None:
    joined = join_members(canonicalize_members({"\ue000": 1, "\U00010000": 2}, known={}), without=None)

    assert joined == '{"\U00010000":2,"\ue000":1}'.encode()


def test_a_lone_surrogate_has_no_canonical_form_as_a_value_or_as_a_key() -> None:
    with pytest.raises(NotCanonicalizable):
        canonicalize_members({"a": "\ud800"}, known={})
    with pytest.raises(NotCanonicalizable):
        join_members({"\ud800": b"1"}, without=None)


@pytest.mark.parametrize("document", [{"name": "24 chairs"}, {"@context": ["https://example.org/ns", {"a": "b"}]}])
def test_a_proof_is_verified_over_forms_that_were_made_before(document: JsonObject) -> None:
    signed = sign_document(document, key=KEY, created=NOON)
    forms = canonicalize_members(signed, known={})

    assert verify_members(signed, forms=forms, public_key=KEY.public) == verify_document(signed, public_key=KEY.public)


def test_forms_of_another_document_do_not_verify() -> None:
    signed = sign_document({"name": "24 chairs"}, key=KEY, created=NOON)
    forms = canonicalize_members({**signed, "name": "25 chairs"}, known={})

    with pytest.raises(ProofInvalid):
        verify_members(signed, forms=forms, public_key=KEY.public)


def test_a_proof_in_another_context_is_refused_whatever_the_forms_say() -> None:
    signed = sign_document({"@context": "https://example.org/ns", "name": "24 chairs"}, key=KEY, created=NOON)
    forms = canonicalize_members(signed, known={})
    appended: JsonObject = {**signed, "@context": ["https://example.org/ns", {"name": "https://mallory.example/ns#n"}]}

    with pytest.raises(ProofInvalid) as refused:
        verify_members(appended, forms=forms, public_key=KEY.public)

    assert refused.value.code == "proof-context"
