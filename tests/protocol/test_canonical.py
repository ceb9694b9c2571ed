"""Canonical JSON: the published results of RFC 8785, and the fast path equal to the second implementation."""

import hashlib
import json
import math
from collections.abc import Callable
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.canonical import canonicalize, digest_of, sha256_digest
from protocol.errors import MalformedJson, NotCanonicalizable
from protocol.limits import JSON_DEPTH_MAX, SAFE_INTEGER_MAX
from protocol.strict_json import JsonValue, parse
from tests.shared_files import shared_file

REFERENCE_CASES = ("arrays", "french", "structures", "unicode", "values", "weird")

# ECMAScript's text of a number (RFC 8785, appendix B, and the edges of the fast path).
NUMBERS = (
    (0.0, b"0"),
    (-0.0, b"0"),
    (1.0, b"1"),
    (4.50, b"4.5"),
    (-71.184902, b"-71.184902"),
    (0.0001, b"0.0001"),
    (0.00001, b"0.00001"),
    (0.000001, b"0.000001"),
    (0.0000001, b"1e-7"),
    (1e20, b"100000000000000000000"),
    (1e21, b"1e+21"),
    (999999999999999.9, b"999999999999999.9"),
    (1000000000000000.1, b"1000000000000000.1"),
    (333333333.33333329, b"333333333.3333333"),
    (5e-324, b"5e-324"),
    (1.7976931348623157e308, b"1.7976931348623157e+308"),
    (9007199254740991, b"9007199254740991"),
    (-9007199254740991, b"-9007199254740991"),
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-SAFE_INTEGER_MAX, max_value=SAFE_INTEGER_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(min_value=-2e15, max_value=2e15)
    | st.text(max_size=20)
)
keys = st.text(max_size=8) | st.text(alphabet='ab\ue000\ud7ff"\\\x7f\U0001f600', max_size=3)
json_values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=5) | st.dictionaries(keys, children, max_size=5),
    max_leaves=20,
)


class Colour(StrEnum):
    """A text that is an instance of a subclass, as our vocabulary's words are."""

    GREEN = "green"


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_a_number_has_the_text_of_ecmascript(number: float, text: bytes) -> None:
    assert canonicalize(number) == text
    assert canonicalize([number, "x"]) == b"[" + text + b',"x"]'


def test_keys_are_ordered_by_utf_16_code_units() -> None:
    assert canonicalize({"\ue000": 1, "\U0001f600": 2, "z": 3}) == '{"z":3,"\U0001f600":2,"\ue000":1}'.encode()


def test_text_is_escaped_only_where_it_must_be() -> None:
    assert canonicalize('\x00\x1f\b\t\n\f\r"\\/\x7fæ\u2028') == (
        '"\\u0000\\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7fæ\u2028"'.encode()
    )


def test_words_of_a_vocabulary_are_written_as_their_text() -> None:
    assert canonicalize({"colour": Colour.GREEN}) == b'{"colour":"green"}'
    assert canonicalize({"colour": Colour.GREEN, "n": 1.0}) == b'{"colour":"green","n":1}'


@given(json_values)
@example({"a": 1e-5})
@example({"a": 1e15, "b": 0.1})
@example({"a": [1.5, {"b": 123456789012345.6}]})
def test_the_canonical_form_equals_the_second_implementation(value: JsonValue) -> None:
    assert canonicalize(value) == rfc8785.dumps(value)


@given(json_values)
def test_the_canonical_form_of_what_was_read_is_read_again_as_the_same(value: JsonValue) -> None:
    try:
        read = parse(json.dumps(value).encode())
    except MalformedJson:
        return

    canonical = canonicalize(read)

    assert parse(canonical) == read
    assert canonicalize(parse(canonical)) == canonical


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        [1.5, math.nan],
        SAFE_INTEGER_MAX + 1,
        -SAFE_INTEGER_MAX - 1,
        {"a": [2**64]},
        "\ud800",
        {"\udfff": 1},
        {"æ": "\ud800"},
        {1: "a key that is a number"},
        (1, 2),
        {"a": b"bytes"},
        {"a": object()},
    ],
)
def test_what_is_not_i_json_has_no_canonical_form(value: JsonValue) -> None:
    with pytest.raises(NotCanonicalizable) as caught:
        canonicalize(value)

    assert (caught.value.status, caught.value.code) == (400, "not-canonicalizable")


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_a_value_is_canonicalised_up_to_the_depth_limit_and_refused_above(
    wrap: Callable[[JsonValue], JsonValue],
) -> None:
    value: JsonValue = "x"
    for _ in range(JSON_DEPTH_MAX):
        value = wrap(value)

    canonicalize(value)
    with pytest.raises(NotCanonicalizable):
        canonicalize(wrap(value))


def test_the_digest_of_a_document_is_over_its_canonical_form() -> None:
    document: dict[str, JsonValue] = {"b": 1.0, "a": "Bærum"}
    expected = hashlib.sha256('{"a":"Bærum","b":1}'.encode()).hexdigest()

    assert digest_of(document) == f"sha-256:{expected}"
    assert digest_of({"a": "Bærum", "b": 1}) == digest_of(document)
    assert sha256_digest(b"krets") == "sha-256:" + hashlib.sha256(b"krets").hexdigest()


@pytest.mark.parametrize("case", REFERENCE_CASES)
def test_the_reference_results_of_rfc_8785_are_reproduced(case: str) -> None:
    given_bytes = shared_file("vectors", "jcs", "input", f"{case}.json").read_bytes()
    expected = shared_file("vectors", "jcs", "output", f"{case}.json").read_bytes()
    expected_hexadecimal = shared_file("vectors", "jcs", "outhex", f"{case}.txt").read_text("ascii")

    canonical = canonicalize(parse(given_bytes))

    assert canonical == expected.rstrip(b"\n")
    assert canonical == bytes.fromhex(expected_hexadecimal)
