"""JSON that every parser reads alike, or a refusal: the bytes verified are the bytes interpreted.

The standard library accepts NaN, repeated keys, lone surrogates and infinite numbers (measured over JSONTestSuite);
here they are refused, as are depth and width over `protocol.limits`. Writing JSON is `protocol.canonical`'s matter.
Sources: RFC 8259, RFC 7493 (I-JSON).
"""

import json
import math
import re
import string
from typing import TypeAlias

from protocol.errors import LimitExceeded, MalformedJson, StructureLimitExceeded
from protocol.limits import JSON_DEPTH_MAX, OBJECT_KEYS_MAX, PAGE_BYTES_MAX, SAFE_INTEGER_MAX

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

# Longer digits than any safe integer has, with its sign: refused before `int` computes anything.
_INTEGER_CHARS_MAX = len(str(-SAFE_INTEGER_MAX))

# A whole string, an opening or closing bracket, or the quote of a string that does not end: all that counts for
# depth. The last is there so that the search stops at it; going on from every later quote would be quadratic.
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|[\]}]|(")', re.DOTALL)

# Both kinds of brackets as one, and nothing else of what a JSON text has outside its strings.
_BRACKETS_ALONE = str.maketrans("{}", "[]", string.whitespace + string.ascii_letters + string.digits + ",:+-.")

# From here on the canonical form of a number has an exponent (RFC 8785, 3.2.2.3) and cannot be taken for an integer.
_EXPONENT_MIN = 1e21

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> JsonValue:
    """The value of a JSON text in UTF-8. Raises MalformedJson, LimitExceeded or StructureLimitExceeded, nothing else.

    Refused: other encodings and a byte order mark; a key twice in one object; NaN and infinities, also as 1e400;
    a number other than zero that would be read as zero; integers beyond ±(2^53-1), also as 1e16, whose canonical form
    is such an integer; lone surrogates; more than PAGE_BYTES_MAX bytes, JSON_DEPTH_MAX levels or OBJECT_KEYS_MAX keys
    in one object. So the canonical form of what was read can always be read again.

    >>> parse(b'{"quantity": "12", "tags": ["desk", null]}')
    {'quantity': '12', 'tags': ['desk', None]}
    >>> parse(b'{"quantity": "12", "quantity": "900"}')
    Traceback (most recent call last):
    ...
    protocol.errors.MalformedJson: a key stands twice in one object
    """
    if len(body) > PAGE_BYTES_MAX:
        raise LimitExceeded(f"a body of {len(body)} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJson(f"not UTF-8 at byte {error.start}") from error
    _check_depth(text)
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(str(error)) from error
    if _SURROGATE_ESCAPE.search(text):
        _check_surrogates(value)
    return value


def parse_object(body: bytes, *, bytes_max: int) -> JsonObject:
    """The object of a JSON text of at most `bytes_max` bytes. Raises as `parse`, and MalformedJson on another value.

    >>> parse_object(b'{"type": "Offer"}', bytes_max=1000)
    {'type': 'Offer'}
    """
    if len(body) > bytes_max:
        raise LimitExceeded(f"a body of {len(body)} bytes where {bytes_max} are allowed")
    value = parse(body)
    if not isinstance(value, dict):
        raise MalformedJson(f"an object is expected, not {type(value).__name__}")
    return value


def _check_depth(text: str) -> None:
    # Counting all brackets bounds the depth from above and is enough for short messages.
    if text.count("[") + text.count("{") <= JSON_DEPTH_MAX or _is_shallow(text):
        return
    depth = 0
    for match in _BRACKET.finditer(text):
        if match[1]:
            depth += 1
            if depth > JSON_DEPTH_MAX:
                raise StructureLimitExceeded(f"nested deeper than {JSON_DEPTH_MAX}", code="too-deep")
        elif match[2]:
            raise MalformedJson(f"a string that does not end, from character {match.start()}")
        elif match[0] in "]}":
            depth -= 1


def _is_shallow(text: str) -> bool:
    """Whether the text is surely not too deep. A text that is no JSON may count as either: the decoder refuses it.

    Seven times as fast as walking from bracket to bracket. Each round takes away the innermost brackets, so as many
    rounds are needed as the deepest point of any beginning of the text has open ones.
    """
    if "\\" in text:
        text = text.replace("\\\\", "").replace('\\"', "")
    pieces = text.split('"')
    if len(pieces) % 2 == 0:
        return False
    brackets = "".join(pieces[::2]).translate(_BRACKETS_ALONE)
    for _ in range(JSON_DEPTH_MAX):
        brackets = brackets.replace("[]", "")
        if not brackets:
            return True
    return False


def _check_surrogates(value: JsonValue) -> None:
    # An escape is the only way to a lone surrogate once the bytes were UTF-8; pairs have become one character.
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedJson("a lone surrogate") from error


def _read_object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    if len(pairs) > OBJECT_KEYS_MAX:
        raise StructureLimitExceeded(f"an object of {len(pairs)} keys", code="too-many-keys")
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedJson("a key stands twice in one object")
    return members


def _read_integer(digits: str) -> int:
    if len(digits) > _INTEGER_CHARS_MAX or abs(int(digits)) > SAFE_INTEGER_MAX:
        raise MalformedJson("an integer beyond I-JSON")
    return int(digits)


def _read_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedJson("a number too large for I-JSON")
    if SAFE_INTEGER_MAX < abs(number) < _EXPONENT_MIN:
        raise MalformedJson("a number whose canonical form is an integer beyond I-JSON")
    if number == 0.0 and any(digit in "123456789" for digit in re.split("[eE]", digits)[0]):
        raise MalformedJson("a number too small for I-JSON")
    return number


def _refuse_constant(name: str) -> JsonValue:
    raise MalformedJson(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_integer,
    parse_float=_read_float,
    parse_constant=_refuse_constant,
)
