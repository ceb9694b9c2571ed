"""The grid and distances."""

from decimal import Decimal

import pytest

from node.domain.places import Coordinates, distance_km, snap_to_grid

ASKER = Coordinates(latitude=59.8331, longitude=10.4392)
HAMAR = Coordinates(latitude=60.7945, longitude=11.0680)


def test_a_place_is_published_as_the_nearest_point_of_the_grid() -> None:
    assert snap_to_grid(ASKER, grid_degrees=Decimal("0.01")) == Coordinates(latitude=59.83, longitude=10.44)


def test_a_coarser_grid_says_less() -> None:
    assert snap_to_grid(ASKER, grid_degrees=Decimal("0.5")) == Coordinates(latitude=60.0, longitude=10.5)


def test_distance_is_the_same_both_ways_and_right_to_a_kilometre() -> None:
    there, back = distance_km(ASKER, HAMAR), distance_km(HAMAR, ASKER)

    assert there == back
    assert there == pytest.approx(112.3, abs=1.0)


def test_a_place_is_no_distance_from_itself() -> None:
    assert distance_km(ASKER, ASKER) == 0
