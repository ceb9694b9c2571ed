"""Section 7 of SPEC.md: its table is the table in force, and its example is a conversation that completes."""

import re

from protocol.activities import Accept, RecordEvent, Reject, Request, Undo, parse_recorded
from protocol.agreements import ExchangeMessage, Phase, state_of
from protocol.canonical import canonicalize, digest_of
from protocol.identifiers import ActorIri, Iri
from protocol.limits import ACTIVITY_BYTES_MAX
from protocol.strict_json import JsonObject, parse_object
from protocol.transitions import TRANSITIONS, Role, Step
from protocol.vocabulary import CancelCode, Counterfactual, DisputeCode, Purpose, RefusalCode
from tests.documents.markdown import blocks_in, rows_in, spans_in, text_of
from tests.documents.signed_examples import complete

SPECIFICATION = text_of("SPEC.md")
SECTION = re.split(r"^## ", SPECIFICATION, flags=re.MULTILINE)[7]
ASKER, BAERUM = ActorIri(Iri("https://asker.example/actor")), ActorIri(Iri("https://baerum.example/actor"))


def examples() -> list[JsonObject]:
    """The activities of the section, with their context."""
    blocks = blocks_in(SECTION, document="SPEC.md, section 7")
    texts = [block.text.encode() for block in blocks if block.tags == ("json", "activity")]
    return [complete(parse_object(text, bytes_max=ACTIVITY_BYTES_MAX)) for text in texts]


def exchange_messages() -> list[ExchangeMessage]:
    """The same as values."""
    activities = [parse_recorded(canonicalize(document)) for document in examples()]
    return [message for message in activities if isinstance(message, Request | Accept | Reject | Undo | RecordEvent)]


def test_the_table_is_the_one_in_force() -> None:
    rows = [[cell.strip("`") for cell in row] for row in rows_in(SECTION)]
    heading = next(row for row in rows if row[:2] == ["step", Phase.REQUESTED])

    stated = {
        (Phase(phase), Step(row[0])): Role(cell)
        for row in rows
        if len(row) == len(heading) and row is not heading
        for phase, cell in zip(heading[1:], row[1:], strict=True)
        if cell != "–"
    }

    assert heading[1:] == list(Phase)
    assert stated == {(phase, step): role for phase, row in TRANSITIONS.items() for step, role in row.items()}


def test_each_phase_and_step_and_code_is_told() -> None:
    told = set(spans_in(SECTION))

    assert {*Phase, *Step, *RefusalCode, *CancelCode, *DisputeCode, *Counterfactual} <= told


def test_the_example_goes_from_a_request_to_completion() -> None:
    messages = exchange_messages()

    states = [
        state_of(messages[:count], proposer=ASKER, respondent=BAERUM, purpose=Purpose.OFFER)
        for count in range(1, len(messages) + 1)
    ]

    assert [state.phase for state in states] == [Phase.REQUESTED, Phase.AGREED, Phase.GIVEN, Phase.COMPLETED]
    assert not states[-1].illegal


def test_each_message_of_the_example_lists_the_heads_that_its_sender_knew() -> None:
    messages = exchange_messages()

    for count in range(1, len(messages)):
        known = state_of(messages[:count], proposer=ASKER, respondent=BAERUM, purpose=Purpose.OFFER)
        assert messages[count].seen == known.heads


def test_the_example_asks_for_the_offer_of_the_section_before() -> None:
    blocks = blocks_in(SPECIFICATION, document="SPEC.md")
    create = next(block for block in blocks if block.tags == ("json", "activity") and '"Proposal"' in block.text)
    activity = complete(parse_object(create.text.encode(), bytes_max=ACTIVITY_BYTES_MAX))
    proposal = activity["object"]
    assert isinstance(proposal, dict)

    request = exchange_messages()[0]

    assert isinstance(request, Request)
    assert request.terms.commitment.proposal_digest == digest_of({"@context": activity["@context"]} | proposal)
    assert request.terms.commitment.satisfies == f"{proposal['id']}#primary"
