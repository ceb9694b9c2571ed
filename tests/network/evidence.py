"""Judging two nodes by what they have stored: every message that one has said to the other, and what both make of it.

Only messages, feeds and agreements are read, from both files, after the fact. What should have happened stands in the
tests; here is what must be true whatever happened.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from protocol import strict_json
from protocol.activities import Activity
from protocol.agreements import AgreementState
from protocol.canonical import sha256_digest
from protocol.identifiers import ActorIri, Iri
from protocol.keys import PublicProofKey
from protocol.limits import ACTIVITY_BYTES_MAX
from protocol.proofs import verify_document
from tests.network.nodes import open_database, wait_for
from tests.operations.recount import MessageBook, Thread

_HEARD = "SELECT messages.* FROM messages JOIN peers ON peers.id = messages.peer_id WHERE actor_iri = ? ORDER BY id"
_SAID = """
    SELECT feeds.name AS feed, head_seq, seq, messages.type, messages.iri, messages.digest, messages.body
    FROM subscriptions
    JOIN peers ON peers.id = subscriptions.peer_id
    JOIN feeds ON feeds.id = subscriptions.feed_id
    JOIN feed_entries ON feed_entries.feed_id = feeds.id
    JOIN messages ON messages.id = message_id
    WHERE actor_iri = ? ORDER BY feeds.id, seq
"""
_WAITING = "SELECT count(*) FROM subscriptions JOIN feeds ON feeds.id = feed_id WHERE acknowledged_seq < head_seq"


def actor_of(home: Path) -> ActorIri:
    """Whose folder this is."""
    return ActorIri(Iri(str(_one_column(home, "SELECT actor_iri FROM node")[0])))


def nothing_waits(*homes: Path) -> bool:
    """Whether every peer of these nodes has acknowledged everything."""
    return all(_one_column(home, _WAITING) == [0] for home in homes)


def wait_until_quiet(*homes: Path, seconds: float = 60.0) -> None:
    """Return once every peer of these nodes has everything, and answers it gave, too."""
    wait_for(lambda: nothing_waits(*homes), what="every delivery to be acknowledged", seconds=seconds)


def assert_everything_arrived(sender: Path, receiver: Path) -> int:
    """What the sender's feeds for the receiver hold is what the receiver has of the sender: all of it, once, in order.

    The receiver's bytes are the sender's, and their proofs are the sender's. Returns how many messages there are.
    """
    with closing(open_database(sender / "krets.db")) as connection:
        said = connection.execute(_SAID, (actor_of(receiver),)).fetchall()
    with closing(open_database(receiver / "krets.db")) as connection:
        heard = connection.execute(_HEARD, (actor_of(sender),)).fetchall()
        keys = _proof_keys(connection, actor_of(sender))
    by_iri = {row["iri"]: row for row in heard}
    # A stranger's Follow is kept apart until a person looks at it, and is then a fact about the peer.
    arrivals = [row for row in said if row["type"] != "Follow"]
    assert len(by_iri) == len(heard), "a message is stored twice"
    missing = [(row["feed"], row["seq"]) for row in arrivals if row["iri"] not in by_iri]
    assert not missing, f"lost: {missing}"
    strangers = by_iri.keys() - {row["iri"] for row in said}
    assert not strangers, f"never said: {strangers}"
    for feed in {row["feed"] for row in said}:
        entries = [row for row in said if row["feed"] == feed]
        assert [row["seq"] for row in entries] == list(range(1, entries[0]["head_seq"] + 1)), f"{feed} has gaps"
        assert len({row["iri"] for row in entries}) == len(entries), f"{feed} says something twice"
        arrived = [by_iri[row["iri"]]["id"] for row in entries if row in arrivals]
        assert arrived == sorted(arrived), f"{feed} arrived out of order"
    for row in arrivals:
        assert by_iri[row["iri"]]["body"] == row["body"], f"{row['iri']} has other bytes"
        digests = {sha256_digest(row["body"]), row["digest"], by_iri[row["iri"]]["digest"]}
        assert len(digests) == 1, f"{row['iri']} has other digests"
        _check_proof(row["body"], keys)
    return len(heard)


def threads_of(home: Path) -> dict[Iri, Thread]:
    """Every agreement of this node with its messages, read from nothing but its messages."""
    book = MessageBook()
    parsed: dict[str, Activity] = {}
    with closing(open_database(home / "krets.db")) as connection:
        book.read(connection, parsed=parsed)
    return book.threads


def assert_same_agreements(one: Path, other: Path) -> dict[Iri, AgreementState]:
    """Both have the same messages of every agreement, compute the same state, and have it in their tables."""
    ours, theirs = threads_of(one), threads_of(other)
    assert ours.keys() == theirs.keys()
    for iri, thread in ours.items():
        assert thread.digests == theirs[iri].digests, f"{iri}: the parties have different messages"
        assert thread.state == theirs[iri].state, f"{iri}: the parties compute different states"
        rows = [_agreement_row(home, iri) for home in (one, other)]
        state = thread.state
        assert rows[0] == rows[1] == (state.phase.value, int(state.given), int(state.received), int(state.held))
    return {iri: thread.state for iri, thread in ours.items()}


def assert_same_catalogue(publisher: Path, reader: Path) -> int:
    """What the publisher has open for its partners is in the reader's catalogue with the same numbers, and no more."""
    columns = "iri, version, quantity, coalesce(stated_available, quantity - promised - given) AS available"
    with closing(open_database(publisher / "krets.db")) as connection:
        own = f"SELECT {columns} FROM proposals WHERE peer_id IS NULL AND withdrawn_at IS NULL AND tier != 'own'"
        published = {tuple(row) for row in connection.execute(own)}
    with closing(open_database(reader / "krets.db")) as connection:
        of_peer = f"SELECT {columns} FROM proposals WHERE publisher_iri = ? AND withdrawn_at IS NULL"
        read = {tuple(row) for row in connection.execute(of_peer, (actor_of(publisher),))}
    assert read == published
    return len(read)


def _agreement_row(home: Path, request_iri: Iri) -> tuple[object, ...]:
    with closing(open_database(home / "krets.db")) as connection:
        row = connection.execute(
            "SELECT phase, given, received, held FROM agreements WHERE request_iri = ?", (request_iri,)
        ).fetchone()
    return tuple(row)


def _one_column(home: Path, query: str) -> list[object]:
    with closing(open_database(home / "krets.db")) as connection:
        return [row[0] for row in connection.execute(query)]


def _proof_keys(connection: sqlite3.Connection, actor_iri: ActorIri) -> dict[str, PublicProofKey]:
    rows = connection.execute(
        "SELECT iri, material FROM peer_keys JOIN peers ON peers.id = peer_id"
        " WHERE actor_iri = ? AND purpose = 'proof'",
        (actor_iri,),
    )
    return {row["iri"]: PublicProofKey.from_multibase(row["material"]) for row in rows}


def _check_proof(body: bytes, keys: dict[str, PublicProofKey]) -> None:
    document = strict_json.parse_object(body, bytes_max=ACTIVITY_BYTES_MAX)
    proof = document["proof"]
    assert isinstance(proof, dict)
    verify_document(document, public_key=keys[str(proof["verificationMethod"])])
