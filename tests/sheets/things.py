"""The things that generated files hold, and how a file says them: languages, number forms, date forms, encodings.

Test material only. It shares no word list and no code with `node.sheets`: what stands here is written again by hand.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from node.sheets import Condition, ImportRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What one row says, as values."""

    inventory: str
    serial: str
    name: str
    category: str
    quantity: int
    condition: Condition | None
    unit: str
    location: str
    gone_by: date | None
    acquired: date | None
    price: Decimal | None
    mass_grams: int | None
    height_mm: int | None
    maker: str
    model: str
    notes: str


def _thing(number: int, **changes: object) -> Thing:
    values: dict[str, object] = {
        "inventory": f"AK{number:05}",
        "serial": f"SN-{number}/Æ",
        "name": f"Kontorstol nr. {number}",
        "category": "kontorstol",
        "quantity": number,
        "condition": Condition.GOOD,
        "unit": "Rådhuset",
        "location": "3. etg, rom 12",
        "gone_by": date(2026, 12, 18),
        "acquired": date(2011, 2, 3),
        "price": Decimal("4485.00"),
        "mass_grams": 2500,
        "height_mm": 725,
        "maker": "Håg",
        "model": f"Capisco {number}",
        "notes": "",
    }
    return Thing(**{**values, **changes})  # type: ignore[arg-type]


# Dates with days over 12 and masses with one decimal prove their column's form; 3.4.2019 and 1.804 kg need that proof.
THINGS: tuple[Thing, ...] = (
    _thing(1),
    _thing(2, acquired=date(2019, 4, 3), mass_grams=1804, price=Decimal("13777.50"), condition=Condition.NEW),
    _thing(3, acquired=date(1998, 12, 31), mass_grams=304, price=Decimal("999.90"), condition=Condition.AS_NEW),
    _thing(4, serial="", notes='"Ny" disk; 2021, ok|bra', condition=Condition.WORN, price=Decimal("1234567.89")),
    _thing(5, gone_by=None, acquired=None, price=None, mass_grams=None, height_mm=None, condition=None),
    _thing(6, condition=Condition.NEEDS_REPAIR, notes="første linje\nandre linje", height_mm=1200),
    _thing(1250, inventory="", serial="", name="Æøåäöÿ – “møbel”", maker="", model=""),
    _thing(8, inventory="", location="", unit="", gone_by=date(2027, 1, 5), mass_grams=125_000),
    _thing(9, name="", category="skjerm", notes="=1+1", quantity=1),
    _thing(10, name="", model="", maker="", category="tavle", height_mm=2005, acquired=date(2020, 1, 13)),
)


@dataclass(frozen=True, slots=True)
class Language:
    """The headers of one language in the order of `Thing`, and its words for the five conditions."""

    code: str
    headers: tuple[str, ...]
    conditions: tuple[str, ...]


_CONDITION_ORDER = (Condition.NEW, Condition.AS_NEW, Condition.GOOD, Condition.WORN, Condition.NEEDS_REPAIR)

LANGUAGES: tuple[Language, ...] = (
    Language(
        "nb",
        (
            "Inventarnr.", "Serienummer", "Navn", "Type", "Antall", "Tilstand", "Enhet", "Plassering",
            "Må være borte innen", "Anskaffet", "Innkjøpspris", "Vekt (kg)", "Høyde (cm)", "Produsent", "Modell",
            "Merknad",
        ),
        ("ny", "som ny", "god", "slitt", "defekt"),
    ),
    Language(
        "nn",
        (
            "INVENTARNUMMER", "Serienr", "Namn", "Utstyrstype", "Tal på", "Tilstand", "Eining", "Plassering",
            "Hentast innan", "Innkjøpsdato", "Pris inkl. mva", "Vekt kg", "Høgde cm", "Produsent", "Modell",
            "Merknader",
        ),
        ("Ubrukt", "Mykje god", "God stand", "Brukt", "Må reparerast"),
    ),
    Language(
        "sv",
        (
            "Inventarienr", "Serienr.", "Benämning", "Typ", "Antal (st)", "Skick", "Avdelning", "Placering",
            "Bort senast", "Inköpsdatum", "Inköpspris (kr)", "Vikt [kg]", "Höjd, cm", "Tillverkare", "Modell",
            "Anmärkning",
        ),
        ("Oanvänd", "Nyskick", "Bra skick", "Använt skick", "Trasig"),
    ),
    Language(
        "da",
        (
            "Inventarnummer", "Serienummer", "Betegnelse", "Kategori", "Antal", "Stand", "Afdeling", "Lokation",
            "Afhentes senest", "Købsdato", "Købspris ekskl. moms", "Vægt i kg", "Højde/cm", "Producent", "Model",
            "Bemærkninger",
        ),
        ("Ubrugt", "Næsten ny", "Pæn", "Slidt", "Skal repareres"),
    ),
    Language(
        "fi",
        (
            "Inventaarionumero", "Sarjanumero", "Nimi", "Tyyppi", "Määrä", "Kunto", "Yksikkö", "Sijainti",
            "Noudettava viimeistään", "Hankintapäivä", "Hankintahinta (€)", "Paino (kg)", "Korkeus (cm)", "Valmistaja",
            "Malli", "Huomautukset",
        ),
        ("uusi", "kuin uusi", "hyvä kunto", "kulunut", "rikki"),
    ),
    Language(
        "en",
        (
            "asset_tag", "SerialNumber", "Item name", "category_hint", "Qty", "Condition", "Department", "Location",
            "must_be_gone_by", "Purchase Date", "purchase-price", "mass_kg", "height_cm", "Manufacturer", "MODEL",
            "Notes",
        ),
        ("New", "as new", "Good condition", "used", "Broken"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How numbers are written: the decimal mark, and what stands between thousands."""

    mark: str
    group: str

    def write(self, value: Decimal, *, decimals: int | None) -> str:
        """The number with that many decimals, or with as many as it needs."""
        plain = f"{value:.{decimals}f}" if decimals is not None else f"{value.normalize():f}"
        whole, _, fraction = plain.partition(".")
        grouped = f"{int(whole):,}".replace(",", self.group)
        return f"{grouped}{self.mark}{fraction}" if fraction else grouped


NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"

NUMBER_FORMS: tuple[NumberForm, ...] = (
    NumberForm(",", " "),
    NumberForm(",", NO_BREAK),
    NumberForm(",", NARROW_NO_BREAK),
    NumberForm(",", "."),
    NumberForm(",", "'"),
    NumberForm(",", ""),
    NumberForm(".", ","),
    NumberForm(".", "’"),
    NumberForm(".", " "),
    NumberForm(".", ""),
)

MONTHS: tuple[str, ...] = (
    *("januar", "februari", "March", "huhtikuu", "mai", "juni"),
    *("July", "elokuu", "sep", "okt.", "marraskuuta", "desember"),
)
DATE_FORMS: Mapping[str, Callable[[date], str]] = {
    "dd.mm.yyyy": lambda day: day.strftime("%d.%m.%Y"),
    "d.m.yy": lambda day: f"{day.day}.{day.month}.{day:%y}",
    "yyyy-mm-dd": lambda day: day.isoformat(),
    "dd/mm/yyyy": lambda day: day.strftime("%d/%m/%Y"),
    "d-m-yyyy": lambda day: f"{day.day}-{day.month}-{day.year}",
    "yyyymmdd": lambda day: day.strftime("%Y%m%d"),
    "iso datetime": lambda day: f"{day.isoformat()}T09:30:00+01:00",
    "date and time": lambda day: f"{day:%d.%m.%Y} 00:00:00",
    "mm/dd/yyyy": lambda day: day.strftime("%m/%d/%Y"),
    "d. month yyyy": lambda day: f"{day.day}. {MONTHS[day.month - 1]} {day.year}",
}

# How a file is encoded: what the reader calls it, the mark in front, and the codec.
ENCODINGS: tuple[tuple[str, bytes, str], ...] = (
    ("utf-8", b"", "utf-8"),
    ("utf-8-sig", b"\xef\xbb\xbf", "utf-8"),
    ("utf-16-le", b"\xff\xfe", "utf-16-le"),
    ("utf-16-be", b"\xfe\xff", "utf-16-be"),
    ("utf-16-le", b"", "utf-16-le"),
    ("utf-16-be", b"", "utf-16-be"),
    ("windows-1252", b"", "windows-1252"),
)
DELIMITERS = (";", ",", "\t", "|")
LINE_ENDS = ("\r\n", "\n", "\r")


def texts_of(thing: Thing, *, language: Language, numbers: NumberForm, dates: Callable[[date], str]) -> list[str]:
    """The cells of a thing as text."""
    return [
        thing.inventory,
        thing.serial,
        thing.name,
        thing.category,
        numbers.write(Decimal(thing.quantity), decimals=0),
        "" if thing.condition is None else language.conditions[_CONDITION_ORDER.index(thing.condition)],
        thing.unit,
        thing.location,
        "" if thing.gone_by is None else dates(thing.gone_by),
        "" if thing.acquired is None else dates(thing.acquired),
        "" if thing.price is None else numbers.write(thing.price, decimals=2),
        "" if thing.mass_grams is None else numbers.write(Decimal(thing.mass_grams) / 1000, decimals=None),
        "" if thing.height_mm is None else numbers.write(Decimal(thing.height_mm) / 10, decimals=None),
        thing.maker,
        thing.model,
        thing.notes,
    ]


def delimited(rows: Sequence[Sequence[str]], *, delimiter: str, line_end: str = "\r\n", quote_all: bool = False) -> str:
    """Rows as the standard library writes them, with the same end for every line, those inside cells too."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    )
    writer.writerows(rows)
    return text.getvalue().replace("\n", line_end)


def says(row: ImportRow, thing: Thing) -> dict[str, tuple[object, object]]:
    """Where a row differs from the thing that was written: field -> (read, written). Empty when it says the same."""
    name = thing.name or " ".join(part for part in (thing.maker, thing.model) if part) or thing.category
    numbers = {"inventory": thing.inventory, "serial": thing.serial}
    identity = next((f"{kind}:{number}" for kind, number in numbers.items() if number), "row:")
    pairs: dict[str, tuple[object, object]] = {
        "identity": (row.identity[: len(identity)], identity),
        "inventory_number": (row.inventory_number, thing.inventory or None),
        "serial_number": (row.serial_number, thing.serial or None),
        "name": (row.name, name),
        "category_text": (row.category_text, thing.category),
        "quantity": (row.quantity, thing.quantity),
        "condition": (row.condition, thing.condition),
        "unit_text": (row.unit_text, thing.unit or None),
        "location_text": (row.location_text, thing.location or None),
        "gone_by_on": (row.gone_by_on, thing.gone_by),
        "acquired_on": (row.acquired_on, thing.acquired),
        "purchase_price_minor": (row.purchase_price_minor, None if thing.price is None else int(thing.price * 100)),
        "mass_grams": (row.mass_grams, thing.mass_grams),
        "height_mm": (row.height_mm, thing.height_mm),
        "maker": (row.maker, thing.maker or None),
        "model": (row.model, thing.model or None),
        "notes": (row.notes, thing.notes or None),
    }
    return {field: pair for field, pair in pairs.items() if pair[0] != pair[1]}
