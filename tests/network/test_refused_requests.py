"""Requests to the inbox in which one thing about the HTTP request or its signature is wrong, and nothing else.

Every test is run again by `test_mutations.py` against nodes in which one check is switched off: then exactly the test
of that check fails. So each takes the stage alone, and stands on no other test.
"""

import time
from dataclasses import replace

from tests.network.outsider import COVERED, Letter, key_of
from tests.network.stage import Stage, assert_refused, assert_taken

OTHER_HOST = "krets.somewhere-else.example"
OTHER_PATH = "/outbox"
IMPOSTOR = "somebody else's transport key"
BODY_BYTES_MAX = 262_144
LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


def all_but(name: str) -> tuple[str, ...]:
    """The components that must be covered, without one."""
    return tuple(component for component in COVERED if component != name)


def oversize_letter(stage: Stage) -> Letter:
    """An unsigned message of a few bytes too many: a signature in base58 is of 87 or 88 characters."""
    sparse = stage.create(stage.friend, summary="")
    size = len(stage.letter(stage.friend, stage.friend.prove(sparse)).body)
    padded = stage.friend.prove(sparse | {"summary": "x" * (BODY_BYTES_MAX - size + 4)})
    return stage.letter(stage.friend, padded)


def test_a_request_that_is_right_in_every_respect_is_taken(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter())

    assert_taken(stage, letter)


def test_a_request_without_a_signature_is_refused(stage: Stage) -> None:
    letter = stage.good_letter()

    assert_refused(stage, letter, status=401, code="signature-missing")


def test_a_request_with_two_signatures_is_refused(stage: Stage) -> None:
    one, other = stage.sign(letter := stage.good_letter()), stage.sign(letter)
    both = letter
    for name in ("Signature-Input", "Signature"):
        both = both.with_header(name, f"{one.value(name)}, {other.value(name).replace('sig1=', 'sig2=', 1)}")

    assert_refused(stage, both, status=401, code="signature-malformed")


def test_a_request_signed_with_another_key_than_it_names_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), key=key_of(IMPOSTOR))

    assert_refused(stage, letter, status=401, code="signature-invalid")


def test_a_request_that_names_another_algorithm_than_the_keys_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), alg="rsa-v1_5-sha256")

    assert_refused(stage, letter, status=401, code="algorithm")


def test_a_request_without_a_digest_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter().without("Content-Digest"), covered=all_but("content-digest"))

    assert_refused(stage, letter, status=401, code="digest")


def test_a_request_with_the_digest_of_another_body_is_refused(stage: Stage) -> None:
    letter = stage.good_letter()
    wrong = letter.with_header("Content-Digest", stage.good_letter().value("Content-Digest"))

    assert_refused(stage, stage.sign(wrong), status=401, code="digest")


def test_a_request_with_a_digest_that_nobody_can_compare_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter().with_header("Content-Digest", "unixsum=:AAAA:"))

    assert_refused(stage, letter, status=401, code="digest")


def test_a_request_whose_method_is_uncovered_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), covered=all_but("@method"))

    assert_refused(stage, letter, status=401, code="component-uncovered")


def test_a_request_whose_target_is_uncovered_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), covered=all_but("@target-uri"))

    assert_refused(stage, letter, status=401, code="component-uncovered")


def test_a_request_whose_authority_is_uncovered_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), covered=all_but("@authority"))

    assert_refused(stage, letter, status=401, code="component-uncovered")


def test_a_request_whose_content_type_is_uncovered_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), covered=all_but("content-type"))

    assert_refused(stage, letter, status=401, code="component-uncovered")


def test_a_request_whose_digest_is_uncovered_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), covered=all_but("content-digest"))

    assert_refused(stage, letter, status=401, code="component-uncovered")


def test_a_request_whose_place_in_a_feed_is_uncovered_is_refused(stage: Stage) -> None:
    letter = stage.good_letter().with_header("Krets-Feed", "seq=7")

    assert_refused(stage, stage.sign(letter), status=401, code="component-uncovered")


def test_a_request_that_has_expired_is_refused(stage: Stage) -> None:
    now = int(time.time())
    letter = stage.sign(stage.good_letter(), created=now - 310, expires=now - 10)

    assert_refused(stage, letter, status=401, code="signature-expired")


def test_a_request_from_the_future_is_refused(stage: Stage) -> None:
    now = int(time.time())
    letter = stage.sign(stage.good_letter(), created=now + 330, expires=now + 630)

    assert_refused(stage, letter, status=401, code="clock")


def test_a_request_that_would_be_good_for_too_long_is_refused(stage: Stage) -> None:
    now = int(time.time())
    letter = stage.sign(stage.good_letter(), created=now, expires=now + 301)

    assert_refused(stage, letter, status=401, code="signature-malformed")


def test_a_request_that_does_not_say_when_it_was_signed_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), created=None)

    assert_refused(stage, letter, status=401, code="signature-malformed")


def test_a_request_that_does_not_say_when_it_expires_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), expires=None)

    assert_refused(stage, letter, status=401, code="signature-malformed")


def test_a_request_without_a_nonce_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), nonce=None)

    assert_refused(stage, letter, status=401, code="signature-malformed")


def test_a_request_with_an_endless_nonce_is_refused(stage: Stage) -> None:
    letter = stage.good_letter()

    signed = stage.sign(letter, nonce=letter.value("Content-Digest").replace("=", "").replace(":", "") * 3)

    assert_refused(stage, signed, status=401, code="signature-malformed")


def test_a_request_that_was_posted_before_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter())
    assert_taken(stage, letter)

    assert_refused(stage, letter, status=401, code="replayed")


def test_a_request_that_was_signed_for_another_host_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter(), origin=f"http://{OTHER_HOST}")

    assert_refused(stage, letter, status=401, code="signature-invalid")


def test_a_request_that_asks_for_another_host_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter()).with_header("Host", OTHER_HOST)

    assert_refused(stage, letter, status=401, code="wrong-target")


def test_a_request_that_was_signed_for_another_path_is_refused(stage: Stage) -> None:
    elsewhere = stage.sign(replace(stage.good_letter(), path=OTHER_PATH))

    assert_refused(stage, replace(elsewhere, path="/inbox"), status=401, code="signature-invalid")


def test_a_request_that_was_signed_without_its_query_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter())

    assert_refused(stage, replace(letter, path="/inbox?as=admin"), status=401, code="signature-invalid")


def test_a_request_that_was_signed_for_another_method_is_refused(stage: Stage) -> None:
    letter = stage.sign(replace(stage.good_letter(), method="PUT"))

    assert_refused(stage, replace(letter, method="POST"), status=401, code="signature-invalid")


def test_a_request_whose_content_type_was_changed_on_the_way_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter())

    assert_refused(stage, letter.with_header("Content-Type", LD_JSON), status=401, code="signature-invalid")


def test_a_request_with_another_content_type_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter().with_header("Content-Type", "application/json"))

    assert_refused(stage, letter, status=415, code="content-type")


def test_a_request_whose_body_is_said_to_be_encoded_is_refused(stage: Stage) -> None:
    letter = stage.sign(stage.good_letter().with_header("Content-Encoding", "gzip"))

    assert_refused(stage, letter, status=415, code="content-encoding")


def test_a_request_that_announces_too_large_a_body_is_refused(stage: Stage) -> None:
    letter = stage.sign(oversize_letter(stage))

    assert_refused(stage, letter, status=413, code="too-large")


def test_a_request_whose_body_grows_too_large_is_refused(stage: Stage) -> None:
    letter = stage.sign(replace(oversize_letter(stage), chunked=True))

    assert_refused(stage, letter, status=413, code="too-large")
