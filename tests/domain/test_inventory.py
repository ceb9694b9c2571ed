"""When an item may be offered, and to whom."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from node.domain.categories import Category
from node.domain.inventory import Item, Releasable, decide_release
from node.domain.outcomes import Refused
from protocol.identifiers import Iri
from protocol.vocabulary import Tier

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

CHAIR = Category(
    iri=Iri("https://w3id.org/krets/category/office-chair"),
    slug="office-chair",
    labels={"en": "Office chair", "nb": "Kontorstol"},
    synonyms=("task chair",),
    bears_data=False,
    typical_mass_grams=12_000,
)
LAPTOP = replace(CHAIR, slug="laptop", labels={"en": "Laptop"}, bears_data=True)

ITEM = Item(
    id=7, iri=Iri("https://asker.example/items/7"), identity=None, name="Kontorstol", category_iri=CHAIR.iri,
    quantity=24, promised=0, offered=4, condition=None, inventory_number=None, serial_number=None, unit_text=None,
    location_text=None, maker=None, model=None, notes=None, mass_grams=None, height_mm=None, width_mm=None,
    depth_mm=None, purchase_price_minor=None, acquired_on=None, gone_by_on=None, batch_id=None, edited_at=None,
    created_at=NOW, removed_at=None,
)  # fmt: skip


@pytest.mark.parametrize("quantity", [1, 20])
def test_up_to_what_is_free_may_be_offered(quantity: int) -> None:
    outcome = decide_release(ITEM, category=CHAIR, quantity=quantity, tier=Tier.PUBLIC)

    assert outcome == Releasable(category=CHAIR, tier=Tier.PUBLIC)


@pytest.mark.parametrize(("quantity", "code"), [(0, "quantity"), (21, "quantity")])
def test_nothing_and_more_than_is_free_may_not(quantity: int, code: str) -> None:
    outcome = decide_release(ITEM, category=CHAIR, quantity=quantity, tier=Tier.PARTNERS)

    assert isinstance(outcome, Refused)
    assert outcome.code == code


@pytest.mark.parametrize("tier", [Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC])
def test_what_bears_data_stays_inside_the_organisation(tier: Tier) -> None:
    outcome = decide_release(ITEM, category=LAPTOP, quantity=1, tier=tier)

    assert isinstance(outcome, Refused)
    assert outcome.code == "bears-data"


def test_what_bears_data_may_be_offered_within_the_organisation() -> None:
    outcome = decide_release(ITEM, category=LAPTOP, quantity=1, tier=Tier.OWN)

    assert isinstance(outcome, Releasable)


def test_an_item_without_category_is_refused_with_the_command_that_sets_one() -> None:
    outcome = decide_release(ITEM, category=None, quantity=1, tier=Tier.OWN)

    assert isinstance(outcome, Refused)
    assert "krets item edit 7 --category" in outcome.safe_text


def test_a_removed_item_is_refused() -> None:
    outcome = decide_release(replace(ITEM, removed_at=NOW), category=CHAIR, quantity=1, tier=Tier.OWN)

    assert isinstance(outcome, Refused)
    assert outcome.code == "removed"
