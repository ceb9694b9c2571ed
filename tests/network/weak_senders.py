"""Each check of who may say what, and of what was said before, switched off alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from node.domain.peers import FollowerState, FollowingState, Peer
from node.federation import inbox, keyring
from node.operations import receive_activity
from node.store import messages
from protocol.activities import Activity, ActivityPeek
from protocol.identifiers import Iri
from protocol.vocabulary import Tier
from tests.network import test_refused_senders
from tests.network.weakening import Facts, Weakening, always, swap, transport_key


class _AnyDigest(str):
    """Equal to every digest."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def take_equal_ids_for_equal_messages(_facts: Facts) -> None:
    """A message with a known id is taken for the known message."""

    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        def find_message(*given: Any) -> Any:
            known = original(*given)
            return None if known is None else replace(known, digest=_AnyDigest(known.digest))

        return find_message

    swap(messages, "find_message", change)


def take_from_strangers(activity_type: str) -> Weakening:
    """What a stranger says with this type is kept for a person, as if it were a Follow of this node."""
    return lambda facts: _reread_strangers(
        lambda peek: (
            replace(peek, activity_type="Follow", object_iri=Iri(f"{facts.origin}/actor"))
            if peek.activity_type == activity_type
            else peek
        )
    )


def believe_any_address_of_strangers(facts: Facts) -> None:
    """A stranger's Follow is kept whoever it is for."""
    _reread_strangers(lambda peek: replace(peek, object_iri=Iri(f"{facts.origin}/actor")))


def _reread_strangers(change: Callable[[ActivityPeek], ActivityPeek]) -> None:
    swap(inbox, "peek_activity", lambda original: lambda body: change(original(body)))


def believe_any_name_of_strangers(_facts: Facts) -> None:
    """A stranger may ask in the name of another server than that of its key."""
    swap(inbox, "same_origin", always(True))


def list_a_transport_key_for_the_friend(facts: Facts) -> None:
    """A transport key counts as listed, though the friend does not list it."""
    fragment = test_refused_senders.NEW_KEY
    unlisted = transport_key(fragment, key_id=facts.friend_iri + fragment, owner_iri=facts.friend_iri)

    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        def _load_key(connection: object, *, key_iri: str) -> Any:
            if key_iri != unlisted.key_id:
                return original(connection, key_iri=key_iri)
            return replace(original(connection, key_iri=facts.friend_key_iri), key=unlisted)

        return _load_key

    swap(keyring, "_load_key", change)


def admit(activity_type: type[Activity], change: Callable[[Peer], Peer]) -> Weakening:
    """Whether a message of this type is admitted is decided as if the peer stood otherwise."""

    def decide(original: Callable[..., Any]) -> Callable[..., Any]:
        def decide_admission(peer: Peer, activity: Activity, **named: object) -> Any:
            return original(change(peer) if isinstance(activity, activity_type) else peer, activity, **named)

        return decide_admission

    return lambda _facts: swap(receive_activity, "decide_admission", decide)


def unblocked(peer: Peer) -> Peer:
    """As if nobody had blocked it."""
    return replace(peer, blocked_at=None)


def followed(peer: Peer) -> Peer:
    """As if it had accepted our Follow."""
    return replace(peer, following_state=FollowingState.ACCEPTED)


def accepted(peer: Peer) -> Peer:
    """As if somebody had accepted its Follow."""
    return replace(peer, follower_state=FollowerState.ACCEPTED, granted_tier=Tier.PARTNERS)
