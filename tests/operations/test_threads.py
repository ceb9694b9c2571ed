"""The room that each party has in an agreement, and messages that try to make one agreement another."""

import pytest

from node.domain.outcomes import RefusedError
from node.operations.decide_request import AcceptRequest, accept_request
from node.operations.hand_over import GiveHandover, give
from node.store import messages
from protocol.activities import parse_recorded
from protocol.agreements import Phase
from protocol.limits import AGREEMENT_MESSAGES_MAX, PARTY_BYTES_MAX, PARTY_MESSAGES_MAX
from tests.cast import Town, World
from tests.operations.foreign import a_close, a_no, a_request, an_accept, fill_thread, pieces
from tests.operations.steps import agreed, agreement_at, ask, item_at, offer


def code_of(town: Town, body: bytes, *, sender: Town) -> str:
    """The code by which the town refuses the message."""
    with pytest.raises(RefusedError) as refused:
        town.receive(body, sender=sender)
    return refused.value.refused.code


def test_a_party_that_has_said_too_much_does_not_keep_the_other_from_answering(
    world: World, asker: Town, baerum: Town
) -> None:
    entry = offer(asker, quantity=24)
    world.deliver()
    request = ask(baerum, entry.iri, quantity=24)
    world.deliver()
    fill_thread(asker, baerum, request.request_iri, count=PARTY_MESSAGES_MAX - 2)

    last = asker.receive(a_no(baerum, asker, request.request_iri), sender=baerum)
    over = code_of(asker, a_no(baerum, asker, request.request_iri), sender=baerum)
    accepted = asker.run(accept_request, AcceptRequest(reference=request.request_iri))

    assert (last.outcome, over) == ("illegal", "too-many")
    assert (accepted.phase, accepted.held) == (Phase.AGREED, 24)
    assert item_at(asker, "1").promised == 24


def test_the_bytes_of_one_party_are_counted_too(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum)
    one = len(a_no(baerum, asker, agreement.request_iri, text="å" * 5_000))
    fill_thread(asker, baerum, agreement.request_iri, count=PARTY_BYTES_MAX // one, text="å" * 5_000)

    long = code_of(asker, a_no(baerum, asker, agreement.request_iri, text="å" * 5_000), sender=baerum)

    assert long == "too-many"
    assert asker.receive(a_no(baerum, asker, agreement.request_iri), sender=baerum).outcome == "illegal"


def test_what_a_node_answers_by_itself_leaves_room_for_its_people(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=5)
    fill_thread(asker, asker, agreement.request_iri, count=PARTY_MESSAGES_MAX // 2)
    heads = [stored.digest for stored in messages.list_thread(baerum.connection, agreement.request_iri)][-1:]
    change = a_request(
        baerum, asker, f"{agreement.proposal_iri}#primary", quantity=pieces(9), supersedes=agreement.agreement_iri,
        seen=heads,
    )  # fmt: skip

    received = asker.receive(change, sender=baerum)
    given = asker.run(give, GiveHandover(reference=agreement.request_iri, quantity=2))

    assert received.outcome == "applied"
    assert messages.load_share(asker.connection, agreement.request_iri, peer_id=None).message_count == (
        PARTY_MESSAGES_MAX // 2 + 2
    ), "the Accept and the handover, and no answer to the change"
    assert given.given == 2


def test_a_person_is_told_when_all_is_said_that_can_be_said(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum)
    fill_thread(asker, asker, agreement.request_iri, count=PARTY_MESSAGES_MAX - 1)
    before = list(asker.connection.iterdump())

    with pytest.raises(RefusedError) as refused:
        asker.run(give, GiveHandover(reference=agreement.request_iri, quantity=None))

    assert refused.value.refused.code == "too-many"
    assert list(asker.connection.iterdump()) == before


def test_a_thread_is_read_whole_or_not_at_all(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum)
    fill_thread(asker, baerum, agreement.request_iri, count=AGREEMENT_MESSAGES_MAX - 2)
    whole = messages.list_thread(asker.connection, agreement.request_iri)
    fill_thread(asker, baerum, agreement.request_iri, count=1)

    assert len(whole) == AGREEMENT_MESSAGES_MAX
    with pytest.raises(OverflowError):
        messages.list_thread(asker.connection, agreement.request_iri)


def test_two_agreements_cannot_have_one_id(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    first, second = ask(baerum, entry.iri, quantity=2), ask(baerum, entry.iri, quantity=2)
    world.deliver()
    iri = asker.author.mint("agreements")

    outcomes = [
        baerum.receive(an_accept(asker, baerum, request.request_iri, agreement_iri=iri), sender=asker).outcome
        for request in (first, second)
    ]

    assert outcomes == ["applied", "illegal"]
    assert agreement_at(baerum, first.request_iri).agreement_iri == iri
    assert agreement_at(baerum, second.request_iri).phase is Phase.REQUESTED


def test_a_request_cannot_have_the_id_of_an_agreement(world: World, asker: Town, baerum: Town) -> None:
    entry = offer(asker)
    world.deliver()
    request = ask(baerum, entry.iri, quantity=2)
    world.deliver()
    iri = asker.author.mint("agreements")
    baerum.receive(an_accept(asker, baerum, request.request_iri, agreement_iri=iri), sender=asker)

    body = a_request(asker, baerum, "https://baerum.example/proposals/x#primary", quantity=pieces(1), iri=iri)

    assert code_of(baerum, body, sender=asker) == "conflict"


def test_what_was_given_may_become_less_when_counts_arrive_late(world: World, asker: Town, baerum: Town) -> None:
    agreement = agreed(world, asker, baerum, quantity=10, of=24)
    heads = [stored.digest for stored in messages.list_thread(baerum.connection, agreement.request_iri)][-1:]
    early = a_close(baerum, agreement, asker.actor_iri, quantity=1, seen=heads)
    late = a_close(baerum, agreement, asker.actor_iri, quantity=10, seen=[*heads, parse_recorded(early).header.digest])

    asker.receive(late, sender=baerum)
    before = (agreement_at(asker, agreement.request_iri).given, item_at(asker, "1").quantity)
    received = asker.receive(early, sender=baerum)
    after = agreement_at(asker, agreement.request_iri)

    assert before == (10, 14)
    assert received.outcome == "applied"
    assert (after.given, after.stock_taken, after.held) == (1, 1, 9)
    assert (item_at(asker, "1").quantity, item_at(asker, "1").promised) == (23, 9)
