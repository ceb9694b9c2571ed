"""How the command line as a whole behaves: one line for every refusal, exit codes, no tracebacks.

Exit codes: 0 done; 1 refused, with the reason; 2 wrong usage; 130 interrupted. With `--json` a refusal is one JSON
document `{"error": {"code", "message"}}` on stdout, else one line on stderr. No command is known here.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from node.commands.refusals import EXIT_USAGE, CommandRefusedError
from node.domain.outcomes import RefusedError

EXIT_REFUSED = 1

PROGRAM = "krets"

DEBUG_VARIABLE = "KRETS_DEBUG"
"""Set to 1, an error that nobody foresaw shows its traceback."""


_PLAIN_WORDS = (
    ("Value error, ", ""),
    ("is not a valid integer range", "is not a whole number"),
    ("is not a valid int range", "is not a whole number"),
    ("is not a valid float range", "is not a number; a point goes before decimals"),
)
"""What the library says, and what people understand."""


class KretsGroup(TyperGroup):
    """The root group: says every error in one line."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line and exit. With `standalone_mode=False` errors are left to the caller."""
        arguments = list(sys.argv[1:] if args is None else args)
        if not standalone_mode:
            return super().main(
                arguments, prog_name, complete_var, standalone_mode, windows_expand_args=windows_expand_args, **extra
            )
        refusal = self._run(arguments, complete_var, **extra)
        if isinstance(refusal, int):
            sys.exit(refusal)
        from node.commands.printing import print_error

        print_error(code=refusal.code, message=refusal.safe_text, as_json="--json" in arguments, **refusal.parts)
        sys.exit(refusal.exit_code)

    def _run(self, arguments: list[str], complete_var: str | None, **extra: Any) -> int | CommandRefusedError:
        try:
            _refuse_other_encodings(arguments)
            exit_code = super().main(arguments, PROGRAM, complete_var, standalone_mode=False, **extra)
            # Here, not when the interpreter ends: a full disk is then one line, too, and exit 1.
            sys.stdout.flush()
        except CommandRefusedError as error:
            return error
        except RefusedError as error:
            return CommandRefusedError(error.refused.code, error.refused.safe_text)
        except typer.TyperException as error:
            return _refusal_of_usage(error)
        except typer.Abort:
            return CommandRefusedError("aborted", "Stopped before anything was changed.")
        except BrokenPipeError:
            # Whoever read the result has seen enough, which is no mistake and needs no words.
            from node.commands.printing import abandon_stdout

            abandon_stdout()
            return EXIT_REFUSED
        except OSError as error:
            return CommandRefusedError("system", _text_of_system_error(error))
        return exit_code if isinstance(exit_code, int) else 0


class KretsTyper(typer.Typer):
    """The Typer application whose unforeseen errors are one line and a file with the traceback."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line of this process."""
        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a letter shows a question mark, rather than ending the command half-way.
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.excepthook = print_unforeseen
        return get_command(self)(*args, **kwargs)


def print_unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say an unforeseen error in one line and keep its traceback in a file. The interpreter then exits 1."""
    from node.commands.printing import print_error
    from node.settings import read_environment

    if read_environment().get(DEBUG_VARIABLE) == "1":
        sys.__excepthook__(kind, error, trace)
        return
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="krets-error-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(kind, error, trace)))
    text = (
        f"Something went wrong inside krets ({kind.__name__}). The details are in {file.name}; "
        f"set {DEBUG_VARIABLE}=1 to see them here."
    )
    print_error(code="internal", message=text, as_json="--json" in sys.argv)


def _refuse_other_encodings(arguments: Sequence[str]) -> None:
    """Raise CommandRefusedError for an argument that is not UTF-8: Python hands its bytes on as lone surrogates."""
    for argument in arguments:
        if not argument.isascii() and any("\ud800" <= character <= "\udfff" for character in argument):
            shown = argument.encode("utf-8", "replace").decode()
            raise CommandRefusedError(
                "usage",
                f"{shown!r} is not UTF-8. Set the terminal to UTF-8 and type it again; rename a file of such a name.",
                exit_code=EXIT_USAGE,
            )


def _refusal_of_usage(error: typer.TyperException) -> CommandRefusedError:
    """One line that says what is wrong, and where help is."""
    context = getattr(error, "ctx", None)
    text = " ".join(error.format_message().split())
    for technical, plain in _PLAIN_WORDS:
        text = text.replace(technical, plain)
    if context is not None:
        text = f"{text.rstrip('.?')}. See {context.command_path} --help."
    return CommandRefusedError("usage", text, exit_code=EXIT_USAGE)


def _text_of_system_error(error: OSError) -> str:
    where = f" ({Path(os.fsdecode(error.filename))})" if isinstance(error.filename, str | bytes) else ""
    return f"The system says: {error.strerror or error}{where}. Correct that and try again."
