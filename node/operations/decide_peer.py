"""A person's decision about a peer: what it may see, or that it may not."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.outcomes import refuse
from node.domain.peers import FollowerState, FollowingState, Peer
from node.operations.author import Author
from node.operations.learn_peer import load_known_peer
from node.operations.publishing import ensure_tier_feed, publish_to_peer
from node.store import agreements, audit, feeds, messages, peers, proposals
from protocol.agreements import Phase
from protocol.compose import compose_accept_follow, compose_block, compose_reject, compose_undo
from protocol.feeds import FeedName
from protocol.vocabulary import Tier

UNFINISHED_MAX = 1_000
"""Agreements with one peer that are looked through before it is removed."""


@dataclass(frozen=True, slots=True)
class AcceptPeer:
    """Let the peer see this tier; also how a tier is changed."""

    peer_id: int
    tier: Tier


@dataclass(frozen=True, slots=True)
class RejectPeer:
    """Say no to the peer's Follow."""

    peer_id: int


@dataclass(frozen=True, slots=True)
class BlockPeer:
    """Stop everything with the peer but what is already agreed."""

    peer_id: int


@dataclass(frozen=True, slots=True)
class RemovePeer:
    """End both directions and forget the peer where nothing refers to it."""

    peer_id: int


def accept_peer(connection: sqlite3.Connection, command: AcceptPeer, *, author: Author, now: datetime) -> Peer:
    """Grant the tier: an Accept in the peer's own feed, then the tier's feed from its start."""
    peer = load_known_peer(connection, command.peer_id)
    if command.tier is Tier.OWN:
        raise refuse("tier", "A peer cannot be inside the organisation. Choose partners, organisations or public.")
    if peer.blocked:
        raise refuse("blocked", f"Peer {peer.id} is blocked. Remove it first: krets peer remove {peer.id}.")
    if peer.follower_state is FollowerState.UNVERIFIED:
        raise refuse("unverified", f"Nobody has looked at this peer yet. First: krets peer show {peer.id}.")
    if peer.follower_state in (FollowerState.NONE, FollowerState.ENDED) or peer.follower_iri is None:
        raise refuse(
            "no-follow",
            f"Peer {peer.id} has not asked to be accepted. There they ask with: krets peer add {author.origin}.",
        )
    if peer.follower_state is FollowerState.ACCEPTED and peer.granted_tier is command.tier:
        return peer
    version = peer.granted_version + 1
    unsigned = compose_accept_follow(
        iri=author.mint("activities"),
        actor_iri=author.actor_iri,
        to=peer.actor_iri,
        published=now,
        context=author.context,
        object_iri=peer.follower_iri,
        tier=command.tier,
        tier_version=version,
    )
    publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=None, now=now)
    peers.record_grant(connection, peer.id, tier=command.tier, version=version)
    feeds.delete_tier_subscriptions(connection, peer.id)
    feed_id = ensure_tier_feed(connection, FeedName(command.tier), author=author)
    feeds.ensure_subscription(connection, peer_id=peer.id, feed_id=feed_id)
    _audit(connection, "peer.accept", peer, {"tier": command.tier.value, "version": version}, now=now)
    return peers.load_peer(connection, peer.id)


def reject_peer(connection: sqlite3.Connection, command: RejectPeer, *, author: Author, now: datetime) -> Peer:
    """Answer the peer's Follow with a Reject; an accepted peer loses its tier."""
    peer = load_known_peer(connection, command.peer_id)
    if peer.follower_state is FollowerState.UNVERIFIED:
        peers.delete_unverified_follow(connection, peer.id)
        peers.record_follower(connection, peer.id, state=FollowerState.REJECTED, follow_iri=None)
    elif peer.follower_state in (FollowerState.PENDING, FollowerState.ACCEPTED):
        _send_reject(connection, peer, author=author, now=now)
    elif peer.follower_state is not FollowerState.REJECTED:
        raise refuse("no-follow", f"Peer {peer.id} has not asked to be accepted, so there is nothing to reject.")
    _audit(connection, "peer.reject", peer, {}, now=now)
    return peers.load_peer(connection, peer.id)


def block_peer(connection: sqlite3.Connection, command: BlockPeer, *, author: Author, now: datetime) -> Peer:
    """Stop the catalogue and new requests at once, both ways; existing agreements go on to their end."""
    peer = load_known_peer(connection, command.peer_id)
    if peer.blocked:
        return peer
    if peer.inbox_iri is not None:
        unsigned = compose_block(
            iri=author.mint("activities"),
            actor_iri=author.actor_iri,
            object_iri=peer.actor_iri,
            published=now,
            context=author.context,
        )
        publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=None, now=now)
    peers.record_block(connection, peer.id, now=now)
    peers.delete_unverified_follow(connection, peer.id)
    feeds.delete_tier_subscriptions(connection, peer.id)
    proposals.withdraw_all_of_peer(connection, peer.id, now=now)
    _audit(connection, "peer.block", peer, {}, now=now)
    return peers.load_peer(connection, peer.id)


def remove_peer(connection: sqlite3.Connection, command: RemovePeer, *, author: Author, now: datetime) -> Peer:
    """End both directions: take back our Follow, take back what we granted.

    A peer that no message refers to is forgotten; one with a history stays listed as ended, because what was
    agreed with it must stay provable. Raises RefusedError while something is still expected under an agreement; a
    dispute that people cannot settle stays visible, and does not keep anybody a peer.
    """
    peer = load_known_peer(connection, command.peer_id)
    unfinished = agreements.AgreementFilter(phases=agreements.OPEN_PHASES, peer_id=peer.id)
    found = agreements.list_agreements(connection, unfinished, limit=UNFINISHED_MAX)
    still_open = next((one for one in found if one.held or one.phase is not Phase.DISPUTED), None)
    if still_open is not None:
        raise refuse("open-agreements", f"Agreement {still_open.id} with this peer is still open; end it first.")
    if peer.follower_state in (FollowerState.PENDING, FollowerState.ACCEPTED):
        _send_reject(connection, peer, author=author, now=now)
    if peer.following_state in (FollowingState.SENT, FollowingState.ACCEPTED) and peer.following_iri is not None:
        unsigned = compose_undo(
            iri=author.mint("activities"),
            actor_iri=author.actor_iri,
            to=peer.actor_iri,
            published=now,
            context=author.context,
            object_iri=peer.following_iri,
            code=None,
            agreement_iri=None,
            seen=frozenset(),
        )
        publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=None, now=now)
        peers.record_following(connection, peer.id, state=FollowingState.ENDED, follow_iri=None)
    proposals.withdraw_all_of_peer(connection, peer.id, now=now)
    peers.delete_unverified_follow(connection, peer.id)
    _audit(connection, "peer.remove", peer, {}, now=now)
    if feeds.find_bilateral_feed(connection, peer.id) is None and not messages.has_messages_of(connection, peer.id):
        peers.delete_peer(connection, peer.id)
        return peer
    peers.record_unblocked(connection, peer.id)
    return peers.load_peer(connection, peer.id)


def _send_reject(connection: sqlite3.Connection, peer: Peer, *, author: Author, now: datetime) -> None:
    if peer.follower_iri is not None:
        unsigned = compose_reject(
            iri=author.mint("activities"),
            actor_iri=author.actor_iri,
            to=peer.actor_iri,
            published=now,
            context=author.context,
            object_iri=peer.follower_iri,
            object_digest=None,
            code="policy",
            agreement_iri=None,
            available=None,
            text=None,
            seen=frozenset(),
        )
        publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=None, now=now)
    peers.record_follower(connection, peer.id, state=FollowerState.REJECTED, follow_iri=peer.follower_iri)
    feeds.delete_tier_subscriptions(connection, peer.id)


def _audit(
    connection: sqlite3.Connection, action: str, peer: Peer, detail: dict[str, object], *, now: datetime
) -> None:
    audit.record_audit(
        connection, actor="self", action=action, subject=peer.actor_iri, detail={"peer": peer.id, **detail}, now=now
    )
