"""Workbooks made in tests: whole ones, and ones with a part changed."""

import io
from collections.abc import Mapping, Sequence
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter


def make_workbook(*sheets: Sequence[Sequence[object]], hidden: Sequence[int] = ()) -> bytes:
    """A workbook of these sheets of rows; strings stay strings. The sheets at the positions in `hidden` are hidden."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    pages = [book.add_worksheet() for _ in sheets]
    for position, (page, rows) in enumerate(zip(pages, sheets, strict=True)):
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        if position in hidden:
            page.hide()
    shown = next((position for position in range(len(pages)) if position not in hidden), 0)
    pages[shown].activate()
    pages[shown].set_first_sheet()
    book.close()
    return content.getvalue()


def change_parts(workbook: bytes, changes: Mapping[str, bytes | None], *, compression: int = ZIP_DEFLATED) -> bytes:
    """The workbook with some parts replaced or added, or left out where the change is None."""
    parts = read_parts(workbook)
    changed = io.BytesIO()
    with ZipFile(changed, "w", compression) as archive:
        for name, body in {**parts, **changes}.items():
            if body is not None:
                archive.writestr(name, body)
    return changed.getvalue()


def read_parts(workbook: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name."""
    with ZipFile(io.BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def make_archive(parts: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of these parts."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return content.getvalue()


SHEET_PART = "xl/worksheets/sheet1.xml"


def replace_in_sheet(workbook: bytes, old: str, new: str) -> bytes:
    """The workbook with some text of its first sheet's XML replaced; the text must be there."""
    body = read_parts(workbook)[SHEET_PART]
    assert old.encode() in body
    return change_parts(workbook, {SHEET_PART: body.replace(old.encode(), new.encode())})
