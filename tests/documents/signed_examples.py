"""The signed examples of SPEC.md: how they are abbreviated there, and how they are signed anew.

In the text an activity stands without `@context`, in itself and in its proofs: it is always the one context of section
2, which is put back here before anything is checked. When the context or an example changes:

    python -m tests.documents.signed_examples
"""

import json
import sys
from datetime import UTC, datetime

import schemas
from protocol.keys import ProofKey
from protocol.proofs import embed, lift, sign_document, verify_document
from protocol.strict_json import JsonObject, JsonValue, parse_object
from protocol.vocabulary import parse_instant
from tests.documents.markdown import REPOSITORY, blocks_in, text_of

DOCUMENT = "SPEC.md"
DURABLE_MEMBERS = {"Create": "object", "Update": "object", "Accept": "result"}

# Seeds that everybody knows, for keys that nobody uses.
KEYS = {
    "https://asker.example/actor": ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1"),
    "https://baerum.example/actor": ProofKey.from_seed(
        bytes(range(32, 64)), key_id="https://baerum.example/actor#proof-1"
    ),
}


def complete(abbreviated: JsonObject) -> JsonObject:
    """The activity with its context put back, in itself and in every proof."""
    context = schemas.message_context()
    return {"@context": context, **_with_context_in_proofs(abbreviated, context=context)}


def verify(document: JsonObject) -> None:
    """Return nothing if the activity and its durable object are signed by their actor's example key; else raises."""
    key = KEYS[str(document["actor"])].public
    verify_document(document, public_key=key)
    embedded = _durable_object(document)
    if embedded is not None:
        verify_document(lift(embedded, context=document["@context"]), public_key=key)


def signed_anew(abbreviated: JsonObject) -> JsonObject:
    """The same activity, abbreviated again, with proofs that fit it."""
    context = schemas.message_context()
    key = KEYS[str(abbreviated["actor"])]
    created = parse_instant(abbreviated["published"]).astimezone(UTC)
    activity: JsonObject = {"@context": context, **_without(abbreviated, "proof")}
    embedded = _durable_object(activity)
    if embedded is not None:
        alone = {"@context": context, **_without(embedded, "proof")}
        activity[DURABLE_MEMBERS[str(activity["type"])]] = embed(_signed(alone, key=key, created=created))
    signed = _without_contexts(_signed(activity, key=key, created=created))
    assert isinstance(signed, dict)
    return signed


def main() -> int:
    """Sign every example of the specification anew and write the file. Returns the exit status."""
    text = text_of(DOCUMENT)
    for block in blocks_in(text, document=DOCUMENT):
        if block.tags == ("json", "activity"):
            example = parse_object(block.text.encode(), bytes_max=len(block.text.encode()))
            signed = json.dumps(signed_anew(example), ensure_ascii=False, indent=2)
            text = text.replace(block.text, signed)
    (REPOSITORY / DOCUMENT).write_text(text, encoding="utf-8")
    return 0


def _signed(document: JsonObject, *, key: ProofKey, created: datetime) -> JsonObject:
    return sign_document(document, key=key, created=created)


def _durable_object(activity: JsonObject) -> JsonObject | None:
    member = activity.get(DURABLE_MEMBERS.get(str(activity["type"]), ""))
    return member if isinstance(member, dict) else None


def _without(document: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in document.items() if key != name}


def _with_context_in_proofs(document: JsonObject, *, context: JsonValue) -> JsonObject:
    members: JsonObject = {}
    for name, value in document.items():
        if isinstance(value, dict):
            value = _with_context_in_proofs(value, context=context)
            members[name] = {"@context": context, **value} if name == "proof" else value
        else:
            members[name] = value
    return members


def _without_contexts(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _without_contexts(member) for name, member in value.items() if name != "@context"}
    return value


if __name__ == "__main__":
    sys.exit(main())
