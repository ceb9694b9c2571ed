"""Strict JSON: what two parsers could read in two ways is refused, and everything else is read."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LimitExceeded, MalformedJson, ProtocolError, StructureLimitExceeded
from protocol.limits import JSON_DEPTH_MAX, OBJECT_KEYS_MAX, PAGE_BYTES_MAX, SAFE_INTEGER_MAX
from protocol.strict_json import JsonValue, parse, parse_object
from tests.shared_files import shared_file

# Files of JSONTestSuite that every parser should accept and this one does not, each with the reason.
REFUSED_ALTHOUGH_VALID = {
    "y_object_duplicated_key.json": "I-JSON (RFC 7493, 2.3): a name stands once in an object",
    "y_object_duplicated_key_and_value.json": "I-JSON (RFC 7493, 2.3): a name stands once in an object",
}


def refusal_of(body: bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        parse(body)
    return caught.value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"null", None),
        (b" [true, false]\r\n", [True, False]),
        (b'{"a": {"b": []}}', {"a": {"b": []}}),
        (b"[0, -0, 12, -3, 1.5, -2.5e-3, 1E2]", [0, 0, 12, -3, 1.5, -0.0025, 100.0]),
        (b"[0.0, -0.0e7]", [0.0, 0.0]),
        (b"[9007199254740991.0, 1e21, -1e28]", [9007199254740991.0, 1e21, -1e28]),
        ('"Bærum"'.encode(), "Bærum"),
        (rb'"\u00e6 \n \" \\ \/ \ud83d\ude00"', 'æ \n " \\ / 😀'),
        (b'{"": 1}', {"": 1}),
    ],
)
def test_json_is_read(body: bytes, value: JsonValue) -> None:
    parsed = parse(body)

    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1,]",
        b"{'a': 1}",
        b'"tab\there"',
        b"01",
        b"[1] 2",
        b"nul",
        b'"' + b"[" * 40,
        b"[]" * 40 + b"]",
        b"{]" * 40,
        b"[" + b"[]," * 40 + b'"' + b'\\"' * 100,
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e400",
        b"-1e400",
        b"1e-400",
        b"9007199254740992.0",
        b"1e16",
        b"-1E20",
        b"0.00000e-1 1",
        rb'"\ud800"',
        rb'"\udc00\ud800"',
        rb'{"\uDEAD": 1}',
        b'{"a": 1, "a": 1}',
        rb'{"a": 1, "\u0061": 2}',
        b'[{"b": {"a": 1, "c": 2, "a": 3}}]',
    ],
)
def test_what_is_not_strict_json_is_malformed(body: bytes) -> None:
    refusal = refusal_of(body)

    assert type(refusal) is MalformedJson
    assert (refusal.status, refusal.code) == (400, "malformed-json")


@pytest.mark.parametrize("number", [SAFE_INTEGER_MAX - 1, SAFE_INTEGER_MAX])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_up_to_the_limit_of_i_json_is_read_exactly(number: int, sign: int) -> None:
    assert parse(str(sign * number).encode()) == sign * number


@pytest.mark.parametrize("digits", ["9007199254740992", "-9007199254740992", "1" * 5000, "-" + "9" * 17])
def test_an_integer_over_the_limit_of_i_json_is_malformed(digits: str) -> None:
    assert type(refusal_of(digits.encode())) is MalformedJson


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"[":', b"}]")])
def test_nesting_is_read_up_to_the_limit_and_refused_above(opening: bytes, closing: bytes) -> None:
    levels = opening.count(b"[") + opening.count(b"{") - opening.count(b'"[')
    depth = JSON_DEPTH_MAX // levels
    at_limit = opening * depth + b"1" + closing * depth
    beside = b"[" + b"[]," * 40 + b"1]"

    parse(at_limit)
    parse(beside)
    refusal = refusal_of(b"[" + at_limit + b"]")

    assert type(refusal) is StructureLimitExceeded
    assert (refusal.status, refusal.code) == (400, "too-deep")


@given(
    depth=st.integers(1, JSON_DEPTH_MAX + 2),
    text=st.text(alphabet='[]{}"\\:,a\n', max_size=8),
    in_objects=st.booleans(),
    beside=st.integers(0, JSON_DEPTH_MAX),
)
def test_depth_is_counted_whatever_stands_in_strings_and_beside(
    depth: int, text: str, in_objects: bool, beside: int
) -> None:
    value: JsonValue = text
    for _ in range(depth):
        value = {text: value} if in_objects else [text, value]
    whole: JsonValue = [value, *([] for _ in range(beside))]
    body = json.dumps(whole).encode()

    if depth + 1 <= JSON_DEPTH_MAX:
        assert parse(body) == whole
    else:
        assert refusal_of(body).code == "too-deep"


@pytest.mark.parametrize("text", ["[" * 1000, '\\"[{' * 100, "]}" * 100, "\\\\"])
def test_brackets_inside_strings_do_not_count_as_depth(text: str) -> None:
    body = json.dumps([text] * 3).encode()

    assert parse(body) == [text] * 3


def test_a_hundred_thousand_brackets_are_refused_without_recursion() -> None:
    assert refusal_of(b"[" * 100_000).code == "too-deep"
    assert refusal_of(b'{"a":' * 100_000).code == "too-deep"


@pytest.mark.parametrize("count", [OBJECT_KEYS_MAX - 1, OBJECT_KEYS_MAX])
def test_an_object_with_keys_up_to_the_limit_is_read(count: int) -> None:
    body = json.dumps({str(number): number for number in range(count)}).encode()

    value = parse(body)

    assert isinstance(value, dict)
    assert len(value) == count


def test_an_object_with_more_keys_than_the_limit_is_refused() -> None:
    body = json.dumps([{str(number): number for number in range(OBJECT_KEYS_MAX + 1)}]).encode()

    refusal = refusal_of(body)

    assert type(refusal) is StructureLimitExceeded
    assert refusal.code == "too-many-keys"


def test_a_body_up_to_the_page_limit_is_read_and_a_longer_one_refused() -> None:
    at_limit = b'"' + b"x" * (PAGE_BYTES_MAX - 2) + b'"'

    assert parse(at_limit) == "x" * (PAGE_BYTES_MAX - 2)
    assert parse(at_limit[:-2] + b'"') == "x" * (PAGE_BYTES_MAX - 3)
    refusal = refusal_of(at_limit + b" ")

    assert type(refusal) is LimitExceeded
    assert (refusal.status, refusal.code) == (413, "too-large")


def test_an_object_is_read_within_its_own_limit_and_refused_above() -> None:
    body = b'{"type": "Offer"}'

    assert parse_object(body, bytes_max=len(body) + 1) == {"type": "Offer"}
    assert parse_object(body, bytes_max=len(body)) == {"type": "Offer"}
    with pytest.raises(LimitExceeded):
        parse_object(body, bytes_max=len(body) - 1)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"{}"', b"null"])
def test_another_value_than_an_object_is_malformed_where_an_object_is_expected(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_object(body, bytes_max=100)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_protocol_error(body: bytes) -> None:
    with suppress(ProtocolError):
        parse(body)


@given(st.text(alphabet='{}[]",:\\u0dD8bB9eE+-.tfn \n', max_size=60))
def test_any_json_like_text_is_read_or_refused_with_a_protocol_error(text: str) -> None:
    try:
        value = parse(text.encode())
    except ProtocolError:
        return

    assert value == json.loads(text)


def test_json_test_suite_invalid_files_are_all_refused() -> None:
    files = sorted(shared_file("corpora", "JSONTestSuite", "test_parsing").glob("n_*.json"))

    accepted = [file.name for file in files if _is_accepted(file.read_bytes())]

    assert len(files) == 188
    assert accepted == []


def test_json_test_suite_valid_files_are_all_read_except_those_listed_with_a_reason() -> None:
    files = sorted(shared_file("corpora", "JSONTestSuite", "test_parsing").glob("y_*.json"))

    refused = {file.name for file in files if not _is_accepted(file.read_bytes())}

    assert len(files) == 95
    assert refused == REFUSED_ALTHOUGH_VALID.keys()


def test_json_test_suite_undefined_files_are_all_refused() -> None:
    # Where parsers may differ this one always refuses: numbers beyond a double, lone surrogates, other encodings, a
    # byte order mark, bytes that are not UTF-8, 500 levels.
    files = sorted(shared_file("corpora", "JSONTestSuite", "test_parsing").glob("i_*.json"))

    accepted = [file.name for file in files if _is_accepted(file.read_bytes())]

    assert len(files) == 35
    assert accepted == []


def test_naughty_strings_are_read_as_they_were_written() -> None:
    body = shared_file("corpora", "big-list-of-naughty-strings", "blns.json").read_bytes()

    assert parse(body) == json.loads(body)


def _is_accepted(body: bytes) -> bool:
    try:
        parse(body)
    except ProtocolError:
        return False
    return True
