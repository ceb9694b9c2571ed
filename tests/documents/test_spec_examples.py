"""The JSON in SPEC.md is what it says it is.

A block's first tag is `json`; a second tag says what it shows:

    json                 strict JSON, nothing more
    json canonical       already in canonical form once the line breaks and indentation are taken away
    json activity        an activity, its @context left out, signed with the example keys of signed_examples.py
    json refused         strict JSON that the parser of activities refuses
"""

import json

import pytest

from protocol import activities, strict_json
from protocol.canonical import canonicalize
from protocol.errors import ProtocolError
from protocol.limits import ACTIVITY_BYTES_MAX
from tests.documents.markdown import Block, blocks_in, text_of
from tests.documents.signed_examples import complete, verify

DOCUMENTS = ("SPEC.md", "FEDERATION.md")
KINDS = frozenset({"canonical", "activity", "refused"})
BLOCKS = [
    block
    for document in DOCUMENTS
    for block in blocks_in(text_of(document), document=document)
    if block.tags[:1] == ("json",)
]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_an_example_is_strict_json_of_a_known_kind(block: Block) -> None:
    value = strict_json.parse(block.text.encode())

    assert isinstance(value, dict | list)
    assert set(block.tags[1:]) <= KINDS


@pytest.mark.parametrize("block", [block for block in BLOCKS if "canonical" in block.tags], ids=str)
def test_an_example_in_canonical_order_stays_as_it_is(block: Block) -> None:
    value = strict_json.parse(block.text.encode())

    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    assert canonicalize(value) == compact


@pytest.mark.parametrize("block", [block for block in BLOCKS if "activity" in block.tags], ids=str)
def test_an_example_of_an_activity_is_read_as_one_and_its_proofs_verify(block: Block) -> None:
    document = complete(strict_json.parse_object(block.text.encode(), bytes_max=ACTIVITY_BYTES_MAX))

    activity = activities.parse_recorded(canonicalize(document))

    assert activity.header.iri == document["id"]
    verify(document)


@pytest.mark.parametrize("block", [block for block in BLOCKS if "refused" in block.tags], ids=str)
def test_an_example_of_what_is_refused_is_refused(block: Block) -> None:
    document = complete(strict_json.parse_object(block.text.encode(), bytes_max=ACTIVITY_BYTES_MAX))
    body = canonicalize(document)

    with pytest.raises(ProtocolError):
        activities.parse_recorded(body)
