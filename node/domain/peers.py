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


def decide_admission(peer: Peer, activity: Activity, *, has_agreements: bool) -> Refused | None:
    """None if the peer stands in the relation that this kind of message needs, else why not.

    A Follow needs nothing but not being blocked. The catalogue needs that the peer accepted our Follow; a request that
    we accepted theirs; an answer that we have asked; taking back that they have asked. Whatever is about agreements
    goes on after a block or an ended relation, for as long as there are any (SPEC.md, peering).
    """
    match activity:
        case CreateProposal() | UpdateProposal() | DeleteProposal():
            if peer.blocked or peer.following_state is not FollowingState.ACCEPTED:
                return Refused(code="not-followed", safe_text="This node does not follow your catalogue.")
            return None
        case Request():
            if peer.blocked or peer.follower_state is not FollowerState.ACCEPTED:
                return Refused(code="not-accepted", safe_text="This node has not accepted you as a peer.")
            return None
        case Follow():
            related = True
        case Accept() | Reject():
            related = peer.following_state is not FollowingState.NONE
        case Undo():
            related = peer.follower_state in (FollowerState.PENDING, FollowerState.ACCEPTED)
        case Block():
            related = peer.following_state is not FollowingState.NONE or peer.follower_state is not FollowerState.NONE
        case _:
            related = False
    if has_agreements and not isinstance(activity, Follow):
        return None
    if peer.blocked:
        return Refused(code="blocked", safe_text="This node does not accept messages from you.")
    if not related:
        return Refused(code="not-accepted", safe_text="There is nothing between us that this could be about.")
    return None
