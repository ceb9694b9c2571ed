"""Counting again what a town has promised and given, from its stored messages and nothing else.

No table but `messages` is read here, so that a mistake in the tables that are kept for speed cannot hide itself.
`held_and_given` asks the protocol's state function; `least_taken` does not even trust that.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from protocol.activities import (
    Accept,
    Activity,
    CreateProposal,
    RecordEvent,
    Reject,
    Request,
    Undo,
    UpdateProposal,
    parse_recorded,
)
from protocol.agreements import AgreementState, ExchangeMessage, state_of
from protocol.identifiers import ActorIri, Digest, Iri
from protocol.vocabulary import Purpose


@dataclass
class Thread:
    """All messages about one request, as one town has them."""

    root: Request
    purpose: Purpose
    messages: list[ExchangeMessage]
    _state: AgreementState | None = None

    @property
    def proposal_iri(self) -> Iri:
        """What was asked for."""
        return Iri(self.root.terms.commitment.satisfies.partition("#")[0])

    @property
    def proposer(self) -> ActorIri:
        """Who published it."""
        return ActorIri(self.root.header.audience[0])

    @property
    def respondent(self) -> ActorIri:
        """Who asked."""
        return self.root.header.actor_iri

    @property
    def giver(self) -> ActorIri:
        """Whose stock it is about."""
        return self.proposer if self.purpose is Purpose.OFFER else self.respondent

    @property
    def digests(self) -> frozenset[Digest]:
        """Which messages these are."""
        return frozenset(message.header.digest for message in self.messages)

    @property
    def state(self) -> AgreementState:
        """What they amount to by the protocol."""
        if self._state is None:
            self._state = state_of(
                self.messages, proposer=self.proposer, respondent=self.respondent, purpose=self.purpose
            )
        return self._state

    def add(self, message: ExchangeMessage) -> None:
        """One more message."""
        self.messages.append(message)
        self._state = None

    def held_and_given(self) -> tuple[int, int]:
        """Pieces that the giver must keep, and pieces that are gone, by the protocol's state function."""
        return int(self.state.held), int(self.state.given)

    def least_taken(self) -> int:
        """Pieces that are certainly no longer free, counted naively.

        An accepted quantity counts in full until anybody has said that it ends; then only what the giver signed as
        handed over. An offer to fill a need counts from the moment it was made.
        """
        accepts = [message for message in self.messages if isinstance(message, Accept)]
        ended = any(_is_end(message, root=self.root) for message in self.messages)
        if not accepts:
            bound = self.purpose is Purpose.REQUEST and not ended
            return int(self.root.terms.commitment.quantity.value) if bound else 0
        result = accepts[0].result
        agreed = 0 if result is None else int(result.commitment.quantity.value)
        if not ended:
            return agreed
        handed = sum(
            int(message.event.quantity.value)
            for message in self.messages
            if isinstance(message, RecordEvent) and message.header.actor_iri == self.giver
        )
        return min(agreed, handed)


def _is_end(message: ExchangeMessage, *, root: Request) -> bool:
    return isinstance(message, Reject | Undo) and message.object_iri == root.header.iri


@dataclass
class MessageBook:
    """The threads of one town, read from its messages as they come."""

    threads: dict[Iri, Thread] = field(default_factory=dict)
    count: int = 0
    _last_id: int = 0
    _purposes: dict[Iri, Purpose] = field(default_factory=dict)
    _root_of: dict[Iri, Iri] = field(default_factory=dict)

    def read(self, connection: sqlite3.Connection, *, parsed: dict[str, Activity]) -> None:
        """Take in what was stored since the last time. `parsed` keeps activities by digest, for all towns."""
        rows = connection.execute("SELECT id, digest, body FROM messages WHERE id > ? ORDER BY id", (self._last_id,))
        for row in rows.fetchall():
            activity = parsed.get(row["digest"])
            if activity is None:
                activity = parsed[row["digest"]] = parse_recorded(row["body"])
            self._last_id = row["id"]
            self.count += 1
            self.take_in(activity)

    def of_giver(self, actor_iri: ActorIri) -> Iterator[Thread]:
        """The threads in which this town gives."""
        return (thread for thread in self.threads.values() if thread.giver == actor_iri)

    def with_party(self, actor_iri: ActorIri) -> Mapping[Iri, Thread]:
        """The threads in which this town is the other side."""
        return {
            iri: thread for iri, thread in self.threads.items() if actor_iri in (thread.proposer, thread.respondent)
        }

    def take_in(self, activity: Activity) -> Thread | None:
        """One message more, in the order in which the town stored them. Returns the thread that it belongs to."""
        match activity:
            case CreateProposal(proposal=proposal) | UpdateProposal(proposal=proposal):
                self._purposes[proposal.iri] = proposal.purpose
                return None
            case Request(header=header):
                iri = Iri(activity.terms.commitment.satisfies.partition("#")[0])
                thread = Thread(root=activity, purpose=self._purposes[iri], messages=[activity])
                self.threads[header.iri] = thread
                self._root_of[header.iri] = header.iri
                return thread
            case Accept() | Reject() | Undo() if activity.object_iri in self._root_of:
                root_iri = self._root_of[activity.object_iri]
                self._root_of[activity.header.iri] = root_iri
                if isinstance(activity, Accept) and activity.result is not None and activity.result.iri is not None:
                    self._root_of[activity.result.iri] = root_iri
            case RecordEvent(event=event):
                root_iri = self._root_of[event.agreement_iri]
                self._root_of[event.iri] = root_iri
            case _:
                return None
        thread = self.threads[root_iri]
        thread.add(activity)
        return thread
