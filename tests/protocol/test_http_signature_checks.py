"""Each check of verifying an HTTP signature failing alone, and both sides of each limit.

Every request here has a good signature over what it claims, unless the signature itself is what is wrong.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from protocol.errors import DigestMismatch
from protocol.http_signatures import (
    HttpRequest,
    content_digest,
    sign_request,
    verify_request,
)
from protocol.limits import CLOCK_SKEW_SECONDS, NONCE_CHARS_MAX, SIGNATURE_WINDOW_SECONDS
from protocol.structured_fields import Token, serialize_bytes
from tests.protocol.signed_requests import (
    CREATED,
    FULL_COVERAGE,
    GET,
    KEY,
    NOW,
    OTHER_KEY,
    POST,
    POST_WITH_DIGEST,
    PUBLIC,
    crafted,
    parameters_of,
    refusal_of,
    signed,
    with_changed_header,
    with_header,
    without_header,
)


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_a_request_without_a_signature_is_refused(name: str) -> None:
    assert refusal_of(without_header(signed(), name)).code == "signature-missing"
    assert refusal_of(POST).code == "signature-missing"


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("request_", [POST_WITH_DIGEST, GET])
def test_a_signature_that_does_not_cover_method_target_and_authority_is_refused(
    request_: HttpRequest, index: int
) -> None:
    covered = FULL_COVERAGE if request_ is POST_WITH_DIGEST else FULL_COVERAGE[:3]
    short = covered[:index] + covered[index + 1 :]

    assert refusal_of(crafted(request_, covered=short)).code == "component-uncovered"


@pytest.mark.parametrize("uncovered", ["content-type", "content-digest"])
@pytest.mark.parametrize(
    "request_",
    [
        POST_WITH_DIGEST,
        replace(POST, body=b"", headers=(*POST.headers, ("Content-Digest", content_digest(b"")))),
        replace(POST_WITH_DIGEST, method="GET"),
    ],
)
def test_a_signature_that_does_not_cover_the_body_and_its_type_is_refused(
    request_: HttpRequest, uncovered: str
) -> None:
    covered = tuple(name for name in FULL_COVERAGE if name != uncovered)

    assert refusal_of(crafted(request_, covered=covered)).code == "component-uncovered"


def test_a_signature_that_does_not_cover_the_feed_position_is_refused() -> None:
    request = with_header(POST_WITH_DIGEST, "Krets-Feed", 'feed="x"')

    assert refusal_of(crafted(request)).code == "component-uncovered"
    verify_request(crafted(request, covered=(*FULL_COVERAGE, "krets-feed")), key=PUBLIC, now=NOW)


def test_a_signature_that_covers_nothing_is_refused() -> None:
    assert refusal_of(crafted(GET, covered=())).code == "component-uncovered"


def test_a_component_of_another_message_covers_nothing_of_this_one() -> None:
    request = signed()
    field = dict(request.headers)["Signature-Input"].replace('"content-digest"', '"content-digest";req')

    assert refusal_of(with_changed_header(request, "signature-input", field)).code == "component-uncovered"


def test_a_component_covered_twice_is_refused() -> None:
    request = signed()
    field = dict(request.headers)["Signature-Input"].replace('("@method"', '("@method" "@method"')

    assert refusal_of(with_changed_header(request, "signature-input", field)).code == "signature-malformed"


def test_a_covered_field_that_is_absent_is_refused() -> None:
    assert refusal_of(without_header(signed(), "content-type")).code == "signature-malformed"


def test_a_body_without_a_digest_is_refused() -> None:
    assert refusal_of(without_header(signed(), "content-digest")).code == "digest"
    assert refusal_of(crafted(POST, covered=FULL_COVERAGE[:4])).code == "digest"


@pytest.mark.parametrize(
    "digest",
    [
        content_digest(POST.body + b" "),
        "",
        "sha-256=",
        "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "md5=:AA==:",
        "unixsum=:AA==:",
        "SHA-256=:AA==:",
        "sha-256=:AA==:",
        f"{content_digest(POST.body)}, sha-512=:AA==:",
        f"{content_digest(POST.body)}, sha-256=:AA==:",
    ],
)
def test_a_digest_that_is_not_of_the_body_is_refused_even_if_signed(digest: str) -> None:
    refusal = refusal_of(crafted(with_header(POST, "Content-Digest", digest)))

    assert type(refusal) is DigestMismatch
    assert refusal.code == "digest"


def test_a_body_changed_after_signing_is_refused() -> None:
    assert refusal_of(replace(signed(), body=b'{"type":"Offer" }')).code == "digest"


def test_a_digest_is_checked_wherever_it_is_present() -> None:
    request = with_header(GET, "Content-Digest", content_digest(b"not empty"))

    assert refusal_of(crafted(request, covered=FULL_COVERAGE[:3])).code == "digest"


@pytest.mark.parametrize(
    "changed",
    [
        lambda request: replace(request, method="PUT"),
        lambda request: replace(request, target_uri="https://hole.example/inbox/"),
        lambda request: replace(request, target_uri="https://hole.example/sync"),
        lambda request: replace(request, target_uri="https://hole.example/inbox?x"),
        lambda request: replace(request, target_uri="http://hole.example/inbox"),
        lambda request: replace(without_header(request, "host"), target_uri="https://lier.example/inbox"),
        lambda request: with_changed_header(request, "content-type", "application/json"),
        lambda request: with_header(request, "Content-Type", "text/html"),
    ],
)
def test_a_signature_for_another_request_is_refused(changed: Callable[[HttpRequest], HttpRequest]) -> None:
    assert refusal_of(changed(signed())).code == "signature-invalid"


def test_a_feed_position_changed_after_signing_is_refused() -> None:
    request = signed(with_header(POST, "Krets-Feed", "seq=1"))

    assert refusal_of(with_changed_header(request, "krets-feed", "seq=2")).code == "signature-invalid"


@pytest.mark.parametrize("host", ["lier.example", "hole.example:8443", "", "hole.example.", "hole.example, x"])
def test_a_host_field_that_names_another_is_refused_even_if_signed(host: str) -> None:
    assert refusal_of(signed(with_changed_header(POST, "host", host))).code == "wrong-target"
    assert refusal_of(signed(with_header(POST, "Host", host))).code == "wrong-target"


@pytest.mark.parametrize("seconds", [0, 1, SIGNATURE_WINDOW_SECONDS - 1, SIGNATURE_WINDOW_SECONDS])
def test_a_signature_is_good_until_it_expires(seconds: int) -> None:
    verify_request(signed(), key=PUBLIC, now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("later", [timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=400)])
def test_an_expired_signature_is_refused(later: timedelta) -> None:
    now = NOW + timedelta(seconds=SIGNATURE_WINDOW_SECONDS) + later

    assert refusal_of(signed(), now=now).code == "signature-expired"


@pytest.mark.parametrize("seconds", [CLOCK_SKEW_SECONDS - 1, CLOCK_SKEW_SECONDS])
def test_a_signature_from_a_clock_ahead_within_the_skew_is_accepted(seconds: int) -> None:
    verify_request(signed(), key=PUBLIC, now=NOW - timedelta(seconds=seconds))


@pytest.mark.parametrize("ahead", [timedelta(seconds=CLOCK_SKEW_SECONDS + 1), timedelta(days=400)])
def test_a_signature_from_the_future_is_refused(ahead: timedelta) -> None:
    assert refusal_of(signed(), now=NOW - ahead).code == "clock"


def test_a_signature_from_a_time_beyond_all_calendars_is_refused() -> None:
    for created in (10**15 - 301, -(10**15) + 1):
        parameters = parameters_of(created=created, expires=created + 300)
        assert refusal_of(crafted(POST_WITH_DIGEST, parameters=parameters)).code in ("clock", "signature-expired")


@pytest.mark.parametrize("seconds", [1, SIGNATURE_WINDOW_SECONDS - 1, SIGNATURE_WINDOW_SECONDS])
def test_a_signature_may_be_made_for_up_to_the_window(seconds: int) -> None:
    parameters = parameters_of(expires=CREATED + seconds)

    verify_request(crafted(POST_WITH_DIGEST, parameters=parameters), key=PUBLIC, now=NOW)


@pytest.mark.parametrize("seconds", [SIGNATURE_WINDOW_SECONDS + 1, 10**9, 0, -1])
def test_a_signature_made_for_longer_than_the_window_or_no_time_is_refused(seconds: int) -> None:
    parameters = parameters_of(expires=CREATED + seconds)

    assert refusal_of(crafted(POST_WITH_DIGEST, parameters=parameters)).code == "signature-malformed"


@pytest.mark.parametrize("name", ["created", "expires", "nonce", "keyid"])
@pytest.mark.parametrize("value", [None, True, Token("x")])
def test_a_signature_without_a_required_parameter_of_its_type_is_refused(name: str, value: bool | Token | None) -> None:
    request = crafted(POST_WITH_DIGEST, parameters=parameters_of(**{name: value}))

    assert refusal_of(request).code == "signature-malformed"


@pytest.mark.parametrize(("name", "value"), [("created", "1"), ("expires", "1"), ("nonce", 1), ("keyid", 1)])
def test_a_parameter_of_another_type_is_refused(name: str, value: int | str) -> None:
    request = crafted(POST_WITH_DIGEST, parameters=parameters_of(**{name: value}))

    assert refusal_of(request).code == "signature-malformed"


@pytest.mark.parametrize("name", ["alg", "tag"])
def test_an_optional_parameter_of_another_type_is_refused(name: str) -> None:
    request = crafted(POST_WITH_DIGEST, parameters=parameters_of(**{name: 1}))

    assert refusal_of(request).code == "signature-malformed"


@pytest.mark.parametrize("chars", [1, NONCE_CHARS_MAX - 1, NONCE_CHARS_MAX])
def test_a_nonce_up_to_the_length_limit_is_signed_and_accepted(chars: int) -> None:
    request = sign_request(POST, key=KEY, now=NOW, nonce="n" * chars)

    assert verify_request(request, key=PUBLIC, now=NOW).nonce == "n" * chars


@pytest.mark.parametrize("chars", [0, NONCE_CHARS_MAX + 1])
def test_a_nonce_outside_the_length_limits_is_neither_signed_nor_accepted(chars: int) -> None:
    request = crafted(POST_WITH_DIGEST, parameters=parameters_of(nonce="n" * chars))

    assert refusal_of(request).code == "signature-malformed"
    with pytest.raises(ValueError, match="nonce"):
        sign_request(POST, key=KEY, now=NOW, nonce="n" * chars)


def test_a_signature_by_another_key_under_the_same_id_is_refused() -> None:
    request = sign_request(POST, key=OTHER_KEY, now=NOW, nonce="bm9uY2U")

    assert refusal_of(request).code == "signature-invalid"


def test_a_signature_that_names_another_key_is_refused() -> None:
    parameters = parameters_of(keyid="https://asker.example/actor#main-key")

    assert refusal_of(crafted(POST_WITH_DIGEST, parameters=parameters)).code == "signature-invalid"


@pytest.mark.parametrize("alg", ["rsa-v1_5-sha256", "hmac-sha256", "none", "ED25519", ""])
def test_another_algorithm_than_the_keys_is_refused(alg: str) -> None:
    assert refusal_of(crafted(POST_WITH_DIGEST, parameters=parameters_of(alg=alg))).code == "algorithm"


@pytest.mark.parametrize("octets", [b"", bytes(64), bytes(63)])
def test_a_signature_that_is_not_one_is_refused(octets: bytes) -> None:
    request = with_changed_header(signed(), "signature", f"sig1={serialize_bytes(octets)}")

    assert refusal_of(request).code == "signature-invalid"


@pytest.mark.parametrize("parameter", ["created", "expires", "nonce", "tag"])
def test_a_parameter_changed_after_signing_is_refused(parameter: str) -> None:
    request = signed()
    field = dict(request.headers)["Signature-Input"]
    changed = {
        "created": field.replace(f"created={CREATED}", f"created={CREATED + 1}"),
        "expires": field.replace(f"expires={CREATED + 300}", f"expires={CREATED + 299}"),
        "nonce": field.replace("bm9uY2U", "bm9uY2V"),
        "tag": field.replace("krets", "Krets"),
    }[parameter]

    assert refusal_of(with_changed_header(request, "signature-input", changed)).code == "signature-invalid"


def test_two_signatures_are_refused_even_if_both_are_good() -> None:
    request = signed()
    input_field, signature_field = dict(request.headers)["Signature-Input"], dict(request.headers)["Signature"]
    second = with_header(
        with_header(request, "Signature-Input", input_field.replace("sig1=", "sig2=")),
        "Signature",
        signature_field.replace("sig1=", "sig2="),
    )
    same_label = with_header(with_header(request, "Signature-Input", input_field), "Signature", signature_field)

    assert refusal_of(second).code == "signature-malformed"
    assert refusal_of(same_label).code == "signature-malformed"


def test_labels_that_differ_are_refused() -> None:
    field = dict(signed().headers)["Signature"].replace("sig1=", "sig2=")

    assert refusal_of(with_changed_header(signed(), "signature", field)).code == "signature-malformed"
    one_too_many = with_header(signed(), "Signature", "sig2=:AA==:")
    assert refusal_of(one_too_many).code == "signature-malformed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature-input", ""),
        ("signature-input", "sig1"),
        ("signature-input", "sig1=:AA==:"),
        ("signature-input", 'sig1=("@method");created=1.5;keyid="k"'),
        ("signature", ""),
        ("signature", "sig1=AA=="),
        ("signature", "sig1=:A:"),
        ("signature", 'sig1="AA=="'),
    ],
)
def test_fields_that_cannot_be_read_are_refused(name: str, value: str) -> None:
    assert refusal_of(with_changed_header(signed(), name, value)).code == "signature-malformed"


def test_a_covered_value_that_is_not_ascii_is_refused() -> None:
    request = with_changed_header(signed(), "content-type", "application/æ")

    assert refusal_of(request).code == "signature-malformed"


def test_a_target_that_cannot_be_read_is_refused() -> None:
    assert refusal_of(replace(signed(), target_uri="/inbox")).code == "signature-malformed"


def test_a_line_break_in_a_header_is_refused() -> None:
    assert refusal_of(with_header(signed(), "X", "a\nSignature: b")).code == "signature-malformed"
