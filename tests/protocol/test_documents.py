"""Proposals, Agreements and events as documents: also those that others publish in the form of FEP-0837."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from protocol.activities import Accept, Header, Reject, Request, read_activity
from protocol.canonical import digest_of
from protocol.discovery import parse_actor
from protocol.documents import parse_agreement_terms, parse_event, parse_proposal
from protocol.errors import InvalidMessage
from protocol.identifiers import ActorIri, Iri
from protocol.strict_json import JsonObject
from protocol.vocabulary import PUBLIC, Action, Counterfactual, Purpose, Quantity, Unit
from tests.shared_files import shared_file

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALICE = ActorIri(Iri("https://market.example/users/alice"))
BOB = ActorIri(Iri("https://social.example/users/bob"))
ONE = Quantity.of(1, Unit.ONE)
PROPOSAL = "https://market.example/proposals/1"

# The least that FEP-0837 asks of a Proposal, in words of our own.
LEAST_PROPOSAL: JsonObject = {
    "type": "Proposal",
    "id": PROPOSAL,
    "purpose": "request",
    "attributedTo": ALICE,
    "publishes": {
        "type": "Intent",
        "id": f"{PROPOSAL}#primary",
        "action": "deliverService",
        "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
    },
    "to": PUBLIC,
}


def examples() -> list[Any]:
    """The documents of FEP-0837 as published."""
    documents: list[Any] = json.loads(shared_file("vectors", "fep-0837-examples.json").read_bytes())
    return documents


def header_of(document: JsonObject) -> Header:
    """A header for a document whose envelope FEP-0837 leaves thinner than ours."""
    return Header(
        iri=Iri(str(document["id"])),
        actor_iri=ActorIri(Iri(str(document["actor"]))),
        audience=(Iri(str(document["to"])),),
        published=NOON,
        digest=digest_of(document),
        body=b"",
    )


def test_the_least_proposal_of_fep_0837_gets_what_we_always_write() -> None:
    proposal = parse_proposal(LEAST_PROPOSAL, published_default=NOON, canonical=None)

    assert (proposal.purpose, proposal.action) == (Purpose.REQUEST, Action.DELIVER_SERVICE)
    assert (proposal.version, proposal.published) == (1, NOON)
    assert (proposal.name, proposal.content) == ("", "")
    assert (proposal.quantity, proposal.available, proposal.minimum) == (ONE, ONE, None)
    assert (proposal.latitude, proposal.longitude) == (None, None)
    assert proposal.audience == (PUBLIC,)
    assert proposal.digest == digest_of(LEAST_PROPOSAL)


def test_a_proposal_without_a_time_is_refused_where_no_other_time_is_known() -> None:
    with pytest.raises(InvalidMessage, match="published is absent"):
        parse_proposal(LEAST_PROPOSAL, published_default=None, canonical=None)


def test_the_short_proposal_published_with_fep_0837_is_read() -> None:
    document = examples()[0]

    proposal = parse_proposal(document, published_default=NOON, canonical=None)

    assert proposal.iri == document["id"]
    assert proposal.intent_iri == f"{proposal.iri}#primary"
    assert (proposal.attributed_to, proposal.audience) == (ALICE, (PUBLIC,))
    assert (proposal.version, proposal.quantity) == (1, ONE)


def test_the_long_proposal_published_with_fep_0837_is_read() -> None:
    proposal = parse_proposal(examples()[1], published_default=None, canonical=None)

    assert (proposal.name, proposal.content) == (
        "Offering used bike",
        "Blue one-speed bike, 15 years old, some rust",
    )
    assert (proposal.latitude, proposal.longitude) == (25.0, -71.0)
    assert proposal.published == datetime(2023, 6, 18, 19, 22, 3, 918737, tzinfo=UTC)
    assert proposal.category_iri == "https://www.wikidata.org/wiki/Q11442"
    assert (proposal.available, proposal.minimum) == (ONE, ONE)


def test_the_actor_published_with_fep_0837_is_read_and_its_links_are_passed_over() -> None:
    document = examples()[2]

    actor = parse_actor(document, fetched_from=Iri(document["id"]))

    assert (actor.id, actor.inbox) == (document["id"], document["inbox"])
    assert (actor.transport_keys, actor.proof_keys) == ((), ())


def test_the_offer_published_with_fep_0837_is_read() -> None:
    document = examples()[3]

    request = read_activity(document, header=header_of(document))

    assert isinstance(request, Request)
    assert request.terms.iri is None
    assert request.terms.counterfactual is Counterfactual.NOT_SAID
    assert request.terms.commitment.satisfies == f"{examples()[0]['id']}#primary"
    assert request.terms.commitment.quantity == ONE
    assert (request.expires_at, request.seen) == (None, frozenset())


def test_the_accept_published_with_fep_0837_is_read() -> None:
    document = examples()[4]

    accept = read_activity(document, header=header_of(document))

    assert isinstance(accept, Accept)
    assert accept.object_iri == examples()[3]["id"]
    assert (accept.tier, accept.object_digest) == (None, None)
    assert accept.result is not None
    assert accept.result.attributed_to == ALICE
    assert accept.result.commitment.iri == f"{accept.result.iri}#primary"


def test_the_reject_published_with_fep_0837_is_read() -> None:
    document = examples()[5]

    reject = read_activity(document, header=header_of(document))

    assert isinstance(reject, Reject)
    assert (reject.object_iri, reject.text, reject.code) == (examples()[3]["id"], "Not available", None)


def test_the_receipt_published_with_fep_0837_is_no_message_of_the_exchange() -> None:
    document = examples()[6]

    with pytest.raises(InvalidMessage):
        read_activity(document, header=header_of(document))


def test_an_agreement_with_something_stipulated_in_return_is_read_without_it() -> None:
    commitment: JsonObject = {
        "type": "Commitment",
        "satisfies": f"{PROPOSAL}#primary",
        "resourceQuantity": {"vf:hasUnit": "kilogram", "hasNumericalValue": "2.5"},
        "proposalVersion": 3,
        "proposalDigest": digest_of(LEAST_PROPOSAL),
    }

    terms = parse_agreement_terms(
        {"type": "Agreement", "stipulates": commitment, "stipulatesReciprocal": {}, "counterfactual": "borrow"}
    )

    assert terms.commitment.quantity == Quantity.of("2.5", Unit.KILOGRAM)
    assert (terms.commitment.proposal_version, terms.commitment.proposal_digest) == (3, digest_of(LEAST_PROPOSAL))
    assert (terms.counterfactual, terms.attributed_to) == (Counterfactual.BORROW, None)


def test_an_event_is_read_with_its_time_and_both_parties() -> None:
    document: JsonObject = {
        "type": "EconomicEvent",
        "id": "https://market.example/events/1",
        "action": "transferCustody",
        "context": "https://market.example/agreements/1",
        "fulfills": "https://market.example/agreements/1#primary",
        "provider": ALICE,
        "receiver": BOB,
        "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
        "hasPointInTime": "2026-11-23T13:00:00+01:00",
    }

    event = parse_event(document, canonical=None)

    assert (event.provider, event.receiver, event.action) == (ALICE, BOB, Action.TRANSFER_CUSTODY)
    assert (event.occurred_at, event.mirrors, event.quantity) == (NOON, None, ONE)
    assert event.digest == digest_of(document)
