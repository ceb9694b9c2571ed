"""The parts of the demo that can be judged without telling the story: the cast, the inventories, the processes."""

import csv
import io
import json
import os
import signal
import socket
import sys
import threading
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import typer
from rich.console import Console
from stdnum.no import orgnr

from node.commands import demo_nodes, demo_run
from node.commands.demo_cast import FOUNDERS, WORKSHOP, list_cast
from node.commands.demo_inventory import STORY_CHAIR_COUNT, STORY_CHAIRS, write_inventory
from node.commands.demo_nodes import DemoFailed, DemoNode, Fleet, fetch_page, pick_ports
from node.commands.demo_story import Step
from node.commands.demo_telling import Teller
from node.sheets import read_sheet
from tests.shared_files import shared_file


def test_fifteen_are_exactly_the_founding_partnership_with_its_facts() -> None:
    rows = csv.DictReader(io.StringIO(shared_file("data", "founding-municipalities.csv").read_text(encoding="utf-8")))

    cast = list_cast(15)

    facts = {(one.name, one.org_number, one.latitude, one.longitude, one.seat) for one in cast}
    assert facts == {tuple(row[key] for key in ("name", "org_number", "latitude", "longitude", "seat")) for row in rows}
    assert len(cast) == 15


@pytest.mark.parametrize("count", range(2, 16))
def test_every_cast_has_distinct_members_and_the_leads_first(count: int) -> None:
    cast = list_cast(count)

    assert len({one.slug for one in cast}) == len(cast) == count
    assert [one.name for one in cast[:3]] == ["Asker", "Bærum", "Drammen"][:count]
    assert (WORKSHOP in cast) == (4 <= count <= 14)


@pytest.mark.parametrize("count", [1, 16])
def test_there_is_no_cast_outside_2_to_15(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 15"):
        list_cast(count)


@pytest.mark.parametrize("one", [*FOUNDERS, WORKSHOP], ids=lambda one: one.slug)
def test_every_organisation_number_has_valid_check_digits(one: object) -> None:
    assert orgnr.is_valid(getattr(one, "org_number", ""))


def test_the_workshop_is_invented_beyond_doubt() -> None:
    # The register gives numbers from 8 and 9; 3 is its range for synthetic organisations.
    assert WORKSHOP.org_number.startswith("3")
    assert WORKSHOP.name not in {one.name for one in FOUNDERS}


@pytest.mark.parametrize("index", range(15))
def test_every_inventory_can_be_imported_as_the_demo_says(index: int) -> None:
    file = write_inventory(FOUNDERS[index], index=index, gone_by=date(2026, 12, 18))

    sheet = read_sheet(file.content, file_name=file.name, columns={})

    assert (sheet.read, len(sheet.rejected)) == (file.rows, file.unreadable)
    assert all(row.condition is not None and row.location_text and row.mass_grams for row in sheet.rows)


def test_the_giver_has_the_chairs_of_the_story() -> None:
    file = write_inventory(FOUNDERS[0], index=0, gone_by=date(2026, 12, 18))

    rows = read_sheet(file.content, file_name=file.name, columns={}).rows

    chairs = [row for row in rows if row.name == STORY_CHAIRS]
    assert [row.quantity for row in chairs] == [STORY_CHAIR_COUNT]


def test_ports_are_distinct_and_below_those_for_outgoing_connections() -> None:
    ports = pick_ports(15)

    assert len(set(ports)) == 15
    assert all(demo_nodes.PORT_FIRST <= port < demo_nodes.PORT_LAST for port in ports)


def make_node(folder: Path) -> DemoNode:
    return DemoNode(organisation=FOUNDERS[0], home=folder / "asker", port=pick_ports(1)[0])


def make_fleet(*, patience_seconds: float = 30.0) -> Fleet:
    environment = {**os.environ, "PYTHONPATH": str(demo_nodes.root_folder())}
    return Fleet(environment=environment, patience_seconds=patience_seconds)


def test_a_node_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    fleet, node = make_fleet(), make_node(tmp_path)
    fleet.start(node)

    with pytest.raises(DemoFailed, match=r"the node of Asker .* ended with exit code 1 .*holds no node"):
        fleet.wait_until("its end", lambda: None)

    fleet.stop()


def test_a_command_that_refuses_fails_the_demo_with_its_reason(tmp_path: Path) -> None:
    fleet = make_fleet()

    with pytest.raises(DemoFailed, match=r"krets status at Asker was refused: .*holds no node"):
        fleet.ask(make_node(tmp_path), "status")


def test_a_command_that_prints_no_json_fails_the_demo(tmp_path: Path) -> None:
    fleet = make_fleet()

    with pytest.raises(DemoFailed, match="printed no JSON document"):
        fleet.ask(make_node(tmp_path), "status", "--help")


def test_stop_ends_commands_that_nobody_has_waited_for(tmp_path: Path) -> None:
    fleet = make_fleet()
    running = fleet.begin(make_node(tmp_path), "status")

    fleet.stop()

    assert running.process.returncode is not None


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(DemoFailed, match="in vain: the moon"):
        make_fleet(patience_seconds=0.0).wait_until("the moon", lambda: None)


def test_nobody_at_an_address_is_no_page(tmp_path: Path) -> None:
    assert fetch_page(make_node(tmp_path), "/") is None


def test_children_get_no_setting_of_another_node_and_find_krets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRETS_HOME", "elsewhere")
    monkeypatch.setenv("KRETS_DOMAIN", "elsewhere.example")
    monkeypatch.setenv("PYTHONPATH", "first")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    with demo_run._child_environment() as environment:
        compiled = Path(environment["PYTHONPYCACHEPREFIX"])
        assert compiled.is_dir()
        assert not [name for name in environment if name.startswith("KRETS_")]
        assert environment["PYTHONPATH"] == f"{demo_nodes.root_folder()}:first"

    assert not compiled.exists()


def test_a_node_that_dies_while_serving_ends_the_demo_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet, node = make_fleet(), make_node(tmp_path)
    fleet.start(node)

    with pytest.raises(typer.Exit) as ended:
        demo_run._serve_until_stopped(fleet)

    fleet.stop()
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "after the story, while serving: the node of Asker" in said.err


def test_a_signal_ends_the_serving_and_leaves_signals_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with demo_run._interruptible() as interruptions:
        interruptions.release()

        with pytest.raises(demo_run.DemoInterrupted):  # noqa: PT012 - the signal comes while it serves
            threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
            demo_run._serve_until_stopped(make_fleet())

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_comes_while_signals_are_held_is_heard_at_the_release() -> None:
    with demo_run._interruptible() as interruptions:
        os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(demo_run.DemoInterrupted):
            interruptions.release()


def test_a_second_signal_does_not_interrupt_what_answers_the_first() -> None:
    with demo_run._interruptible() as interruptions:
        interruptions.release()

        with pytest.raises(demo_run.DemoInterrupted):
            os.kill(os.getpid(), signal.SIGINT)

        os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with demo_run._interruptible() as interruptions:
            interruptions.release()
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


class Tale:
    """A story of one step, at the end of which somebody presses Ctrl-C twice."""

    agreement_iri = None

    def __init__(self, fleet: Fleet, nodes: tuple[DemoNode, ...], teller: Teller) -> None:
        self._fleet, self._node = fleet, nodes[0]

    def list_steps(self) -> tuple[Step, ...]:
        return (Step("only", "Something happens", self.happen),)

    def happen(self) -> str:
        self._node.home.mkdir(parents=True)
        self._fleet.start(self._node)
        return "it happened"

    def check_alive(self) -> None:
        self._fleet.check_alive()


@pytest.mark.parametrize("once", [False, True])
def test_ctrl_c_while_the_end_is_told_lets_it_be_told_and_stops_every_node(
    once: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def say_done(teller: Teller, detail: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    sleeping = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr(demo_run, "Story", Tale)
    monkeypatch.setattr(demo_run, "Fleet", partial(Fleet, program=sleeping))
    monkeypatch.setattr(Teller, "done", say_done)

    demo_run.run_demo(count=2, once=once, folder=tmp_path, as_json=True)

    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert not Path(f"/proc/{document['nodes'][0]['pid']}").exists()


def test_a_port_that_somebody_has_is_not_picked() -> None:
    (first,) = pick_ports(1)
    with closing(socket.create_server(("127.0.0.1", first))):
        (second,) = pick_ports(1)

    assert second != first


def test_a_node_that_does_not_stop_on_term_is_killed(tmp_path: Path) -> None:
    deaf = [sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"]
    fleet = Fleet(environment=dict(os.environ), patience_seconds=0.0, stop_seconds=0.5, program=tuple(deaf))
    node = make_node(tmp_path)
    fleet.start(node)
    pid = fleet.pid_of(node)

    fleet.stop()

    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()


def test_long_lines_of_the_story_hang_under_their_text() -> None:
    screen = io.StringIO()
    teller = Teller(Console(file=screen, width=60), list_cast(2))

    teller.say("Asker", "word " * 20)

    lines = screen.getvalue().splitlines()
    assert len(lines) > 1
    assert lines[0].startswith("    Asker  word")
    assert all(line.startswith("           word") for line in lines[1:])
    assert all(len(line) <= 60 for line in lines)


def test_lines_at_the_end_are_whole_however_long() -> None:
    screen = io.StringIO()
    command = f"    krets agreement list --home /{'long/' * 40}"

    Teller(Console(file=screen, width=60), list_cast(2)).close("The end.", command)

    assert screen.getvalue().splitlines() == ["", "The end.", command]


def test_krets_is_run_by_this_very_python() -> None:
    assert (sys.executable, "-P", "-m", "cli") == demo_nodes.KRETS
