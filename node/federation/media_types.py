"""The media types of federation, and which Content-Type a document of each kind may have.

A body under another type is refused even if it reads as JSON: uploads and error pages have been passed off as
actors and activities that way (CVE-2024-25623, CVE-2024-25636).
"""

import re

ACTIVITY_JSON = "application/activity+json"
LD_JSON = "application/ld+json"
AS2_PROFILE = "https://www.w3.org/ns/activitystreams"
JRD_JSON = "application/jrd+json"
JSON = "application/json"
SCHEMA_JSON = "application/schema+json"
ACTIVITY_ACCEPT = f'{ACTIVITY_JSON}, {LD_JSON}; profile="{AS2_PROFILE}"'

_PARAMETER = re.compile(r""";\s*(?P<name>[A-Za-z0-9!#$&^_.+-]+)=(?:"(?P<quoted>[^"\\]*)"|(?P<token>[^;"\s]+))\s*""")


def is_activity_type(content_type: str | None) -> bool:
    """Whether a body of this Content-Type may be read as ActivityStreams 2.0 (ActivityPub, 3.2)."""
    if content_type == ACTIVITY_JSON:
        return True
    parsed = _parse(content_type)
    if parsed is None or not _is_utf8(parsed[1]):
        return False
    essence, parameters = parsed
    return essence == ACTIVITY_JSON or (essence == LD_JSON and AS2_PROFILE in parameters.get("profile", "").split())


def is_discovery_type(content_type: str | None) -> bool:
    """Whether a body of this Content-Type may be read as a WebFinger answer (RFC 7033, 4.2; servers also say JSON)."""
    parsed = _parse(content_type)
    return parsed is not None and parsed[0] in (JRD_JSON, JSON) and _is_utf8(parsed[1])


def _is_utf8(parameters: dict[str, str]) -> bool:
    return parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")


def _parse(content_type: str | None) -> tuple[str, dict[str, str]] | None:
    """Essence in lower case and parameters; None for what RFC 9110, 8.3.1 does not know, or a parameter given twice."""
    if content_type is None:
        return None
    essence, semicolon, rest = content_type.partition(";")
    rest, position = semicolon + rest, 0
    parameters: dict[str, str] = {}
    while position < len(rest):
        match = _PARAMETER.match(rest, position)
        if match is None or match["name"].lower() in parameters:
            return None
        quoted = match["quoted"]
        parameters[match["name"].lower()] = match["token"] if quoted is None else quoted
        position = match.end()
    return essence.strip().lower(), parameters
