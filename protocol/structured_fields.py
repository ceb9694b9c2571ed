"""Structured fields (RFC 9651), read and written strictly, only as far as RFC 9421 and RFC 9530 need them.

That is: dictionaries of inner lists of strings with parameters (Signature-Input), and dictionaries of byte sequences
(Signature, Content-Digest). Only the one text that the RFC's serialisation gives is read: no spare spaces, no leading
zeros, no `=?1`, canonical base64, no key or parameter twice. So the text received is the text that was signed.
Decimals, dates and display strings, which nothing here uses, are not read. What the fields mean belongs to
`protocol.http_signatures`.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TypeAlias

from protocol.errors import MalformedField
from protocol.limits import COVERED_COMPONENTS_MAX, SIGNATURE_HEADER_CHARS_MAX


@dataclass(frozen=True, slots=True)
class Token:
    """A token: a text that is written without quotation marks, and is another value than the string of the same."""

    text: str


BareItem: TypeAlias = bool | int | str | bytes | Token
Parameters: TypeAlias = tuple[tuple[str, BareItem], ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A string item with its parameters in order: in RFC 9421, the identifier of a covered component."""

    name: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class InnerList:
    """The components of one signature, in order, its own parameters, in order, and the text of both."""

    components: tuple[Component, ...]
    parameters: Parameters
    text: str


_KEY = re.compile(r"([a-z*][a-z0-9_.*-]*)=")
_SEPARATOR = re.compile(r"[ \t]*,[ \t]*")
_PARAMETER = re.compile(r";([a-z*][a-z0-9_.*-]*)(=)?")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_PLAIN_LIST = re.compile(r'\("[!#-\[\]-~]+"(?: "[!#-\[\]-~]+")*\)')
_OTHER_ITEM = re.compile(
    r"(?P<integer>0|-?[1-9][0-9]{0,14})(?![0-9.])"
    r"|:(?P<bytes>[A-Za-z0-9+/]*={0,2}):"
    r"|(?P<false>\?0)"
    r"|(?P<token>[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*)"
)
_ESCAPED = re.compile(r"\\(.)")


def parse_inner_lists(text: str) -> dict[str, InnerList]:
    """The members of a dictionary whose every value is an inner list of strings. Raises MalformedField.

    >>> members = parse_inner_lists('sig1=("@method" "content-type";req);created=1700000000;keyid="k"')
    >>> members["sig1"].components[1]
    Component(name='content-type', parameters=(('req', True),))
    >>> members["sig1"].parameters
    (('created', 1700000000), ('keyid', 'k'))
    """
    members: dict[str, InnerList] = {}
    text = _checked_text(text)
    position = 0
    while True:
        key, position = _read_key(text, position, members)
        members[key], position = _read_inner_list(text, position)
        if position == len(text):
            return members
        position = _match(_SEPARATOR, text, position).end()


def parse_byte_sequences(text: str) -> dict[str, bytes]:
    """The members of a dictionary whose every value is a byte sequence without parameters. Raises MalformedField.

    >>> parse_byte_sequences("sig1=:a3JldHM=:")
    {'sig1': b'krets'}
    """
    members: dict[str, bytes] = {}
    text = _checked_text(text)
    position = 0
    while True:
        key, position = _read_key(text, position, members)
        octets, position = _read_item(text, position)
        if not isinstance(octets, bytes):
            raise MalformedField(f"the member {key!r} is not a byte sequence")
        members[key] = octets
        if position == len(text):
            return members
        position = _match(_SEPARATOR, text, position).end()


def serialize_component(component: Component) -> str:
    """The one text of a component identifier, parameters included. Raises ValueError on what has no text.

    >>> serialize_component(Component("@query-param", (("name", "Pet"),)))
    '"@query-param";name="Pet"'
    """
    return _serialize_item(component.name) + _serialize_parameters(component.parameters)


def serialize_inner_list(components: tuple[Component, ...], *, parameters: Parameters) -> str:
    """The one text of an inner list with its parameters. Raises ValueError on what has no text.

    >>> serialize_inner_list((Component("@method"),), parameters=(("created", 1700000000),))
    '("@method");created=1700000000'
    """
    items = " ".join(serialize_component(component) for component in components)
    return f"({items}){_serialize_parameters(parameters)}"


def serialize_bytes(octets: bytes) -> str:
    """The one text of a byte sequence.

    >>> serialize_bytes(b"krets")
    ':a3JldHM=:'
    """
    return f":{base64.b64encode(octets).decode('ascii')}:"


def _checked_text(text: str) -> str:
    # Length first: it bounds every loop of this module.
    if len(text) > SIGNATURE_HEADER_CHARS_MAX:
        raise MalformedField(f"a structured field of {len(text)} characters")
    return text.strip(" ")


def _match(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str]:
    match = pattern.match(text, position)
    if match is None:
        raise MalformedField(f"not a structured field of this kind from character {position}")
    return match


def _read_key(text: str, position: int, members: dict[str, InnerList] | dict[str, bytes]) -> tuple[str, int]:
    match = _match(_KEY, text, position)
    if match[1] in members:
        raise MalformedField(f"the member {match[1]!r} twice")
    return match[1], match.end()


def _read_inner_list(text: str, position: int) -> tuple[InnerList, int]:
    start = position
    # Nearly every list has neither parameters nor escapes inside, and is read in one go.
    plain = _PLAIN_LIST.match(text, position)
    if plain is not None:
        names = plain[0][2:-2].split('" "')
        components, position = tuple(map(Component, names)), plain.end()
    else:
        components, position = _read_components(text, position)
    if len(components) > COVERED_COMPONENTS_MAX:
        raise MalformedField(f"{len(components)} covered components")
    parameters, position = _read_parameters(text, position)
    return InnerList(components=components, parameters=parameters, text=text[start:position]), position


def _read_components(text: str, position: int) -> tuple[tuple[Component, ...], int]:
    if text.startswith("()", position):
        return (), position + 2
    components: list[Component] = []
    opening = "("
    while text.startswith(opening, position):
        match = _match(_STRING, text, position + 1)
        parameters, position = _read_parameters(text, match.end())
        components.append(Component(_unescaped(match[1]), parameters))
        opening = " "
    if opening == "(" or not text.startswith(")", position):
        raise MalformedField(f"not an inner list of strings at character {position}")
    return tuple(components), position + 1


def _read_parameters(text: str, position: int) -> tuple[Parameters, int]:
    parameters: dict[str, BareItem] = {}
    while match := _PARAMETER.match(text, position):
        if match[1] in parameters:
            raise MalformedField(f"the parameter {match[1]!r} twice")
        position = match.end()
        if match[2]:
            parameters[match[1]], position = _read_item(text, position)
        else:
            parameters[match[1]] = True
    return tuple(parameters.items()), position


def _read_item(text: str, position: int) -> tuple[BareItem, int]:
    string = _STRING.match(text, position)
    if string is not None:
        return _unescaped(string[1]), string.end()
    match = _match(_OTHER_ITEM, text, position)
    end = match.end()
    if match["integer"]:
        return int(match["integer"]), end
    if match["false"]:
        return False, end
    if match["token"]:
        return Token(match["token"]), end
    return _decoded(match["bytes"]), end


def _decoded(text: str) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedField(f"not base64: {error}") from error
    if base64.b64encode(octets).decode("ascii") != text:
        raise MalformedField("base64 in another than its canonical form")
    return octets


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _serialize_parameters(parameters: Parameters) -> str:
    return "".join(f";{key}" if item is True else f";{key}={_serialize_item(item)}" for key, item in parameters)


def _serialize_item(item: BareItem) -> str:
    if isinstance(item, str):
        if not (item.isascii() and item.isprintable()):
            raise ValueError("a string of a structured field is printable ASCII")
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(item, bool):
        return "?1" if item else "?0"
    if isinstance(item, int):
        return str(item)
    return serialize_bytes(item) if isinstance(item, bytes) else item.text
