"""What holds for every history of an agreement, whatever the two parties send and in whatever order it arrives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.activities import RecordEvent, Reject, Request
from protocol.agreements import ExchangeMessage, Phase, state_of
from protocol.identifiers import ActorIri
from protocol.transitions import Step
from protocol.vocabulary import Purpose
from tests.protocol.conversation import PROPOSER, RESPONDENT, Conversation

# The other tests measure what these repeat for thousands of histories; measured, these take six times as long.
pytestmark = pytest.mark.no_cover

MOVES_MAX = 20


@dataclass(frozen=True)
class Move:
    """One message that somebody sends, without having seen the `missed` latest; `pick` chooses what it is about."""

    step: Step
    by_giver: bool
    quantity: int
    missed: int
    pick: int


# An agreement ends quickly if every kind of message is as likely as any other.
LIKELY_STEPS = (
    Step.CHANGE, Step.CHANGE, Step.CHANGE, Step.ACCEPT_CHANGE, Step.ACCEPT_CHANGE, Step.ACCEPT_CHANGE,
    Step.DECLINE_CHANGE, Step.DECLINE_CHANGE, Step.WITHDRAW_CHANGE, Step.WITHDRAW_CHANGE,
    Step.HANDOVER, Step.HANDOVER, Step.RECEIPT, Step.RECEIPT, Step.CLOSE, Step.DISPUTE_HANDOVER, Step.DISPUTE_RECEIPT,
    Step.ACCEPT, Step.ACCEPT, Step.DECLINE, Step.WITHDRAW, Step.REVOKE,
)  # fmt: skip

MOVES = st.lists(
    st.builds(
        Move,
        step=st.sampled_from(LIKELY_STEPS),
        by_giver=st.booleans(),
        quantity=st.sampled_from((1, 3, 4, 9, 10, 11, 20)),
        missed=st.integers(0, 3),
        pick=st.integers(0, 2),
    ),
    max_size=MOVES_MAX,
)


def _play(talk: Conversation, move: Move, *, by: ActorIri, missed: int) -> ExchangeMessage | None:
    """The message of the move, added to the conversation; None where there is nothing that it could be about."""
    known = talk.messages[: max(1, len(talk.messages) - missed)]
    target = _target(talk.messages, move)
    seen = tuple(known) if target is None else (*known, target)
    if isinstance(target, Reject):
        return talk.undo(target, by=by, seen=seen)
    if isinstance(target, Request):
        return _play_on_change(talk, move, target, by=by, seen=seen)
    match move.step:
        case Step.ACCEPT:
            return talk.accept(by=by, seen=seen)
        case Step.DECLINE:
            return talk.decline(by=by, seen=seen)
        case Step.WITHDRAW:
            return talk.withdraw(by=by, seen=seen)
        case Step.REVOKE:
            return talk.revoke(by=by, seen=seen)
        case Step.CHANGE:
            return talk.change(move.quantity, by=by, seen=seen)
        case Step.HANDOVER | Step.CLOSE:
            return talk.record(move.quantity, by=by, seen=seen)
        case Step.RECEIPT if target is not None:
            return talk.record(move.quantity, by=by, mirrors=target.event.iri, seen=seen)
        case Step.DISPUTE_HANDOVER | Step.DISPUTE_RECEIPT if target is not None:
            return talk.dispute(target, by=by, seen=seen)
        case _:
            return None


def _target(messages: Sequence[ExchangeMessage], move: Move) -> Request | RecordEvent | Reject | None:
    """What the move is about: one of the latest things of its kind."""
    candidates: list[Request | RecordEvent | Reject] = []
    if move.step in (Step.ACCEPT_CHANGE, Step.DECLINE_CHANGE, Step.WITHDRAW_CHANGE):
        candidates += [m for m in messages if isinstance(m, Request) and m.terms.supersedes is not None]
    elif move.step in (Step.RECEIPT, Step.DISPUTE_HANDOVER, Step.DISPUTE_RECEIPT):
        candidates += [m for m in messages if isinstance(m, RecordEvent)]
    elif move.step is Step.WITHDRAW_DISPUTE:
        candidates += [m for m in messages if isinstance(m, Reject)]
    latest = candidates[-3:]
    return latest[move.pick % len(latest)] if latest else None


def _play_on_change(
    talk: Conversation, move: Move, change: Request, *, by: ActorIri, seen: tuple[ExchangeMessage, ...]
) -> ExchangeMessage:
    if move.step is Step.ACCEPT_CHANGE:
        return talk.answer(change, by=by, seen=seen)
    if move.step is Step.DECLINE_CHANGE:
        return talk.reject(change.header.iri, by=by, seen=seen)
    return talk.undo(change, by=by, seen=seen)


def _history(moves: Sequence[Move], *, purpose: Purpose, begins_accepted: bool) -> Conversation:
    """Messages of two parties that both may forget, repeat and contradict themselves."""
    talk = Conversation(purpose=purpose)
    if begins_accepted:
        talk.accept()
    for move in moves:
        _play(talk, move, by=talk.giver if move.by_giver else talk.receiver, missed=move.missed)
    return talk


@given(moves=MOVES, purpose=st.sampled_from(Purpose), begins_accepted=st.booleans(), draw=st.data())
def test_order_and_repetition_of_messages_make_no_difference(
    moves: list[Move], purpose: Purpose, begins_accepted: bool, draw: st.DataObject
) -> None:
    talk = _history(moves, purpose=purpose, begins_accepted=begins_accepted)
    shuffled = draw.draw(st.permutations(talk.messages))
    repeated = [*shuffled, *shuffled[::2]]

    assert state_of(repeated, proposer=PROPOSER, respondent=RESPONDENT, purpose=purpose) == talk.state()


@given(moves=MOVES, purpose=st.sampled_from(Purpose), begins_accepted=st.booleans())
def test_nothing_is_given_or_held_beyond_what_is_agreed_or_offered(
    moves: list[Move], purpose: Purpose, begins_accepted: bool
) -> None:
    talk = _history(moves, purpose=purpose, begins_accepted=begins_accepted)

    state = talk.state()

    offered = [c.terms.commitment.quantity.value for c in state.open_changes if c.header.actor_iri == talk.giver]
    assert state.held >= 0
    assert 0 <= state.given <= state.quantity
    assert state.handed <= state.quantity
    assert state.held + state.given <= max([state.quantity, *offered])
    assert state.held == 0 or state.phase in (Phase.REQUESTED, Phase.AGREED, Phase.PARTLY_GIVEN, Phase.DISPUTED)
    assert state.phase is not Phase.COMPLETED or state.given > 0


@given(moves=MOVES, purpose=st.sampled_from(Purpose), slowness=st.integers(0, 6))
def test_no_message_of_the_receiver_makes_the_giver_hold_more(
    moves: list[Move], purpose: Purpose, slowness: int
) -> None:
    """The giver acts on its books and lists what is in them; the receiver does as it likes; the post keeps order."""
    everything, books = Conversation(purpose=purpose), Conversation(purpose=purpose)
    books.messages.append(everything.accept())
    under_way: list[ExchangeMessage] = []
    for move in moves:
        if move.by_giver:
            everything.messages += _play_legally(books, move, by=books.giver)
            continue
        message = _play(everything, move, by=everything.receiver, missed=move.missed)
        under_way += [] if message is None else [message]
        while len(under_way) > slowness:
            before = books.state()
            books.messages.append(under_way.pop(0))
            after = books.state()
            assert after.held + after.handed <= before.held + before.handed


def _play_legally(books: Conversation, move: Move, *, by: ActorIri) -> list[ExchangeMessage]:
    """The move with all that is in these books; taken back if they call it illegal: an honest node does not send it."""
    books.counter += 100
    message = _play(books, move, by=by, missed=0)
    if message is None:
        return []
    if message.header.digest in books.state().illegal:
        books.messages.pop()
        return []
    return [message]


@given(moves=MOVES, purpose=st.sampled_from(Purpose), slowness=st.integers(0, 4))
def test_two_parties_that_remember_agree_and_what_was_legal_stays_so(
    moves: list[Move], purpose: Purpose, slowness: int
) -> None:
    """Both send only what is legal by their own books; the post is slow; in the end both hold one state."""
    giver, receiver = Conversation(purpose=purpose), Conversation(purpose=purpose)
    receiver.messages.append(giver.accept())
    to_giver: list[ExchangeMessage] = []
    to_receiver: list[ExchangeMessage] = []
    for move in moves:
        if move.by_giver:
            to_receiver += _play_legally(giver, move, by=giver.giver)
        else:
            to_giver += _play_legally(receiver, move, by=receiver.receiver)
        while len(to_giver) > slowness:
            giver.messages.append(to_giver.pop(0))
        while len(to_receiver) > slowness:
            receiver.messages.append(to_receiver.pop(0))
        assert not giver.state().illegal
        assert not receiver.state().illegal

    giver.messages += to_giver
    receiver.messages += to_receiver

    assert giver.state() == receiver.state()
    assert not giver.state().illegal


@given(moves=MOVES, more=MOVES, purpose=st.sampled_from(Purpose))
def test_what_has_ended_is_never_held_again(moves: list[Move], more: list[Move], purpose: Purpose) -> None:
    talk = _history(moves, purpose=purpose, begins_accepted=True)
    talk.withdraw(seen=(talk.root,))

    for move in more:
        _play(talk, move, by=talk.giver if move.by_giver else talk.receiver, missed=move.missed)

    assert talk.state().held == 0


# What either party may do about a change of each, and the ways in which two acts of each fall between one another.
CHANGES = [(20, 4), (4, 20), (20, 20), (4, None), (20, None), (None, 4), (None, 20)]
ANSWERS = (Step.ACCEPT_CHANGE, Step.DECLINE_CHANGE, Step.WITHDRAW_CHANGE)
ACTS = [acts for count in range(3) for acts in permutations(ANSWERS, count)]


def _interleavings(own: int, others: int) -> Iterator[tuple[bool, ...]]:
    """Every order in which so many acts of one and so many of the other can fall."""
    for places in combinations(range(own + others), own):
        yield tuple(place in places for place in range(own + others))


@pytest.mark.parametrize(("offered", "asked"), CHANGES)
@pytest.mark.parametrize("purpose", Purpose)
def test_no_crossing_of_answers_to_changes_makes_the_giver_hold_more(
    offered: int | None, asked: int | None, purpose: Purpose
) -> None:
    """All of them: a giver that knows what it did, and a receiver that answers as if it knew only the change."""
    for of_giver in ACTS:
        for of_receiver in ACTS:
            for turns in _interleavings(len(of_giver), len(of_receiver)):
                books = Conversation(purpose=purpose)
                agreed = books.accept()
                offer = books.change(offered, by=books.giver, seen=(agreed,)) if offered else None
                request = books.change(asked, by=books.receiver, seen=(agreed,)) if asked else None
                giver_acts, receiver_acts = list(of_giver), list(of_receiver)
                for is_giver in turns:
                    if is_giver:
                        _answer_legally(books, giver_acts.pop(0), offer=offer, request=request)
                        continue
                    before = books.state()
                    _answer(books, receiver_acts.pop(0), own=request, others=offer, by=books.receiver)
                    assert books.state().held <= before.held


def _answer(
    books: Conversation,
    step: Step,
    *,
    own: Request | None,
    others: Request | None,
    by: ActorIri,
    knows_all: bool = False,
) -> None:
    change = own if step is Step.WITHDRAW_CHANGE else others
    if change is not None:
        move = Move(step=step, by_giver=by == books.giver, quantity=1, missed=0, pick=0)
        _play_on_change(books, move, change, by=by, seen=tuple(books.messages) if knows_all else (change,))


def _answer_legally(books: Conversation, step: Step, *, offer: Request | None, request: Request | None) -> None:
    before = len(books.messages)
    _answer(books, step, own=offer, others=request, by=books.giver, knows_all=True)
    if any(message.header.digest in books.state().illegal for message in books.messages[before:]):
        books.messages.pop()
