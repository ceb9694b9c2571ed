"""How Python values stand in columns: instants as ISO 8601 text in UTC, dates as ISO text, JSON as text."""

import json
from collections.abc import Mapping
from datetime import date, datetime

from protocol.vocabulary import format_instant, parse_instant


def instant_text(at: datetime | None) -> str | None:
    """Sortable text for an aware instant, whole seconds."""
    return None if at is None else format_instant(at)


def instant_of(text: str | None) -> datetime | None:
    """The instant of such a text."""
    return None if text is None else parse_instant(text)


def required_instant(text: str) -> datetime:
    """The instant of a column that is never null."""
    return parse_instant(text)


def date_text(on: date | None) -> str | None:
    """ISO text for a date."""
    return None if on is None else on.isoformat()


def date_of(text: str | None) -> date | None:
    """The date of such a text."""
    return None if text is None else date.fromisoformat(text)


def json_text(value: Mapping[str, object]) -> str:
    """Compact JSON with sorted keys, so that equal values are equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
