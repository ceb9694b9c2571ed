"""Data records as rows: every value read, the thing named and identified, or the row rejected with its reasons.

Identity, so that importing a file again changes nothing: `inventory:NUMBER`, else `serial:NUMBER`, else
`row:DIGEST:ORDINAL`. The digest is SHA-256 over the row's cells under their headers, in the order of the headers. It
looks at nothing but header and cell: not at `--map`, at the fields, or at other rows of the column, so that a row is
the same in another file. Neither the order of columns nor encoding or delimiter changes it, nor do Nordic forms of
dates and numbers. The ordinal counts equal rows from 1. Two rows with one inventory (or serial) number cannot both be
the thing: the second is rejected.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from node.sheets.columns import ReadableColumn, Value, not_stated, read_value, says_nothing
from node.sheets.conditions import Condition, find_condition, find_condition_in_status
from node.sheets.dates import DateOrder, find_date
from node.sheets.errors import CellUnreadable
from node.sheets.fields import IDENTITY_FIELDS, Field
from node.sheets.headers import recognise_header
from node.sheets.limits import NAME_CHARS_MAX, NOTES_CHARS_MAX
from node.sheets.numbers import DecimalMark, find_number
from node.sheets.sheet import ImportRow, RejectedRow
from node.sheets.tables import Cell, RawRecord, text_for_people, text_of
from node.sheets.texts import clean_line, fold_together, shown

# What a row is called that adds the others up, folded: Sum, Summa, Totalt, Total, I alt, Yhteensä, Totalsumma.
_TOTALS: Final = frozenset({"sum", "summa", "totalt", "total", "ialt", "yhteensa", "totalsumma"})

# What a cell that may be a date or a number starts with; most cells are words and need not be tried.
_DATE_OR_NUMBER_STARTS: Final = frozenset("0123456789+-−.,")


class RowReader:
    """Reads the records of one file in order; it remembers the identities it has given."""

    __slots__ = ("_cell_chars_max", "_columns", "_equal_rows", "_lines_by_identity", "_numbers_are_mapped")

    def __init__(self, columns: Sequence[ReadableColumn], *, cell_chars_max: int) -> None:
        self._columns = tuple(columns)
        self._cell_chars_max = cell_chars_max
        self._lines_by_identity: dict[str, int] = {}
        self._equal_rows: Counter[str] = Counter()
        self._numbers_are_mapped = any(
            column.field in IDENTITY_FIELDS
            and column.field not in {meaning.field for meaning in recognise_header(column.header)}
            for column in columns
        )

    def read(self, record: RawRecord) -> ImportRow | RejectedRow:
        """The row of a record, or why there is none."""
        values, faults = _read_values(record, columns=self._columns, cell_chars_max=self._cell_chars_max)
        name = _name_of(values)
        if not faults:
            faults.extend(_faults_of_thing(values, name=name))
        if name is not None and not faults:
            identity, identity_of_row = self._identify(record, values)
            first_line = self._lines_by_identity.setdefault(identity, record.line)
            if first_line == record.line:
                row = _row_of(record, values, identity=identity, identity_of_row=identity_of_row, name=name)
                return self._with_words_kept(row)
            faults.append(_same_number(values, first_line=first_line))
        return RejectedRow(record.line, "; ".join(faults), tuple(text_for_people(cell) for cell in record.cells))

    def _with_words_kept(self, row: ImportRow) -> ImportRow:
        """The row with the words that have no field of their own, under the file's own headers."""
        headers = {column.field: column.header.rstrip(" :") for column in self._columns}
        said_by_status = None if row.status_text is None else find_condition_in_status(row.status_text)
        not_understood = (
            (Field.CONDITION, row.condition_text if row.condition is None else None),
            (Field.STATUS, row.status_text if said_by_status is None or said_by_status is not row.condition else None),
        )
        return replace(
            row,
            category_kept=_line_kept(headers.get(Field.CATEGORY), row.category_text),
            words_kept=tuple(
                line for field, text in not_understood if (line := _line_kept(headers.get(field), text)) is not None
            ),
        )

    def _identify(self, record: RawRecord, values: Mapping[Field, Value]) -> tuple[str, str | None]:
        """The identity, and the one by digest where that is the identity or was before `--map` gave a number."""
        number = _number_of(values)
        if number is not None and not self._numbers_are_mapped:
            return number, None
        digest = _digest_of(record, columns=self._columns)
        self._equal_rows[digest] += 1
        identity_of_row = f"row:{digest}:{self._equal_rows[digest]}"
        return number or identity_of_row, identity_of_row


def _number_of(values: Mapping[Field, Value]) -> str | None:
    """The identity that a number on the thing gives, or None."""
    if Field.INVENTORY_NUMBER in values:
        return f"inventory:{values[Field.INVENTORY_NUMBER]}"
    return f"serial:{values[Field.SERIAL_NUMBER]}" if Field.SERIAL_NUMBER in values else None


def _read_values(
    record: RawRecord, *, columns: Sequence[ReadableColumn], cell_chars_max: int
) -> tuple[dict[Field, Value], list[str]]:
    """The values that the record states, by field, and a complaint for each that cannot be read."""
    values: dict[Field, Value] = {}
    faults: list[str] = []
    for index, cell in enumerate(record.cells):
        if index >= len(columns):
            if text_of(cell).strip():
                faults.append(
                    f"{shown(text_of(cell))} stands beyond the last column with a header; put quotation marks around a "
                    "value that contains the delimiter, or give the column a header"
                )
                break
            continue
        column = columns[index]
        if isinstance(cell, str) and len(cell) > cell_chars_max:
            faults.append(
                f"column {shown(column.header)}: {len(cell):,} characters are too many; keep {cell_chars_max:,} at most"
            )
        elif column.field is not None:
            try:
                value = read_value(cell, column=column)
            except CellUnreadable as error:
                faults.append(f"column {shown(column.header)}: {shown(text_of(cell))} {error.complaint}")
            else:
                if value is not None:
                    values[column.field] = value
    return values, faults


def _faults_of_thing(values: Mapping[Field, Value], *, name: str | None) -> Iterator[str]:
    """Why a row whose every cell can be read is no thing all the same."""
    if name is None:
        yield "the row does not say what it is: fill in a name, type, model, inventory number or serial number"
        return
    numbers = {fold_together(text) for field in IDENTITY_FIELDS if (text := _text(values, field)) is not None}
    if fold_together(name) in _TOTALS and numbers <= _TOTALS:
        yield f"{shown(name)} is the sum of other rows; leave it out, or give the thing another name or a number"
    notes = _text(values, Field.NOTES) or ""
    for what, text, chars_max in (("name", name, NAME_CHARS_MAX), ("notes", notes, NOTES_CHARS_MAX)):
        if len(text) > chars_max:
            yield f"the {what} would be {len(text):,} characters; keep {chars_max:,} at most"


def _text(values: Mapping[Field, Value], field: Field) -> str | None:
    value = values.get(field)
    return value if isinstance(value, str) else None


def _day(values: Mapping[Field, Value], field: Field) -> date | None:
    value = values.get(field)
    return value if isinstance(value, date) else None


def _number(values: Mapping[Field, Value], field: Field) -> int | None:
    value = values.get(field)
    return value if isinstance(value, int) else None


def _name_of(values: Mapping[Field, Value]) -> str | None:
    """The name; else maker and model; else the category; else the number on the thing; None when there is nothing."""
    name, maker, model = (_text(values, field) for field in (Field.NAME, Field.MAKER, Field.MODEL))
    if name is not None:
        return name
    if model is not None:
        # Many registers repeat the maker in the model: "HP" and "HP EliteBook".
        repeated = maker is None or fold_together(model).startswith(fold_together(maker))
        return model if repeated else f"{maker} {model}"
    fallbacks = (Field.CATEGORY, Field.INVENTORY_NUMBER, Field.SERIAL_NUMBER)
    return next((text for field in fallbacks if (text := _text(values, field)) is not None), None)


def _condition_of(values: Mapping[Field, Value]) -> Condition | None:
    """What the condition says; where nothing is written there, needs repair if the status says broken."""
    condition = _text(values, Field.CONDITION)
    if condition is not None:
        return find_condition(condition)
    status = _text(values, Field.STATUS)
    return None if status is None else find_condition_in_status(status)


def _line_kept(header: str | None, text: str | None) -> str | None:
    return None if text is None or says_nothing(text, refuse_unknown=False) else f"{header}: {text}"


def _row_of(
    record: RawRecord, values: Mapping[Field, Value], *, identity: str, identity_of_row: str | None, name: str
) -> ImportRow:
    return ImportRow(
        line=record.line,
        identity=identity,
        identity_of_row=identity_of_row,
        inventory_number=_text(values, Field.INVENTORY_NUMBER),
        serial_number=_text(values, Field.SERIAL_NUMBER),
        name=name,
        category_text=_text(values, Field.CATEGORY),
        category_kept=None,
        quantity=_number(values, Field.QUANTITY),
        condition=_condition_of(values),
        condition_text=_text(values, Field.CONDITION),
        unit_text=_text(values, Field.UNIT),
        location_text=_text(values, Field.LOCATION),
        gone_by_on=_day(values, Field.GONE_BY),
        acquired_on=_day(values, Field.ACQUIRED),
        purchase_price_minor=_number(values, Field.PURCHASE_PRICE),
        mass_grams=not_stated(values.get(Field.MASS)),
        height_mm=not_stated(values.get(Field.HEIGHT)),
        width_mm=not_stated(values.get(Field.WIDTH)),
        depth_mm=not_stated(values.get(Field.DEPTH)),
        maker=_text(values, Field.MAKER),
        model=_text(values, Field.MODEL),
        status_text=_text(values, Field.STATUS),
        notes=_text(values, Field.NOTES),
        words_kept=(),
    )


def _digest_of(record: RawRecord, *, columns: Sequence[ReadableColumn]) -> str:
    """SHA-256, in hexadecimal, of the cells that have content, each under its folded header."""
    cells: list[tuple[str, str]] = []
    for column, cell in zip(columns, record.cells, strict=False):
        text = _normal_text(cell)
        if text:
            cells.append((fold_together(column.header), text))
    return hashlib.sha256(json.dumps(sorted(cells), ensure_ascii=True).encode("ascii")).hexdigest()


def _normal_text(cell: Cell) -> str:
    """The cell in one form: dates as yyyy-mm-dd, numbers as plain decimals, everything else on one clean line."""
    return _normal_line(clean_line(cell)) if isinstance(cell, str) else text_of(cell)


# Lists repeat their dates and numbers over many rows; 4,096 texts that may be one are some 100 kB.
@lru_cache(maxsize=4_096)
def _normal_line(line: str) -> str:
    # What can be read in two ways is read as it is written here, day first and with a decimal comma, whatever the
    # column proves: a column proves one thing in a whole list and another in a part of it.
    if line[:1] not in _DATE_OR_NUMBER_STARTS:
        return line
    dates = find_date(line)
    day = None if dates is None else dates.under(DateOrder.DAY_MONTH_YEAR)
    if day is not None:
        return day.isoformat()
    number = find_number(line, units={})
    return line if number is None else text_of(number.under(DecimalMark.COMMA))


def _same_number(values: Mapping[Field, Value], *, first_line: int) -> str:
    field = Field.INVENTORY_NUMBER if Field.INVENTORY_NUMBER in values else Field.SERIAL_NUMBER
    kind = field.value.replace("_", " ")
    return (
        f"the {kind} {shown(str(values[field]))} stands on line {first_line} already; give each thing a number of its "
        "own, or put them on one row with a quantity"
    )
