"""Weakened nodes: each is served by a process in which one check is switched off, and meets every test of refusals.

    python -m tests.network.mutants          prints which tests fail without which check; exits 1 if it is not as said

The tests are those that pytest runs, called one after the other with a stage whose node is the weakened one. Processes
are forked from one that has imported the node already: fifty nodes are started one after the other.
"""

import asyncio
import inspect
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPException
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.network import test_refused_messages, test_refused_requests, test_refused_senders
from tests.network.mutations import ALONE, AT_ONCE, Mutation
from tests.network.nodes import LOOPBACK, NodeFailed, free_port, open_database, wait_until_answering
from tests.network.stage import Stage, set_up
from tests.network.weakening import Facts

MODULES = (test_refused_requests, test_refused_messages, test_refused_senders)

LOG_NAME = "weakened.log"

PRELOADED = (
    "tests.network.mutations",
    "node.app",
    "node.jobs",
    "node.web.home",
    "node.federation.deliver",
    "node.federation.documents",
    "node.federation.objects",
    "apscheduler.executors.asyncio",
    "apscheduler.triggers.interval",
)
"""Everything that a served node imports, so that a fork has it."""


def refusal_tests() -> dict[str, Callable[[Stage], None]]:
    """The tests that take a stage and nothing else, by name."""
    return {
        name: test
        for module in MODULES
        for name, test in vars(module).items()
        if name.startswith("test_") and [*inspect.signature(test).parameters] == ["stage"]
    }


def find_mutation(check: str) -> Mutation:
    """The mutation that switches off this check."""
    return next(mutation for mutation in ALONE + AT_ONCE if mutation.check == check)


def serve_weakened(check: str, home: str, listen: str, facts: Facts) -> None:
    """Switch off the check and serve the node in this folder, until killed: the whole life of one process."""
    from node.app import serve
    from node.settings import load_settings

    with (Path(home) / LOG_NAME).open("w") as log:
        os.dup2(log.fileno(), sys.stderr.fileno())
        find_mutation(check).switch_off(facts)
        asyncio.run(serve(load_settings(Path(home), {}), listen))


@contextmanager
def weakened(stage: Stage, mutation: Mutation, *, folder: Path) -> Iterator[Stage]:
    """The stage with a weakened node, served from a copy of its folder on a port of its own."""
    home = shutil.copytree(stage.home, folder / "weakened")
    port = free_port()
    facts = Facts(origin=stage.origin, friend_iri=stage.friend.actor_iri)
    process = _fork(mutation.check, str(home), f"{LOOPBACK}:{port}", facts)
    try:
        try:
            wait_until_answering((LOOPBACK, port), is_alive=process.is_alive)
        except NodeFailed as error:
            raise NodeFailed(f"{error}\n{(home / LOG_NAME).read_text(encoding='utf-8')}") from None
        with closing(open_database(home / "krets.db")) as view:
            yield replace(stage, home=home, address=(LOOPBACK, port), view=view)
    finally:
        process.kill()
        process.join()
        shutil.rmtree(home)


def failing_tests(stage: Stage) -> dict[str, str]:
    """The refusal tests that fail on this stage, each with the reason."""
    failed = {}
    for name, test in refusal_tests().items():
        try:
            test(stage)
        except (AssertionError, OSError, HTTPException, KeyError, ValueError) as error:
            # Refused in another way than documented, taken, or no answer that is a problem document.
            failed[name] = repr(error)
    return failed


def main() -> int:
    """Print the table. Returns 1 if a check does not fail exactly its tests."""
    wrong = 0
    with tempfile.TemporaryDirectory() as name, set_up(Path(name)) as stage:
        for mutation in ALONE + AT_ONCE:
            with weakened(stage, mutation, folder=Path(name)) as mutant:
                failed = failing_tests(mutant)
            as_said = failed.keys() == mutation.fails
            wrong += not as_said
            verdict = "as said" if as_said else f"NOT AS SAID: {', '.join(sorted(mutation.fails))}; {failed}"
            sys.stdout.write(f"without {mutation.check}: {', '.join(sorted(failed)) or 'nothing'} ({verdict})\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(ALONE + AT_ONCE)} checks switched off, {wrong} not as said\n")
    return 1 if wrong else 0


def _fork(*arguments: object) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED])
    with _unmeasured():
        forkserver.ensure_running()
    process = context.Process(target=serve_weakened, args=arguments, daemon=True)
    process.start()
    return process


@contextmanager
def _unmeasured() -> Iterator[None]:
    """A weakened node is no evidence of what the tests cover, and runs at half the speed when it is measured."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COV")}
    try:
        yield
    finally:
        os.environ.update(kept)


if __name__ == "__main__":
    sys.exit(main())
