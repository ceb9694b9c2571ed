"""Which record is the header, and which field each of its cells names.

The words are in `header_words`, units in `units`. A `--map` override always wins over what a header seems to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from node.sheets.errors import SheetUnreadable
from node.sheets.fields import FIELDS, IGNORE, NAMING_FIELDS, Field
from node.sheets.header_words import HEADER_WORDS, NOISE_WORDS
from node.sheets.limits import HEADER_CHARS_MAX, HEADER_SEARCH_RECORDS
from node.sheets.tables import RawRecord, text_of
from node.sheets.texts import clean_line, fold, fold_together, shown
from node.sheets.units import UNITS

# A row in which this many headers are known is a header wherever it stands; the first record needs only one.
_RECOGNISED_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class HeaderMeaning:
    """One thing a header may mean. Lower ranks are surer. `scale` is set when the header names a unit."""

    field: Field
    rank: int
    scale: Decimal | None


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """One column: its header as written, its field or None, and the stated unit in base units of the field or None."""

    index: int
    header: str
    field: Field | None
    scale: Decimal | None


def _known_words() -> Mapping[str, tuple[tuple[Field, int], ...]]:
    known: dict[str, dict[Field, int]] = {}
    for field, rank, words in HEADER_WORDS:
        for word in words.split(","):
            known.setdefault(fold_together(word), {}).setdefault(field, rank)
    for field in Field:
        known.setdefault(fold_together(field.value), {}).setdefault(field, 0)
    return MappingProxyType({word: tuple(fields.items()) for word, fields in known.items()})


_KNOWN: Final = _known_words()


def recognise_header(header: str) -> tuple[HeaderMeaning, ...]:
    """Everything a header may mean, surest first; empty when it is not known.

    >>> recognise_header("Vekt (kg)")
    (HeaderMeaning(field=<Field.MASS: 'mass'>, rank=0, scale=Decimal('1000')),)
    """
    return _recognise(header[:HEADER_CHARS_MAX])


# The same headers are asked about for each delimiter and again when fields are given to columns.
@lru_cache(maxsize=2_048)
def _recognise(header: str) -> tuple[HeaderMeaning, ...]:
    words = fold(header)
    core = tuple(word for word in words if word not in NOISE_WORDS)
    # Units before noise: "in" is an inch in "Height (in)" and noise in "Height in cm".
    for candidate in (words, core):
        meanings = _meanings_of("".join(candidate), unit=None)
        if meanings:
            return meanings
        for position in range(len(candidate) - 1, 0, -1):
            rest = "".join(candidate[:position] + candidate[position + 1 :])
            meanings = _meanings_of(rest, unit=candidate[position])
            if meanings:
                return meanings
    return ()


def _meanings_of(word: str, *, unit: str | None) -> tuple[HeaderMeaning, ...]:
    found = (
        HeaderMeaning(field, rank, None if unit is None else UNITS.get(field, {}).get(unit))
        for field, rank in _KNOWN.get(word, ())
        if unit is None or unit in UNITS.get(field, {})
    )
    return tuple(sorted(found, key=lambda meaning: meaning.rank))


def count_recognised(record: RawRecord, *, columns: Mapping[str, str]) -> int:
    """How many different fields the cells of a record name, as headers or through `--map`; 0 if it is no header.

    A record is no header unless one of its cells is mapped or names a field that says what a thing is.
    """
    headers = tuple(clean_line(text_of(cell)) for cell in record.cells)
    mapped = {_find_column(headers, column) for column in columns} - {None}
    fields = {
        meaning.field
        for index, header in enumerate(headers)
        if index not in mapped
        for meaning in recognise_header(header)[:1]
    }
    return len(mapped) + len(fields) if mapped or fields & NAMING_FIELDS else 0


def find_header(records: Sequence[RawRecord], *, columns: Mapping[str, str]) -> int | None:
    """The position of the header among the first records, or None.

    The first record with two known headers, else the very first record if it has one. What stands above (a title, the
    date of the export) is not data.
    """
    searched = records[:HEADER_SEARCH_RECORDS]
    counts = [count_recognised(record, columns=columns) for record in searched]
    for position, count in enumerate(counts):
        if count >= _RECOGNISED_MIN:
            return position
    return 0 if counts and counts[0] else None


def assign_fields(record: RawRecord, *, columns: Mapping[str, str]) -> tuple[HeaderColumn, ...]:
    """Give each field to at most one column: overrides first, then by rank, then from the left.

    Raises SheetUnreadable when an override names an unknown column or field, or two columns for one field, or when no
    column says what a thing is.
    """
    headers = tuple(clean_line(text_of(cell)) for cell in record.cells)
    assigned = _apply_overrides(headers, columns=columns)
    taken = {meaning.field for meaning in assigned.values() if meaning is not None}
    candidates = sorted(
        (
            (meaning.rank, index, meaning)
            for index, header in enumerate(headers)
            for meaning in recognise_header(header)
        ),
        key=lambda candidate: candidate[:2],
    )
    for _, index, meaning in candidates:
        if index not in assigned and meaning.field not in taken:
            assigned[index] = meaning
            taken.add(meaning.field)
    if not taken & NAMING_FIELDS:
        raise no_header(headers)
    return tuple(_column_of(index, header, assigned.get(index)) for index, header in enumerate(headers))


def _column_of(index: int, header: str, meaning: HeaderMeaning | None) -> HeaderColumn:
    if meaning is None:
        return HeaderColumn(index, header, None, None)
    return HeaderColumn(index, header, meaning.field, meaning.scale)


def _apply_overrides(headers: Sequence[str], *, columns: Mapping[str, str]) -> dict[int, HeaderMeaning | None]:
    """Column position -> what `--map` makes of it (None for `ignore`)."""
    assigned: dict[int, HeaderMeaning | None] = {}
    for column, target in columns.items():
        index = _find_column(headers, column)
        if index is None:
            raise SheetUnreadable(
                f"The file has no column {shown(column)} to map; its columns are {_listed(headers)}; correct --map."
            )
        meaning = _resolve_field(target)
        others = [found.field for found in assigned.values() if found is not None]
        if meaning is not None and meaning.field in others:
            raise SheetUnreadable(
                f"Two columns are mapped to the field {meaning.field.value}; map only one of them with --map."
            )
        if index in assigned:
            raise SheetUnreadable(f"The column {shown(headers[index])} is mapped twice; map it once with --map.")
        assigned[index] = meaning
    return assigned


def _find_column(headers: Sequence[str], column: str) -> int | None:
    """The column with this header as written, else the first that differs only in case, marks and punctuation."""
    wanted = clean_line(column)
    if wanted in headers:
        return headers.index(wanted)
    folded = fold_together(wanted)
    return next((index for index, header in enumerate(headers) if folded and fold_together(header) == folded), None)


def _resolve_field(target: str) -> HeaderMeaning | None:
    """The field that the right side of `--map` names: by its name, by any known header word, with a unit if it has."""
    if clean_line(target).casefold() == IGNORE:
        return None
    words = fold(target[:HEADER_CHARS_MAX])
    for trimmed in (words, words[:-1]):
        # `category_text` and `gone_by_on` are what the rows call these fields.
        if trimmed is words or words[-1:] in (("text",), ("on",)):
            meanings = recognise_header(" ".join(trimmed))
            if meanings:
                return meanings[0]
    names = ", ".join(name for name, _ in FIELDS)
    raise SheetUnreadable(f"There is no field {shown(target)} to map to; the fields are {names}; correct --map.")


def no_header(headers: Sequence[str]) -> SheetUnreadable:
    """The error of a file whose first rows name nothing that is understood. `headers` is what stands there instead."""
    names = ", ".join(name for name, _ in FIELDS)
    return SheetUnreadable(
        f"No row of headers that name the things is recognised (found {_listed(headers)}): give the columns headers "
        "such as Navn, Type, Modell, Inventarnr, Namn, Nimi or Name, or say what a column is with --map COLUMN=FIELD, "
        f"where FIELD is one of {names}."
    )


def _listed(headers: Iterable[str]) -> str:
    written = [header for header in headers if header]
    quoted = ", ".join(shown(header) for header in written[:HEADER_SEARCH_RECORDS])
    more = len(written) - HEADER_SEARCH_RECORDS
    return f"{quoted} and {more} more" if more > 0 else quoted or "nothing"
