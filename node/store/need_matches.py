"""Our needs, the offers that answer each, and why."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.catalogue import CatalogueEntry, Match, decide_match
from node.store import proposals
from protocol.vocabulary import Purpose

CANDIDATES_MAX = 2_000
"""Newest offers of the category that are looked at for one need."""


@dataclass(frozen=True, slots=True)
class NeedWithMatches:
    """One need, and the offers that answer it, nearest first."""

    need: CatalogueEntry
    matches: tuple[Match, ...]


def list_needs_with_matches(
    connection: sqlite3.Connection, *, open_only: bool, now: datetime, limit: int, matches_max: int
) -> list[NeedWithMatches]:
    """Our needs, newest first."""
    needs = proposals.list_own(connection, purpose=Purpose.REQUEST, open_only=open_only, limit=limit)
    return [
        NeedWithMatches(need=need, matches=tuple(list_matches(connection, need, now=now, limit=matches_max)))
        for need in needs
    ]


def list_matches(connection: sqlite3.Connection, need: CatalogueEntry, *, now: datetime, limit: int) -> list[Match]:
    """Offers of anybody that answer the need, nearest first, those without a place last."""
    if need.category_iri is None or need.withdrawn_at is not None:
        return []
    candidates = proposals.list_offers_of_category(connection, need.category_iri, limit=CANDIDATES_MAX)
    decided = (decide_match(need, offer, now=now) for offer in candidates)
    matches = [match for match in decided if isinstance(match, Match)]
    return sorted(matches, key=lambda match: (match.distance_km is None, match.distance_km or 0.0))[:limit]
