"""The values of covered components: derived ones, fields, query parameters, and what has no value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import LimitExceeded, SignatureInvalid
from protocol.limits import HEADER_FIELDS_MAX, QUERY_PARAMETERS_MAX
from protocol.message_components import (
    Message,
    combined_fields,
    component_value,
    normal_authority,
    parse_target,
)
from protocol.structured_fields import Component


def request(target_uri: str = "https://Asker.example:443/inbox?a=1", **fields: str) -> Message:
    return Message(method="POST", target=parse_target(target_uri), fields=fields, status=None)


RESPONSE = Message(method="", target=parse_target("https://asker.example/"), fields={"date": "today"}, status=202)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("@method", "POST"),
        ("@target-uri", "https://Asker.example:443/inbox?a=1"),
        ("@authority", "asker.example"),
        ("@scheme", "https"),
        ("@request-target", "/inbox?a=1"),
        ("@path", "/inbox"),
        ("@query", "?a=1"),
    ],
)
def test_a_derived_component_has_the_value_of_rfc_9421(name: str, value: str) -> None:
    assert component_value(Component(name), message=request()) == value


def test_an_absent_path_is_a_slash_and_an_absent_query_a_question_mark() -> None:
    message = request("http://asker.example:8301")

    assert component_value(Component("@target-uri"), message=message) == "http://asker.example:8301/"
    assert component_value(Component("@request-target"), message=message) == "/"
    assert component_value(Component("@query"), message=message) == "?"
    assert component_value(Component("@authority"), message=message) == "asker.example:8301"


def test_an_empty_query_is_not_an_absent_one() -> None:
    assert component_value(Component("@target-uri"), message=request("https://a.example/?")) == "https://a.example/?"


def test_a_field_has_its_combined_value_and_a_response_its_status() -> None:
    assert component_value(Component("date"), message=request(date="today")) == "today"
    assert component_value(Component("date"), message=RESPONSE) == "today"
    assert component_value(Component("@status"), message=RESPONSE) == "202"


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("param=Value&Pet=dog", "Pet", "dog"),
        ("a=", "a", ""),
        ("a", "a", ""),
        ("a=b%20c+d~*-._%2F", "a", "b%20c%20d%7E*-._%2F"),
        ("b%C3%A6rum=%C3%B8", "b%C3%A6rum", "%C3%B8"),
    ],
)
def test_a_query_parameter_is_decoded_and_encoded_anew(query: str, name: str, value: str) -> None:
    component = Component("@query-param", (("name", name),))

    assert component_value(component, message=request(f"https://a.example/?{query}")) == value


def test_a_query_parameter_is_found_among_up_to_the_limit() -> None:
    component = Component("@query-param", (("name", "a"),))

    for count in (QUERY_PARAMETERS_MAX - 1, QUERY_PARAMETERS_MAX):
        assert component_value(component, message=request("https://a.example/?a=1" + "&b=1" * (count - 1))) == "1"
    with pytest.raises(SignatureInvalid):
        component_value(component, message=request("https://a.example/?a=1" + "&b=1" * QUERY_PARAMETERS_MAX))


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (Component("absent"), request()),
        (Component("@unknown"), request()),
        (Component("@signature-params"), request()),
        (Component("@status"), request()),
        (Component("@method"), RESPONSE),
        (Component("@query-param", (("name", "a"),)), RESPONSE),
        (Component("date", (("bs", True),)), request(date="today")),
        (Component("date", (("sf", True),)), request(date="today")),
        (Component("date", (("key", "a"),)), request(date="today")),
        (Component("date", (("tr", True),)), request(date="today")),
        (Component("@method", (("req", True),)), request()),
        (Component("@query-param"), request()),
        (Component("@query-param", (("name", 1),)), request()),
        (Component("@query-param", (("other", "a"),)), request()),
        (Component("@query-param", (("name", "a"), ("x", True))), request()),
        (Component("@query-param", (("name", "b"),)), request()),
        (Component("@query-param", (("name", "a"),)), request("https://a.example/?a=1&a=2")),
        (Component("@query-param", (("name", "a"),)), request("https://a.example/")),
    ],
)
def test_a_component_without_a_value_is_malformed(component: Component, message: Message) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        component_value(component, message=message)

    assert (caught.value.status, caught.value.code) == (401, "signature-malformed")


@pytest.mark.parametrize(
    "target_uri",
    [
        "",
        "/inbox",
        "asker.example/inbox",
        "ftp://asker.example/",
        "HTTPS://asker.example/",
        "https://",
        "https:///inbox",
        "https://?a",
        "https://user@asker.example/",
        "https://asker.example/#fragment",
        "https://asker.example/a b",
        "https://asker.example/\n",
        "https://asker.example/æ",
        "https://asker.example/\x7f",
        "https://asker.example?a#b",
    ],
)
def test_a_text_that_is_not_a_target_uri_is_malformed(target_uri: str) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        parse_target(target_uri)

    assert caught.value.code == "signature-malformed"


@given(st.text(max_size=30).map(lambda tail: f"https://{tail}"))
def test_a_target_is_put_together_as_it_was_taken_apart(target_uri: str) -> None:
    try:
        target = parse_target(target_uri)
    except SignatureInvalid:
        return

    assert target.uri in (target_uri, f"https://{target.authority}/{target_uri[8 + len(target.authority) :]}")
    assert parse_target(target.uri) == target


@pytest.mark.parametrize(
    ("authority", "scheme", "normal"),
    [
        ("asker.example", "https", "asker.example"),
        ("ASKER.example:443", "https", "asker.example"),
        ("asker.example:80", "https", "asker.example:80"),
        ("asker.example:80", "http", "asker.example"),
        ("[::1]:8301", "http", "[::1]:8301"),
    ],
)
def test_an_authority_is_in_lower_case_without_the_default_port(authority: str, scheme: str, normal: str) -> None:
    assert normal_authority(authority, scheme=scheme) == normal


def test_lines_of_one_field_are_trimmed_and_joined_in_order() -> None:
    headers = (("B", "2"), ("A", " 1 "), ("b", "\t3"), ("a", ""))

    assert combined_fields(headers) == {"b": "2, 3", "a": "1, "}


@pytest.mark.parametrize("value", ["a\nb", "a\r\n b", "a\r"])
def test_a_line_break_inside_a_field_is_malformed(value: str) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        combined_fields((("a", value),))

    assert caught.value.code == "signature-malformed"


def test_fields_are_read_up_to_the_limit_and_refused_above() -> None:
    for count in (HEADER_FIELDS_MAX - 1, HEADER_FIELDS_MAX):
        combined_fields((("a", "b"),) * count)
    with pytest.raises(LimitExceeded):
        combined_fields((("a", "b"),) * (HEADER_FIELDS_MAX + 1))
