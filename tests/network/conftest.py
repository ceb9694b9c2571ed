"""One stage for all tests of a worker: setting it up takes seconds, and no test of refusals changes what others see."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.network.nodes import open_database, start_node
from tests.network.stage import Stage, set_up


@pytest.fixture(scope="session")
def stopped_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage with its node stopped: its folder can be copied, and the copies served."""
    with set_up(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


@pytest.fixture(scope="session")
def stage(stopped_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage with its node serving."""
    home: Path = shutil.copytree(stopped_stage.home, tmp_path_factory.mktemp("served") / "node")
    with start_node(home), closing(open_database(home / "krets.db")) as view:
        yield replace(stopped_stage, home=home, view=view)
