"""Places: the grid that published coordinates are snapped to, and distances between them."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

EARTH_RADIUS_KM = 6371.0
"""Mean radius, IUGG."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """WGS 84 degrees: latitude -90 to 90, longitude -180 to 180."""

    latitude: float
    longitude: float


def snap_to_grid(coordinates: Coordinates, *, grid_degrees: Decimal) -> Coordinates:
    """The nearest point of the node's grid, so that a published place never says which building it is."""
    return Coordinates(
        latitude=_snap(coordinates.latitude, grid_degrees), longitude=_snap(coordinates.longitude, grid_degrees)
    )


def _snap(degrees: float, grid: Decimal) -> float:
    steps = (Decimal(str(degrees)) / grid).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return float(steps * grid)


def distance_km(one: Coordinates, other: Coordinates) -> float:
    """Great-circle distance in kilometres (haversine)."""
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    half_lat = math.sin((lat2 - lat1) / 2)
    half_lon = math.sin(math.radians(other.longitude - one.longitude) / 2)
    chord = half_lat**2 + math.cos(lat1) * math.cos(lat2) * half_lon**2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))
