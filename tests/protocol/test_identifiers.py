"""Identifiers: one spelling each, and the spellings that have confused other software refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import InvalidIdentifier
from protocol.identifiers import Iri, origin_of, parse_digest, parse_domain, parse_iri, same_origin
from protocol.limits import HOST_CHARS_MAX, IRI_CHARS_MAX, LABEL_CHARS_MAX


def host_of_length(chars: int) -> str:
    """A host name of exactly so many characters, in labels of at most 50."""
    host = "a" * (chars % 50 or 50)
    while len(host) < chars:
        host += "." + "a" * 49
    return host


@pytest.mark.parametrize(
    "text",
    [
        "https://asker.example/actor",
        "https://asker.example",
        "https://asker.example/",
        "https://asker.example:8443/actor#proof-1",
        "https://xn--brum-voa.example/a/b?c=d&e=%C3%A6#f",
        "https://localhost/actor",
        "https://192.0.2.7/actor",
        "https://[2001:db8::7]:8443/actor",
        "https://[::1]/actor",
        "https://a-b.c1.example/~user/;v=1,2/(x)!$&'*+:@",
        "https://a.example/..a/.well-known/x./...",
        "https://a.example?query",
        "https://a.example#fragment",
        "https://1and1.example/",
        "https://a.example:80/",
        "https://a.example:65535/",
    ],
)
def test_an_iri_in_normal_form_is_read_as_it_is(text: str) -> None:
    assert parse_iri(text, allow_http=False) == text
    assert parse_iri(text, allow_http=True) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "asker.example/actor",
        "//asker.example/actor",
        "HTTPS://asker.example/",
        "ftp://asker.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "https:/asker.example/",
        "https:///actor",
        "https://user@asker.example/",
        "https://user:pass@asker.example/",
        "https://asker.example@evil.example/",
        "https://Asker.example/",
        "https://asker.example./",
        "https://.asker.example/",
        "https://asker..example/",
        "https://-asker.example/",
        "https://asker-.example/",
        "https://as_ker.example/",
        "https://bærum.example/",
        "https://b%C3%A6rum.example/",
        "https://asker%2eexample/",
        "https://asker.example\\actor",
        "https://asker.example/\\actor",
        "https://asker.example:443/",
        "https://asker.example:/",
        "https://asker.example:0/",
        "https://asker.example:08443/",
        "https://asker.example:65536/",
        "https://asker.example:http/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.0.01/",
        "https://256.0.0.1/",
        "https://1.2.3.4.5/",
        "https://asker.example.0x7f/",
        "https://[::1/",
        "https://[::g]/",
        "https://[2001:DB8::7]/",
        "https://[2001:db8:0:0:0:0:0:7]/",
        "https://[::1::2]/",
        "https://[12345::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://asker.example/a b",
        "https://asker.example/a\tb",
        "https://asker.example/a\n",
        " https://asker.example/",
        "https://asker.example/\x00",
        "https://asker.example/æ",
        'https://asker.example/"',
        "https://asker.example/<x>",
        "https://asker.example/{x}",
        "https://asker.example/a|b",
        "https://asker.example/%",
        "https://asker.example/%2",
        "https://asker.example/%zz",
        "https://asker.example/.",
        "https://asker.example/..",
        "https://asker.example/a/../b",
        "https://asker.example/./b",
        "https://asker.example/%2e%2E/b",
        "https://asker.example/a/.%2e",
        "https://asker.example/?a=[1]",
        "https://asker.example/#a#b",
    ],
)
def test_a_text_that_is_not_an_iri_in_normal_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier) as caught:
        parse_iri(text, allow_http=True)

    assert (caught.value.status, caught.value.code) == (400, "invalid-identifier")
    assert "asker" not in caught.value.safe_text


@pytest.mark.parametrize("value", [None, 1, True, ["https://asker.example/"], {"id": "https://asker.example/"}, b"x"])
def test_another_value_than_a_text_is_no_identifier(value: object) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_iri(value, allow_http=True)
    with pytest.raises(InvalidIdentifier):
        parse_domain(value)
    with pytest.raises(InvalidIdentifier):
        parse_digest(value)


def test_http_is_read_only_where_it_is_allowed() -> None:
    assert parse_iri("http://127.0.0.1:8301/actor", allow_http=True) == "http://127.0.0.1:8301/actor"
    with pytest.raises(InvalidIdentifier):
        parse_iri("http://127.0.0.1:8301/actor", allow_http=False)
    with pytest.raises(InvalidIdentifier):
        parse_iri("http://127.0.0.1:80/actor", allow_http=True)


@pytest.mark.parametrize("chars", [IRI_CHARS_MAX - 1, IRI_CHARS_MAX])
def test_an_iri_up_to_the_length_limit_is_read(chars: int) -> None:
    text = "https://a.example/".ljust(chars, "x")

    assert parse_iri(text, allow_http=False) == text


def test_an_iri_over_the_length_limit_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        parse_iri("https://a.example/".ljust(IRI_CHARS_MAX + 1, "x"), allow_http=False)


@pytest.mark.parametrize("chars", [HOST_CHARS_MAX - 1, HOST_CHARS_MAX])
def test_a_host_up_to_the_length_limit_is_read(chars: int) -> None:
    assert parse_domain(host_of_length(chars)) == host_of_length(chars)


def test_a_host_or_label_over_the_length_limit_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        parse_domain(host_of_length(HOST_CHARS_MAX + 1))
    with pytest.raises(InvalidIdentifier):
        parse_domain("a" * (LABEL_CHARS_MAX + 1))


@pytest.mark.parametrize("chars", [LABEL_CHARS_MAX - 1, LABEL_CHARS_MAX])
def test_a_label_up_to_the_length_limit_is_read(chars: int) -> None:
    assert parse_domain("a" * chars) == "a" * chars


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://asker.example", "https://asker.example"),
        ("https://asker.example/actor?a=b#c", "https://asker.example"),
        ("https://asker.example:8443#c", "https://asker.example:8443"),
        ("http://[::1]:8301/actor", "http://[::1]:8301"),
        ("https://asker.example?x=https://hole.example/", "https://asker.example"),
    ],
)
def test_the_origin_is_scheme_host_and_port(text: str, origin: str) -> None:
    assert origin_of(parse_iri(text, allow_http=True)) == origin


def test_a_text_that_was_never_parsed_has_no_origin() -> None:
    with pytest.raises(InvalidIdentifier):
        origin_of(Iri("urn:uuid:0"))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://asker.example/b#c", True),
        ("http://asker.example/a", False),
        ("https://asker.example:8443/a", False),
        ("https://www.asker.example/a", False),
        ("https://asker.example.evil.example/a", False),
        ("https://asker.exampl/a", False),
    ],
)
def test_two_iris_have_one_origin_only_if_scheme_host_and_port_agree(other: str, same: bool) -> None:
    assert same_origin(Iri("https://asker.example/a"), parse_iri(other, allow_http=True)) is same


@pytest.mark.parametrize("text", ["asker.example", "asker.example:8443", "127.0.0.1:8301", "[::1]:8301", "localhost"])
def test_a_domain_in_normal_form_is_read(text: str) -> None:
    assert parse_domain(text) == text


@pytest.mark.parametrize(
    "text", ["", "Asker.example", "asker.example.", "asker.example/", "a@asker.example", "asker.example:443", "127.1"]
)
def test_a_domain_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_domain(text)


@pytest.mark.parametrize(
    "text", ["", "sha-256:", "sha-256:" + "a" * 63, "sha-256:" + "a" * 65, "sha-256:" + "A" * 64, "SHA-256:" + "a" * 64]
)
def test_a_digest_in_another_form_is_refused(text: str) -> None:
    assert parse_digest("sha-256:" + "a" * 64) == "sha-256:" + "a" * 64
    with pytest.raises(InvalidIdentifier):
        parse_digest(text)


@given(
    st.text(max_size=50).map(lambda tail: "https://" + tail) | st.from_regex(r"https?://[ -~]{1,30}", fullmatch=True)
)
def test_any_text_is_an_identifier_or_refused_and_an_identifier_is_visible_ascii(text: str) -> None:
    try:
        iri = parse_iri(text, allow_http=True)
    except InvalidIdentifier:
        return

    assert all("!" <= character <= "~" for character in iri)
    assert iri.startswith(origin_of(iri))
    assert parse_domain(origin_of(iri).partition("://")[2]) in iri
