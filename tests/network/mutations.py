"""Every check that stands between a message and the node, and the tests that fail without it.

A mutation switches off one check. Where several checks guard the same thing in depth, it switches off all of them, and
its weakening says which. Then exactly one test must fail: the message of that test was refused for that reason and no
other. The last rows switch off what several tests rest on, and name all of them. Who runs them is `mutants.py`.
"""

import time
import uuid
from dataclasses import dataclass

from protocol import http_signatures, strict_json
from protocol.activities import CreateProposal, Follow, Request
from protocol.keys import PublicProofKey, PublicTransportKey
from tests.network import test_refused_messages, weak_messages, weak_requests, weak_senders
from tests.network.weakening import NO_LIMIT, Facts, Weakening, always, set_constant, swap


@dataclass(frozen=True, slots=True)
class Mutation:
    """One check that can be switched off, in words, and the names of the tests that must then fail."""

    check: str
    switch_off: Weakening
    fails: frozenset[str]


def without(check: str, switch_off: Weakening, *fails: str) -> Mutation:
    """A mutation; the names of tests without `test_` and `_is_refused`."""
    return Mutation(check=check, switch_off=switch_off, fails=frozenset(f"test_{name}_is_refused" for name in fails))


def no_signature_at_all(_facts: Facts) -> None:
    """The octets of a signature are not looked at."""
    swap(PublicTransportKey, "verify", always(None))


def no_proof_at_all(_facts: Facts) -> None:
    """The octets of a proof are not looked at."""
    swap(PublicProofKey, "verify", always(None))


OF_REQUESTS = (
    without("signed", weak_requests.believe_unsigned_requests, "a_request_without_a_signature"),
    without("one signature", weak_requests.read_the_first_signature, "a_request_with_two_signatures"),
    without(
        "by the key it names",
        weak_requests.believe_another_key,
        "a_request_signed_with_another_key_than_it_names",
    ),
    without(
        "by the algorithm of the key",
        weak_requests.believe_any_algorithm,
        "a_request_that_names_another_algorithm_than_the_keys",
    ),
    without("a digest", weak_requests.need_no_digest, "a_request_without_a_digest"),
    without("the right digest", weak_requests.compare_no_digest, "a_request_with_the_digest_of_another_body"),
    without(
        "a known digest",
        weak_requests.believe_unknown_digests,
        "a_request_with_a_digest_that_nobody_can_compare",
    ),
    without("method covered", weak_requests.cover_all_but("@method"), "a_request_whose_method_is_uncovered"),
    without("target covered", weak_requests.cover_all_but("@target-uri"), "a_request_whose_target_is_uncovered"),
    without("authority covered", weak_requests.cover_all_but("@authority"), "a_request_whose_authority_is_uncovered"),
    without(
        "content type covered",
        weak_requests.cover_all_but("content-type"),
        "a_request_whose_content_type_is_uncovered",
    ),
    without("digest covered", weak_requests.cover_all_but("content-digest"), "a_request_whose_digest_is_uncovered"),
    without("place in a feed covered", weak_requests.cover_no_feed, "a_request_whose_place_in_a_feed_is_uncovered"),
    without("not expired", weak_requests.forget_expiry, "a_request_that_has_expired"),
    without(
        "not from the future",
        set_constant(http_signatures, "CLOCK_SKEW_SECONDS", NO_LIMIT),
        "a_request_from_the_future",
    ),
    without(
        "not for long",
        set_constant(http_signatures, "SIGNATURE_WINDOW_SECONDS", NO_LIMIT),
        "a_request_that_would_be_good_for_too_long",
    ),
    without(
        "says when it was signed",
        weak_requests.fill_in(created=lambda: int(time.time())),
        "a_request_that_does_not_say_when_it_was_signed",
    ),
    without(
        "says when it expires",
        weak_requests.fill_in(expires=lambda: int(time.time()) + 299),
        "a_request_that_does_not_say_when_it_expires",
    ),
    without("a nonce", weak_requests.fill_in(nonce=lambda: uuid.uuid4().hex), "a_request_without_a_nonce"),
    without(
        "a short nonce",
        set_constant(http_signatures, "NONCE_CHARS_MAX", NO_LIMIT),
        "a_request_with_an_endless_nonce",
    ),
    without("for the first time", weak_requests.forget_signatures, "a_request_that_was_posted_before"),
    without(
        "for this host",
        weak_requests.verify_as_if(weak_requests.for_the_other_host),
        "a_request_that_was_signed_for_another_host",
    ),
    without("asks this host", weak_requests.take_any_host, "a_request_that_asks_for_another_host"),
    without(
        "for this path",
        weak_requests.verify_as_if(weak_requests.for_the_other_path),
        "a_request_that_was_signed_for_another_path",
    ),
    without(
        "for this query",
        weak_requests.verify_as_if(weak_requests.without_query),
        "a_request_that_was_signed_without_its_query",
    ),
    without(
        "for this method",
        weak_requests.verify_as_if(weak_requests.by_the_other_method),
        "a_request_that_was_signed_for_another_method",
    ),
    without(
        "with this content type",
        weak_requests.verify_as_if(weak_requests.under_the_usual_type),
        "a_request_whose_content_type_was_changed_on_the_way",
    ),
    without("ActivityStreams", weak_requests.take_any_type, "a_request_with_another_content_type"),
    without("not encoded", weak_requests.read_any_coding, "a_request_whose_body_is_said_to_be_encoded"),
    without(
        "announces a size within the limit",
        weak_requests.read_endless_bodies(announced=True),
        "a_request_that_announces_too_large_a_body",
    ),
    without(
        "has a size within the limit",
        weak_requests.read_endless_bodies(announced=False),
        "a_request_whose_body_grows_too_large",
    ),
)

OF_MESSAGES = (
    without("no key twice", weak_messages.take_the_last_of_two_keys, "a_message_with_a_key_twice"),
    without(
        "no byte order mark",
        weak_messages.skip_the_byte_order_mark,
        "a_message_that_begins_with_a_byte_order_mark",
    ),
    without(
        "safe integers",
        weak_messages.set_everywhere("SAFE_INTEGER_MAX", NO_LIMIT**3),
        "a_message_with_a_number_beyond_the_safe_integers",
    ),
    without("depth", weak_messages.set_everywhere("JSON_DEPTH_MAX", 100), "a_message_that_is_nested_too_deeply"),
    without("keys", set_constant(strict_json, "OBJECT_KEYS_MAX", NO_LIMIT), "a_message_with_too_many_keys"),
    without("a context", weak_messages.need_no_context, "a_message_without_a_context"),
    without("a pinned context", weak_messages.read_the_unknown_context, "a_message_in_an_unknown_context"),
    without(
        "the context that was signed",
        weak_messages.read_what_the_proof_covers,
        "a_message_with_something_appended_to_its_context",
    ),
    without("no context inside", weak_messages.read_contexts_inside, "a_message_with_a_context_inside"),
    without(
        "no keyword",
        weak_messages.allow_key("@graph"),
        "a_message_with_a_keyword_that_restructures_it",
    ),
    without(
        "no full name",
        weak_messages.allow_key("as:actor"),
        "a_message_that_says_something_a_second_time_by_its_full_name",
    ),
    without("a proof", weak_messages.need_no_proof, "a_message_without_a_proof"),
    without(
        "proof by the key it names",
        weak_messages.believe_proofs_by(test_refused_messages.FORGER),
        "a_message_whose_proof_is_by_another_key",
    ),
    without(
        "as it was proven",
        weak_messages.leave_unproven("summary", test_refused_messages.SUMMARY),
        "a_message_that_was_changed_after_its_proof",
    ),
    without(
        "proof by a listed key",
        weak_messages.list_for_the_friend(test_refused_messages.UNLISTED, words=test_refused_messages.UNLISTED),
        "a_message_whose_proof_is_by_a_key_that_the_actor_does_not_list",
    ),
    without(
        "proof by a key for proofs",
        weak_messages.list_for_the_friend("#ed-http", words="friend transport"),
        "a_message_whose_proof_is_by_the_key_for_requests",
    ),
    without(
        "context of the proof",
        weak_messages.allow_another_proof_context,
        "a_message_whose_proof_has_another_context",
    ),
    without(
        "purpose of the proof",
        weak_messages.allow_in_proofs("proofPurpose"),
        "a_message_whose_proof_is_for_another_purpose",
    ),
    without(
        "cryptosuite of the proof",
        weak_messages.allow_in_proofs("cryptosuite"),
        "a_message_whose_proof_is_of_another_cryptosuite",
    ),
    without("type of the proof", weak_messages.allow_in_proofs("type"), "a_message_whose_proof_is_of_another_type"),
    without(
        "no more in the proof",
        weak_messages.allow_more_in_proofs,
        "a_message_whose_proof_promises_more_than_is_checked",
    ),
    without("a proof inside", weak_messages.need_no_proof_inside, "a_proposal_without_a_proof_of_its_own"),
    without(
        "proof inside by the key it names",
        weak_messages.believe_proofs_by(test_refused_messages.PROPOSAL_FORGER),
        "a_proposal_whose_proof_is_by_another_key",
    ),
    without(
        "inside as it was proven",
        weak_messages.leave_unproven("content", test_refused_messages.CONTENT),
        "a_proposal_that_was_changed_after_its_proof",
    ),
    without(
        "proof inside by a listed key",
        weak_messages.list_for_the_friend(
            test_refused_messages.PROPOSAL_UNLISTED, words=test_refused_messages.PROPOSAL_UNLISTED
        ),
        "a_proposal_whose_proof_is_by_a_key_that_the_actor_does_not_list",
    ),
    without(
        "context of the proof inside",
        weak_messages.allow_another_context_inside,
        "a_proposal_whose_proof_has_another_context_than_the_message",
    ),
    without(
        "actor owns the key",
        weak_messages.believe_any_actor,
        "a_message_by_another_actor_than_the_owner_of_the_key",
    ),
    without(
        "id of the actor's origin",
        weak_messages.believe_any_origin("activities"),
        "a_message_whose_id_is_of_another_origin",
    ),
    without(
        "id inside of the actor's origin",
        weak_messages.believe_any_origin("proposals"),
        "a_proposal_whose_id_is_of_another_origin",
    ),
    without(
        "attributed to the actor",
        weak_messages.believe_any("parse_proposal", "attributed_to"),
        "a_proposal_that_is_attributed_to_another_actor",
    ),
    without(
        "deletes what is of the actor's origin",
        weak_messages.believe_any_origin("withdrawn"),
        "a_deletion_of_what_is_of_another_origin",
    ),
    without(
        "id of a handover of the actor's origin",
        weak_messages.believe_any_origin("events"),
        "a_handover_whose_id_is_of_another_origin",
    ),
    without(
        "handover by the actor",
        weak_messages.believe_any("parse_event", "provider"),
        "a_handover_between_two_others",
    ),
    without(
        "agreement attributed to the actor",
        weak_messages.believe_any("parse_agreement_terms", "attributed_to"),
        "an_agreement_that_is_attributed_to_another_actor",
    ),
    without("a known type", weak_messages.read_any_type, "a_message_of_a_type_that_is_not_known"),
    without(
        "one spelling",
        weak_messages.read_dot_segments,
        "a_message_with_an_id_that_has_two_spellings",
    ),
)

OF_SENDERS = (
    without(
        "one message an id",
        weak_senders.take_equal_ids_for_equal_messages,
        "another_message_with_the_same_id",
    ),
    without("known", weak_senders.take_from_strangers("Create"), "an_offer_by_a_stranger"),
    without(
        "asks this node",
        weak_senders.believe_any_address_of_strangers,
        "a_strangers_follow_of_somebody_else",
    ),
    without(
        "asks for itself",
        weak_senders.believe_any_name_of_strangers,
        "a_strangers_follow_in_the_name_of_another_server",
    ),
    without(
        "request by a listed key",
        weak_senders.list_a_transport_key_for_the_friend,
        "a_message_under_a_key_that_the_actor_does_not_list",
    ),
    without("not blocked", weak_senders.admit(Follow, weak_senders.unblocked), "a_follow_by_a_blocked_peer"),
    without(
        "offer, not blocked", weak_senders.admit(CreateProposal, weak_senders.unblocked), "an_offer_by_a_blocked_peer"
    ),
    without("request, not blocked", weak_senders.admit(Request, weak_senders.unblocked), "a_request_by_a_blocked_peer"),
    without(
        "followed", weak_senders.admit(CreateProposal, weak_senders.followed), "an_offer_by_a_peer_that_is_not_followed"
    ),
    without("accepted", weak_senders.admit(Request, weak_senders.accepted), "a_request_by_a_peer_that_is_not_accepted"),
)

ALONE = OF_REQUESTS + OF_MESSAGES + OF_SENDERS
"""Each switches off one check, and fails one test."""

AT_ONCE = (
    without(
        "HTTP signatures",
        no_signature_at_all,
        "a_request_signed_with_another_key_than_it_names",
        "a_request_that_was_signed_for_another_host",
        "a_request_that_was_signed_for_another_path",
        "a_request_that_was_signed_without_its_query",
        "a_request_that_was_signed_for_another_method",
        "a_request_whose_content_type_was_changed_on_the_way",
    ),
    without(
        "proofs",
        no_proof_at_all,
        "a_message_whose_proof_is_by_another_key",
        "a_message_that_was_changed_after_its_proof",
        "a_proposal_whose_proof_is_by_another_key",
        "a_proposal_that_was_changed_after_its_proof",
    ),
)
"""Each switches off what several tests rest on, and fails those."""
