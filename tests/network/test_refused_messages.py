"""Messages to the inbox, rightly posted, in which one thing about the JSON, the proofs or the actor is wrong.

Every test is run again by `test_mutations.py` against nodes in which one check is switched off: then exactly the test
of that check fails. So each takes the stage alone, and stands on no other test.
"""

from tests.network.outsider import CONTEXT, Document, canonical, embedded, instant, key_of
from tests.network.stage import Stage, assert_refused, assert_taken

UNKNOWN_CONTEXT = [*CONTEXT[:2], "https://contexts.example/other/v1"]
APPENDED_CONTEXT = [*CONTEXT, {"quantity": "https://contexts.example/other#quantity"}]
OTHER_PROOF_CONTEXT = [*CONTEXT, "https://contexts.example/proof/v1"]
PROPOSALS_OTHER_CONTEXT = [*CONTEXT, "https://contexts.example/proposal/v1"]

FORGER, PROPOSAL_FORGER = "the forger of activities", "the forger of proposals"
UNLISTED, PROPOSAL_UNLISTED = "#proof-98", "#proof-99"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

SUMMARY, TAMPERED_SUMMARY = "Twelve chairs", "Twelve thousand chairs"
CONTENT, TAMPERED_CONTENT = "Twelve, blue", "Twelve thousand, blue"


def deep(levels: int) -> list[object]:
    """So many lists in each other."""
    nested: list[object] = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested


def event(stage: Stage, **members: object) -> Document:
    """An unsigned handover by the friend to the node, under no agreement that there is, standing alone."""
    return {
        "@context": CONTEXT,
        "type": "EconomicEvent",
        "id": stage.friend.mint("events"),
        "action": "transfer",
        "context": f"{stage.origin}/agreements/none",
        "fulfills": f"{stage.origin}/agreements/none#primary",
        "provider": stage.friend.actor_iri,
        "receiver": stage.actor_iri,
        "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
        "hasPointInTime": instant(),
    } | members


def agreement(stage: Stage, **members: object) -> Document:
    """An unsigned agreement as the friend would accept it, standing alone."""
    iri = stage.friend.mint("agreements")
    commitment = {
        "type": "Commitment",
        "id": f"{iri}#primary",
        "satisfies": f"{stage.origin}/proposals/none#primary",
        "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
    }
    return {
        "@context": CONTEXT,
        "type": "Agreement",
        "id": iri,
        "attributedTo": stage.friend.actor_iri,
        "stipulates": commitment,
    } | members


def proven(stage: Stage, document: Document) -> Document:
    """The document with the friend's good proof."""
    return stage.friend.prove(document)


def assert_message_refused(stage: Stage, message: Document | bytes, *, status: int, code: str) -> None:
    """The friend's message, rightly posted, is refused like this."""
    assert_refused(stage, stage.signed(stage.friend, message), status=status, code=code)


def test_a_message_that_is_right_in_every_respect_is_taken(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, summary=SUMMARY))

    assert_taken(stage, stage.signed(stage.friend, message))


def test_a_message_with_a_key_twice_is_refused(stage: Stage) -> None:
    message = canonical(proven(stage, stage.create(stage.friend, summary=SUMMARY)))
    twice = message.replace(b'"summary":', f'"summary":"{TAMPERED_SUMMARY}","summary":'.encode())

    assert_message_refused(stage, twice, status=400, code="malformed-json")


def test_a_message_that_begins_with_a_byte_order_mark_is_refused(stage: Stage) -> None:
    message = canonical(proven(stage, stage.create(stage.friend)))

    assert_message_refused(stage, BYTE_ORDER_MARK + message, status=400, code="malformed-json")


def test_a_message_with_a_number_beyond_the_safe_integers_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, floors=2**53))

    assert_message_refused(stage, message, status=400, code="malformed-json")


def test_a_message_that_is_nested_too_deeply_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, note=deep(32)))

    assert_message_refused(stage, message, status=400, code="too-deep")


def test_a_message_with_too_many_keys_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, note={f"key{number}": 0 for number in range(1_001)}))

    assert_message_refused(stage, message, status=400, code="too-many-keys")


def test_a_message_without_a_context_is_refused(stage: Stage) -> None:
    message = proven(stage, embedded(stage.follow(stage.friend)))

    assert_message_refused(stage, message, status=400, code="context")


def test_a_message_in_an_unknown_context_is_refused(stage: Stage) -> None:
    proposal = proven(stage, stage.proposal(stage.friend) | {"@context": UNKNOWN_CONTEXT})
    message = proven(stage, stage.create(stage.friend, proposal) | {"@context": UNKNOWN_CONTEXT})

    assert_message_refused(stage, message, status=400, code="context")


def test_a_message_with_something_appended_to_its_context_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend))

    assert_message_refused(stage, message | {"@context": APPENDED_CONTEXT}, status=400, code="context")


def test_a_message_with_a_context_inside_is_refused(stage: Stage) -> None:
    proposal = proven(stage, stage.proposal(stage.friend))
    message = proven(stage, stage.create(stage.friend, object=proposal))

    assert_message_refused(stage, message, status=400, code="context")


def test_a_message_with_a_keyword_that_restructures_it_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend) | {"@graph": []})

    assert_message_refused(stage, message, status=400, code="context")


def test_a_message_that_says_something_a_second_time_by_its_full_name_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend) | {"as:actor": stage.outsiders.neighbour.actor_iri})

    assert_message_refused(stage, message, status=400, code="context")


def test_a_message_without_a_proof_is_refused(stage: Stage) -> None:
    message = stage.create(stage.friend)

    assert_message_refused(stage, message, status=422, code="proof-required")


def test_a_message_whose_proof_is_by_another_key_is_refused(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend), key=key_of(FORGER))

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_message_that_was_changed_after_its_proof_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, summary=SUMMARY))

    assert_message_refused(stage, message | {"summary": TAMPERED_SUMMARY}, status=401, code="proof-invalid")


def test_a_message_whose_proof_is_by_a_key_that_the_actor_does_not_list_is_refused(stage: Stage) -> None:
    unlisted = key_of(UNLISTED)
    message = stage.friend.prove(stage.create(stage.friend), key=unlisted, method=stage.friend.actor_iri + UNLISTED)

    assert_message_refused(stage, message, status=401, code="proof-key-unlisted")


def test_a_message_whose_proof_is_by_the_key_for_requests_is_refused(stage: Stage) -> None:
    friend = stage.friend
    message = friend.prove(stage.create(friend), key=friend.transport_key, method=friend.transport_key_iri)

    assert_message_refused(stage, message, status=401, code="proof-key-unlisted")


def test_a_message_whose_proof_has_another_context_is_refused(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend), context=OTHER_PROOF_CONTEXT)

    assert_message_refused(stage, message, status=401, code="proof-context")


def test_a_message_whose_proof_is_for_another_purpose_is_refused(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend), proofPurpose="authentication")

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_message_whose_proof_is_of_another_cryptosuite_is_refused(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend), cryptosuite="eddsa-rdfc-2022")

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_message_whose_proof_is_of_another_type_is_refused(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend), type="RsaSignature2017")

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_message_whose_proof_promises_more_than_is_checked_is_refused(stage: Stage) -> None:
    message = stage.friend.prove(stage.create(stage.friend), domain="only.for.somebody-else.example")

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_proposal_without_a_proof_of_its_own_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, stage.proposal(stage.friend)))

    assert_message_refused(stage, message, status=422, code="proof-required")


def test_a_proposal_whose_proof_is_by_another_key_is_refused(stage: Stage) -> None:
    proposal = stage.friend.prove(stage.proposal(stage.friend), key=key_of(PROPOSAL_FORGER))
    message = proven(stage, stage.create(stage.friend, proposal))

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_proposal_that_was_changed_after_its_proof_is_refused(stage: Stage) -> None:
    proposal = proven(stage, stage.proposal(stage.friend, content=CONTENT)) | {"content": TAMPERED_CONTENT}
    message = proven(stage, stage.create(stage.friend, proposal))

    assert_message_refused(stage, message, status=401, code="proof-invalid")


def test_a_proposal_whose_proof_is_by_a_key_that_the_actor_does_not_list_is_refused(stage: Stage) -> None:
    unlisted = key_of(PROPOSAL_UNLISTED)
    proposal = stage.friend.prove(
        stage.proposal(stage.friend), key=unlisted, method=stage.friend.actor_iri + PROPOSAL_UNLISTED
    )
    message = proven(stage, stage.create(stage.friend, proposal))

    assert_message_refused(stage, message, status=401, code="proof-key-unlisted")


def test_a_proposal_whose_proof_has_another_context_than_the_message_is_refused(stage: Stage) -> None:
    proposal = proven(stage, stage.proposal(stage.friend) | {"@context": PROPOSALS_OTHER_CONTEXT})
    message = proven(stage, stage.create(stage.friend, proposal))

    assert_message_refused(stage, message, status=401, code="proof-context")


def test_a_message_by_another_actor_than_the_owner_of_the_key_is_refused(stage: Stage) -> None:
    neighbour = stage.outsiders.neighbour
    proposal = proven(stage, stage.proposal(neighbour))
    message = proven(stage, stage.create(neighbour, proposal))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_a_message_whose_id_is_of_another_origin_is_refused(stage: Stage) -> None:
    neighbour = stage.outsiders.neighbour
    message = proven(stage, stage.create(stage.friend, id=neighbour.mint("activities")))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_a_proposal_whose_id_is_of_another_origin_is_refused(stage: Stage) -> None:
    iri = stage.outsiders.neighbour.mint("proposals")
    proposal = stage.proposal(stage.friend, id=iri)
    proposal["publishes"]["id"] = f"{iri}#primary"
    message = proven(stage, stage.create(stage.friend, proven(stage, proposal)))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_a_proposal_that_is_attributed_to_another_actor_is_refused(stage: Stage) -> None:
    proposal = proven(stage, stage.proposal(stage.friend, attributedTo=stage.outsiders.neighbour.actor_iri))
    message = proven(stage, stage.create(stage.friend, proposal))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_a_deletion_of_what_is_of_another_origin_is_refused(stage: Stage) -> None:
    iri = stage.outsiders.neighbour.mint("withdrawn")
    tombstone = {"type": "Tombstone", "id": iri, "formerType": "Proposal", "version": 1, "deleted": instant()}
    message = proven(stage, stage.friend.activity("Delete", to=stage.actor_iri, object=tombstone))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_a_handover_whose_id_is_of_another_origin_is_refused(stage: Stage) -> None:
    handover = proven(stage, event(stage, id=stage.outsiders.neighbour.mint("events")))
    message = proven(stage, stage.friend.activity("Create", to=stage.actor_iri, object=embedded(handover)))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_a_handover_between_two_others_is_refused(stage: Stage) -> None:
    handover = proven(stage, event(stage, provider=stage.outsiders.neighbour.actor_iri))
    message = proven(stage, stage.friend.activity("Create", to=stage.actor_iri, object=embedded(handover)))

    assert_message_refused(stage, message, status=401, code="actor-mismatch")


def test_an_agreement_that_is_attributed_to_another_actor_is_refused(stage: Stage) -> None:
    agreed = proven(stage, agreement(stage, attributedTo=stage.outsiders.neighbour.actor_iri))
    request_iri = f"{stage.origin}/activities/none"
    message = stage.friend.activity("Accept", to=stage.actor_iri, object=request_iri, result=embedded(agreed))

    assert_message_refused(stage, proven(stage, message), status=401, code="actor-mismatch")


def test_a_message_of_a_type_that_is_not_known_is_refused(stage: Stage) -> None:
    message = proven(stage, stage.create(stage.friend, type="Announce"))

    assert_message_refused(stage, message, status=422, code="invalid-message")


def test_a_message_with_an_id_that_has_two_spellings_is_refused(stage: Stage) -> None:
    iri = stage.friend.mint("activities/../activities")
    message = proven(stage, stage.create(stage.friend, id=iri))

    assert_message_refused(stage, message, status=400, code="invalid-identifier")
