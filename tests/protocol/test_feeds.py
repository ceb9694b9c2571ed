"""Which feeds a node has, and who sees what in them."""

import pytest

from protocol.feeds import FeedName, bilateral_feed_iri, feeds_with_sight, tier_feed_iri, tier_of_audience
from protocol.identifiers import Iri, Origin, parse_iri
from protocol.vocabulary import PUBLIC, Tier

ASKER = Origin("https://asker.example")
TOKEN = "kZr1x9Qw7c2LmN4bV8tYuA"


def test_each_tier_that_can_be_granted_has_a_feed_of_its_name() -> None:
    assert [Tier(name) for name in FeedName] == [Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC]
    assert [tier_feed_iri(ASKER, name) for name in FeedName] == [
        "https://asker.example/feeds/partners",
        "https://asker.example/feeds/organisations",
        "https://asker.example/feeds/public",
    ]


@pytest.mark.parametrize("name", ["own", "bilateral", "Partners", "../actor", ""])
def test_there_is_no_feed_of_another_name(name: str) -> None:
    with pytest.raises(ValueError, match="FeedName"):
        tier_feed_iri(ASKER, name)


def test_a_bilateral_feed_is_known_by_its_token() -> None:
    iri = bilateral_feed_iri(ASKER, token=TOKEN)

    assert parse_iri(iri, allow_http=False) == f"https://asker.example/feeds/bilateral/{TOKEN}"


@pytest.mark.parametrize("token", [TOKEN[:21], "a" * 65, TOKEN[:-1] + "/", TOKEN[:-1] + "=", ""])
def test_a_token_is_22_to_64_characters_of_base64url(token: str) -> None:
    bilateral_feed_iri(ASKER, token="a" * 64)

    with pytest.raises(ValueError, match="token"):
        bilateral_feed_iri(ASKER, token=token)


@pytest.mark.parametrize("tier", Tier)
def test_the_feeds_with_sight_are_those_whose_readers_the_tier_reaches(tier: Tier) -> None:
    assert feeds_with_sight(tier) == tuple(name for name in FeedName if tier.reaches(Tier(name)))


@pytest.mark.parametrize("tier", Tier)
def test_the_tier_of_an_audience_is_read_back_from_the_feeds_it_names(tier: Tier) -> None:
    audience = [tier_feed_iri(ASKER, name) for name in feeds_with_sight(tier)]

    assert tier_of_audience(audience, origin=ASKER) is tier


def test_everybody_is_the_public_tier() -> None:
    assert tier_of_audience([PUBLIC], origin=ASKER) is Tier.PUBLIC


def test_feeds_of_other_origins_and_feeds_for_one_peer_widen_nothing() -> None:
    audience = [
        tier_feed_iri(Origin("https://mallory.example"), FeedName.PUBLIC),
        tier_feed_iri(Origin("https://asker.example:8443"), FeedName.PUBLIC),
        bilateral_feed_iri(ASKER, token=TOKEN),
        Iri("https://baerum.example/actor"),
    ]

    assert tier_of_audience(audience, origin=ASKER) is Tier.OWN
