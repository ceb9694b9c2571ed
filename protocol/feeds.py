"""The names of the feeds that a node publishes into: one per tier and one per peer.

Here: feed IRIs and which feeds show what. Not here: sequence numbers, chains and cursors, which are the next part of
the protocol. A wider tier's offers stand in the narrower feeds too, so that every peer reads exactly one tier feed
of a publisher.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from protocol.identifiers import Iri, Origin
from protocol.vocabulary import PUBLIC, Tier

# A token of a bilateral feed: base64url without padding, from 22 characters (128 random bits) on.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")


class FeedName(StrEnum):
    """The tier feeds, each named after the tier whose grant gives sight of it."""

    PARTNERS = "partners"
    ORGANISATIONS = "organisations"
    PUBLIC = "public"


def tier_feed_iri(origin: Origin, name: str) -> Iri:
    """The IRI of a node's tier feed. Raises ValueError on a name that is no FeedName.

    >>> tier_feed_iri(Origin("https://asker.example"), FeedName.PARTNERS)
    'https://asker.example/feeds/partners'
    """
    return Iri(f"{origin}/feeds/{FeedName(name)}")


def bilateral_feed_iri(origin: Origin, *, token: str) -> Iri:
    """The IRI of a node's feed for one peer. The random token keeps others from learning who the peers are.

    Raises ValueError on a token that is not 22 to 64 characters of base64url.

    >>> bilateral_feed_iri(Origin("https://asker.example"), token="kZr1x9Qw7c2LmN4bV8tYuA")
    'https://asker.example/feeds/bilateral/kZr1x9Qw7c2LmN4bV8tYuA'
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError("a bilateral feed's token is 22 to 64 characters of base64url")
    return Iri(f"{origin}/feeds/bilateral/{token}")


def feeds_with_sight(tier: Tier) -> tuple[FeedName, ...]:
    """The tier feeds that show an offer of this tier, the narrowest first; none for `own`.

    >>> [name.value for name in feeds_with_sight(Tier.ORGANISATIONS)]
    ['partners', 'organisations']
    """
    return tuple(name for name in FeedName if tier.reaches(Tier(name)))


def tier_of_audience(audience: Iterable[Iri], *, origin: Origin) -> Tier:
    """The widest tier whose feed, of this publisher, the audience names; `own` where it names none.

    The collection of everybody (ActivityPub, 5.6) counts as the public feed. Feeds of other origins count for nothing.

    >>> partners_feed = tier_feed_iri(Origin("https://asker.example"), FeedName.PARTNERS)
    >>> tier_of_audience([partners_feed], origin=Origin("https://asker.example"))
    <Tier.PARTNERS: 'partners'>
    """
    named = set(audience)
    if PUBLIC in named:
        return Tier.PUBLIC
    for name in reversed(FeedName):
        if tier_feed_iri(origin, name) in named:
            return Tier(name)
    return Tier.OWN
