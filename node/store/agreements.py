"""Agreements: one row a thread, with the derived state that lists and stock need."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import Agreement
from node.store.rows import instant_of, instant_text, required_instant
from protocol.agreements import Phase
from protocol.identifiers import Iri
from protocol.vocabulary import Purpose, Unit

_AGREEMENT = """
    SELECT agreements.*, coalesce(peers.name, peers.origin) AS peer_name
    FROM agreements JOIN peers ON peers.id = agreements.peer_id
"""

OPEN_PHASES = frozenset({Phase.REQUESTED, Phase.AGREED, Phase.PARTLY_GIVEN, Phase.GIVEN, Phase.DISPUTED})
"""Phases in which something is still expected of somebody."""


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """A thread as its first message begins it."""

    request_iri: Iri
    proposal_iri: Iri
    proposal_name: str
    purpose: Purpose
    peer_id: int
    we_propose: bool
    we_give: bool
    item_id: int | None
    unit: Unit
    quantity: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class DerivedState:
    """What `state_of` made of the thread, in base units."""

    agreement_iri: Iri | None
    phase: Phase
    quantity: int
    given: int
    received: int
    held: int
    refusal_code: str | None
    refusal_text: str | None
    still_available: int | None


@dataclass(frozen=True, slots=True)
class AgreementFilter:
    """Which agreements to list. None means any."""

    phases: frozenset[Phase] | None = None
    we_give: bool | None = None
    we_propose: bool | None = None
    proposal_iri: str | None = None
    peer_id: int | None = None


def find_agreement(connection: sqlite3.Connection, reference: str) -> Agreement | None:
    """The agreement with this number, or whose request or agreement has this IRI; None if there is none."""
    if reference.isdecimal():
        row = connection.execute(f"{_AGREEMENT} WHERE agreements.id = ?", (reference,)).fetchone()
    else:
        row = connection.execute(
            f"{_AGREEMENT} WHERE request_iri = ? OR agreement_iri = ?", (reference, reference)
        ).fetchone()
    return None if row is None else _agreement_of(row)


def load_agreement(connection: sqlite3.Connection, request_iri: str) -> Agreement:
    """The agreement of this thread. Raises LookupError."""
    agreement = find_agreement(connection, request_iri)
    if agreement is None:
        raise LookupError(request_iri)
    return agreement


def list_agreements(
    connection: sqlite3.Connection, wanted: AgreementFilter, *, limit: int, newest_first: bool = False
) -> list[Agreement]:
    """Agreements that match, oldest first, so that whoever asked first stands first, or the other way round."""
    clauses = ["1"]
    parameters: list[object] = []
    for column, value in (
        ("we_give", wanted.we_give),
        ("we_propose", wanted.we_propose),
        ("proposal_iri", wanted.proposal_iri),
        ("peer_id", wanted.peer_id),
    ):
        if value is not None:
            clauses.append(f"{column} = ?")
            parameters.append(value)
    if wanted.phases is not None:
        clauses.append(f"phase IN ({', '.join('?' * len(wanted.phases))})")
        parameters.extend(sorted(wanted.phases))
    order = "DESC" if newest_first else "ASC"
    rows = connection.execute(
        f"{_AGREEMENT} WHERE {' AND '.join(clauses)} ORDER BY agreements.id {order} LIMIT ?", (*parameters, limit)
    )
    return [_agreement_of(row) for row in rows]


def list_expired(connection: sqlite3.Connection, *, now: datetime, limit: int) -> list[Agreement]:
    """Requests for our proposals that nobody answered before their end."""
    rows = connection.execute(
        f"{_AGREEMENT} WHERE phase = ? AND we_propose AND expires_at < ? ORDER BY agreements.id LIMIT ?",
        (Phase.REQUESTED, instant_text(now), limit),
    )
    return [_agreement_of(row) for row in rows]


def record_agreement(connection: sqlite3.Connection, new: NewAgreement, *, now: datetime) -> None:
    """Begin a thread."""
    connection.execute(
        "INSERT INTO agreements (request_iri, proposal_iri, proposal_name, purpose, peer_id, we_propose, we_give,"
        " item_id, unit, phase, quantity, expires_at, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (new.request_iri, new.proposal_iri, new.proposal_name, new.purpose, new.peer_id, new.we_propose, new.we_give,
         new.item_id, new.unit, Phase.REQUESTED, new.quantity, instant_text(new.expires_at), instant_text(now),
         instant_text(now)),
    )  # fmt: skip


def record_state(connection: sqlite3.Connection, agreement_id: int, state: DerivedState, *, now: datetime) -> None:
    """Write the derived state. What is given may become less when messages cross; no more than that has left."""
    connection.execute(
        "UPDATE agreements SET agreement_iri = ?, phase = ?, quantity = ?, given = ?, received = ?, held = ?,"
        " stock_taken = min(stock_taken, ?), refusal_code = ?, refusal_text = ?, still_available = ?,"
        " updated_at = ? WHERE id = ?",
        (state.agreement_iri, state.phase, state.quantity, state.given, state.received, state.held,
         state.given, state.refusal_code, state.refusal_text, state.still_available, instant_text(now), agreement_id),
    )  # fmt: skip


def sum_held_of_item(connection: sqlite3.Connection, item_id: int) -> int:
    """What all agreements in which we give hold of the item."""
    row = connection.execute(
        "SELECT coalesce(sum(held), 0) AS held FROM agreements WHERE item_id = ? AND we_give", (item_id,)
    ).fetchone()
    return int(row["held"])


def sum_of_proposal(connection: sqlite3.Connection, proposal_iri: str) -> tuple[int, int]:
    """What all agreements about our proposal hold and what they have given.

    Nothing is held of it by one that is only asked for, though a giver who offers to fill a need holds its own stock
    from then on.
    """
    row = connection.execute(
        "SELECT coalesce(sum(CASE WHEN phase = ? THEN 0 ELSE held END), 0) AS held, coalesce(sum(given), 0) AS given"
        " FROM agreements WHERE proposal_iri = ? AND we_propose",
        (Phase.REQUESTED, proposal_iri),
    ).fetchone()
    return int(row["held"]), int(row["given"])


def record_stock_taken(connection: sqlite3.Connection, agreement_id: int, taken: int) -> None:
    """So much of what was given has left our stock."""
    connection.execute("UPDATE agreements SET stock_taken = ? WHERE id = ?", (taken, agreement_id))


def _agreement_of(row: sqlite3.Row) -> Agreement:
    return Agreement(
        id=row["id"],
        request_iri=row["request_iri"],
        agreement_iri=row["agreement_iri"],
        proposal_iri=row["proposal_iri"],
        proposal_name=row["proposal_name"],
        purpose=Purpose(row["purpose"]),
        peer_id=row["peer_id"],
        peer_name=row["peer_name"],
        we_propose=bool(row["we_propose"]),
        we_give=bool(row["we_give"]),
        item_id=row["item_id"],
        unit=Unit(row["unit"]),
        phase=Phase(row["phase"]),
        quantity=row["quantity"],
        given=row["given"],
        received=row["received"],
        held=row["held"],
        stock_taken=row["stock_taken"],
        expires_at=instant_of(row["expires_at"]),
        refusal_code=row["refusal_code"],
        refusal_text=row["refusal_text"],
        still_available=row["still_available"],
        created_at=required_instant(row["created_at"]),
        updated_at=required_instant(row["updated_at"]),
    )
