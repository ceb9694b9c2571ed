"""Inventories for the demo: invented things in the shapes that real lists have.

Each organisation's list has its own encoding, delimiter, headers and date form, as lists from different offices do.
The things and rooms are made up; nothing is copied from anybody's register.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from node.commands.demo_cast import Organisation

STORY_CHAIRS = "Kontorstol med høy rygg, svart stoff"
STORY_CHAIR_COUNT = 24
STORY_STACKING_CHAIRS = "Stablestol i bjørk"
STORY_STACKING_CHAIR_COUNT = 60
STORY_LAPTOPS = "Bærbar PC fra 2021"
STORY_LAPTOP_COUNT = 12


@dataclass(frozen=True, slots=True)
class _Thing:
    name: str
    category: str
    quantity: int
    condition: str
    mass_kg: str
    notes: str = ""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How one office writes its lists."""

    suffix: str
    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    day_format: str
    decimal: str


_THINGS = (
    _Thing("Hev/senk skrivebord 160x80, eik", "hev- og senkebord", 18, "god", "46,5", "kabelrenne følger med"),
    _Thing("Skrivebord med faste ben, hvit", "skrivebord", 31, "brukt", "28"),
    _Thing("Møtebord, oval, 10 plasser", "bord", 3, "god", "74", "i to deler"),
    _Thing("Kafébord, rundt, 80 cm", "bord", 9, "god", "19,2"),
    _Thing("Arkivskap, 4 skuffer, grått", "arkivskap", 14, "slitt", "41", "nøkkel mangler på to"),
    _Thing("Garderobeskap, 2 rom", "skap", 22, "god", "33,4"),
    _Thing("Bokhylle, bjørk, 5 hyller", "hylle", 12, "brukt", "24"),
    _Thing("Sofa, 3-seter, ull, grønn", "sofa", 4, "som ny", "52"),
    _Thing("Lenestol, lav, blå", "sofa", 6, "god", "21"),
    _Thing('Skjerm 24", DisplayPort', "skjerm", 40, "god", "5,3", "strømkabel følger med"),
    _Thing('Skjerm 27", USB-C', "skjerm", 11, "som ny", "6,1"),
    _Thing("Arbeidsjakke, synlighet klasse 3, str. L", "arbeidstøy", 37, "ny", "0,9", "logo på ryggen"),
    _Thing("Vernesko, str. 43", "arbeidstøy", 16, "ny", "1,3"),
    _Thing("Elevpult, justerbar", "skrivebord", 58, "slitt", "17,5"),
    _Thing("Kontorstol uten armlener, grå", "kontorstol", 8, "brukt", "13,2"),
    _Thing("Konferansestol, stablebar, sort", "stablestol", 45, "god", "6,4"),
)

_STORY_THINGS = (
    _Thing(STORY_CHAIRS, "kontorstol", STORY_CHAIR_COUNT, "god", "15,4", "hjul for harde gulv"),
    _Thing(STORY_STACKING_CHAIRS, "stablestol", STORY_STACKING_CHAIR_COUNT, "god", "5,2", "på tralle, 12 i høyden"),
    _Thing(STORY_LAPTOPS, "bærbar PC", STORY_LAPTOP_COUNT, "brukt", "1,6", "ikke slettet ennå"),
)

_PLACES = (
    "Rådhuset, 3. etg", "Rådhuset, kjeller", "Kulturhuset, lager", "Ungdomsskolen, rom 114", "Sykehjemmet, 2. etg",
    "Barnehagen, bod", "Driftssentralen", "Biblioteket",
)  # fmt: skip

_SHAPES = (
    _Shape(
        "csv", "cp1252", ";",
        ("Inventarnr", "Betegnelse", "Kategori", "Antall", "Tilstand", "Plassering", "Må være borte innen",
         "Vekt (kg)", "Merknad"),
        "%d.%m.%Y", ",",
    ),
    _Shape(
        "csv", "utf-8", ",",
        ("inventory_number", "name", "category", "quantity", "condition", "location", "gone_by", "mass_kg", "notes"),
        "%Y-%m-%d", ".",
    ),
    _Shape(
        "txt", "utf-16", "\t",
        ("Inventarnummer", "Navn", "Type", "Ant.", "Stand", "Sted", "Hentes innen", "Vekt", "Kommentar"),
        "%d.%m.%Y", ",",
    ),
    _Shape(
        "csv", "utf-8-sig", ";",
        ("Inv.nr", "Benevnelse", "Kategori", "Stk", "Tilstand", "Lokasjon", "Frist", "Vekt kg", "Notat"),
        "%d/%m/%Y", ",",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InventoryFile:
    """A list as an office would send it, and how many of its rows cannot be read."""

    name: str
    content: bytes
    shape: str
    rows: int
    unreadable: int


def write_inventory(organisation: Organisation, *, index: int, gone_by: date) -> InventoryFile:
    """The list of the organisation that stands at this place in the cast. One row of the second list is unreadable."""
    shape = _SHAPES[index % len(_SHAPES)]
    offset = index * 5 % len(_THINGS)
    things = _THINGS[offset:] + _THINGS[:offset]
    # Every organisation has a choice of its own; the giver also has what the story is about.
    chosen = (*_STORY_THINGS, *things[:13]) if index == 0 else things[: 9 + index % 5]
    lines = [shape.delimiter.join(shape.headers)]
    for row, thing in enumerate(chosen):
        place = _PLACES[(row * 3 + index) % len(_PLACES)]
        day = (gone_by + timedelta(days=row % 4 * 7)).strftime(shape.day_format) if row % 3 == 0 else ""
        cells = (
            f"{organisation.slug[:2].upper()}{10_000 + row}", thing.name, thing.category, str(thing.quantity),
            thing.condition, place, day, thing.mass_kg.replace(",", shape.decimal), thing.notes,
        )  # fmt: skip
        lines.append(shape.delimiter.join(_quoted(cell, shape.delimiter) for cell in cells))
    unreadable = 1 if index == 1 else 0
    if unreadable:
        lines.append(shape.delimiter.join(("BA19999", "Tavle 200x120", "", "noen få", "god", _PLACES[0], "", "", "")))
    return InventoryFile(
        name=f"inventar-{organisation.slug}.{shape.suffix}",
        content="\r\n".join((*lines, "")).encode(shape.encoding),
        shape=f"{_ENCODING_NAMES[shape.encoding]}, {_DELIMITER_NAMES[shape.delimiter]}",
        rows=len(chosen) + unreadable,
        unreadable=unreadable,
    )


_ENCODING_NAMES = {"cp1252": "Windows-1252", "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-8-sig": "UTF-8 with BOM"}
_DELIMITER_NAMES = {";": "semicolons", ",": "commas", "\t": "tabs"}


def _quoted(cell: str, delimiter: str) -> str:
    if any(character in cell for character in (delimiter, '"')):
        return '"' + cell.replace('"', '""') + '"'
    return cell
