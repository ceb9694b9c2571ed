"""How the cells of each column are read: decided once from the evidence of the whole column, then applied per cell.

Evidence for a decimal mark or an order of dates comes from the column itself, else from all columns of that kind in the
file, else from what such files usually hold: a decimal comma (a decimal point where commas separate the cells) and the
day first. Number forms are in `numbers`, date forms in `dates`, units in `units`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

from node.sheets.dates import (
    ORDER_NAMES,
    DateOrder,
    DateReading,
    bounded_date,
    decide_order,
    find_date,
    find_serial_date,
)
from node.sheets.errors import CellUnreadable
from node.sheets.fields import DATE_FIELDS, IDENTITY_FIELDS, TEXT_FIELDS, Field
from node.sheets.headers import HeaderColumn
from node.sheets.limits import LENGTH_MM_MAX, MASS_GRAMS_MAX, PRICE_MINOR_MAX, QUANTITY_MAX
from node.sheets.numbers import DecimalMark, NumberReading, decide_mark, find_number, whole_only
from node.sheets.tables import Cell, RawRecord, RawTable, text_of
from node.sheets.texts import clean_line, clean_lines, fold_together
from node.sheets.units import DEFAULT_SCALES, MEASURE_WORDS, UNITS

Value: TypeAlias = str | int | date

# Marks that programs and people leave where there is nothing to say.
_NOTHING: Final = frozenset({"-", "--", "---", "–", "—", "n/a", "#n/a", "#i/t", "#saknas!", "null", "none", "nan"})
# Words that say that something is not known. As a quantity they are refused: 1 would be a guess.
_UNKNOWN_WORDS: Final = """
    ukjent ukjend okänd okänt ukendt tuntematon unknown mangler saknas puuttuu missing ingen ikke intet n.a. na
"""
_UNKNOWN: Final = frozenset(_UNKNOWN_WORDS.split())
# An inventory or serial number of nothing but these is a placeholder.
_EMPTY_NUMBER: Final = "0?.-–—_/* "

_MAXIMA: Final = MappingProxyType(
    {
        Field.QUANTITY: QUANTITY_MAX,
        Field.PURCHASE_PRICE: PRICE_MINOR_MAX,
        Field.MASS: MASS_GRAMS_MAX,
        Field.HEIGHT: LENGTH_MM_MAX,
        Field.WIDTH: LENGTH_MM_MAX,
        Field.DEPTH: LENGTH_MM_MAX,
    }
)
_EXAMPLES: Final = MappingProxyType(
    {
        Field.QUANTITY: "12 or 12 stk",
        Field.PURCHASE_PRICE: "4485,00 or 4 485 kr",
        Field.MASS: "2,5 or 2500 g",
        Field.HEIGHT: "72,5 or 725 mm",
        Field.WIDTH: "72,5 or 725 mm",
        Field.DEPTH: "72,5 or 725 mm",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableColumn:
    """One column and the forms its cells are read in. `scale` turns a bare number into the field's base unit."""

    index: int
    header: str
    field: Field | None
    scale: Decimal
    mark: DecimalMark
    order: DateOrder
    serial_epoch: date | None


def plan_columns(
    headers: Sequence[HeaderColumn], records: Sequence[RawRecord], *, table: RawTable
) -> tuple[ReadableColumn, ...]:
    """Decide the forms of every column from all its cells in `records`, the data records of `table`."""
    numbers: dict[int, tuple[NumberReading, ...]] = {}
    dates: dict[int, tuple[DateReading, ...]] = {}
    columns: list[HeaderColumn] = []
    for column in headers:
        texts = _texts_of_column(column.index, records)
        if column.field is Field.UNIT and texts and all(fold_together(text) in MEASURE_WORDS for text in texts):
            column = replace(column, field=None)
        columns.append(column)
        if column.field is not None and column.field in UNITS:
            numbers[column.index] = _number_readings(texts, field=column.field)
        elif column.field in DATE_FIELDS:
            dates[column.index] = tuple(reading for text in texts if (reading := find_date(text)) is not None)
    usual_mark = DecimalMark.POINT if table.delimiter == "," else DecimalMark.COMMA
    file_mark = decide_mark(reading for readings in numbers.values() for reading in readings) or usual_mark
    file_order = decide_order(reading for readings in dates.values() for reading in readings)
    return tuple(
        ReadableColumn(
            index=column.index,
            header=column.header,
            field=column.field,
            scale=_scale_of(column),
            mark=decide_mark(numbers.get(column.index, ())) or file_mark,
            order=_first_order(decide_order(dates.get(column.index, ())), file_order),
            serial_epoch=table.serial_epoch,
        )
        for column in columns
    )


def _texts_of_column(index: int, records: Iterable[RawRecord]) -> frozenset[str]:
    # Each different text once: evidence is what forms occur, and a column of 200,000 rows repeats itself.
    cells = (record.cells[index] for record in records if index < len(record.cells))
    return frozenset(text for cell in cells if isinstance(cell, str) and (text := cell.strip()))


def _number_readings(texts: Iterable[str], *, field: Field) -> tuple[NumberReading, ...]:
    found = (find_number(text, units=UNITS[field]) for text in texts)
    readings = (reading for reading in found if reading is not None)
    return tuple(whole_only(reading) if field is Field.QUANTITY else reading for reading in readings)


def _scale_of(column: HeaderColumn) -> Decimal:
    if column.scale is not None:
        return column.scale
    return Decimal(1) if column.field is None else DEFAULT_SCALES.get(column.field, Decimal(1))


def _first_order(*orders: DateOrder | None) -> DateOrder:
    return next((order for order in orders if order is not None), DateOrder.DAY_MONTH_YEAR)


def read_value(cell: Cell, *, column: ReadableColumn) -> Value | None:
    """The value of a cell in the column's base unit, or None when it says nothing.

    Numbers are rounded half up to whole base units (grams, millimetres, hundredths). Raises CellUnreadable when a value
    is present and cannot be read, and ValueError for a column without a field.
    """
    field = column.field
    if field is None:
        raise ValueError("a column without a field has no values")
    if field in TEXT_FIELDS:
        return _read_text(cell, field=field)
    if isinstance(cell, str) and says_nothing(clean_line(cell), refuse_unknown=field is Field.QUANTITY):
        return None
    if field in DATE_FIELDS:
        return _read_date(cell, column=column)
    return _read_number(cell, field=field, column=column)


def says_nothing(text: str, *, refuse_unknown: bool) -> bool:
    """Whether a clean line is empty, a mark that stands for nothing, or (unless refused) a word for "not known"."""
    folded = text.casefold()
    return not folded or folded in _NOTHING or (not refuse_unknown and folded in _UNKNOWN)


def _read_text(cell: Cell, *, field: Field) -> str | None:
    text = clean_lines(text_of(cell)) if field is Field.NOTES else clean_line(text_of(cell))
    # "Unknown" is a note like any other, but as a number it would make all such rows one and the same thing.
    if field in IDENTITY_FIELDS and (says_nothing(text, refuse_unknown=False) or not text.strip(_EMPTY_NUMBER)):
        return None
    return text or None


def _read_date(cell: Cell, *, column: ReadableColumn) -> date:
    if isinstance(cell, str):
        reading = find_date(cell)
        day = None if reading is None else reading.under(column.order)
    elif isinstance(cell, Decimal):
        day = None if column.serial_epoch is None else find_serial_date(cell, epoch=column.serial_epoch)
    else:
        day = bounded_date(cell)
    if day is None:
        order = ORDER_NAMES[column.order]
        raise CellUnreadable(
            f"is not a date from 1900 to 2199 (this column is read as {order}); write for example 2026-12-18"
        )
    return day


def _read_number(cell: Cell, *, field: Field, column: ReadableColumn) -> int:
    value = _measure(cell, field=field, column=column)
    if value is None:
        raise CellUnreadable(f"is not a number; write for example {_EXAMPLES[field]}")
    if value < 0 or (field is Field.QUANTITY and value == 0):
        raise CellUnreadable("is less than one; write 1 or more" if field is Field.QUANTITY else "is less than zero")
    if value > _MAXIMA[field]:
        raise CellUnreadable("is larger than anything that can be exchanged; correct the number or its unit")
    whole = value.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if field is Field.QUANTITY and whole != value:
        raise CellUnreadable(f"is not a whole number; write for example {_EXAMPLES[field]}")
    return int(whole)


def _measure(cell: Cell, *, field: Field, column: ReadableColumn) -> Decimal | None:
    """The number of a cell in the field's base unit, unrounded."""
    if isinstance(cell, Decimal):
        return cell * column.scale
    if not isinstance(cell, str):
        return None
    reading = find_number(cell, units=UNITS[field])
    if reading is None:
        return None
    if field is Field.QUANTITY:
        reading = whole_only(reading)
    scale = column.scale if reading.scale is None else reading.scale
    return reading.under(column.mark) * scale


def not_stated(value: Value | None) -> int | None:
    """A mass or length as stated, with 0 as nothing stated: exports write 0 where nobody has measured."""
    return value if isinstance(value, int) and value > 0 else None
