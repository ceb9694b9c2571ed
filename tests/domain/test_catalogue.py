"""Which offer answers which need."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from node.domain.catalogue import CatalogueEntry, Match, NoMatch, decide_match
from node.domain.places import Coordinates
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.vocabulary import Purpose, Tier, Unit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHAIR = Iri("https://w3id.org/krets/category/office-chair")

OFFER = CatalogueEntry(
    id=1, iri=Iri("https://asker.example/proposals/1"), peer_id=2, publisher_name="Asker",
    publisher_iri=ActorIri(Iri("https://asker.example/actor")), item_id=None, purpose=Purpose.OFFER, name="Kontorstol",
    content="", category_iri=CHAIR, unit=Unit.ONE, quantity=24, promised=0, given=0, available=24, minimum=None,
    condition=None, mass_grams=None, tier=Tier.PARTNERS, coordinates=Coordinates(latitude=59.83, longitude=10.44),
    closes_at=NOW + timedelta(days=9), version=1, terms_version=1, digest=Digest("sha-256:00"), published_at=NOW,
    withdrawn_at=None,
)  # fmt: skip
NEED = replace(
    OFFER,
    id=3,
    iri=Iri("https://baerum.example/proposals/3"),
    peer_id=None,
    publisher_iri=ActorIri(Iri("https://baerum.example/actor")),
    purpose=Purpose.REQUEST,
    quantity=6,
    available=6,
    coordinates=Coordinates(latitude=59.89, longitude=10.53),
)


def test_an_offer_of_the_same_category_with_enough_matches_and_says_why() -> None:
    match = decide_match(NEED, OFFER, now=NOW)

    assert isinstance(match, Match)
    assert match.offer == OFFER
    assert match.because == "same category, 24 available of 6 needed, 8 km away"


def test_without_places_the_match_has_no_distance() -> None:
    match = decide_match(NEED, replace(OFFER, coordinates=None), now=NOW)

    assert isinstance(match, Match)
    assert match.distance_km is None


def test_exactly_enough_is_enough() -> None:
    assert isinstance(decide_match(NEED, replace(OFFER, available=6), now=NOW), Match)


@pytest.mark.parametrize(
    ("need", "offer", "because"),
    [
        (NEED, replace(OFFER, available=5), "not enough available"),
        (NEED, replace(OFFER, unit=Unit.KILOGRAM), "not enough available"),
        (NEED, replace(OFFER, category_iri=Iri("https://w3id.org/krets/category/desk")), "another category"),
        (replace(NEED, category_iri=None), replace(OFFER, category_iri=None), "another category"),
        (NEED, replace(OFFER, withdrawn_at=NOW), "the offer has closed"),
        (NEED, replace(OFFER, closes_at=NOW), "the offer has closed"),
        (replace(NEED, promised=4, given=2), OFFER, "the need is met"),
        (NEED, replace(OFFER, publisher_iri=NEED.publisher_iri), "both are the same organisation's"),
    ],
)
def test_every_reason_against_a_match_is_given(need: CatalogueEntry, offer: CatalogueEntry, because: str) -> None:
    assert decide_match(need, offer, now=NOW) == NoMatch(because=because)


def test_an_offer_without_end_stays_open() -> None:
    assert isinstance(decide_match(NEED, replace(OFFER, closes_at=None), now=NOW), Match)


@pytest.mark.parametrize(("need", "offer"), [(OFFER, OFFER), (NEED, NEED)])
def test_only_a_need_and_an_offer_can_be_matched(need: CatalogueEntry, offer: CatalogueEntry) -> None:
    with pytest.raises(ValueError, match="between a need and an offer"):
        decide_match(need, offer, now=NOW)


def test_an_entry_knows_whose_it_is_and_what_a_commitment_satisfies() -> None:
    assert (OFFER.own, NEED.own) == (False, True)
    assert OFFER.intent_iri == "https://asker.example/proposals/1#primary"
