"""Identifiers in exactly one spelling, so that equal texts are the only equal identifiers.

Here: IRIs, origins, domains, digests. Not here: what an identifier refers to, and whether http or a loopback host is
acceptable, which is the node's policy. Sources: RFC 3986, RFC 6454 (origin), FEP-fe34 (same origin), and the list of
host spellings that have confused other software (CVE-2023-42451, and those that `getaddrinfo` reads as 127.0.0.1).
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NewType

from protocol.errors import InvalidIdentifier
from protocol.limits import HOST_CHARS_MAX, IRI_CHARS_MAX, LABEL_CHARS_MAX

Iri = NewType("Iri", str)
ActorIri = NewType("ActorIri", Iri)
KeyIri = NewType("KeyIri", str)
Origin = NewType("Origin", str)
Domain = NewType("Domain", str)
Digest = NewType("Digest", str)

DEFAULT_PORTS = {"https": 443, "http": 80}

# RFC 3986, appendix B, narrowed: scheme in lower case, an authority without userinfo, the characters of a URI only.
_IRI = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?)"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
_ORIGIN = re.compile(r"https?://[^/?#]+")
_DOMAIN = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2[eE]){1,2}(?:/|$)")
_DIGEST = re.compile(r"sha-256:[0-9a-f]{64}")


def parse_iri(text: object, *, allow_http: bool) -> Iri:
    """The text itself if it is an absolute IRI in normal form; raises InvalidIdentifier otherwise.

    Normal form: ASCII; scheme `https`, or `http` where `allow_http`; host in lower case, punycode instead of other
    letters, no trailing dot, numbers only as a dotted quad or a compressed IPv6 address; no userinfo; no default
    port; no `.` or `..` segment, written plainly or with percent signs. At most IRI_CHARS_MAX characters.

    >>> parse_iri("https://asker.example/actor", allow_http=False)
    'https://asker.example/actor'
    >>> parse_iri("https://Asker.example/actor", allow_http=False)
    Traceback (most recent call last):
    ...
    protocol.errors.InvalidIdentifier: not an absolute IRI in normal form: 'https://Asker.example/actor'
    """
    if not isinstance(text, str):
        raise InvalidIdentifier(f"an identifier is a text, not {type(text).__name__}")
    if len(text) > IRI_CHARS_MAX:
        raise InvalidIdentifier(f"identifier of {len(text)} characters")
    match = _IRI.fullmatch(text)
    if match is None:
        raise InvalidIdentifier(f"not an absolute IRI in normal form: {text!r}")
    scheme = match["scheme"]
    if scheme == "http" and not allow_http:
        raise InvalidIdentifier(f"http is not allowed here: {text!r}")
    _check_host(match["host"])
    _check_port(match["port"], default_port=DEFAULT_PORTS[scheme])
    if _DOT_SEGMENT.search(match["path"]):
        raise InvalidIdentifier(f"path with a dot segment: {text!r}")
    return Iri(text)


def origin_of(iri: Iri) -> Origin:
    """Scheme, host and port (where not the default) of a parsed IRI: the unit of authority (FEP-fe34).

    Raises InvalidIdentifier on a text that no `parse_iri` returned.

    >>> origin_of(parse_iri("https://asker.example:8443/actor#proof-1", allow_http=False))
    'https://asker.example:8443'
    """
    match = _ORIGIN.match(iri)
    if match is None:
        raise InvalidIdentifier(f"no origin in {iri!r}")
    return Origin(match[0])


def same_origin(a: Iri, b: Iri) -> bool:
    """Whether two parsed IRIs have one origin, so that one may speak for the other's server.

    >>> one, other = "https://asker.example/actor", "https://asker.example.evil.example/actor"
    >>> same_origin(parse_iri(one, allow_http=False), parse_iri(other, allow_http=False))
    False
    """
    return origin_of(a) == origin_of(b)


def parse_domain(text: object) -> Domain:
    """The text itself if it is a host as in `parse_iri`, with or without a port. Raises InvalidIdentifier.

    >>> parse_domain("xn--brum-voa.example")
    'xn--brum-voa.example'
    """
    if not isinstance(text, str):
        raise InvalidIdentifier(f"a domain is a text, not {type(text).__name__}")
    match = _DOMAIN.fullmatch(text)
    if match is None:
        raise InvalidIdentifier(f"not a domain in normal form: {text[:HOST_CHARS_MAX]!r}")
    _check_host(match["host"])
    _check_port(match["port"], default_port=DEFAULT_PORTS["https"])
    return Domain(text)


def parse_digest(text: object) -> Digest:
    """The text itself if it is `sha-256:` and 64 lower-case hexadecimal digits; else InvalidIdentifier.

    >>> parse_digest("sha-256:" + "0f" * 32)[:12]
    'sha-256:0f0f'
    """
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise InvalidIdentifier("a digest is 'sha-256:' and 64 lower-case hexadecimal digits")
    return Digest(text)


def _check_host(host: str) -> None:
    if host.startswith("["):
        try:
            address = IPv6Address(host[1:-1])
        except AddressValueError as error:
            raise InvalidIdentifier(f"not an IPv6 address: {host!r}") from error
        # An IPv4 address inside IPv6 has two forms, of which newer interpreters print another than older ones.
        if f"[{address.compressed}]" != host or address.ipv4_mapped is not None:
            raise InvalidIdentifier(f"an IPv6 address in another than its compressed form: {host!r}")
        return
    if len(host) > HOST_CHARS_MAX:
        raise InvalidIdentifier(f"host of {len(host)} characters")
    labels = host.split(".")
    if not all(len(label) <= LABEL_CHARS_MAX and _LABEL.fullmatch(label) for label in labels):
        raise InvalidIdentifier(f"not a host name in normal form: {host!r}")
    # A host that ends in a number is an IPv4 address to browsers and resolvers (WHATWG URL, 3.5): one spelling only.
    if _NUMBER.fullmatch(labels[-1]):
        try:
            IPv4Address(host)
        except AddressValueError as error:
            raise InvalidIdentifier(f"a number as host is a dotted quad, not {host!r}") from error


def _check_port(port: str | None, *, default_port: int) -> None:
    if port is not None and (int(port) == default_port or int(port) > 65_535):
        raise InvalidIdentifier(f"port {port} is the default or does not exist")
