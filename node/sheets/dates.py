"""Dates as people and office programs write them.

"03.04.2023" is ambiguous alone, so a text is read in every order at once (`DateReading`), and the readings of a whole
column, then of the whole file, decide (`decide_order`). Day first is what is used here when nothing proves otherwise.
A date with a time is the date as written: no time zone is applied.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from node.sheets.limits import DATE_MAX, DATE_MIN, NUMBER_CHARS_MAX, SERIAL_DAYS_MAX, SERIAL_DAYS_MIN
from node.sheets.texts import clean_line, fold_together


class DateOrder(IntEnum):
    """The order of day, month and year in dates that do not start with a four-digit year; the likeliest first."""

    DAY_MONTH_YEAR = 0
    YEAR_MONTH_DAY = 1
    MONTH_DAY_YEAR = 2


@dataclass(frozen=True, slots=True)
class DateReading:
    """What a text says in each order; None where it says nothing. The same three times when it is unambiguous."""

    by_order: tuple[date | None, date | None, date | None]

    def under(self, order: DateOrder) -> date | None:
        """The date in this order, or None."""
        return self.by_order[order]


# What each order is called in a reason.
ORDER_NAMES: Final[Mapping[DateOrder, str]] = MappingProxyType(
    {
        DateOrder.DAY_MONTH_YEAR: "day.month.year",
        DateOrder.YEAR_MONTH_DAY: "year-month-day",
        DateOrder.MONTH_DAY_YEAR: "month/day/year",
    }
)

_DASHES: Final = str.maketrans(dict.fromkeys("−–—‐‑", "-"))
_TIME: Final = re.compile(
    r"(?:T|,? )(?:[01]?[0-9]|2[0-4])[:.][0-5][0-9](?:[:.][0-5][0-9](?:[.,][0-9]{1,9})?)?"
    r" ?(?:[AaPp]\.?[Mm]\.?)? ?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$|T[0-9]{4}(?:[0-9]{2})?Z?$"
)
_GAPS: Final = re.compile(r" ?([./-]) ?")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([./-])([0-9]{1,2})\2([0-9]{1,2})")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TRIPLE: Final = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})\.?")
_NAMED_MONTH: Final = re.compile(r"([0-9]{1,2})[. -]{0,2}([^\W\d_]{3,12})[. -]{0,2}([0-9]{4}|[0-9]{2})")

# Two-digit years: 69 to 99 are 1969 to 1999, the rest 2000 to 2068 (POSIX strptime, %y).
_PIVOT: Final = 69

_MONTH_NAMES: Final = (
    "jan januar januari january tammi tammikuu tammikuuta",
    "feb febr februar februari february helmi helmikuu helmikuuta",
    "mar mars marts march maalis maaliskuu maaliskuuta",
    "apr april huhti huhtikuu huhtikuuta",
    "mai maj may touko toukokuu toukokuuta",
    "jun juni june kesa kesakuu kesakuuta",
    "jul juli july heina heinakuu heinakuuta",
    "aug august augusti elo elokuu elokuuta",
    "sep sept september syys syyskuu syyskuuta",
    "okt oct oktober october loka lokakuu lokakuuta",
    "nov november marras marraskuu marraskuuta",
    "des dec desember december joulu joulukuu joulukuuta",
)
_MONTHS: Final = MappingProxyType(
    {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
)


def find_date(text: str) -> DateReading | None:
    """Read a text as a date, with or without a time after it; None when it has no form of a date.

    >>> find_date("8.3.23").under(DateOrder.DAY_MONTH_YEAR)
    datetime.date(2023, 3, 8)
    """
    if len(text) > NUMBER_CHARS_MAX:
        return None
    line = _GAPS.sub(r"\1", _TIME.sub("", clean_line(text).translate(_DASHES)))
    found = _YEAR_FIRST.fullmatch(line)
    if found is not None:
        return _certain(_date_of(found.group(1), found.group(3), found.group(4)))
    found = _COMPACT.fullmatch(line)
    if found is not None:
        return _certain(_date_of(*found.groups()))
    found = _TRIPLE.fullmatch(line)
    if found is not None:
        first, separator, second, third = found.groups()
        # Points are only ever written after a day: 1.13.2023 is a slip of the pen and not an American date.
        free = separator != "."
        by_order = (
            _date_of(third, second, first),
            _date_of(first, second, third) if free and len(third) == 2 == len(first) else None,
            _date_of(third, first, second) if free else None,
        )
        return DateReading(by_order)
    found = _NAMED_MONTH.fullmatch(line)
    month = _MONTHS.get(fold_together(found.group(2))) if found is not None else None
    if found is not None and month is not None:
        return _certain(_date_of(found.group(3), str(month), found.group(1)))
    return None


def _certain(day: date | None) -> DateReading:
    return DateReading((day, day, day))


def _date_of(year: str, month: str, day: str) -> date | None:
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= _PIVOT else 2000
    try:
        return _within_bounds(date(number, int(month), int(day)))
    except ValueError:
        return None


def _within_bounds(day: date) -> date | None:
    return day if DATE_MIN <= day <= DATE_MAX else None


def decide_order(readings: Iterable[DateReading]) -> DateOrder | None:
    """The order that reads the most dates of a column (or file); None when others do as well as day first."""
    counts = [0, 0, 0]
    for reading in readings:
        for order in DateOrder:
            counts[order] += reading.by_order[order] is not None
    best = max(counts)
    winners = [order for order in DateOrder if counts[order] == best]
    return None if len(winners) > 1 and DateOrder.DAY_MONTH_YEAR in winners else winners[0]


def find_serial_date(number: Decimal, *, epoch: date) -> date | None:
    """The date of a bare number in a workbook: days since the epoch, or yyyymmdd; None when it is neither.

    A year alone (2019) is no date: the rest would be invented. Fractions of a day are the time and are dropped.
    """
    if SERIAL_DAYS_MIN <= number <= SERIAL_DAYS_MAX:
        return epoch + timedelta(days=int(number))
    compact = _COMPACT.fullmatch(f"{number:f}") if abs(number) < Decimal(10) ** 8 else None
    return None if compact is None else _date_of(*compact.groups())


def bounded_date(day: date) -> date | None:
    """A date cell of a workbook, if it lies within DATE_MIN and DATE_MAX."""
    return _within_bounds(day)
