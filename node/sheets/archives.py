"""What an XLSX file is before it is opened as one: a ZIP archive of XML parts, which may be a bomb or another format.

Everything is checked against what the archive declares; that is enough, because Python's zipfile hands out no more
bytes of a part than it declares.
"""

import zlib
from collections.abc import Sequence
from typing import Final
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from node.sheets.errors import SheetUnreadable
from node.sheets.limits import PROLOG_BYTES_MAX, SheetLimits

_ENCRYPTED_FLAG: Final = 0x1
_CHUNK_BYTES: Final = 4_096

# What reading one part of a damaged archive can raise.
_PART_FAULTS: Final = (BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)

_SAVE_AGAIN: Final = "open it in a spreadsheet program and save it as XLSX (Excel workbook) or as CSV UTF-8"
DAMAGED: Final = f"The workbook is damaged; {_SAVE_AGAIN}."


def check_archive(archive: ZipFile, *, limits: SheetLimits) -> None:
    """Refuse an archive that is no XLSX workbook, is too large when unpacked, or has entities in its XML.

    Raises SheetUnreadable.
    """
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > limits.archive_parts_max or sum(part.file_size for part in parts) > limits.unpacked_bytes_max:
        raise SheetUnreadable(
            f"The workbook unpacks to more than {limits.unpacked_bytes_max // 1_048_576} MiB or "
            f"{limits.archive_parts_max:,} parts; save only the sheet to import, as XLSX or as CSV UTF-8."
        )
    if any(part.flag_bits & _ENCRYPTED_FLAG for part in parts):
        raise SheetUnreadable("The workbook is protected by a password; save it without one and import it again.")
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for part in parts):
        raise SheetUnreadable(DAMAGED)
    if not any(name.casefold() == "[content_types].xml" for name in names) or "xl/workbook.bin" in names:
        raise SheetUnreadable(f"The file is {_kind_of(names)}, not an XLSX workbook; {_SAVE_AGAIN}.")
    _refuse_entities(archive, parts)


def _kind_of(names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "a binary Excel workbook (.xlsb)"
    if "mimetype" in names or "content.xml" in names:
        return "an OpenDocument file (.ods)"
    if any(name.startswith("Index/") for name in names):
        return "a Numbers document"
    return "a ZIP archive"


def _refuse_entities(archive: ZipFile, parts: Sequence[ZipInfo]) -> None:
    """No XML part of a workbook has a document type; one with entities in it can grow without bound when parsed."""
    for part in parts:
        if part.filename.casefold().endswith((".xml", ".rels")) and part.file_size:
            try:
                doubtful = _has_document_type(archive, part)
            except _PART_FAULTS as error:
                raise SheetUnreadable(DAMAGED) from error
            if doubtful:
                raise SheetUnreadable(DAMAGED)


def _has_document_type(archive: ZipFile, part: ZipInfo) -> bool:
    """Whether a part states a document type before its first element, or is no XML up to there."""
    seen: list[bool] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: seen.append(True)
    parser.StartElementHandler = lambda *_: seen.append(False)
    with archive.open(part) as stream:
        for _ in range(PROLOG_BYTES_MAX // _CHUNK_BYTES):
            chunk = stream.read(_CHUNK_BYTES)
            try:
                parser.Parse(chunk, not chunk)
            except expat.ExpatError:
                return not seen or seen[0]
            if seen or not chunk:
                break
    return not seen or seen[0]
