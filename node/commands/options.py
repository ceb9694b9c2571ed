"""Options and arguments that more than one command has, and how their texts become values."""

import math
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from protocol.limits import CONTENT_CHARS_MAX, QUANTITY_MAX

LIST_LIMIT = 200
"""Rows that a list shows unless --limit says otherwise: a few screens."""

LIST_LIMIT_MAX = 100_000

WAIT_SECONDS_MAX = 3_600

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_NORDIC_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_COORDINATES = re.compile(r"(-?\d{1,2}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)", re.ASCII)


def parse_day(text: str) -> date:
    """The day written as yyyy-mm-dd or dd.mm.yyyy. Raises BadParameter, for days that do not exist too."""
    if iso := _ISO_DAY.fullmatch(text.strip()):
        year, month, day = iso.groups()
    elif nordic := _NORDIC_DAY.fullmatch(text.strip()):
        day, month, year = nordic.groups()
    else:
        raise typer.BadParameter(f"{text!r} is not a date; write it like 2026-12-18 or 18.12.2026")
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day of the calendar; write it like 2026-12-18") from error


@dataclass(frozen=True, slots=True)
class Place:
    """A place as somebody typed it: WGS 84 degrees."""

    latitude: float
    longitude: float


def parse_place(text: str) -> Place:
    """Latitude and longitude in degrees, written as `59.83,10.44`. Raises BadParameter."""
    found = _COORDINATES.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a place; write latitude,longitude like 59.83,10.44")
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise typer.BadParameter(f"{text!r} is not on the globe; latitude is -90 to 90, longitude -180 to 180")
    return Place(latitude=latitude, longitude=longitude)


def parse_text(text: str) -> str:
    """The text as typed. Raises BadParameter for control characters other than line ends and tabs."""
    if found := _CONTROL.search(text):
        before = text[max(0, found.start() - 20) : found.start()]
        raise typer.BadParameter(f"it has the control character U+{ord(found[0]):04X} after {before!r}; leave that out")
    return text


def parse_line(text: str) -> str:
    """The text on one line, with single spaces and none at its ends. Raises BadParameter for control characters."""
    return parse_text(" ".join(text.split()))


def parse_words(text: str) -> str:
    """The text on one line; refuses one with nothing in it, too. Raises BadParameter."""
    cleaned = parse_line(text)
    if not cleaned:
        raise typer.BadParameter("it is empty; write at least one word")
    return cleaned


def parse_message_text(text: str) -> str:
    """The text, if it fits into a message. Raises BadParameter."""
    if len(text) > CONTENT_CHARS_MAX:
        raise typer.BadParameter(f"it has {len(text)} characters; at most {CONTENT_CHARS_MAX} fit")
    return parse_text(text)


def refuse_nan(number: float | None) -> float | None:
    """The number, unless it is `nan`, which lies within every range. Raises BadParameter."""
    if number is not None and math.isnan(number):
        raise typer.BadParameter("nan is not a number; write it like 2.5")
    return number


HomeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="The node's folder; else KRETS_HOME.", show_default=False),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document.", show_default=False)]
WaitOption: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0,
        max=WAIT_SECONDS_MAX,
        callback=refuse_nan,
        help="Wait so long for the peer's answer.",
        show_default=False,
    ),
]
WithinOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--within",
        metavar="KM",
        min=0,
        max=20_000,
        callback=refuse_nan,
        help="At most so far away.",
        show_default=False,
    ),
]
LimitOption: TypeAlias = Annotated[
    int, typer.Option("--limit", metavar="N", min=1, max=LIST_LIMIT_MAX, help="Show at most so many.")
]
QuantityOption: TypeAlias = Annotated[
    int, typer.Option("--quantity", metavar="N", min=1, max=QUANTITY_MAX, help="How many.", show_default=False)
]
SomeQuantityOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--quantity", metavar="N", min=1, max=QUANTITY_MAX, help="How many; else all.", show_default=False),
]
TextOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="TEXT",
        parser=parse_message_text,
        help="A word to the other side; no names of people.",
        show_default=False,
    ),
]
CategoryOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--category", metavar="WORD", help="A category: its word, short name or address.", show_default=False),
]
TierName: TypeAlias = Literal["own", "partners", "organisations", "public"]
PeerTierName: TypeAlias = Literal["partners", "organisations", "public"]
ItemArgument: TypeAlias = Annotated[str, typer.Argument(metavar="ITEM", help="The item's number or IRI.")]
RequestArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="REQUEST", help="Its number, the request's IRI or the agreement's.")
]
