"""The values of the components that an HTTP message signature covers (RFC 9421, 2.1 to 2.4).

Here: reading header lines and a target URI into one form, and the value of one component. Which components must be
covered, and when a signature is good, belongs to `protocol.http_signatures`. Everything that cannot be given a value
is SignatureInvalid with the code signature-malformed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote

from protocol.errors import LimitExceeded, SignatureInvalid
from protocol.limits import HEADER_FIELDS_MAX, QUERY_PARAMETERS_MAX
from protocol.structured_fields import Component, Parameters

_DEFAULT_PORTS = MappingProxyType({"https": ":443", "http": ":80"})
# Visible ASCII throughout: no `/ ? # @` in the authority (so no userinfo), no `? #` in the path, no `#` in the query.
_TARGET = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[!\"$-.0->A-~]+)(?P<path>(?:/[!\"$->@-~]*)?)(?:\?(?P<query>[!\"$-~]*))?"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A request's target URI in its parts. `authority` is as written; `path` is never empty; `query` has no `?`."""

    scheme: str
    authority: str
    path: str
    query: str | None

    @property
    def path_and_query(self) -> str:
        """What stands in the request line: the path, and `?` and the query where there is one."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def uri(self) -> str:
        """The whole target URI."""
        return f"{self.scheme}://{self.authority}{self.path_and_query}"


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or with `status` a response: all that a component can be taken from. `fields` as `combined_fields`."""

    method: str
    target: Target
    fields: Mapping[str, str]
    status: int | None


def malformed(internal: str) -> SignatureInvalid:
    """The error for a signature or message that cannot be read."""
    return SignatureInvalid(internal, code="signature-malformed")


def parse_target(target_uri: str) -> Target:
    """The parts of an absolute http or https URI without userinfo and fragment. Raises SignatureInvalid.

    >>> parse_target("https://asker.example?page=2").uri
    'https://asker.example/?page=2'
    """
    match = _TARGET.fullmatch(target_uri)
    if match is None:
        raise malformed(f"not a target URI: {target_uri!r}")
    return Target(scheme=match["scheme"], authority=match["authority"], path=match["path"] or "/", query=match["query"])


def normal_authority(authority: str, *, scheme: str) -> str:
    """Host and port as `@authority` has them: in lower case, without the scheme's default port (RFC 9421, 2.2.3).

    >>> normal_authority("Asker.example:443", scheme="https")
    'asker.example'
    """
    return authority.lower().removesuffix(_DEFAULT_PORTS[scheme])


def combined_fields(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Field values by lower-case name, trimmed, lines of one name joined in order (RFC 9421, 2.1).

    Raises LimitExceeded over HEADER_FIELDS_MAX lines, and SignatureInvalid on a line break inside a value.

    >>> combined_fields((("Accept", "text/html "), ("accept", "application/json")))
    {'accept': 'text/html, application/json'}
    """
    if len(headers) > HEADER_FIELDS_MAX:
        raise LimitExceeded(f"{len(headers)} header fields")
    fields: dict[str, str] = {}
    for name, line in headers:
        if "\n" in line or "\r" in line:
            raise malformed("a header field with a line break")
        key, value = name.lower(), line.strip(" \t")
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return fields


def component_value(component: Component, *, message: Message) -> str:
    """The text that stands for one component in the signature base. Raises SignatureInvalid where there is none.

    Of component parameters only `name` of `@query-param` is read; `req` is the caller's matter.
    """
    name = component.name
    if name == "@query-param" and message.status is None:
        return _query_parameter(message.target.query or "", parameters=component.parameters)
    if component.parameters:
        raise malformed(f"parameters of {name!r} that are not read here")
    if not name.startswith("@"):
        if name not in message.fields:
            raise malformed(f"the covered field {name!r} is absent")
        return message.fields[name]
    if message.status is None:
        return _request_value(name, message=message)
    if name != "@status":
        raise malformed(f"{name} of a response")
    return str(message.status)


def _request_value(name: str, *, message: Message) -> str:
    target = message.target
    match name:
        case "@method":
            return message.method
        case "@target-uri":
            return target.uri
        case "@authority":
            return normal_authority(target.authority, scheme=target.scheme)
        case "@scheme":
            return target.scheme
        case "@request-target":
            return target.path_and_query
        case "@path":
            return target.path
        case "@query":
            return f"?{target.query or ''}"
        case _:
            raise malformed(f"the derived component {name!r} is unknown here")


def _query_parameter(query: str, *, parameters: Parameters) -> str:
    """The value of one query parameter, decoded as a form and encoded anew (RFC 9421, 2.2.8)."""
    if len(parameters) != 1 or parameters[0][0] != "name" or not isinstance(parameters[0][1], str):
        raise malformed("@query-param takes the parameter name alone")
    name = unquote(parameters[0][1])
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_PARAMETERS_MAX)
    except ValueError as error:
        raise malformed("too many query parameters") from error
    values = [value for key, value in pairs if key == name]
    if len(values) != 1:
        raise malformed(f"the query parameter {name!r} stands {len(values)} times")
    return quote(values[0], safe="*").replace("~", "%7E")
