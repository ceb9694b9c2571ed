"""Who asks, and what of ours they may see: anybody what is public, a peer what the tier it was granted reaches.

A GET says who asks by its signature (RFC 9421). It changes nothing here, so its nonce is not remembered: repeated by
somebody who got hold of it, it reads again what its sender may read, until it expires.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from node.domain.peers import FollowerState, Peer
from node.federation.keyring import Keyring
from node.federation.reading import parse_head
from node.store import proposals
from protocol.activities import Activity, CreateProposal, UpdateProposal
from protocol.feeds import FeedName, tier_of_audience
from protocol.http_signatures import peek_signature, verify_request
from protocol.identifiers import Origin
from protocol.vocabulary import Tier


class Askers:
    """Tells the peer that signed a request from anybody else."""

    def __init__(self, *, keyring: Keyring, origin: Origin, clock: Callable[[], datetime]) -> None:
        self._keyring = keyring
        self._origin = origin
        self._clock = clock

    async def find_asker_id(self, request: web.Request) -> int | None:
        """The peer whose key signed the request; None for an unsigned one or a key that we do not know.

        Raises ProtocolError for a signature by a known key that is not right: an asker who signs wants to know.
        """
        if "Signature" not in request.headers and "Signature-Input" not in request.headers:
            return None
        head = parse_head(request, origin=self._origin)
        known = await self._keyring.find_key(peek_signature(head).keyid)
        if known is None:
            return None
        verify_request(head, key=known.key, now=self._clock())
        return known.peer_id


def tier_of(asker: Peer | None) -> Tier:
    """The tier that this asker (None: anybody) may see."""
    if asker is None or asker.blocked or asker.follower_state is not FollowerState.ACCEPTED:
        return Tier.PUBLIC
    return asker.granted_tier or Tier.PUBLIC


def may_see(tier: Tier, asker: Peer | None) -> bool:
    """Whether something published for this tier may be shown to this asker (None: anybody)."""
    return tier is not Tier.OWN and tier.reaches(tier_of(asker))


def feed_of(asker: Peer | None) -> FeedName:
    """The one tier feed that has everything this asker (None: anybody) may see."""
    return FeedName(tier_of(asker))


def may_see_activity(connection: sqlite3.Connection, activity: Activity, asker: Peer | None, *, origin: Origin) -> bool:
    """Whether an activity of ours is for this asker, as things stand now.

    It was addressed to them or to their tier; and a proposal in it has not been narrowed or withdrawn since, so that
    an old Create does not show what the proposal itself no longer does.
    """
    audience = activity.header.audience
    if asker is not None and asker.actor_iri in audience:
        return True
    if not may_see(tier_of_audience(audience, origin=origin), asker):
        return False
    if not isinstance(activity, CreateProposal | UpdateProposal):
        return True
    entry = proposals.find_entry(connection, activity.proposal.iri)
    return entry is not None and entry.withdrawn_at is None and may_see(entry.tier, asker)
