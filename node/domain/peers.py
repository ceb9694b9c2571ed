"""Who may say what to this node: peers, the tier each side granted, and the admission of their messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from node.domain.outcomes import Refused
from protocol.activities import (
    Accept,
    Activity,
    Block,
    CreateProposal,
    DeleteProposal,
    Follow,
    Reject,
    Request,
    Undo,
    UpdateProposal,
)
from protocol.identifiers import ActorIri, Iri, Origin
from protocol.vocabulary import Tier


class FollowerState(StrEnum):
    """How far the peer's Follow of us has come."""

    NONE = "none"
    UNVERIFIED = "unverified"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ENDED = "ended"


class FollowingState(StrEnum):
    """How far our Follow of the peer has come."""

    NONE = "none"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node as this one knows it.

    `id` is ours and local. `inbox_iri` and `name` are None until a person's look made us fetch the actor.
    `granted_tier` is what we let them see, `received_tier` what they let us see.
    """

    id: int
    actor_iri: ActorIri
    origin: Origin
    name: str | None
    kind: str | None
    country: str | None
    org_number: str | None
    inbox_iri: Iri | None
    recovery_fingerprint: str | None
    latitude: float | None
    longitude: float | None
    follower_state: FollowerState
    follower_iri: Iri | None
    granted_tier: Tier | None
    granted_version: int
    following_state: FollowingState
    following_iri: Iri | None
    received_tier: Tier | None
    received_version: int
    blocked_at: datetime | None
    created_at: datetime
    last_heard_at: datetime | None

    @property
    def blocked(self) -> bool:
        """Whether an administrator has blocked this peer."""
        return self.blocked_at is not None


def decide_admission(peer: Peer, activity: Activity, *, in_thread: bool) -> Refused | None:
    """None if the peer stands in the relation that this kind of message needs, else why not.

    What is about an agreement with this peer (`in_thread`) is let in whatever has become of the relation: nobody gets
    out of a promise by hanging up. Nothing else is while it is blocked. The catalogue needs that the peer accepted our
    Follow; an answer that we have asked; taking back that they have asked; a request that we accept them, or once did:
    then the answer is a signed no. Of these refusals only `not-followed` is tried again (SPEC.md, peering).
    """
    if in_thread:
        return None
    if isinstance(activity, CreateProposal | UpdateProposal | DeleteProposal):
        if peer.blocked or peer.following_state is not FollowingState.ACCEPTED:
            return Refused(code="not-followed", safe_text="This node does not follow your catalogue.")
        return None
    if peer.blocked:
        return Refused(code="blocked", safe_text="This node does not accept messages from you.")
    if not _is_related(peer, activity):
        return Refused(code="not-accepted", safe_text="There is nothing between us that this could be about.")
    return None


def _is_related(peer: Peer, activity: Activity) -> bool:
    match activity:
        case Follow():
            return True
        case Request():
            return peer.granted_tier is not None
        case Accept() | Reject():
            return peer.following_state is not FollowingState.NONE
        case Undo():
            return peer.follower_state in (FollowerState.PENDING, FollowerState.ACCEPTED)
        case Block():
            return peer.following_state is not FollowingState.NONE or peer.follower_state is not FollowerState.NONE
        case _:
            return False
