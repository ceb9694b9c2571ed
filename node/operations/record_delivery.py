"""What a push came to."""

import sqlite3
from datetime import datetime

from node.operations.author import Author
from node.operations.end_request import WithdrawRequest, withdraw_request
from node.store import agreements, audit, feeds, messages
from protocol.agreements import Phase
from protocol.vocabulary import CancelCode

ERROR_CHARS_MAX = 300
"""Of an error text that is kept for people."""

REFUSED = "refused"
"""Outcome of a message of ours that its peer will never take."""


def record_delivered(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, through_seq: int, now: datetime
) -> None:
    """The peer answered that it has everything through this number."""
    feeds.record_acknowledged(connection, peer_id=peer_id, feed_id=feed_id, through_seq=through_seq, now=now)


def record_refused(
    connection: sqlite3.Connection, *, message_iri: str, error: str, author: Author, now: datetime
) -> None:
    """The peer will never take this message of ours; what comes behind it is sent.

    A request that will never be answered is withdrawn, so that nothing is held for it and nobody waits.
    """
    stored = messages.find_message(connection, message_iri)
    if stored is None:
        raise LookupError(message_iri)
    messages.record_outcome(connection, stored.id, REFUSED)
    audit.record_audit(
        connection, actor="self", action="delivery.refused", subject=message_iri,
        detail={"error": error[:ERROR_CHARS_MAX]}, now=now,
    )  # fmt: skip
    request = agreements.find_agreement(connection, message_iri)
    if request is not None and request.phase is Phase.REQUESTED:
        command = WithdrawRequest(reference=message_iri, code=CancelCode.NO_LONGER_AVAILABLE)
        withdraw_request(connection, command, author=author, now=now)


def record_failed(
    connection: sqlite3.Connection, *, peer_id: int, feed_id: int, error: str, next_attempt_at: datetime
) -> None:
    """The push failed; it will be tried again then, for as long as the peer is one."""
    feeds.record_failure(
        connection, peer_id=peer_id, feed_id=feed_id, error=error[:ERROR_CHARS_MAX], next_attempt_at=next_attempt_at
    )
