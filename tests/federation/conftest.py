"""A fresh served node for every test, with a town beside it that speaks to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from tests.cast import Clock, Town, World
from tests.federation.serving import Network, Served, make_app, make_home, make_template, serving


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and an empty database that every node of this session starts with."""
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def clock() -> Clock:
    """The clock of everybody in the test."""
    return Clock()


@pytest.fixture
def network() -> Network:
    """Nobody is on it yet."""
    return Network()


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    """Towns that are not served: they sign, and look at answers."""
    made = World(folder=tmp_path, clock=clock)
    yield made
    for town in made.towns.values():
        town.connection.close()


@pytest.fixture
def asker_app(tmp_path: Path, template: Path, network: Network, clock: Clock) -> web.Application:
    """The application of Asker's node. Made outside the event loop, because making it reads files."""
    settings = make_home(tmp_path, "asker", template=template, clock=lambda: clock.now)
    return make_app(settings, network=network, clock=clock)


@pytest.fixture
async def asker(asker_app: web.Application, network: Network) -> AsyncIterator[Served]:
    """Asker's node, serving."""
    async with serving(asker_app, network=network) as served:
        yield served


@pytest.fixture
def baerum(world: World) -> Town:
    """A town that nobody knows yet."""
    return world.town("baerum")


@pytest.fixture
async def friend(asker: Served, baerum: Town) -> Town:
    """Bærum, which Asker follows and has accepted as a partner."""
    await asyncio.to_thread(asker.befriend, baerum)
    return baerum
