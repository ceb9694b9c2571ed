"""The messages of the exchange as values: one frozen value per activity.

Here: the values. Not here: getting them from bytes, which is `protocol.activities` (import them from there), the
objects that they carry (`protocol.documents`), and what a set of them amounts to (`protocol.agreements`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from protocol.documents import AgreementTerms, Event, Proposal
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.vocabulary import Quantity, Tier


@dataclass(frozen=True, slots=True)
class Header:
    """What every activity has: who said it, to whom, when by their clock, and the exact bytes.

    `digest` is over the canonical form with the proof; `body` is what arrived, which need not be canonical.
    """

    iri: Iri
    actor_iri: ActorIri
    audience: tuple[Iri, ...]
    published: datetime
    digest: Digest
    body: bytes


@dataclass(frozen=True, slots=True)
class Follow:
    """A node asks another (`object_iri`, its actor) to become its peer."""

    header: Header
    object_iri: Iri


@dataclass(frozen=True, slots=True)
class Accept:
    """Yes to a Follow (`tier` and `tier_version` say what is granted) or to a Request (`result` is what is agreed)."""

    header: Header
    object_iri: Iri
    tier: Tier | None
    tier_version: int | None
    result: AgreementTerms | None
    object_digest: Digest | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Reject:
    """No to a Follow, a Request or an Event: which one, `object_iri` tells to whoever looks it up.

    With `agreement_iri` (the wire's `context`) and a Request as object it cancels what was agreed. `available` is
    what this asker could still get; `text` is for people.
    """

    header: Header
    object_iri: Iri
    code: str | None
    object_digest: Digest | None
    agreement_iri: Iri | None
    available: Quantity | None
    text: str | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Undo:
    """The sender takes back its own Follow, Request or change."""

    header: Header
    object_iri: Iri
    code: str | None
    agreement_iri: Iri | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Block:
    """The sender ends the peering with `object_iri`, an actor."""

    header: Header
    object_iri: Iri


@dataclass(frozen=True, slots=True)
class CreateProposal:
    """An offer or need is published to the feeds in the audience."""

    header: Header
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class UpdateProposal:
    """A new version of an offer or need."""

    header: Header
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class DeleteProposal:
    """An offer or need is gone from the feeds in the audience; the tombstone carries its last version."""

    header: Header
    proposal_iri: Iri
    version: int


@dataclass(frozen=True, slots=True)
class Request:
    """`Offer(Agreement)`: a respondent asks for part of an offer or proposes to fill a need, or asks for a change.

    After `expires_at` (the wire's `endTime`) it cannot be accepted any more.
    """

    header: Header
    terms: AgreementTerms
    expires_at: datetime | None
    seen: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class RecordEvent:
    """`Create(EconomicEvent)`: a handover by the giver, or a receipt by the receiver."""

    header: Header
    event: Event
    seen: frozenset[Digest]


Activity: TypeAlias = (
    Follow | Accept | Reject | Undo | Block | CreateProposal | UpdateProposal | DeleteProposal | Request | RecordEvent
)
