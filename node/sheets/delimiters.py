"""Which character stands between the cells of a text file.

The headers decide: the delimiter under which the first records hold a row of known headers is the one. Only when two
delimiters know equally many (a file of one column, say) does the evenness of the records decide.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, TypeAlias

from node.sheets.limits import SheetLimits
from node.sheets.records import DELIMITERS, DelimitedText, list_records
from node.sheets.tables import RawRecord

# How many headers are recognised in the header row among these records; 0 when none of them is a header row.
CountRecognised: TypeAlias = Callable[[Sequence[RawRecord]], int]

# Records looked at, and the characters they are looked for in. Evenness shows within a few dozen.
_SAMPLE_RECORDS: Final = 50
_SAMPLE_CHARS: Final = 262_144


def detect_delimiter(source: DelimitedText, *, count_recognised: CountRecognised, limits: SheetLimits) -> str:
    """The delimiter of the text: what a `sep=` line states, else the best by headers and evenness.

    Semicolon wins a complete tie: it is what a Nordic spreadsheet program writes.
    """
    if source.stated_delimiter is not None:
        return source.stated_delimiter
    head = replace(source, text=source.text[:_SAMPLE_CHARS])
    return max(DELIMITERS, key=lambda delimiter: _score(head, delimiter, count_recognised, limits))


def _score(
    source: DelimitedText, delimiter: str, count_recognised: CountRecognised, limits: SheetLimits
) -> tuple[int, float, int]:
    records = tuple(islice(list_records(source, delimiter=delimiter, limits=limits), _SAMPLE_RECORDS))
    if not records:  # nothing but this delimiter: as even as a file can be
        return (0, 1.0, limits.columns_max)
    widths = Counter(len(record.cells) for record in records)
    # Trailing empty cells are gone, so records are narrower than the header by nature, but never wider.
    first_width = len(records[0].cells)
    not_wider = sum(count for width, count in widths.items() if width <= first_width)
    return (count_recognised(records), not_wider / len(records), first_width)
