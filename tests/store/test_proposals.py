"""Searching the catalogue: words, places, tiers and what is open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.domain.places import Coordinates
from node.operations.edit_inventory import AddItem, ItemChanges, add_item
from node.operations.publish_proposal import PublishNeed, PublishOffer, publish_need, publish_offer
from node.store.proposals import SearchFilter, list_own, list_public, search_entries
from protocol.vocabulary import Purpose, Tier
from tests.cast import NOON, Town, World

HERE = Coordinates(latitude=59.83, longitude=10.44)
HAMAR = Coordinates(latitude=60.79, longitude=11.07)


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Town]:
    """A town with three offers of different tiers, and a need."""
    town = World(folder=tmp_path).town("asker")
    for name, category, tier in (
        ("Kontorstol Capisco", "office-chair", Tier.PARTNERS),
        ("Møtebord oval", "table", Tier.ORGANISATIONS),
        ("Skjerm 24 tommer", "monitor", Tier.PUBLIC),
    ):
        item = town.run(add_item, AddItem(item=ItemChanges(name=name, quantity=4, category=category)))
        town.run(
            publish_offer, PublishOffer(item_ref=str(item.id), quantity=4, tier=tier, gone_by_on=None, minimum=None)
        )
    town.run(publish_need, PublishNeed(text="sofa", quantity=1, by_on=None, category="sofa", tier=Tier.PARTNERS))
    yield town
    town.connection.close()


def names(town: Town, wanted: SearchFilter, *, limit: int = 10) -> list[str]:
    """The names that a search finds."""
    found = search_entries(town.connection, wanted, now=town.clock.now, limit=limit)
    return [entry.name for entry, _ in found]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("kontorstol", ["Kontorstol Capisco"]),
        ("capisco kontor", ["Kontorstol Capisco"]),
        ("bord", ["Møtebord oval"]),
        ("office chair", ["Kontorstol Capisco"]),
        ("stol cap", ["Kontorstol Capisco"]),
        ("sykkel", []),
        ("!?", []),
    ],
)
def test_words_find_by_name_by_category_in_any_language_and_inside_compounds(
    asker: Town, words: str, found: list[str]
) -> None:
    assert names(asker, SearchFilter(words=words)) == found


def test_a_search_is_narrowed_by_kind_tier_and_category(asker: Town) -> None:
    assert names(asker, SearchFilter(purpose=Purpose.REQUEST)) == ["sofa"]
    assert names(asker, SearchFilter(tier=Tier.ORGANISATIONS)) == ["Møtebord oval"]
    assert names(asker, SearchFilter(category_iri="https://w3id.org/krets/category/monitor")) == ["Skjerm 24 tommer"]


def test_without_words_the_newest_come_first_and_no_more_than_asked_for(asker: Town) -> None:
    assert names(asker, SearchFilter(), limit=2) == ["sofa", "Skjerm 24 tommer"]


def test_near_means_nearest_first_and_unknown_places_last(asker: Town) -> None:
    asker.connection.execute("UPDATE proposals SET latitude = 60.79, longitude = 11.07 WHERE name LIKE 'Kontor%'")
    asker.connection.execute("UPDATE proposals SET latitude = NULL, longitude = NULL WHERE name LIKE 'Skjerm%'")

    far = names(asker, SearchFilter(near=HAMAR, purpose=Purpose.OFFER))
    within = names(asker, SearchFilter(near=HERE, within_km=10, purpose=Purpose.OFFER))

    assert far == ["Kontorstol Capisco", "Møtebord oval", "Skjerm 24 tommer"]
    assert within == ["Møtebord oval"]


def test_what_is_taken_closed_or_withdrawn_shows_only_when_asked_for(asker: Town) -> None:
    asker.connection.execute("UPDATE proposals SET promised = 4 WHERE name LIKE 'Kontor%'")
    asker.connection.execute("UPDATE proposals SET closes_at = '2026-11-23T12:00:00Z' WHERE name LIKE 'Møte%'")
    asker.connection.execute("UPDATE proposals SET withdrawn_at = '2026-11-23T12:00:00Z' WHERE name LIKE 'Skjerm%'")

    assert names(asker, SearchFilter(purpose=Purpose.OFFER)) == []
    assert len(names(asker, SearchFilter(purpose=Purpose.OFFER, open_only=False))) == 3


def test_our_own_are_listed_newest_first_and_the_public_ones_for_anybody(asker: Town) -> None:
    own = list_own(asker.connection, purpose=Purpose.OFFER, open_only=True, limit=10)
    public = list_public(asker.connection, now=NOON, limit=10)

    assert [entry.name for entry in own] == ["Skjerm 24 tommer", "Møtebord oval", "Kontorstol Capisco"]
    assert [entry.name for entry in public] == ["Skjerm 24 tommer"]


@pytest.mark.parametrize("change", ["closes_at = '2026-11-23T11:59:59Z'", "promised = quantity"])
def test_what_nobody_can_have_any_more_is_not_among_the_public_ones(asker: Town, change: str) -> None:
    asker.connection.execute(f"UPDATE proposals SET {change} WHERE tier = 'public'")

    assert list_public(asker.connection, now=NOON, limit=10) == []
