"""Reading small sheets in tests: from lines of text, and what came of them."""

from collections.abc import Mapping

import pytest

from node.sheets import ImportRow, Sheet, SheetUnreadable, read_sheet


def read_lines(*lines: str, columns: Mapping[str, str] | None = None) -> Sheet:
    """The sheet of these lines, as UTF-8."""
    return read_sheet("\n".join(lines).encode(), file_name="list.csv", columns=columns or {})


def only_row(*lines: str, columns: Mapping[str, str] | None = None) -> ImportRow:
    """The single row of these lines."""
    sheet = read_lines(*lines, columns=columns)
    assert sheet.rejected == ()
    (row,) = sheet.rows
    return row


def only_reason(*lines: str) -> str:
    """Why the single data record of these lines is rejected."""
    sheet = read_lines(*lines)
    assert sheet.rows == ()
    (rejected,) = sheet.rejected
    return rejected.reason


def refusal(content: bytes, *, columns: Mapping[str, str] | None = None) -> str:
    """The safe text with which a file is refused."""
    with pytest.raises(SheetUnreadable) as caught:
        read_sheet(content, file_name="list.csv", columns=columns or {})
    assert str(caught.value) == caught.value.safe_text
    return caught.value.safe_text
