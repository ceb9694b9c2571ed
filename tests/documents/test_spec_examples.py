"""The JSON in SPEC.md is what it says it is.

A block's first tag is `json`; a second tag says what it shows:

    json                 strict JSON, nothing more
    json canonical       already in canonical form once the line breaks and indentation are taken away
    json activity        an activity that the parser accepts as recorded bytes
    json refused         strict JSON that the parser of activities refuses
"""

import json

import pytest

from protocol import activities, strict_json
from protocol.canonical import canonicalize
from protocol.errors import ProtocolError
from tests.documents.markdown import Block, blocks_in, text_of

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
def test_an_example_of_an_activity_is_read_as_one(block: Block) -> None:
    body = canonicalize(strict_json.parse(block.text.encode()))

    activity = activities.parse_recorded(body)

    assert activity.header.body == body


@pytest.mark.parametrize("block", [block for block in BLOCKS if "refused" in block.tags], ids=str)
def test_an_example_of_what_is_refused_is_refused(block: Block) -> None:
    body = canonicalize(strict_json.parse(block.text.encode()))

    with pytest.raises(ProtocolError):
        activities.parse_recorded(body)
