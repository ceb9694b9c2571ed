"""A fresh world for every test of a use case."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Town, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Nobody in it yet; every town's database is closed at the end."""
    made = World(folder=tmp_path)
    yield made
    for town in made.towns.values():
        town.connection.close()


@pytest.fixture
def asker(world: World) -> Town:
    """A municipality with things to give."""
    return world.town("asker")


@pytest.fixture
def baerum(world: World, asker: Town) -> Town:
    """A neighbour that Asker has accepted as a partner, and that has accepted Asker."""
    town = world.town("baerum")
    world.befriend(asker, town)
    return town
