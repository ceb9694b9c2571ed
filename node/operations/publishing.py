"""Signing, storing and queuing what this node says. The message, its feed entries and the state change that
caused it are in the caller's one transaction."""

import sqlite3
from datetime import datetime

from node.domain.agreements import has_room
from node.domain.outcomes import refuse
from node.domain.peers import Peer
from node.operations.author import Author
from node.store import feeds, messages
from protocol.activities import Activity, parse_recorded
from protocol.canonical import canonicalize
from protocol.feeds import FeedName, bilateral_feed_iri, feeds_with_sight, tier_feed_iri
from protocol.identifiers import Iri
from protocol.limits import PARTY_MESSAGES_MAX
from protocol.proofs import sign_document
from protocol.strict_json import JsonObject
from protocol.vocabulary import Tier

SENT = "sent"
"""Outcome of our own messages."""


def sign_and_record(
    connection: sqlite3.Connection, unsigned: JsonObject, *, author: Author, thread_iri: str | None, now: datetime
) -> tuple[Activity, int]:
    """Sign the composed activity and store its exact bytes. Returns the activity and its row id."""
    body = canonicalize(sign_document(unsigned, key=author.proof_key, created=now))
    activity = parse_recorded(body)
    message_id = messages.record_message(
        connection, activity, peer_id=None, thread_iri=thread_iri, outcome=SENT, now=now
    )
    return activity, message_id


def publish_to_peer(
    connection: sqlite3.Connection,
    unsigned: JsonObject,
    *,
    peer: Peer,
    author: Author,
    thread_iri: str | None,
    now: datetime,
) -> Activity:
    """Sign the activity and append it to the feed that only this peer reads.

    Raises RefusedError where we have said all that the peer would take about one agreement.
    """
    if thread_iri is not None:
        said = messages.load_share(connection, thread_iri, peer_id=None)
        if not has_room(said, body_bytes=0, automatic=False):
            raise refuse("too-many", f"This node has said {PARTY_MESSAGES_MAX} things about this agreement; ask anew.")
    activity, message_id = sign_and_record(connection, unsigned, author=author, thread_iri=thread_iri, now=now)
    feed_id = feeds.find_bilateral_feed(connection, peer.id)
    if feed_id is None:
        iri = bilateral_feed_iri(author.origin, token=author.draw_token())
        feed_id = feeds.ensure_feed(connection, name=f"bilateral-{peer.id}", iri=iri, peer_id=peer.id)
    feeds.ensure_subscription(connection, peer_id=peer.id, feed_id=feed_id)
    feeds.record_entry(connection, feed_id, message_id=message_id)
    return activity


def publish_to_tiers(
    connection: sqlite3.Connection, unsigned: JsonObject, *, names: tuple[FeedName, ...], author: Author, now: datetime
) -> Activity:
    """Sign the activity and append it to the tier feeds with these names (none for the tier `own`)."""
    activity, message_id = sign_and_record(connection, unsigned, author=author, thread_iri=None, now=now)
    for name in names:
        feed_id = ensure_tier_feed(connection, name, author=author)
        feeds.record_entry(connection, feed_id, message_id=message_id)
    return activity


def ensure_tier_feed(connection: sqlite3.Connection, name: FeedName, *, author: Author) -> int:
    """The row id of the tier feed with this name."""
    return feeds.ensure_feed(connection, name=name, iri=tier_feed_iri(author.origin, name), peer_id=None)


def audience_of(tier: Tier, *, author: Author) -> tuple[Iri, ...]:
    """Whom an activity about a proposal of this tier is addressed to: feeds, or for `own` this node alone."""
    return tuple(tier_feed_iri(author.origin, name) for name in feeds_with_sight(tier)) or (Iri(author.actor_iri),)
