"""The raw limits: the least that any node must do for one incoming activity, without ours around it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from nacl.signing import SigningKey

from tests.bench.measuring import Cost, measure_here

BATCH = 100
"""Rows in one transaction: from there on the gain is flat (reference measurements, 2026-11-23)."""


def measure_verifying(bodies: Sequence[bytes]) -> Cost:
    """Two Ed25519 verifies an activity, by libsodium: of a signature base and of a proof's hashes."""
    signer = SigningKey(bytes(32))
    key = signer.verify_key
    base, hashes = bytes(400), bytes(64)
    signed = [(base, signer.sign(base).signature), (hashes, signer.sign(hashes).signature)]

    def work() -> int:
        for _ in bodies:
            for message, signature in signed:
                key.verify(message, signature)
        return len(bodies)

    return measure_here(work)


def measure_storing(bodies: Sequence[bytes], path: Path) -> Cost:
    """One row an activity, of its bytes and a unique id, in FULL transactions of BATCH."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, iri TEXT UNIQUE, body BLOB) STRICT")

        def work() -> int:
            for start in range(0, len(bodies), BATCH):
                connection.execute("BEGIN IMMEDIATE")
                for number, body in enumerate(bodies[start : start + BATCH], start=start):
                    connection.execute("INSERT INTO raw (iri, body) VALUES (?, ?)", (f"{path.name}/{number}", body))
                connection.execute("COMMIT")
            return len(bodies)

        return measure_here(work)


def measure_raw(bodies: Sequence[bytes], path: Path) -> Cost:
    """Both together: what the goals are ratios to."""
    verifying, storing = measure_verifying(bodies), measure_storing(bodies, path)
    return Cost(
        count=len(bodies),
        cpu_seconds=verifying.cpu_seconds + storing.cpu_seconds,
        seconds=verifying.seconds + storing.seconds,
    )
