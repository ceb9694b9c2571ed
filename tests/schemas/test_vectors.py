"""The example vectors: what the schema says of each, what the parser says, and that the two agree."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from protocol.activities import parse_activity
from protocol.canonical import digest_of
from protocol.errors import ProtocolError
from protocol.http_signatures import HttpRequest, sign_request, verify_request
from protocol.keys import PublicProofKey, PublicTransportKey
from protocol.vocabulary import parse_instant
from tests.schemas.make_vectors import FOLDER, patched, signer_of, vectors, write_vectors
from tests.schemas.vector_cast import NOON, ORGANISATIONS, valid_messages

MESSAGES = FOLDER.parent / "messages"
MESSAGE_TYPES = ("accept", "block", "create", "delete", "follow", "offer", "reject", "undo", "update")


def _names(folder: str) -> list[str]:
    return sorted(path.stem for path in (FOLDER / folder).glob("*.json"))


def _load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / name).read_bytes())
    return content


@cache
def validator(schema: str) -> Draft202012Validator:
    """The published schema with this name, and the definitions it refers to."""
    resources = [Resource.from_contents(json.loads(path.read_bytes())) for path in MESSAGES.glob("*.json")]
    registry = Registry().with_resources([(str(resource.id()), resource) for resource in resources])
    contents = json.loads((MESSAGES / f"{schema}.schema.json").read_bytes())
    return Draft202012Validator(contents, registry=registry)


def parse_as_received(document: dict[str, Any], *, sent_by: str | None = None) -> None:
    """Through the whole parser, in a request that its sender's real key signed. Raises ProtocolError."""
    sender = ORGANISATIONS[sent_by] if sent_by is not None else signer_of(document)  # type: ignore[index]
    request = HttpRequest(
        method="POST",
        target_uri="https://receiver.example/inbox",
        headers=(("content-type", "application/activity+json"),),
        body=json.dumps(document).encode(),
    )
    signed = sign_request(request, key=sender.transport_key, now=NOON, nonce="n-1")
    verified = verify_request(signed, key=sender.public_transport_key, now=NOON)
    parse_activity(verified, proof_keys={sender.proof_key.key_id: sender.proof_key.public})


# --- the schemas and the making of the vectors ---


def test_there_is_one_schema_for_each_type_of_message() -> None:
    names = {path.name.removesuffix(".schema.json") for path in MESSAGES.glob("*.json")}

    assert names == {*MESSAGE_TYPES, "definitions"}


@pytest.mark.parametrize("name", [*MESSAGE_TYPES, "definitions"])
def test_each_schema_is_valid_and_names_itself(name: str) -> None:
    schema = json.loads((MESSAGES / f"{name}.schema.json").read_bytes())

    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == f"https://w3id.org/krets/schemas/messages/{name}.schema.json"


def test_the_vectors_are_made_again_to_the_byte() -> None:
    published = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*.json")}

    made = vectors()

    assert sorted(published) == sorted(made)
    assert [name for name in made if made[name] != published[name]] == []


def test_writing_the_vectors_leaves_nothing_old_behind(tmp_path: Path) -> None:
    (tmp_path / "valid").mkdir()
    (tmp_path / "valid" / "former.json").write_text("{}")

    write_vectors(tmp_path)

    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert written == set(vectors())


def test_every_vector_names_its_source_and_why_it_is_there() -> None:
    lacking = [
        name
        for name, content in vectors().items()
        if not all(json.loads(content).get(key) for key in ("source", "why"))
    ]

    assert lacking == []


def test_every_type_of_message_has_valid_invalid_and_signed_vectors() -> None:
    for folder in ("valid", "signed"):
        assert {_load(f"{folder}/{name}.json")["schema"] for name in _names(folder)} == set(MESSAGE_TYPES)
    # The form of an Update is that of a Create, the form of a Block that of a Follow.
    tried = {_load(f"invalid/{name}.json")["schema"] for name in _names("invalid")}
    assert tried == set(MESSAGE_TYPES) - {"block", "update"}


# --- the verdicts ---


@pytest.mark.parametrize("name", _names("valid"))
def test_schema_and_parser_accept_a_valid_vector(name: str) -> None:
    vector = _load(f"valid/{name}.json")

    validator(vector["schema"]).validate(vector["document"])
    parse_as_received(vector["document"])


@pytest.mark.parametrize("name", _names("invalid"))
def test_schema_and_parser_refuse_an_invalid_vector(name: str) -> None:
    vector = _load(f"invalid/{name}.json")
    base = _load(vector["base"])["document"]
    document = patched(base, vector["patch"], new_proofs="all")

    is_valid = validator(vector["schema"]).is_valid(document)
    with pytest.raises(ProtocolError):
        parse_as_received(document, sent_by=base["actor"])

    assert not is_valid


@pytest.mark.parametrize("name", _names("beyond-schema"))
def test_the_parser_refuses_what_is_beyond_the_schema_for_the_one_reason(name: str) -> None:
    vector = _load(f"beyond-schema/{name}.json")
    base = _load(vector["base"])["document"]
    document = patched(base, vector["patch"], new_proofs=vector["newProofs"])

    validator(vector["schema"]).validate(document)
    with pytest.raises(ProtocolError) as refused:
        parse_as_received(document, sent_by=base["actor"])

    assert refused.value.code == vector["code"]


@pytest.mark.parametrize("name", _names("signed"))
def test_a_signed_vector_is_accepted_with_the_published_keys_alone(name: str) -> None:
    vector = _load(f"signed/{name}.json")
    actor_iri = json.loads(vector["body"])["actor"]
    keys = _load("keys.json")["actors"][actor_iri]
    proof_key, transport_key = keys["proofKey"], keys["transportKey"]
    request = HttpRequest(
        method=vector["method"],
        target_uri=vector["target"],
        headers=tuple((field, value) for field, value in vector["headers"]),
        body=vector["body"].encode(),
    )
    public = PublicTransportKey.from_pem(transport_key["publicKeyPem"], key_id=transport_key["id"], owner_iri=actor_iri)

    verified = verify_request(request, key=public, now=parse_instant(vector["now"]))
    activity = parse_activity(
        verified, proof_keys={proof_key["id"]: PublicProofKey.from_multibase(proof_key["publicKeyMultibase"])}
    )

    assert activity.header.digest == digest_of(valid_messages()[name].document)
    validator(vector["schema"]).validate(json.loads(vector["body"]))
