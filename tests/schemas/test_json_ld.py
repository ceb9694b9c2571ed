"""What a JSON-LD reader makes of our messages: the terms of FEP-0837 and ours, nothing lost, nothing fetched.

pyld is the reader; the two published contexts come from the shared folder.
"""

import json
from typing import Any

import pytest
from pyld import jsonld

from protocol.strict_json import JsonObject
from protocol.vocabulary import NAMESPACE
from tests.schemas.vector_cast import valid_messages
from tests.shared_files import shared_file

AS = "https://www.w3.org/ns/activitystreams#"
VF = "https://w3id.org/valueflows/ont/vf#"
OM2 = "http://www.ontology-of-units-of-measure.org/resource/om-2/"
PUBLISHED = {
    "https://www.w3.org/ns/activitystreams": "activitystreams.json",
    "https://w3id.org/security/data-integrity/v2": "data-integrity-v2.jsonld",
}


def expand(document: JsonObject) -> dict[str, Any]:
    """The expanded form of the document, with the two published contexts and no other."""

    def load(url: str, options: object) -> dict[str, Any]:
        content = json.loads(shared_file("vectors", "contexts", PUBLISHED[url]).read_bytes())
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": content}

    expanded: list[dict[str, Any]] = jsonld.expand(document, {"documentLoader": load})
    assert len(expanded) == 1
    return expanded[0]


def _keys(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*(_keys(entry) for entry in value))
    if isinstance(value, dict):
        return set(value).union(*(_keys(member) for key, member in value.items() if key != "@context"))
    return set()


@pytest.mark.parametrize("name", sorted(valid_messages()))
def test_a_json_ld_reader_loses_no_key_of_a_message(name: str) -> None:
    document = valid_messages()[name].document
    written = _keys({key: value for key, value in document.items() if key != "@context"})

    read = _keys(expand(document))

    terms = written - {"@context", "id", "type"}
    local_names = {iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1] for iri in read}
    assert terms - local_names == set()
    assert all(iri.startswith(("@", "http")) for iri in read)


def test_an_offer_means_what_fep_0837_says() -> None:
    proposal = expand(valid_messages()["create-offer"].document)[f"{AS}object"][0]

    assert proposal["@type"] == [f"{VF}Proposal"]
    assert proposal[f"{VF}purpose"] == [{"@value": "offer"}]
    intent = proposal[f"{VF}publishes"][0]
    assert intent["@type"] == [f"{VF}Intent"]
    assert intent[f"{VF}action"] == [{"@value": "transfer"}]
    assert intent[f"{VF}resourceConformsTo"] == [{"@id": "https://w3id.org/krets/category/office-chair"}]
    assert intent[f"{VF}resourceQuantity"] == [
        {f"{OM2}hasUnit": [{"@value": "one"}], f"{OM2}hasNumericalValue": [{"@value": "24"}]}
    ]
    assert proposal[f"{NAMESPACE}version"] == [{"@value": 1}]


def test_a_request_and_its_accept_mean_what_fep_0837_says() -> None:
    offer = expand(valid_messages()["offer"].document)[f"{AS}object"][0]
    accept = expand(valid_messages()["accept-request"].document)

    commitment = offer[f"{VF}stipulates"][0]
    assert commitment[f"{VF}satisfies"] == [{"@id": "https://asker.example/proposals/4f1d#primary"}]
    result = accept[f"{AS}result"][0]
    assert result["@type"] == [f"{VF}Agreement"]
    assert result["@id"] == "https://asker.example/agreements/9a02"
    assert accept[f"{AS}object"] == [{"@id": "https://xn--brum-voa.example/activities/b7"}]


def test_a_handover_names_both_parties_and_the_commitment_by_their_ids() -> None:
    event = expand(valid_messages()["create-handover"].document)[f"{AS}object"][0]

    assert event["@type"] == [f"{VF}EconomicEvent"]
    assert event[f"{VF}provider"] == [{"@id": "https://asker.example/actor"}]
    assert event[f"{VF}receiver"] == [{"@id": "https://xn--brum-voa.example/actor"}]
    assert event[f"{VF}fulfills"] == [{"@id": "https://asker.example/agreements/9a02#primary"}]
    assert event[f"{AS}context"] == [{"@id": "https://asker.example/agreements/9a02"}]
