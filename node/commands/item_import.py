"""`krets item import` and `import-undo`: a spreadsheet into the inventory, and out again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.commands.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from node.commands.refusals import CommandRefusedError
    from node.opening import Node
    from node.operations.import_items import Imported
    from node.sheets import ImportRow, Sheet

CHUNK_ROWS = 500
"""Rows written in one transaction: some milliseconds, so that a running node is not held up."""

REASONS_SHOWN = 5
"""Rejected rows named on the screen; all of them are in the file."""

DIFFERENCES_SHOWN = 5
"""Known rows that differ from the inventory and are named on the screen."""

SHEETS_SHOWN = 20
"""Sheets of a workbook that were not read and are named on the screen."""

EXIT_INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C has stopped."""

REJECTS_FILES_MAX = 1_000
"""Files of rejects with one name beside each other, before we ask people to tidy up."""

_DELIMITERS = {";": " with semicolons", ",": " with commas", "\t": " with tabs", "|": " with bars"}


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="A CSV or XLSX file.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.", show_default=False)] = False,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help="Read this column as this field; repeatable.", show_default=False
        ),
    ] = None,
    sheet_name: Annotated[
        str | None,
        typer.Option(
            "--sheet",
            metavar="NAME",
            help="Read this sheet of a workbook; else the first with headers.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import a spreadsheet as it is: CSV or XLSX, in any Nordic language.

    Encoding, delimiter, number and date forms and headers are recognised. Rows that cannot be read go to a file
    beside yours with the reason; the rest is imported. Importing again adds what is new and changes nothing that is
    there.

    \b
    Example:
      krets item import furniture.csv --map "Stock=quantity" --home asker
      krets item import furniture.xlsx --sheet "2nd floor" --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.refusals import CommandRefusedError
    from node.operations.import_items import preview_rows, start_import
    from node.sheets import SheetUnreadable, read_sheet

    columns = parse_mapping(mapping or [])
    with opened_node(home) as node:
        try:
            with _spinner(f"Reading {file.name}"):
                sheet = read_sheet(file.read_bytes(), file_name=file.name, columns=columns, sheet_name=sheet_name)
        except SheetUnreadable as error:
            raise CommandRefusedError("unreadable", error.safe_text) from error
        rejects_file = None if dry_run else write_rejects_file(sheet, beside=file, home=node.settings.home)
        if not sheet.rows:
            raise CommandRefusedError(
                "unreadable",
                _text_of_nothing(sheet, file, rejects_file),
                read=sheet.read,
                imported=0,
                unchanged=0,
                rejected=len(sheet.rejected),
                rejects_file=rejects_file,
            )
        imported = node.read(lambda connection: preview_rows(connection, sheet.rows, author=node.author))
        batch_id = None
        # An import that brings nothing in leaves no trace, and nothing to take back.
        if imported.imported and not dry_run:
            batch_id = node.write(lambda connection: start_import(connection, file.name, now=node.clock()))
            imported = _import(node, sheet.rows, batch_id=batch_id)
        _print_notes(sheet, imported)
        _print_summary(sheet, imported, batch_id=batch_id, rejects_file=rejects_file, dry_run=dry_run, as_json=as_json)


def undo(
    batch: Annotated[
        int | None,
        typer.Argument(metavar="[IMPORT]", min=1, help="The import's number; else the newest.", show_default=False),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an import back. Items that somebody has edited, offered or promised since stay.

    \b
    Example:
      krets item import-undo 3 --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.printing import count_text, print_json, print_line
    from node.operations.import_items import UndoImport, undo_import

    with opened_node(home) as node:
        undone = node.write(lambda connection: undo_import(connection, UndoImport(batch_id=batch), now=node.clock()))
    if as_json:
        print_json(undone=undone)
        return
    kept = f" {count_text(undone.kept, 'stays, because it has', 'stay, because they have')} been used since."
    print_line(
        f"Took back import {undone.batch_id} of {undone.file_name}: "
        f"{count_text(undone.removed, 'item', 'items')} removed.{kept if undone.kept else ''}"
    )


def parse_mapping(texts: list[str]) -> dict[str, str]:
    """Column to field from texts like `Stock=quantity`. Raises BadParameter."""
    mapping: dict[str, str] = {}
    for text in texts:
        column, equals, field = text.rpartition("=")
        if not equals or not column.strip() or not field.strip():
            raise typer.BadParameter(f"{text!r} is not COLUMN=FIELD; write for example --map Antall=quantity")
        mapping[column.strip()] = field.strip()
    return mapping


def write_rejects_file(sheet: "Sheet", *, beside: Path, home: Path) -> Path | None:
    """Write the rejected rows beside the file they came from, else into the node's folder. None if there are none.

    A file of the same name with other content stays: somebody may be correcting it.
    """
    from node.sheets import write_rejects

    if not sheet.rejected:
        return None
    header = [column.header for column in sheet.columns]
    content = write_rejects(sheet.rejected, header).encode("utf-8-sig", errors="replace")
    try:
        return _write_beside_others(content, folder=beside.parent.resolve(), stem=beside.name)
    except OSError:
        # A folder of somebody else's, or a medium that cannot be written: the node's own folder can.
        return _write_beside_others(content, folder=home.resolve(), stem=beside.name)


def _write_beside_others(content: bytes, *, folder: Path, stem: str) -> Path:
    """Write a new file there, or find one with just this content. Raises OSError."""
    from node.commands.refusals import CommandRefusedError

    for number in range(1, REJECTS_FILES_MAX):
        path = folder / f"{stem}.rejected{'' if number == 1 else f'-{number}'}.csv"
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            if path.is_file() and path.read_bytes() == content:
                return path
        else:
            return path
    raise CommandRefusedError("rejects", f"There are too many files of rejects in {folder}; remove some.")


def _import(node: "Node", rows: "tuple[ImportRow, ...]", *, batch_id: int) -> "Imported":
    """Write the rows in chunks. Raises CommandRefusedError, with what is in by then, when something stops it."""
    from node.operations.import_items import Imported, ImportRows, import_rows
    from node.store.failures import StoreError

    parts: list[Imported] = []
    try:
        for chunk in _chunks_with_progress(rows):
            command = ImportRows(batch_id=batch_id, rows=chunk)
            done = node.write(
                lambda connection, command=command: import_rows(  # type: ignore[misc]
                    connection, command, author=node.author, now=node.clock()
                )
            )
            parts.append(done)
    except (KeyboardInterrupt, StoreError) as error:
        raise _refusal_of_stopped(node, error, batch_id=batch_id, rows_count=len(rows)) from error
    return Imported(
        imported=sum(part.imported for part in parts),
        unchanged=sum(part.unchanged for part in parts),
        differing=tuple(difference for part in parts for difference in part.differing),
    )


def _refusal_of_stopped(node: "Node", error: BaseException, *, batch_id: int, rows_count: int) -> "CommandRefusedError":
    from node.commands.refusals import CommandRefusedError
    from node.store.failures import StoreError, explain_failure
    from node.store.items import count_batch

    # Asked of the writer: it answers when the chunk that was under way at Ctrl-C is in too.
    count = node.write(lambda connection: count_batch(connection, batch_id))
    code, exit_code, why = "interrupted", EXIT_INTERRUPTED, "Stopped."
    if isinstance(error, StoreError):
        code, exit_code, why = "database", 1, explain_failure(error)
    text = f"{why} Nothing has been imported."
    if count:
        text = (
            f"{why} {count} of {rows_count} rows are imported, as import {batch_id}; importing the file again brings "
            f"the rest, krets item import-undo {batch_id} takes them back."
        )
    return CommandRefusedError(code, text, exit_code=exit_code, imported=count, batch_id=batch_id if count else None)


def _chunks_with_progress(rows: "tuple[ImportRow, ...]") -> "Iterator[tuple[ImportRow, ...]]":
    """The rows in chunks, with a progress bar on stderr when somebody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from node.commands.printing import stderr_console

    console = stderr_console()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("Importing", total=len(rows))
        for start in range(0, len(rows), CHUNK_ROWS):
            chunk = rows[start : start + CHUNK_ROWS]
            yield chunk
            progress.advance(task, len(chunk))


@contextmanager
def _spinner(text: str) -> Iterator[None]:
    """Words and a spinner on stderr while something takes long, when somebody watches."""
    from rich.text import Text

    from node.commands.printing import plain, stderr_console

    console = stderr_console()
    if not console.is_terminal:
        yield
        return
    with console.status(Text(plain(text))):
        yield


def _text_of_nothing(sheet: "Sheet", file: Path, rejects_file: Path | None) -> str:
    if not sheet.rejected:
        return f"{file.name} has headers but no rows; there is nothing to import."
    first = sheet.rejected[0]
    where = "" if rejects_file is None else f" All reasons are in {rejects_file}."
    return (
        f"None of the {sheet.read} rows of {file.name} could be read; the first, line {first.line}: "
        f"{first.reason.rstrip('.')}.{where}"
    )


def _print_notes(sheet: "Sheet", imported: "Imported") -> None:
    """How the file was understood, and what a person should look at, on stderr."""
    from node.commands.printing import count_text, print_note

    recognised = [f"{column.header} → {column.field.value}" for column in sheet.columns if column.field is not None]
    ignored = [column.header for column in sheet.columns if column.field is None and column.header]
    print_note(f"Understood as {sheet.encoding}{_DELIMITERS.get(sheet.delimiter, '')}: {'; '.join(recognised)}.")
    if sheet.other_sheet_names:
        others = "; ".join(sheet.other_sheet_names[:SHEETS_SHOWN])
        more = len(sheet.other_sheet_names) - SHEETS_SHOWN
        print_note(
            f"Sheet read: {sheet.sheet_name}. Not read: {others}{f' and {more} more' if more > 0 else ''}. "
            "To read one of those: --sheet NAME."
        )
    if ignored:
        first = "first take the import before back with krets item import-undo, then " if imported.unchanged else ""
        print_note(f"Columns not read: {'; '.join(ignored)}. To read one: {first}--map COLUMN=FIELD.")
    if not any(column.field is not None and column.field.value == "quantity" for column in sheet.columns):
        print_note("No column says how many: each row counts as 1.")
    for row in sheet.rejected[:REASONS_SHOWN]:
        print_note(f"Line {row.line} rejected: {row.reason}")
    if len(sheet.rejected) > REASONS_SHOWN:
        print_note(f"... and {len(sheet.rejected) - REASONS_SHOWN} more.")
    if imported.differing:
        shown = [f"{each.label} ({', '.join(each.fields)})" for each in imported.differing[:DIFFERENCES_SHOWN]]
        more = len(imported.differing) - DIFFERENCES_SHOWN
        differ = count_text(len(imported.differing), "known row differs", "known rows differ")
        print_note(
            f"{differ} from the inventory, where nothing was changed: {'; '.join(shown)}"
            f"{f' and {more} more' if more > 0 else ''}. To change an item: krets item edit."
        )


def _print_summary(
    sheet: "Sheet",
    imported: "Imported",
    *,
    batch_id: int | None,
    rejects_file: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    from node.commands.printing import count_text, print_json, print_line

    if as_json:
        print_json(
            read=sheet.read,
            imported=imported.imported,
            unchanged=imported.unchanged,
            rejected=len(sheet.rejected),
            rejects_file=rejects_file,
        )
        return
    verb = "would be imported" if dry_run else "imported"
    print_line(
        f"{count_text(sheet.read, 'row', 'rows')} read: {imported.imported} {verb}, "
        f"{imported.unchanged} known already, {len(sheet.rejected)} rejected."
    )
    if rejects_file is not None:
        print_line(f"Rejected rows with their reasons: {rejects_file}")
    if batch_id is not None:
        print_line(f"To take this import back: krets item import-undo {batch_id}")
