"""Structured fields: one text for one value, checked against a second implementation."""

import base64
from contextlib import suppress

import pytest
from http_sf.compat import Dictionary
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MalformedField
from protocol.limits import COVERED_COMPONENTS_MAX, SIGNATURE_HEADER_CHARS_MAX
from protocol.structured_fields import (
    Component,
    Parameters,
    Token,
    parse_byte_sequences,
    parse_inner_lists,
    serialize_bytes,
    serialize_component,
    serialize_inner_list,
)

printable = st.text(alphabet=[chr(code) for code in range(0x20, 0x7F)], max_size=12)
bare_items = (
    st.booleans()
    | st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1)
    | printable
    | st.binary(max_size=12)
    | st.from_regex(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,6}", fullmatch=True).map(Token)
)
parameter_lists = st.dictionaries(
    st.from_regex(r"[a-z*][a-z0-9_.*-]{0,5}", fullmatch=True), bare_items, max_size=4
).map(lambda members: tuple(members.items()))
component_lists = st.lists(st.builds(Component, name=printable, parameters=parameter_lists), max_size=5).map(tuple)


@given(components=component_lists, parameters=parameter_lists)
def test_what_is_written_is_read_again_as_the_same_by_us_and_by_the_second_implementation(
    components: tuple[Component, ...], parameters: Parameters
) -> None:
    text = serialize_inner_list(components, parameters=parameters)

    read = parse_inner_lists(f"sig1={text}")["sig1"]

    assert (read.components, read.parameters, read.text) == (components, parameters, text)
    assert second_reading(f"sig1={text}") == {"sig1": text}


def joined(strategy: st.SearchStrategy[str], *, separator: str = "", max_size: int = 3) -> st.SearchStrategy[str]:
    return st.lists(strategy, max_size=max_size).map(separator.join)


# Texts that are nearly structured fields: every way to write an item, with and without spare spaces.
loose_items = st.from_regex(r'\?[01]|-?[0-9.]{1,3}|"[x\\"]{0,2}"|:[AQ=]{0,4}:|t/', fullmatch=True)
loose_parameters = joined(
    st.builds("{}{}{}{}".format, st.sampled_from([";", "; ", " ;"]), st.sampled_from("abA"), st.just("="), loose_items)
    | st.sampled_from([";a", ";b"])
)
loose_lists = st.builds(
    "({}{}{}){}".format,
    st.sampled_from(["", " "]),
    joined(st.builds('"{}"{}'.format, st.sampled_from(["", "a", "@b", "\\\\"]), loose_parameters), separator=" "),
    st.sampled_from(["", " "]),
    loose_parameters,
)


@given(joined(st.builds("{}={}".format, st.sampled_from("ab"), loose_lists), separator=", ", max_size=2))
def test_what_is_read_at_all_is_read_and_written_alike_by_the_second_implementation(text: str) -> None:
    try:
        members = parse_inner_lists(text)
    except MalformedField:
        return

    assert second_reading(text) == {label: member.text for label, member in members.items()}
    for member in members.values():
        assert serialize_inner_list(member.components, parameters=member.parameters) == member.text


def second_reading(text: str) -> dict[str, str]:
    dictionary = Dictionary()
    dictionary.parse(text.encode())
    return {label: str(member) for label, member in dictionary.items()}


@pytest.mark.parametrize(
    ("text", "components", "parameters"),
    [
        ("()", (), ()),
        ("();a", (), (("a", True),)),
        ("();a=?0", (), (("a", False),)),
        ('("a")', (Component("a"),), ()),
        ('("a" "b";req)', (Component("a"), Component("b", (("req", True),))), ()),
        ('("a";x;y=1 "a")', (Component("a", (("x", True), ("y", 1))), Component("a")), ()),
        (r'("\"\\")', (Component('"\\'),), ()),
        ('("")', (Component(""),), ()),
        (
            '();i=-12;z=0;s="k \\" v";t=tok/en;b=:AA==:;e=::',
            (),
            (("i", -12), ("z", 0), ("s", 'k " v'), ("t", Token("tok/en")), ("b", b"\x00"), ("e", b"")),
        ),
    ],
)
def test_an_inner_list_reads_and_writes(text: str, components: tuple[Component, ...], parameters: Parameters) -> None:
    members = parse_inner_lists(f"  sig1={text} ")

    assert members.keys() == {"sig1"}
    assert members["sig1"].components == components
    assert members["sig1"].parameters == parameters
    assert members["sig1"].text == text
    assert serialize_inner_list(components, parameters=parameters) == text


def test_several_members_are_read_in_order() -> None:
    assert list(parse_inner_lists('b=("x"),  a=();k\t,c=()')) == ["b", "a", "c"]
    assert parse_byte_sequences("b=:AA==:, a=::") == {"b": b"\x00", "a": b""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sig1",
        "sig1=",
        "sig1=x",
        "sig1=(",
        "sig1=)",
        'sig1=("a"',
        'sig1=("a',
        'sig1=("a" ',
        'sig1=("a""b")',
        'sig1=("a"  "b")',
        'sig1=( "a")',
        'sig1=("a" )',
        "sig1=(a)",
        "sig1=(1)",
        'sig1=("a");',
        'sig1=("a");A=1',
        'sig1=("a"); b=1',
        'sig1=("a") ;b=1',
        'sig1=("a");b=',
        'sig1=("a");b=?1',
        'sig1=("a");b=?2',
        'sig1=("a");b=01',
        'sig1=("a");b=-0',
        'sig1=("a");b=1.5',
        'sig1=("a");b=1234567890123456',
        'sig1=("a");b="x',
        'sig1=("a");b="\\x"',
        'sig1=("a");b="æ"',
        'sig1=("a");b="\t"',
        'sig1=("a");b=:A:',
        'sig1=("a");b=:AA:',
        'sig1=("a");b=:AB==:',
        'sig1=("a");b=:A A=:',
        'sig1=("a");b=:AA==',
        'sig1=("a");b=@1',
        'sig1=("a");b=%"x"',
        'sig1=("a");b=1;b=2',
        'sig1=("a";b;b)',
        'sig1=("a"),',
        'sig1=("a"),sig1=("a")',
        'sig1=("a") sig2=("a")',
        'sig1=("a"),,sig2=("a")',
        'Sig1=("a")',
        '1=("a")',
        "sig1=:AA==:",
        'sig1="a"',
        "æ=()",
    ],
)
def test_what_is_not_the_one_text_of_inner_lists_is_malformed(text: str) -> None:
    with pytest.raises(MalformedField) as caught:
        parse_inner_lists(text)

    assert (caught.value.status, caught.value.code) == (400, "malformed-field")


@pytest.mark.parametrize(
    "text",
    ["", "a", "a=", "a=1", 'a="x"', "a=x", "a=()", "a=:AA==:;p=1", "a=:AA==:,a=:AA==:", "a=:AA==:,", "a=:A=:"],
)
def test_what_is_not_the_one_text_of_byte_sequences_is_malformed(text: str) -> None:
    with pytest.raises(MalformedField):
        parse_byte_sequences(text)


@given(st.text(max_size=40) | st.text(alphabet='sig1=("a");:A= ,?0\\b', max_size=30))
def test_any_text_is_read_or_malformed(text: str) -> None:
    for parse in (parse_inner_lists, parse_byte_sequences):
        with suppress(MalformedField):
            parse(text)


@given(st.binary(max_size=60))
def test_octets_survive_a_byte_sequence(octets: bytes) -> None:
    assert parse_byte_sequences(f"a={serialize_bytes(octets)}") == {"a": octets}


@pytest.mark.parametrize("plain", [True, False])
def test_components_are_read_up_to_the_limit_and_refused_above(plain: bool) -> None:
    def text_of(count: int) -> str:
        ending = '"' if plain else '";x'
        return "a=(" + " ".join(f'"c{number}{ending}' for number in range(count)) + ")"

    for count in (COVERED_COMPONENTS_MAX - 1, COVERED_COMPONENTS_MAX):
        assert len(parse_inner_lists(text_of(count))["a"].components) == count
    with pytest.raises(MalformedField):
        parse_inner_lists(text_of(COVERED_COMPONENTS_MAX + 1))


def test_a_field_is_read_up_to_the_length_limit_and_refused_above() -> None:
    def text_of(chars: int) -> str:
        return 'a=();k="' + "x" * (chars - 9) + '"'

    for chars in (SIGNATURE_HEADER_CHARS_MAX - 1, SIGNATURE_HEADER_CHARS_MAX):
        parse_inner_lists(text_of(chars))
    with pytest.raises(MalformedField):
        parse_inner_lists(text_of(SIGNATURE_HEADER_CHARS_MAX + 1))
    with pytest.raises(MalformedField):
        parse_byte_sequences("a=:" + base64.b64encode(bytes(SIGNATURE_HEADER_CHARS_MAX)).decode() + ":")


@pytest.mark.parametrize("text", ["æ", "line\nbreak", "\x7f"])
def test_a_text_that_has_no_written_form_is_the_callers_error(text: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        serialize_component(Component(text))
    with pytest.raises(ValueError, match="printable"):
        serialize_inner_list((), parameters=(("keyid", text),))
