"""Messages to the inbox that are right in form and signature, from somebody who may not say that, or said it before.

Every test is run again by `test_mutations.py` against nodes in which one check is switched off: then exactly the test
of that check fails. So each takes the stage alone, and stands on no other test.
"""

from tests.network.nodes import wait_for
from tests.network.outsider import Answer, Document, Outsider, key_of
from tests.network.stage import Stage, assert_problem, assert_refused, assert_taken, assert_tells_nothing

NEW_KEY = "#ed-http-2"


def assert_sender_refused(stage: Stage, by: Outsider, message: Document, *, status: int, code: str) -> None:
    """The message, rightly proven and posted by this outsider, is refused like this."""
    assert_refused(stage, stage.signed(by, by.prove(message)), status=status, code=code)


def test_the_same_message_posted_anew_gets_the_same_answer(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend))
    assert_taken(stage, stage.signed(stage.friend, message))
    stage.wait_until_at_rest()
    before = stage.rows()

    answer = stage.post(stage.signed(stage.friend, message))

    assert (answer.status, answer.document) == (202, {"outcome": "applied"})
    assert stage.rows() == before


def test_another_message_with_the_same_id_is_refused(stage: Stage) -> None:
    message = stage.create(stage.friend, summary="Twelve chairs")
    assert_taken(stage, stage.signed(stage.friend, stage.friend.prove(message)))

    other = message | {"summary": "Thirteen chairs"}

    assert_sender_refused(stage, stage.friend, other, status=409, code="conflict")


def test_an_offer_by_a_stranger_is_refused(stage: Stage) -> None:
    stranger = stage.outsiders.stranger

    assert_sender_refused(stage, stranger, stage.create(stranger), status=401, code="unknown-peer")


def test_a_strangers_follow_of_somebody_else_is_refused(stage: Stage) -> None:
    stranger, neighbour = stage.outsiders.stranger, stage.outsiders.neighbour
    message = stage.follow(stranger, object=neighbour.actor_iri)

    assert_sender_refused(stage, stranger, message, status=401, code="unknown-peer")


def test_a_strangers_follow_in_the_name_of_another_server_is_refused(stage: Stage) -> None:
    stranger = stage.outsiders.stranger
    message = stage.follow(stranger, actor="https://krets.somewhere-else.example/actor")

    assert_sender_refused(stage, stranger, message, status=401, code="unknown-peer")


def test_a_message_under_a_key_that_the_actor_does_not_list_is_refused(stage: Stage) -> None:
    friend = stage.friend
    stage.wait_until_at_rest()
    before = stage.rows()

    def answer_to_a_new_key() -> Answer:
        letter = stage.good_letter()
        signed = stage.sign(letter, keyid=friend.actor_iri + NEW_KEY, key=key_of(NEW_KEY))
        answer = stage.post(signed)
        assert_tells_nothing(answer, letter=signed, stage=stage)
        return answer

    def final_answer() -> Answer | None:
        answer = answer_to_a_new_key()
        return None if answer.status == 503 else answer

    first = answer_to_a_new_key()
    last = wait_for(final_answer, what="the refresh of the keys to end")

    assert first.headers["retry-after"] == "5"
    assert_problem(first, status=503, code="key-refresh")
    assert_problem(last, status=401, code="unknown-peer")
    assert stage.rows() == before


def test_a_follow_by_a_blocked_peer_is_refused(stage: Stage) -> None:
    blocked = stage.outsiders.blocked

    assert_sender_refused(stage, blocked, stage.follow(blocked), status=403, code="blocked")


def test_an_offer_by_a_blocked_peer_is_refused(stage: Stage) -> None:
    blocked = stage.outsiders.blocked

    assert_sender_refused(stage, blocked, stage.create(blocked), status=403, code="not-followed")


def test_a_request_by_a_blocked_peer_is_refused(stage: Stage) -> None:
    blocked = stage.outsiders.blocked

    assert_sender_refused(stage, blocked, stage.request(blocked), status=403, code="blocked")


def test_an_offer_by_a_peer_that_is_not_followed_is_refused(stage: Stage) -> None:
    acquaintance = stage.outsiders.acquaintance

    assert_sender_refused(stage, acquaintance, stage.create(acquaintance), status=403, code="not-followed")


def test_a_request_by_a_peer_that_is_not_accepted_is_refused(stage: Stage) -> None:
    acquaintance = stage.outsiders.acquaintance

    assert_sender_refused(stage, acquaintance, stage.request(acquaintance), status=403, code="not-accepted")


def test_a_request_by_a_peer_that_is_accepted_is_taken(stage: Stage) -> None:
    message = stage.friend.prove(stage.request(stage.friend))

    assert_taken(stage, stage.signed(stage.friend, message))
