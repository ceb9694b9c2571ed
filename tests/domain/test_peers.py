"""Whose messages are let in."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from node.domain.outcomes import Refused, RefusedError, refuse
from node.domain.peers import FollowerState, FollowingState, Peer, decide_admission
from protocol.activities import (
    Accept,
    Activity,
    Block,
    CreateProposal,
    DeleteProposal,
    Follow,
    RecordEvent,
    Reject,
    Request,
    Undo,
)
from protocol.identifiers import ActorIri, Iri, Origin
from protocol.vocabulary import Tier

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

PARTNER = Peer(
    id=2, actor_iri=ActorIri(Iri("https://baerum.example/actor")), origin=Origin("https://baerum.example"),
    name="Bærum", kind="municipality", country="NO", org_number="935478715", inbox_iri=None, recovery_fingerprint=None,
    latitude=None, longitude=None, follower_state=FollowerState.ACCEPTED, follower_iri=None,
    granted_tier=Tier.PARTNERS, granted_version=1, following_state=FollowingState.ACCEPTED, following_iri=None,
    received_tier=Tier.PARTNERS, received_version=1, blocked_at=None, created_at=NOW, last_heard_at=None,
)  # fmt: skip
BLOCKED = replace(PARTNER, blocked_at=NOW)
ACQUAINTANCE = replace(
    PARTNER, follower_state=FollowerState.NONE, following_state=FollowingState.NONE, granted_tier=None
)


def a(kind: type[Activity]) -> Activity:
    """A message of this kind; its contents play no part in admission."""
    return object.__new__(kind)


@pytest.mark.parametrize("kind", [Follow, Accept, Reject, Undo, Block, CreateProposal, DeleteProposal, Request])
def test_a_partner_may_say_anything(kind: type[Activity]) -> None:
    assert decide_admission(PARTNER, a(kind), in_thread=False) is None


@pytest.mark.parametrize(
    ("peer", "kind", "code"),
    [
        (replace(PARTNER, following_state=FollowingState.SENT), CreateProposal, "not-followed"),
        (BLOCKED, CreateProposal, "not-followed"),
        (replace(PARTNER, follower_state=FollowerState.PENDING, granted_tier=None), Request, "not-accepted"),
        (BLOCKED, Request, "blocked"),
        (BLOCKED, Undo, "blocked"),
        (BLOCKED, Block, "blocked"),
        (BLOCKED, Follow, "blocked"),
        (BLOCKED, Accept, "blocked"),
        (BLOCKED, RecordEvent, "blocked"),
        (ACQUAINTANCE, Accept, "not-accepted"),
        (ACQUAINTANCE, Reject, "not-accepted"),
        (ACQUAINTANCE, Undo, "not-accepted"),
        (ACQUAINTANCE, Block, "not-accepted"),
        (ACQUAINTANCE, RecordEvent, "not-accepted"),
    ],
)
def test_without_the_standing_it_needs_a_message_is_refused(peer: Peer, kind: type[Activity], code: str) -> None:
    outcome = decide_admission(peer, a(kind), in_thread=False)

    assert isinstance(outcome, Refused)
    assert outcome.code == code


@pytest.mark.parametrize("kind", [Accept, Reject, Request, Undo, RecordEvent])
@pytest.mark.parametrize("peer", [BLOCKED, ACQUAINTANCE])
def test_what_is_agreed_goes_on_after_a_block_or_an_end(peer: Peer, kind: type[Activity]) -> None:
    assert decide_admission(peer, a(kind), in_thread=True) is None


@pytest.mark.parametrize("state", [FollowerState.REJECTED, FollowerState.ENDED])
def test_a_request_of_one_that_was_accepted_once_is_let_in_to_be_answered(state: FollowerState) -> None:
    assert decide_admission(replace(PARTNER, follower_state=state), a(Request), in_thread=False) is None


def test_a_follow_that_waits_may_be_taken_back_and_a_block_ends_any_relation() -> None:
    waiting = replace(ACQUAINTANCE, follower_state=FollowerState.PENDING)

    assert decide_admission(waiting, a(Undo), in_thread=False) is None
    assert decide_admission(waiting, a(Block), in_thread=False) is None


def test_a_refusal_can_be_raised_and_keeps_its_words() -> None:
    error = refuse("closed", "It has closed.")

    assert isinstance(error, RefusedError)
    assert error.refused == Refused(code="closed", safe_text="It has closed.")
