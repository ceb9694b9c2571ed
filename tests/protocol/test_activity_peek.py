"""A look at a message before anything is known of its sender, and a reading of one in another envelope."""

from copy import deepcopy
from typing import Any

import pytest

from protocol.activities import ActivityPeek, parse_recorded, peek_activity, read_activity
from protocol.canonical import canonicalize
from protocol.errors import (
    LimitExceeded,
    ProtocolError,
)
from protocol.limits import ACTIVITY_BYTES_MAX
from tests.schemas.vector_cast import (
    ASKER,
    BAERUM,
    REQUEST_IRI,
    valid_messages,
)

MESSAGES = {name: message.document for name, message in valid_messages().items()}


def message(name: str) -> dict[str, Any]:
    """A valid message that the test may change."""
    return deepcopy(MESSAGES[name])


def test_a_peek_tells_type_actor_id_and_object_without_believing_them() -> None:
    body = canonicalize({**message("follow"), "@context": "unknown", "proof": "none"})

    assert peek_activity(body) == ActivityPeek(
        activity_type="Follow",
        actor_iri=BAERUM.actor_iri,
        iri=BAERUM.iri("activities/b1"),
        object_iri=ASKER.actor_iri,
    )


@pytest.mark.parametrize(
    ("embedded", "object_iri"), [({"id": REQUEST_IRI, "type": "Offer"}, REQUEST_IRI), ({}, None), (None, None)]
)
def test_a_peek_finds_the_id_of_an_embedded_object(embedded: object, object_iri: str | None) -> None:
    body = canonicalize(message("follow") | {"object": embedded})

    assert peek_activity(body).object_iri == object_iri


@pytest.mark.parametrize(
    "change",
    [{"type": ["Follow"]}, {"actor": None}, {"id": 1}, {"object": ["https://a.example/"]}, {"object": {"id": 1}}],
)
def test_a_peek_refuses_what_has_no_such_form(change: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        peek_activity(canonicalize(message("follow") | change))


def test_a_peek_keeps_to_the_same_limit() -> None:
    with pytest.raises(LimitExceeded):
        peek_activity(b" " * (ACTIVITY_BYTES_MAX + 1))


def test_a_document_in_another_envelope_is_read_under_the_callers_header() -> None:
    document = message("follow")
    received = parse_recorded(canonicalize(document))

    assert read_activity(document, header=received.header) == received
