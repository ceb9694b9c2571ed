"""Reading one field of a JSON object, strictly: the value in its type, or InvalidMessage that names the field.

Here: fields and nothing above them. Not here: which fields a message has (`protocol.documents`,
`protocol.activities`). `required_*` refuse an absent field; `optional_*` return None for it. JSON null is never a
value: a field is there or it is not.
"""

import re

from protocol.errors import InvalidMessage
from protocol.identifiers import ActorIri, Digest, Iri, parse_digest, parse_iri
from protocol.limits import AUDIENCE_ENTRIES_MAX, SEEN_DIGESTS_MAX
from protocol.strict_json import JsonObject, JsonValue

# Control characters would reach terminals and logs. One line has none; a longer text may have line ends and tabs.
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f]*")
_PARAGRAPHS = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*")

# A code is a word in kebab-case. Codes that are not in our lists are kept, so that lists may grow.
_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_CODE_CHARS_MAX = 40


def required_object(document: JsonObject, key: str) -> JsonObject:
    """The object under this key."""
    value = document.get(key)
    if not isinstance(value, dict):
        raise InvalidMessage(f"{key} is not an object")
    return value


def require_type(document: JsonObject, expected: str) -> None:
    """Return nothing if the object's `type` is exactly this one text; a list of types is refused."""
    if document.get("type") != expected:
        raise InvalidMessage(f"type is {document.get('type')!r} where {expected!r} is expected")


def required_iri(document: JsonObject, key: str) -> Iri:
    """The IRI under this key, written as a text. Raises InvalidIdentifier where it is not in normal form."""
    if key not in document:
        raise InvalidMessage(f"{key} is absent")
    return parse_iri(document[key], allow_http=True)


def required_actor_iri(document: JsonObject, key: str) -> ActorIri:
    """The IRI of an actor under this key. Raises InvalidIdentifier where it is not in normal form."""
    return ActorIri(required_iri(document, key))


def optional_iri(document: JsonObject, key: str) -> Iri | None:
    """The IRI under this key, or None. Raises InvalidIdentifier where it is not in normal form."""
    return parse_iri(document[key], allow_http=True) if key in document else None


def optional_digest(document: JsonObject, key: str) -> Digest | None:
    """The digest under this key, or None. Raises InvalidIdentifier where it is not one."""
    return parse_digest(document[key]) if key in document else None


def optional_line(document: JsonObject, key: str, *, chars_max: int) -> str | None:
    """The text of one line under this key, at most `chars_max` code points and no control characters, or None."""
    return _optional_text(document, key, pattern=_LINE, chars_max=chars_max)


def optional_paragraphs(document: JsonObject, key: str, *, chars_max: int) -> str | None:
    """The text under this key, line ends and tabs allowed, at most `chars_max` code points, or None."""
    return _optional_text(document, key, pattern=_PARAGRAPHS, chars_max=chars_max)


def optional_code(document: JsonObject, key: str) -> str | None:
    """The kebab-case word under this key, or None."""
    return _optional_text(document, key, pattern=_CODE, chars_max=_CODE_CHARS_MAX)


def optional_integer(document: JsonObject, key: str, *, largest: int) -> int | None:
    """The integer from 1 to `largest` under this key, or None. `1.0` and `true` are no integers."""
    if key not in document:
        return None
    value = document[key]
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
        raise InvalidMessage(f"{key} is not an integer from 1 to {largest}")
    return value


def required_degrees(document: JsonObject, key: str, *, largest: int) -> float:
    """The number from -`largest` to `largest` under this key, in degrees."""
    value = document.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not -largest <= value <= largest:
        raise InvalidMessage(f"{key} is not a number of degrees from -{largest} to {largest}")
    return float(value)


def required_audience(document: JsonObject) -> tuple[Iri, ...]:
    """The IRIs of `to`, in order: one text or a list of 1 to AUDIENCE_ENTRIES_MAX."""
    value = document.get("to")
    entries: list[JsonValue] = value if isinstance(value, list) else [value]
    if not 1 <= len(entries) <= AUDIENCE_ENTRIES_MAX:
        raise InvalidMessage(f"to has {len(entries)} entries")
    return tuple(parse_iri(entry, allow_http=True) for entry in entries)


def optional_seen(document: JsonObject) -> frozenset[Digest]:
    """The digests of `seen`, a list of at most SEEN_DIGESTS_MAX; empty where it is absent."""
    value = document.get("seen", [])
    if not isinstance(value, list) or len(value) > SEEN_DIGESTS_MAX:
        raise InvalidMessage(f"seen is not a list of at most {SEEN_DIGESTS_MAX} digests")
    return frozenset(parse_digest(entry) for entry in value)


def _optional_text(document: JsonObject, key: str, *, pattern: re.Pattern[str], chars_max: int) -> str | None:
    if key not in document:
        return None
    value = document[key]
    if not isinstance(value, str) or len(value) > chars_max or not pattern.fullmatch(value):
        raise InvalidMessage(f"{key} is not a text of this kind within {chars_max} characters")
    return value
