"""Writing messages: what is written is read back, and what is absent is not written."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.activities import CreateProposal, Request, parse_recorded
from protocol.canonical import canonicalize
from protocol.compose import compose_create, compose_follow, compose_proposal, compose_reject, compose_request, seal
from protocol.identifiers import Iri
from protocol.proofs import verify_document
from protocol.strict_json import JsonObject, parse_object
from protocol.vocabulary import Action, Counterfactual, Purpose, Quantity, Unit
from schemas import message_context
from tests.schemas.vector_cast import ASKER, BAERUM, NOON, OFFER_IRI, PARTNERS_FEED, valid_messages

INSTANTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
LINES = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200)
TWELVE = Quantity.of(12, Unit.ONE)


def a_proposal(**different: object) -> JsonObject:
    """A proposal with the fields that it must have, and those that a test gives it."""
    fields: dict[str, object] = {
        "iri": OFFER_IRI,
        "purpose": Purpose.OFFER,
        "attributed_to": ASKER.actor_iri,
        "name": "",
        "content": "",
        "version": 1,
        "published": NOON,
        "closes_at": None,
        "action": Action.TRANSFER,
        "category_iri": None,
        "quantity": TWELVE,
        "available": TWELVE,
        "minimum": None,
        "latitude": None,
        "longitude": None,
        "condition": None,
        "mass_grams": None,
        "audience": (PARTNERS_FEED,),
        "context": message_context(),
    }
    return compose_proposal(**(fields | different))  # type: ignore[arg-type]


def published(proposal: JsonObject) -> CreateProposal:
    """The proposal after it was signed, sent and read."""
    document = compose_create(
        iri=ASKER.iri("activities/1"),
        actor_iri=ASKER.actor_iri,
        audience=(PARTNERS_FEED,),
        signed_object=ASKER.sign(proposal),
        published=NOON,
        context=message_context(),
    )
    activity = parse_recorded(seal(document, key=ASKER.proof_key, created=NOON))
    assert isinstance(activity, CreateProposal)
    return activity


def _has_null(value: object) -> bool:
    members = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return value is None or any(_has_null(member) for member in members)


@pytest.mark.parametrize("name", sorted(valid_messages()))
def test_no_message_says_null_for_what_is_absent(name: str) -> None:
    assert not _has_null(valid_messages()[name].document)


def test_sealed_bytes_are_canonical_and_carry_the_proof() -> None:
    unsigned = compose_follow(
        iri=BAERUM.iri("activities/1"),
        actor_iri=BAERUM.actor_iri,
        object_iri=ASKER.actor_iri,
        published=NOON,
        context=message_context(),
    )

    body = seal(unsigned, key=BAERUM.proof_key, created=NOON)

    document = parse_object(body, bytes_max=len(body))
    assert canonicalize(document) == body
    verify_document(document, public_key=BAERUM.proof_key.public)


def test_a_document_is_sealed_once() -> None:
    signed = BAERUM.sign({"type": "Follow"})

    with pytest.raises(ValueError, match="proof already"):
        seal(signed, key=BAERUM.proof_key, created=NOON)


@pytest.mark.parametrize("place", [{"latitude": 59.83}, {"longitude": 10.44}])
def test_one_coordinate_without_the_other_is_a_mistake_of_the_caller(place: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="both coordinates"):
        a_proposal(**place)


@given(
    name=LINES,
    closes_at=st.none() | INSTANTS,
    coordinates=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    mass_grams=st.none() | st.integers(1, 10**9),
    version=st.integers(1, 2**53 - 1),
    purpose=st.sampled_from(Purpose),
    action=st.sampled_from(Action),
)
def test_a_proposal_is_read_back_as_it_was_meant(
    name: str,
    closes_at: datetime | None,
    coordinates: tuple[float, float] | None,
    mass_grams: int | None,
    version: int,
    purpose: Purpose,
    action: Action,
) -> None:
    latitude, longitude = coordinates or (None, None)

    proposal = published(
        a_proposal(
            name=name,
            closes_at=closes_at,
            latitude=latitude,
            longitude=longitude,
            mass_grams=mass_grams,
            version=version,
            purpose=purpose,
            action=action,
        )
    ).proposal

    assert (proposal.name, proposal.closes_at, proposal.mass_grams) == (name, closes_at, mass_grams)
    assert (proposal.latitude, proposal.longitude) == (latitude, longitude)
    assert (proposal.version, proposal.purpose, proposal.action) == (version, purpose, action)


@given(expires_at=st.none() | INSTANTS, counterfactual=st.sampled_from(Counterfactual), version=st.none() | st.just(7))
def test_a_request_is_read_back_as_it_was_meant(
    expires_at: datetime | None, counterfactual: Counterfactual, version: int | None
) -> None:
    document = compose_request(
        iri=BAERUM.iri("activities/1"),
        actor_iri=BAERUM.actor_iri,
        to=ASKER.actor_iri,
        satisfies=Iri(f"{OFFER_IRI}#primary"),
        quantity=TWELVE,
        proposal_version=version,
        proposal_digest=None,
        counterfactual=counterfactual,
        expires_at=expires_at,
        seen=frozenset(),
        published=NOON + timedelta(days=1),
        context=message_context(),
    )

    request = parse_recorded(seal(document, key=BAERUM.proof_key, created=NOON))

    assert isinstance(request, Request)
    assert (request.expires_at, request.terms.counterfactual) == (expires_at, counterfactual)
    assert (request.terms.commitment.proposal_version, request.terms.commitment.quantity) == (version, TWELVE)


def test_what_was_seen_is_written_in_one_order() -> None:
    seen = frozenset(parse_recorded(canonicalize(m.document)).header.digest for m in valid_messages().values())
    documents = [
        compose_reject(
            iri=ASKER.iri("activities/1"),
            actor_iri=ASKER.actor_iri,
            to=BAERUM.actor_iri,
            object_iri=BAERUM.iri("activities/2"),
            code="other",
            seen=frozenset(order),
            published=NOON,
            context=message_context(),
        )
        for order in (sorted(seen), sorted(seen, reverse=True))
    ]

    assert documents[0]["seen"] == documents[1]["seen"] == sorted(seen)
