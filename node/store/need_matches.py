"""Our needs together with the offers that answer each."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from protocol.vocabulary import Purpose

from node.domain.catalogue import CatalogueEntry, Match
from node.store import proposals


@dataclass(frozen=True, slots=True)
class NeedWithMatches:
    """One need, and the offers that answer it."""

    need: CatalogueEntry
    matches: tuple[Match, ...]


def list_needs_with_matches(
    connection: sqlite3.Connection, *, open_only: bool, now: datetime, limit: int, matches_max: int
) -> list[NeedWithMatches]:
    """Our needs, newest first."""
    needs = proposals.list_own(connection, purpose=Purpose.REQUEST, open_only=open_only, limit=limit)
    return [
        NeedWithMatches(
            need=need,
            matches=tuple(proposals.list_matches(connection, need, now=now, limit=matches_max)),
        )
        for need in needs
    ]
