"""One run of the demo from first folder to last process: who starts what, who stops it, and what is printed."""

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import typer

from node.commands.demo_cast import Organisation, list_cast
from node.commands.demo_nodes import WAIT_SECONDS_MAX, DemoFailed, DemoNode, Fleet, pick_ports, root_folder
from node.commands.demo_story import Story
from node.commands.demo_telling import Teller
from node.commands.printing import print_error, print_json, stderr_console, stdout_console
from node.commands.refusals import CommandRefusedError
from node.settings import read_environment

WATCH_SECONDS = 0.3
"""Between two looks whether the nodes still run, after the story."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DemoInterrupted(BaseException):
    """Ctrl-C, TERM or a closed terminal. Not an Exception, so that nothing on the way takes it for a mistake."""


class Interruptions:
    """The first signal to stop raises DemoInterrupted, held ones at the release; all that come after it do nothing.

    They are held at the beginning.
    """

    def __init__(self) -> None:
        self._held = True
        self._waiting = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals."""
        if self._held:
            self._waiting = True
            return
        # What answers the first signal, stopping every node above all, is not to be interrupted by a second.
        self._held = True
        raise DemoInterrupted(number, frame)

    def hold(self) -> None:
        """From here on a signal waits."""
        self._held = True

    def release(self) -> None:
        """Raise DemoInterrupted if a signal waits; from here on none does."""
        if self._waiting:
            raise DemoInterrupted
        self._held = False


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How a step came out; `detail` says what was read back, or what was wrong."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class ShownNode:
    """A node as the demo prints it."""

    name: str
    address: str
    home: Path
    pid: int | None


def run_demo(*, count: int, once: bool, folder: Path | None, as_json: bool) -> None:
    """Tell the story; then serve until a signal, or stop at once. Raises CommandRefusedError if a step failed."""
    cast = list_cast(count)
    base = _make_base(folder, cast)
    nodes = tuple(
        DemoNode(organisation=one, home=base / one.slug, port=port)
        for one, port in zip(cast, pick_ports(count), strict=True)
    )
    teller = Teller(stderr_console() if as_json else stdout_console(), cast)
    with _interruptible() as interruptions, _child_environment() as environment:
        fleet = Fleet(environment=environment, patience_seconds=WAIT_SECONDS_MAX)
        story = Story(fleet, nodes, teller)
        outcomes: list[StepOutcome] = []
        try:
            try:
                interruptions.release()
                _tell(story, teller, outcomes, interruptions, count=count)
            except DemoFailed as error:
                raise _refusal(error.safe_text, story, outcomes, _show_all(nodes, fleet)) from error
            except DemoInterrupted as error:
                text = f"interrupted; the folders are in {base}"
                raise _refusal(text, story, outcomes, _show_all(nodes, fleet)) from error
            shown = _show_all(nodes, fleet)
            if as_json:
                print_json(ok=True, steps=outcomes, nodes=shown, agreement=story.agreement_iri)
            _say_where(teller, shown, base, once=once)
            if not once:
                with suppress(DemoInterrupted):
                    interruptions.release()
                    _serve_until_stopped(fleet)
        finally:
            interruptions.hold()
            fleet.stop()
            teller.close("All nodes have stopped.")


def _tell(
    story: Story, teller: Teller, outcomes: list[StepOutcome], interruptions: Interruptions, *, count: int
) -> None:
    """Act every step in turn; the outcomes grow as they come. Raises DemoFailed with where it failed.

    After the last step signals are held: what was told is printed whole.
    """
    teller.open(
        f"Krets: {count} organisations, {count} nodes, one exchange",
        "Each node is a process of its own, with its own database and keys, on this machine.",
        "Everything is done with the krets command and HTTP, and read back from both sides.",
    )
    steps = story.list_steps()
    for number, step in enumerate(steps, start=1):
        teller.begin(number, step.title)
        try:
            detail = step.act()
            story.check_alive()
        except DemoFailed as error:
            teller.failed(error.safe_text)
            outcomes.append(StepOutcome(name=step.name, ok=False, detail=error.safe_text))
            raise
        if number == len(steps):
            interruptions.hold()
        outcomes.append(StepOutcome(name=step.name, ok=True, detail=detail))
        teller.done(detail)


def _refusal(text: str, story: Story, outcomes: list[StepOutcome], shown: list[ShownNode]) -> CommandRefusedError:
    """What is said when the story could not be told to its end."""
    if outcomes and not outcomes[-1].ok:
        where = f"at the step {outcomes[-1].name}"
    else:
        where = f"during the step {story.list_steps()[len(outcomes)].name}"
    return CommandRefusedError(
        "demo-failed",
        f"The demo failed {where}: {text}",
        ok=False,
        steps=outcomes,
        nodes=shown,
        agreement=story.agreement_iri,
    )


def _show_all(nodes: tuple[DemoNode, ...], fleet: Fleet) -> list[ShownNode]:
    return [
        ShownNode(name=node.name, address=node.address, home=node.home.resolve(), pid=fleet.pid_of(node))
        for node in nodes
    ]


def _say_where(teller: Teller, shown: list[ShownNode], base: Path, *, once: bool) -> None:
    """Where everything is, for those who want to look further."""
    width = max(len(node.name) for node in shown)
    lines = [f"    {node.name:<{width}}  {node.address}/" for node in shown]
    program = "krets" if shutil.which("krets") else Path(sys.executable).with_name("krets")
    look = ("Look further, for example:", f"    {program} agreement list --all --home {shown[0].home}")
    if once:
        teller.close(f"The story is told. The folders stay in {base}", *look)
    else:
        teller.close("The story is told. The nodes keep running until Ctrl-C:", *lines, f"Folders: {base}", *look)


def _serve_until_stopped(fleet: Fleet) -> None:
    """Watch the nodes until DemoInterrupted. Exits 1 with one line on stderr if one dies: the result is printed."""
    try:
        while True:
            fleet.check_alive()
            time.sleep(WATCH_SECONDS)
    except DemoFailed as error:
        text = f"The demo failed after the story, while serving: {error.safe_text}"
        print_error(code="demo-failed", message=text, as_json=False)
        raise typer.Exit(1) from error


def _make_base(folder: Path | None, cast: tuple[Organisation, ...]) -> Path:
    """The folder that will hold the nodes' folders. Raises CommandRefusedError where there are nodes already."""
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="krets-demo-"))
    taken = next((one.slug for one in cast if (folder / one.slug).exists()), None)
    if taken is not None:
        raise CommandRefusedError(
            "exists", f"{folder / taken} is there from an earlier demo. Choose another folder, or remove {folder}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@contextmanager
def _child_environment() -> Iterator[Mapping[str, str]]:
    """The environment of the nodes' processes: this one's, without any setting meant for another node.

    Where Python is told to keep no compiled files, the many short commands keep them in a folder of their own for the
    time of the demo: that halves its time.
    """
    environment = {name: text for name, text in read_environment().items() if not name.startswith("KRETS_")}
    root = str(root_folder())
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = root if not inherited else f"{root}:{inherited}"
    compiled = None
    if environment.pop("PYTHONDONTWRITEBYTECODE", None):
        compiled = tempfile.mkdtemp(prefix="krets-demo-compiled-")
        environment["PYTHONPYCACHEPREFIX"] = compiled
    try:
        yield environment
    finally:
        if compiled is not None:
            shutil.rmtree(compiled, ignore_errors=True)


@contextmanager
def _interruptible() -> Iterator[Interruptions]:
    """Ctrl-C, TERM and HUP are heard here, but for those that are ignored; afterwards they are as they were before."""
    interruptions = Interruptions()
    before = {
        number: signal.signal(number, interruptions.hear)
        for number in STOP_SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield interruptions
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
