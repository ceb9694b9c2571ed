"""Items: what the organisation owns, how much of it is free, and when it may be offered to others."""

from dataclasses import dataclass
from datetime import date, datetime

from node.domain.categories import Category
from node.domain.outcomes import Refused
from protocol.identifiers import Iri
from protocol.vocabulary import Tier

LAST_DAY = date(2199, 12, 31)
"""The last day that an item or offer may name, as in imported lists: 9999 is how other systems write "no end"."""


@dataclass(frozen=True, slots=True)
class Item:
    """One tracked thing or a lot of alike things.

    `quantity` is what we own, `promised` what is held for agreements, `offered` what open offers could still
    give away, all in pieces. Mass is grams a piece, lengths are millimetres.
    """

    id: int
    iri: Iri
    identity: str | None
    name: str
    category_iri: Iri | None
    quantity: int
    promised: int
    offered: int
    condition: str | None
    inventory_number: str | None
    serial_number: str | None
    unit_text: str | None
    location_text: str | None
    maker: str | None
    model: str | None
    notes: str | None
    mass_grams: int | None
    height_mm: int | None
    width_mm: int | None
    depth_mm: int | None
    purchase_price_minor: int | None
    acquired_on: date | None
    gone_by_on: date | None
    batch_id: int | None
    edited_at: datetime | None
    created_at: datetime
    removed_at: datetime | None

    @property
    def free(self) -> int:
        """Pieces that are neither offered nor held for an agreement outside an offer of ours."""
        return self.quantity - self.offered


@dataclass(frozen=True, slots=True)
class Releasable:
    """The item may be offered to this tier."""

    category: Category
    tier: Tier


def decide_release(item: Item, *, category: Category | None, quantity: int, tier: Tier) -> Releasable | Refused:
    """Whether `quantity` pieces of the item may be offered to `tier`.

    Data-bearing categories stay inside the organisation: the erasure certificate that would open them is a
    later gate, so there is no way round it here.
    """
    if item.removed_at is not None:
        return Refused(code="removed", safe_text=f"Item {item.id} has been removed from the inventory.")
    if category is None:
        return Refused(
            code="no-category",
            safe_text=f"Item {item.id} has no category. Set one first: krets item edit {item.id} --category CATEGORY.",
        )
    if quantity < 1:
        return Refused(code="quantity", safe_text="The quantity to offer must be 1 or more.")
    if quantity > item.free:
        return Refused(
            code="quantity",
            safe_text=f"Only {item.free} of {item.quantity} are free to offer; the rest is offered or promised.",
        )
    if category.bears_data and tier is not Tier.OWN:
        return Refused(
            code="bears-data",
            safe_text=(
                f"{category.label('en')} bears data and cannot be offered outside the organisation before a "
                "verified erasure certificate is attached. Offer it with --tier own."
            ),
        )
    return Releasable(category=category, tier=tier)
