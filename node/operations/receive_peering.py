"""A peer's Follow, its answer to ours, its leave and its block."""

import sqlite3
from datetime import datetime

from node.domain.peers import FollowerState, FollowingState, Peer
from node.operations.author import Author
from node.operations.publishing import publish_to_peer
from node.store import feeds, messages, peers, proposals
from protocol.activities import Accept, Block, Follow, Reject
from protocol.compose import compose_accept_follow


def receive_follow(
    connection: sqlite3.Connection, follow: Follow, *, peer: Peer, author: Author, now: datetime
) -> bool:
    """A known peer asks to follow us. A person decides; one accepted before gets the stored decision again."""
    if follow.object_iri != author.actor_iri:
        return False
    if peer.follower_state is FollowerState.ACCEPTED and peer.granted_tier is not None:
        peers.record_follower(connection, peer.id, state=FollowerState.ACCEPTED, follow_iri=follow.header.iri)
        unsigned = compose_accept_follow(
            iri=author.mint("activities"),
            actor_iri=author.actor_iri,
            object_iri=follow.header.iri,
            to=peer.actor_iri,
            tier=peer.granted_tier,
            tier_version=peer.granted_version,
            published=now,
            context=author.context,
        )
        publish_to_peer(connection, unsigned, peer=peer, author=author, thread_iri=None, now=now)
        return True
    peers.record_follower(connection, peer.id, state=FollowerState.PENDING, follow_iri=follow.header.iri)
    return True


def receive_follow_answer(
    connection: sqlite3.Connection, answer: Accept | Reject, *, peer: Peer, now: datetime
) -> bool:
    """The peer decided about our Follow, or changed the tier it grants us.

    A new tier is another feed, and after an end the same one is read anew; either repeats what we may see from its
    start. What was shown before is dropped first, so that absent means gone.
    """
    if isinstance(answer, Reject):
        peers.record_following(connection, peer.id, state=FollowingState.REJECTED, follow_iri=peer.following_iri)
        proposals.withdraw_all_of_peer(connection, peer.id, now=now)
        return True
    if answer.tier is None or answer.tier_version is None:
        return False
    if peer.following_state is FollowingState.ACCEPTED and answer.tier_version <= peer.received_version:
        return answer.tier_version == peer.received_version and answer.tier is peer.received_tier
    if answer.tier is not peer.received_tier or peer.following_state is not FollowingState.ACCEPTED:
        proposals.withdraw_all_of_peer(connection, peer.id, now=now)
        proposals.delete_tombstones(connection, peer.id)
        messages.delete_catalogue_messages(connection, peer.id)
    peers.record_received_tier(connection, peer.id, tier=answer.tier, version=answer.tier_version)
    return True


def receive_unfollow(connection: sqlite3.Connection, *, peer: Peer) -> bool:
    """The peer no longer wants our catalogue. What is agreed goes on."""
    peers.record_follower(connection, peer.id, state=FollowerState.ENDED, follow_iri=None)
    feeds.delete_tier_subscriptions(connection, peer.id)
    return True


def receive_block(connection: sqlite3.Connection, block: Block, *, peer: Peer, author: Author, now: datetime) -> bool:
    """The peer ended both directions; what is agreed goes on."""
    if block.object_iri != author.actor_iri:
        return False
    peers.record_follower(connection, peer.id, state=FollowerState.ENDED, follow_iri=None)
    peers.record_following(connection, peer.id, state=FollowingState.REJECTED, follow_iri=peer.following_iri)
    feeds.delete_tier_subscriptions(connection, peer.id)
    proposals.withdraw_all_of_peer(connection, peer.id, now=now)
    return True
