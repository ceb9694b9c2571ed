"""The command line as a whole: how errors of each kind are said."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from node.commands.command_line import KretsGroup, KretsTyper, print_unforeseen
from node.commands.refusals import CommandRefusedError
from node.domain.outcomes import refuse
from protocol.errors import InvalidMessage
from tests.commands.running import dump_domain

REPOSITORY = Path(__file__).resolve().parents[2]

FAILING = """
import sys
import typer
from node.commands.command_line import KretsGroup, KretsTyper
app = KretsTyper(cls=KretsGroup, rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def fail(as_json: bool = typer.Option(False, "--json")):
    raise RuntimeError("nobody foresaw this")
@app.command()
def other(): ...
app()
"""


def app_that(act: Callable[[], None]) -> KretsTyper:
    """An application of two commands, one of which does this."""
    app = KretsTyper(cls=KretsGroup, rich_markup_mode=None, pretty_exceptions_enable=False)

    @app.command("act")
    def _act() -> None:
        act()

    @app.command("other")
    def _other() -> None:
        """Two commands make a group."""

    return app


def raising(error: BaseException) -> Callable[[], None]:
    """A function that raises this."""

    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "exit_code", "says"),
    [
        (CommandRefusedError("no", "It cannot be\nlike that."), 1, "krets: It cannot be like that."),
        (refuse("no", "Say it otherwise."), 1, "krets: Say it otherwise."),
        (typer.BadParameter("it is odd"), 2, "krets: Invalid value: it is odd. See krets act --help."),
        (typer.TyperException("it is odd"), 2, "krets: it is odd"),
        (typer.Abort(), 1, "krets: Stopped before anything was changed."),
        (
            PermissionError(13, "Permission denied", "some/file"),
            1,
            "krets: The system says: Permission denied (some/file)",
        ),
        (OSError("the cable is out"), 1, "krets: The system says: the cable is out"),
    ],
)
def test_each_kind_of_error_is_one_line(error: BaseException, exit_code: int, says: str) -> None:
    result = CliRunner().invoke(app_that(raising(error)), ["act"], catch_exceptions=False)

    assert result.exit_code == exit_code
    assert result.stdout == ""
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1
    assert "internal detail" not in result.stderr


def test_a_message_of_ours_that_breaks_the_protocol_is_not_said_to_be_the_other_sides() -> None:
    with pytest.raises(InvalidMessage):
        CliRunner().invoke(app_that(raising(InvalidMessage("internal detail"))), ["act"], catch_exceptions=False)


def test_an_interrupt_exits_130() -> None:
    result = CliRunner().invoke(app_that(raising(KeyboardInterrupt())), ["act"])

    assert result.exit_code == 130


def test_a_command_may_choose_its_exit_code() -> None:
    result = CliRunner().invoke(app_that(raising(typer.Exit(3))), ["act"])

    assert result.exit_code == 3


def test_without_standalone_mode_errors_are_the_callers() -> None:
    error = CommandRefusedError("no", "No.")

    result = CliRunner().invoke(app_that(raising(error)), ["act"], standalone_mode=False)

    assert result.exception is error


def run_failing(*words: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A process whose command has a mistake in it."""
    return subprocess.run(
        [sys.executable, "-c", FAILING, "fail", *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_mistake_of_ours_is_one_line_and_a_file_with_the_details(tmp_path: Path) -> None:
    done = run_failing(environment={"TMPDIR": str(tmp_path)})

    (details,) = tmp_path.glob("krets-error-*.txt")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(details) in done.stderr
    assert "KRETS_DEBUG=1" in done.stderr
    assert "nobody foresaw this" in details.read_text(encoding="utf-8")


def test_an_unforeseen_error_is_told_apart_by_its_kind_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    print_unforeseen(RuntimeError, RuntimeError("nobody foresaw this"), None)

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("krets: Something went wrong inside krets (RuntimeError).")
    assert "nobody foresaw this" not in said.err


def test_with_krets_debug_an_unforeseen_error_is_shown_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRETS_DEBUG", "1")

    print_unforeseen(RuntimeError, RuntimeError("nobody foresaw this"), None)

    assert "RuntimeError: nobody foresaw this" in capsys.readouterr().err


def test_a_mistake_of_ours_with_json_is_still_one_document(tmp_path: Path) -> None:
    done = run_failing("--json", environment={"TMPDIR": str(tmp_path)})

    assert done.returncode == 1
    assert done.stdout.startswith('{"error": {"code": "internal"')
    assert done.stdout.count("\n") == 1


def test_with_krets_debug_the_traceback_is_shown(tmp_path: Path) -> None:
    done = run_failing(environment={"TMPDIR": str(tmp_path), "KRETS_DEBUG": "1"})

    assert done.returncode == 1
    assert "RuntimeError: nobody foresaw this" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_mistake(tmp_path: Path) -> None:
    command = f"{sys.executable} -m cli item list --help | head -c 1"

    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "U"
    assert "Traceback" not in done.stderr
    assert "went wrong" not in done.stderr


def run_in_a_shell(command: str) -> "subprocess.CompletedProcess[bytes]":
    """What `krets` in this line of a shell does."""
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("krets ", f"{sys.executable} -m cli ")],
        cwd=REPOSITORY, env={**os.environ, "KRETS_DEBUG": "1"}, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", ["item list --json", "status", "item show 99 --json"])
def test_a_result_that_cannot_be_written_is_one_line_and_exit_1(words: str, home: Path) -> None:
    done = run_in_a_shell(f"krets {words} --home {home} > /dev/full")

    assert done.returncode == 1
    assert done.stderr.startswith(b"krets: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("words", ["add", "list", "show", "edit 1 --name", "add Desk --notes"])
def test_an_argument_in_another_encoding_is_wrong_usage(words: str, home: Path) -> None:
    before = dump_domain(home)

    told = run_in_a_shell(f"krets item {words} \"$(printf 'Kontorst\\370l')\" --home {home}")
    as_json = run_in_a_shell(f"krets item {words} \"$(printf 'Kontorst\\370l')\" --home {home} --json")

    assert (told.returncode, told.stdout) == (as_json.returncode, as_json.stderr) == (2, b"")
    assert told.stderr.startswith(b"krets: 'Kontorst?l' is not UTF-8. Set the terminal to UTF-8 and type it again")
    assert told.stderr.count(b"\n") == 1
    assert json.loads(as_json.stdout)["error"]["code"] == "usage"
    assert dump_domain(home) == before


def test_letters_that_the_terminal_lacks_do_not_end_a_command(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "item", "add", "Bærbar PC ✓", "--home", str(home)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0
    assert "B?rbar PC ?" in done.stdout
