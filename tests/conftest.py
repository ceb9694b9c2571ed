"""What holds for every test: nothing blocks the event loop, no example is timed, uses of the shared folder are listed.

Fixtures of one area belong in the conftest.py of its own folder.
"""

import importlib.util
import os
import signal
import sys
from collections.abc import Generator, Iterator

import coverage
import hypothesis
import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests.case_draw import Case, draw_cases
from tests.shared_files import shared_folder
from tests.shared_uses import SharedUses

# openpyxl reads with lxml where it finds it. A test's library brings lxml; an installed node has none, so nor do we.
os.environ["OPENPYXL_LXML"] = "False"

# A run in the background begins with Ctrl-C ignored, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline: how long an example takes tells of the machine, not of the code. `quick` is for further interpreters.
hypothesis.settings.register_profile("full", deadline=None, print_blob=True)
hypothesis.settings.register_profile("quick", parent=hypothesis.settings.get_profile("full"), max_examples=20)
hypothesis.settings.load_profile("full")

OWN_SOURCE = [name for name in ("node", "protocol", "schemas") if importlib.util.find_spec(name)]


@pytest.fixture(autouse=True, scope="session")
def nothing_blocks_the_event_loop() -> Iterator[BlockBuster]:
    """A call from our code that would block the running event loop (file, socket, sleep, SQLite) fails the test.

    Only calls that have our own source in their stack count: pytest and the interpreter read files when they like.
    """
    with blockbuster_ctx(scanned_modules=OWN_SOURCE) as guard:
        # Coverage takes a lock of its own when a line runs for the first time in a thread.
        guard.functions["threading.Lock.acquire"].can_block_in("coverage/collector.py", "lock_data")
        yield guard


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """End the first of two measurements: pytest-cov 7.1 begins one more in each worker, which `no_cover` leaves on."""
    surplus = coverage.Coverage.current()
    if (
        surplus is not None
        and hasattr(session.config, "workerinput")
        and session.config.pluginmanager.hasplugin("_cov")
    ):
        surplus.stop()


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option for further interpreters, where another case of the same test seldom finds something new."""
    parser.addoption(
        "--cases-max", type=int, metavar="N", help="of each parametrized test run N cases at most, drawn by the seed"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first, in an order otherwise random, so that no worker begins one when the others have finished.

    They are not measured, nor are those that draw their examples: what they run again in this process, the others have
    measured, measuring doubles their time, and what is reached by luck must not carry a floor.
    """
    cases_max = config.getoption("cases_max")
    if cases_max is not None:
        # The same draw in every worker: pytest-randomly hands its seed to all of them.
        cases = [Case(item.nodeid, frozenset(getattr(item, "fixturenames", ()))) for item in items]
        drawn = draw_cases(cases, cases_max=cases_max, seed=str(config.getoption("randomly_seed", "")))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in drawn])
        items[:] = [item for item in items if item.nodeid in drawn]
    for item in items:
        if item.get_closest_marker("slow") is not None or hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("no_cover")
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what a test wants known also when it passes, above all its seeds: `record_property("told", text)`."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, text in report.user_properties:
                    if name == "told":
                        terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tell apart what a test covers by the shared folder alone."""
    shared_uses.begin(item.nodeid)
    try:
        return (yield)
    finally:
        shared_uses.end()


shared_uses = SharedUses(shared_folder())
sys.addaudithook(shared_uses.watch)
