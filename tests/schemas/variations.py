"""What is changed in a valid message to make another vector: still valid, of a wrong form, or wrong beyond its form.

Only the lists belong here. A patch is RFC 6902; `base` names a valid vector.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from protocol.strict_json import JsonObject, JsonValue

Patch = Sequence[JsonObject]
NewProofs = Literal["all", "activity", "none"]


@dataclass(frozen=True)
class Variation:
    """A valid message with a change, and why the result is of interest."""

    base: str
    why: str
    patch: Patch


@dataclass(frozen=True)
class Refusal(Variation):
    """A variation that only the parser refuses, with the code of its error."""

    code: str
    new_proofs: NewProofs = "all"


def _set(path: str, value: JsonValue) -> JsonObject:
    return {"op": "add", "path": path, "value": value}


def _replace(path: str, value: JsonValue) -> JsonObject:
    return {"op": "replace", "path": path, "value": value}


def _remove(path: str) -> JsonObject:
    return {"op": "remove", "path": path}


def _changed(base: str, why: str, path: str, value: JsonValue) -> Variation:
    return Variation(base, why, (_replace(path, value),))


def _without(base: str, why: str, path: str) -> Variation:
    return Variation(base, why, (_remove(path),))


_INTENT = "/object/publishes"
_QUANTITY = "/object/publishes/resourceQuantity"

VALID_TOO: Mapping[str, Variation] = {
    "one-addressee-as-text": _changed("follow", "`to` may be one text.", "/to", "https://asker.example/actor"),
    "unknown-keys": Variation(
        "create-offer",
        "Keys that nobody knows are signed and ignored.",
        (_set("/futureTerm", {"deep": [1, "two", None]}), _set("/object/attachment", [])),
    ),
    "prefixed-quantity": Variation(
        "create-offer",
        "Other writers of FEP-0837 prefix the keys of a quantity.",
        (_replace(_QUANTITY, {"vf:hasUnit": "one", "om2:hasNumericalValue": "24"}),),
    ),
    "instant-with-offset": _changed(
        "follow", "Any zone and up to nine decimals are read.", "/published", "2026-11-23T13:00:00.123456789+01:00"
    ),
    "proposal-of-fep-0837": Variation(
        "create-offer",
        "FEP-0837 asks for less than we write.",
        tuple(
            _remove(f"/object/{key}")
            for key in ("name", "content", "version", "published", "endTime", "location", "publishes/availableQuantity")
        ),
    ),
    "place-without-coordinates": _changed(
        "create-offer", "A place may be only a place.", "/object/location", {"type": "Place"}
    ),
    "whole-degrees": Variation(
        "create-offer",
        "A coordinate may be an integer, and at the end of its range.",
        (_replace("/object/location/latitude", -90), _replace("/object/location/longitude", 180)),
    ),
    "unit-based-false": Variation(
        "create-offer", "What FEP-0837 takes for granted may be said.", (_set("/object/unitBased", False),)
    ),
    "reciprocal-intent": Variation(
        "create-offer",
        "What is asked in return is not read.",
        (_set("/object/reciprocal", {"type": "Intent", "action": "transfer"}),),
    ),
    "service": _changed("create-need", "A service may be sought.", f"{_INTENT}/action", "deliverService"),
    "unknown-code": _changed("reject-request", "Codes may be added.", "/code", "moved-away"),
    "unknown-counterfactual": _changed("offer", "Answers may be added.", "/object/counterfactual", "rent"),
    "no-seen": _without("accept-request", "A foreign sender lists nothing.", "/seen"),
    "no-end": _without("offer", "A request may stay open.", "/endTime"),
    "public-tier": _changed("accept-follow", "The widest tier.", "/tier", "public"),
    "development-node": Variation(
        "follow",
        "Nodes under development have http and a port; whether that is acceptable is the node's affair.",
        (_replace("/object", "http://127.0.0.1:8301/actor"), _replace("/to/0", "http://127.0.0.1:8301/actor")),
    ),
    "accept-without-tier": Variation(
        "accept-follow",
        "Other software accepts a Follow and says no more.",
        (_remove("/tier"), _remove("/tierVersion")),
    ),
}

INVALID: Mapping[str, Variation] = {
    **{
        f"activity-without-{key}": _without("follow", f"Every activity has {key}.", f"/{key}")
        for key in ("type", "id", "to", "published", "object")
    },
    "activity-without-context": _without("follow", "A message is in our context.", "/@context"),
    "unknown-type": _changed("follow", "No message of ours.", "/type", "Announce"),
    "two-types": _changed("follow", "One type, as one text.", "/type", ["Follow", "Offer"]),
    "object-as-object": _changed("follow", "What is named is named by its id.", "/object", {"id": "https://a.example/"}),
    "object-null": _changed("follow", "Null is no value.", "/object", None),
    "iri-with-upper-case-host": _changed("follow", "An IRI has one spelling.", "/object", "https://Asker.example/actor"),
    "iri-with-userinfo": _changed("follow", "An IRI has one spelling.", "/object", "https://a@asker.example/actor"),
    "iri-relative": _changed("follow", "IRIs are absolute.", "/object", "/actor"),
    "iri-of-another-scheme": _changed("follow", "Only https, and http under development.", "/object", "did:key:z6Mk"),
    "to-nobody": _changed("follow", "A message is for somebody.", "/to", []),
    "to-too-many": _changed(
        "follow", "At most 16 addressees.", "/to", [f"https://asker.example/feeds/{n}" for n in range(17)]
    ),
    "to-number": _changed("follow", "Addressees are IRIs.", "/to", [1]),
    "published-without-zone": _changed("follow", "An instant has a zone.", "/published", "2026-11-23T12:00:00"),
    "published-as-number": _changed("follow", "An instant is a text.", "/published", 1795608000),
    "published-with-leap-second": _changed("follow", "No leap seconds.", "/published", "2026-12-31T23:59:60Z"),
    "keyword-id": Variation("follow", "`id` has one spelling.", (_set("/@id", "https://asker.example/x"),)),
    "keyword-graph": Variation("create-offer", "Restructures the document.", (_set("/object/@graph", []),)),
    "keyword-reverse": Variation("create-offer", "Restructures the document.", (_set("/object/@reverse", {}),)),
    "keyword-included": Variation("offer", "Restructures the document.", (_set("/@included", []),)),
    "keyword-nest": Variation("offer", "Restructures the document.", (_set("/object/stipulates/@nest", {}),)),
    "compact-iri-key": Variation("follow", "`as:actor` beside `actor`.", (_set("/as:actor", "https://a.example/"),)),
    "absolute-iri-key": Variation(
        "follow", "The same, in full.", (_set("/https:~1~1www.w3.org~1ns~1activitystreams#actor", "https://a.example/"),)
    ),
    "nested-context": Variation(
        "create-offer", "Only proofs carry a context of their own.", (_set("/object/publishes/@context", {}),)
    ),
    "keyword-in-a-list": Variation("follow", "At any depth.", (_set("/tag", [[{"@set": []}]]),)),
    "tier-own": _changed("accept-follow", "Nobody is granted `own`.", "/tier", "own"),
    "tier-unknown": _changed("accept-follow", "Not a tier.", "/tier", "everybody"),
    "tier-as-list": _changed("accept-follow", "One tier.", "/tier", ["partners"]),
    "tier-without-version": _without("accept-follow", "A grant has a version.", "/tierVersion"),
    "tier-version-without-tier": _without("accept-follow", "A version of what?", "/tier"),
    "tier-version-zero": _changed("accept-follow", "Versions begin at 1.", "/tierVersion", 0),
    "tier-and-result": Variation(
        "accept-request",
        "An Accept answers one thing.",
        (_set("/tier", "partners"), _set("/tierVersion", 1)),
    ),
    "result-without-id": _without("accept-request", "The Agreement that results has an id.", "/result/id"),
    "result-without-commitment-id": _without("accept-request", "So has its Commitment.", "/result/stipulates/id"),
    "result-without-author": _without("accept-request", "Somebody states it.", "/result/attributedTo"),
    "result-as-iri": _changed("accept-request", "The Agreement is there.", "/result", "https://asker.example/x"),
    "object-digest-too-short": _changed("accept-request", "Not a digest.", "/objectDigest", "sha-256:00"),
    "object-digest-upper-case": _changed("accept-request", "One spelling.", "/objectDigest", "sha-256:" + "AB" * 32),
    "seen-too-long": _changed(
        "accept-request", "At most 16 digests.", "/seen", [f"sha-256:{n:064x}" for n in range(17)]
    ),
    "seen-as-text": _changed("accept-request", "A list.", "/seen", "sha-256:" + "00" * 32),
    "seen-with-another-thing": _changed("accept-request", "Digests.", "/seen", ["a7"]),
    "code-with-space": _changed("reject-request", "A word in kebab-case.", "/code", "Not available"),
    "code-too-long": _changed("reject-request", "At most 40 characters.", "/code", "a" * 41),
    "text-with-control-character": _changed("reject-request", "Would reach a terminal.", "/content", "\u001b[2J"),
    "text-too-long": _changed("reject-request", "At most 5,000 characters.", "/content", "a" * 5001),
    "available-negative": _changed(
        "reject-request", "Nothing is less than nothing.", "/availableQuantity/hasNumericalValue", "-1"
    ),
    "agreement-as-number": _changed("undo-request", "An IRI.", "/context", 5),
    **{
        f"proposal-without-{key}": _without("create-offer", f"A Proposal has {key}.", f"/object/{key}")
        for key in ("type", "id", "purpose", "attributedTo", "publishes", "to")
    },
    "proposal-without-proof": _without("create-offer", "A durable object has its own proof.", "/object/proof"),
    "proposal-of-unknown-purpose": _changed("create-offer", "Offer or request.", "/object/purpose", "gift"),
    "proposal-with-long-name": _changed("create-offer", "At most 200 characters.", "/object/name", "å" * 201),
    "proposal-with-line-end-in-name": _changed("create-offer", "A name is one line.", "/object/name", "a\nb"),
    "proposal-with-version-zero": _changed("create-offer", "Versions begin at 1.", "/object/version", 0),
    "proposal-with-version-as-text": _changed("create-offer", "An integer.", "/object/version", "1"),
    "proposal-with-version-true": _changed("create-offer", "True is no integer.", "/object/version", True),
    "proposal-closing-some-day": _changed("create-offer", "An instant.", "/object/endTime", "2026-12-18"),
    "proposal-by-the-unit": Variation(
        "create-offer", "Not understood, so not accepted.", (_set("/object/unitBased", True),)
    ),
    "place-of-another-type": _changed("create-offer", "A Place.", "/object/location/type", "Point"),
    "place-with-one-coordinate": _without("create-offer", "Both or none.", "/object/location/longitude"),
    "place-beyond-the-pole": _changed("create-offer", "At most 90 degrees.", "/object/location/latitude", 90.5),
    "place-as-text": _changed("create-offer", "A number.", "/object/location/latitude", "59.83"),
    "place-true": _changed("create-offer", "True is no number.", "/object/location/latitude", True),
    "intent-without-id": _without("create-offer", "Requests name it.", f"{_INTENT}/id"),
    "intent-of-another-type": _changed("create-offer", "An Intent.", f"{_INTENT}/type", "Commitment"),
    "intent-of-unknown-action": _changed("create-offer", "Not an action of ours.", f"{_INTENT}/action", "consume"),
    "intent-without-quantity": _without("create-offer", "How many?", _QUANTITY),
    "intent-with-mass-zero": _changed("create-offer", "Nothing weighs nothing.", f"{_INTENT}/massGrams", 0),
    "intent-with-minimum-zero": _changed(
        "create-offer", "At least something.", f"{_INTENT}/minimumQuantity/hasNumericalValue", "0"
    ),
    "quantity-of-zero": _changed("create-offer", "An offer of nothing.", f"{_QUANTITY}/hasNumericalValue", "0"),
    "quantity-as-number": _changed("create-offer", "Decimal texts only.", f"{_QUANTITY}/hasNumericalValue", 24),
    "quantity-with-exponent": _changed("create-offer", "No exponents.", f"{_QUANTITY}/hasNumericalValue", "1e3"),
    "quantity-with-leading-zero": _changed("create-offer", "One spelling.", f"{_QUANTITY}/hasNumericalValue", "024"),
    "quantity-of-half-a-chair": _changed("create-offer", "`one` is whole.", f"{_QUANTITY}/hasNumericalValue", "24.5"),
    "quantity-too-large": _changed("create-offer", "At most 10^9.", f"{_QUANTITY}/hasNumericalValue", "1000000001"),
    "quantity-finer-than-a-gram": _changed(
        "create-need", "At most three decimals.", f"{_QUANTITY}/hasNumericalValue", "37.5001"
    ),
    "quantity-of-unknown-unit": _changed("create-offer", "Not a unit of ours.", f"{_QUANTITY}/hasUnit", "metre"),
    "quantity-without-unit": _without("create-offer", "24 of what?", f"{_QUANTITY}/hasUnit"),
    "quantity-in-two-spellings": Variation(
        "create-offer", "Two units at once.", (_set(f"{_QUANTITY}/vf:hasUnit", "kilogram"),)
    ),
    "tombstone-without-version": _without("delete", "The version stays.", "/object/version"),
    "tombstone-without-time": _without("delete", "Since when?", "/object/deleted"),
    "tombstone-of-something-else": _changed("delete", "Only Proposals are deleted.", "/object/formerType", "Note"),
    "tombstone-as-iri": _changed("delete", "A tombstone is there.", "/object", "https://asker.example/proposals/4f1d"),
    "offer-of-something-else": _changed("offer", "An Agreement.", "/object/type", "Note"),
    "offer-without-commitment": _without("offer", "To what?", "/object/stipulates"),
    "offer-ending-some-day": _changed("offer", "An instant.", "/endTime", "tomorrow"),
    "commitment-of-another-type": _changed("offer", "A Commitment.", "/object/stipulates/type", "Intent"),
    "commitment-to-nothing": _without("offer", "Which Intent?", "/object/stipulates/satisfies"),
    "commitment-of-version-zero": _changed("offer", "From 1.", "/object/stipulates/proposalVersion", 0),
    "commitment-of-no-digest": _changed("offer", "A digest.", "/object/stipulates/proposalDigest", "x"),
    "counterfactual-with-space": _changed("offer", "A word.", "/object/counterfactual", "buy new"),
    **{
        f"event-without-{key}": _without("create-handover", f"An event has {key}.", f"/object/{key}")
        for key in (
            "id", "action", "context", "fulfills", "provider", "receiver", "resourceQuantity", "hasPointInTime"
        )
    },
    "event-mirroring-a-number": _changed("create-receipt", "An IRI.", "/object/mirrors", 1),
    "event-activity-of-a-number": _changed("create-handover", "An IRI.", "/context", 1),
}  # fmt: skip

BEYOND_SCHEMA: Mapping[str, Refusal] = {
    "context-with-one-more-term": Refusal(
        "create-offer",
        "A context is pinned as a whole: this one gives a term another meaning.",
        (_set("/@context/3", {"tier": "https://mallory.example/ns#tier"}),),
        code="context",
    ),
    "context-of-another": Refusal(
        "follow", "Nothing is fetched.", (_replace("/@context", "https://mallory.example/ns"),), code="context"
    ),
    "context-appended-after-signing": Refusal(
        "create-offer",
        "Data Integrity alone would let anybody append to a signed document's context.",
        (_set("/@context/3", {"tier": "https://mallory.example/ns#tier"}),),
        code="context",
        new_proofs="none",
    ),
    "proof-in-another-context": Refusal(
        "create-offer",
        "The proof was made in another context than the message is in.",
        (_replace("/proof/@context", ["https://www.w3.org/ns/activitystreams"]),),
        code="proof-context",
        new_proofs="none",
    ),
    "tampered-activity": Refusal(
        "offer",
        "One more chair than was signed.",
        (_replace("/object/stipulates/resourceQuantity/hasNumericalValue", "13"),),
        code="proof-invalid",
        new_proofs="none",
    ),
    "tampered-unknown-key": Refusal(
        "offer",
        "Also what nobody reads is signed.",
        (_set("/futureTerm", 1),),
        code="proof-invalid",
        new_proofs="none",
    ),
    "proof-of-another-message": Refusal(
        "follow",
        "A proof fits one document.",
        (_replace("/id", "https://xn--brum-voa.example/activities/b99"),),
        code="proof-invalid",
        new_proofs="none",
    ),
    "proof-by-an-unlisted-key": Refusal(
        "follow",
        "The actor does not list this key.",
        (_replace("/proof/verificationMethod", "https://xn--brum-voa.example/actor#proof-2"),),
        code="proof-key-unlisted",
        new_proofs="none",
    ),
    "actor-is-another": Refusal(
        "follow",
        "The key of the request belongs to another actor.",
        (_replace("/actor", "https://xn--brum-voa.example/other-actor"),),
        code="actor-mismatch",
    ),
    "id-of-another-origin": Refusal(
        "follow",
        "Ids are under the actor's origin.",
        (_replace("/id", "https://asker.example/x"),),
        code="actor-mismatch",
    ),
    "id-of-another-port": Refusal(
        "follow",
        "Another port is another origin.",
        (_replace("/id", "https://xn--brum-voa.example:8443/x"),),
        code="actor-mismatch",
    ),
    "proposal-of-another-origin": Refusal(
        "create-offer",
        "Nobody publishes under a foreign id.",
        (
            _replace("/object/id", "https://mallory.example/1"),
            _replace("/object/publishes/id", "https://mallory.example/1#primary"),
        ),
        code="actor-mismatch",
    ),
    "proposal-of-another-actor": Refusal(
        "create-offer",
        "Nobody publishes for another.",
        (_replace("/object/attributedTo", "https://asker.example/other-actor"),),
        code="actor-mismatch",
    ),
    "update-of-another-origin": Refusal(
        "update",
        "Nobody changes what is another's.",
        (
            _replace("/object/id", "https://xn--brum-voa.example/1"),
            _replace("/object/publishes/id", "https://xn--brum-voa.example/1#primary"),
        ),
        code="actor-mismatch",
    ),
    "delete-of-another-origin": Refusal(
        "delete",
        "Nobody deletes what is another's.",
        (_replace("/object/id", "https://xn--brum-voa.example/proposals/77c0"),),
        code="actor-mismatch",
    ),
    "intent-of-another-proposal": Refusal(
        "create-offer",
        "An Intent is a part of its Proposal.",
        (_replace("/object/publishes/id", "https://asker.example/proposals/other#primary"),),
        code="invalid-message",
    ),
    "more-available-than-there-is": Refusal(
        "create-offer",
        "A part is not larger than the whole.",
        (_replace("/object/publishes/availableQuantity/hasNumericalValue", "25"),),
        code="invalid-message",
    ),
    "minimum-in-another-unit": Refusal(
        "create-offer",
        "One Proposal, one unit.",
        (_replace("/object/publishes/minimumQuantity/hasUnit", "kilogram"),),
        code="invalid-message",
    ),
    "version-with-a-point": Refusal(
        "create-offer",
        "JSON Schema takes 1.0 for an integer; it is written 1.",
        (_replace("/object/version", 1.0),),
        code="invalid-message",
        new_proofs="none",
    ),
    "no-such-day": Refusal(
        "follow", "February has no 30th.", (_replace("/published", "2026-02-30T12:00:00Z"),), code="invalid-message"
    ),
    "no-such-host": Refusal(
        "follow",
        "No label begins with a dash.",
        (_replace("/object", "https://-asker.example/"),),
        code="invalid-identifier",
    ),
    "result-of-another-author": Refusal(
        "accept-request",
        "The Agreement is stated by who accepts.",
        (_replace("/result/attributedTo", "https://xn--brum-voa.example/actor"),),
        code="actor-mismatch",
    ),
    "result-in-two-origins": Refusal(
        "accept-request",
        "The Commitment is a part of its Agreement.",
        (_replace("/result/stipulates/id", "https://mallory.example/1#primary"),),
        code="invalid-message",
    ),
    "event-of-another-origin": Refusal(
        "create-handover",
        "Nobody records under a foreign id.",
        (_replace("/object/id", "https://xn--brum-voa.example/events/e9"),),
        code="actor-mismatch",
    ),
    "event-between-others": Refusal(
        "create-handover",
        "Nobody hands over for another.",
        (_replace("/object/provider", "https://mallory.example/actor"),),
        code="actor-mismatch",
    ),
    "event-to-oneself": Refusal(
        "create-handover",
        "Nobody hands over to themselves.",
        (_replace("/object/receiver", "https://asker.example/actor"),),
        code="invalid-message",
    ),
    "event-of-another-agreement": Refusal(
        "create-handover",
        "Activity and event are about one agreement.",
        (_replace("/context", "https://asker.example/agreements/other"),),
        code="invalid-message",
    ),
    "tampered-event": Refusal(
        "create-handover",
        "The event has a proof of its own: a new proof of the activity does not heal it.",
        (_replace("/object/resourceQuantity/hasNumericalValue", "13"),),
        code="proof-invalid",
        new_proofs="activity",
    ),
}
