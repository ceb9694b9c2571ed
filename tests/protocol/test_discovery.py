"""Discovery documents: what we write is read again, and a document speaks for its own origin and keys only."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from protocol.canonical import canonicalize
from protocol.discovery import (
    ACTIVITY_JSON,
    ACTOR_CONTEXT,
    FEEDS_CAPABILITY,
    LD_JSON_WITH_PROFILE,
    ListedProofKey,
    RemoteActor,
    actor_document,
    nodeinfo_document,
    nodeinfo_index_document,
    parse_actor,
    parse_webfinger,
    webfinger_document,
    webfinger_resources,
)
from protocol.errors import (
    ActorMismatch,
    InvalidIdentifier,
    InvalidKey,
    InvalidMessage,
    LimitExceeded,
    ProtocolError,
)
from protocol.identifiers import ActorIri, Domain, Iri, KeyIri, Origin
from protocol.keys import ProofKey, PublicTransportKey, TransportKey, ed25519_pem_from_seed, multibase_of
from protocol.limits import DISCOVERY_LINKS_MAX, KEYS_PER_ACTOR_MAX, NAME_CHARS_MAX
from protocol.strict_json import JsonObject, parse
from protocol.vocabulary import NAMESPACE, OrganisationKind
from tests.shared_files import shared_file

ASKER = ActorIri(Iri("https://asker.example/actor"))
WEBFINGER = Iri("https://asker.example/.well-known/webfinger?resource=https://asker.example/")
DOMAIN = Domain("asker.example")
PROOF_KEY = ProofKey.from_seed(bytes(range(32)), key_id=f"{ASKER}#proof-1")


def transport_key(*, fragment: str, seed: bytes = bytes(32), owner: str = ASKER) -> PublicTransportKey:
    pem = TransportKey.from_pem(ed25519_pem_from_seed(seed), key_id=fragment).public_pem
    return PublicTransportKey.from_pem(pem, key_id=f"{ASKER}#{fragment}", owner_iri=owner)


def rsa_transport_key() -> PublicTransportKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = TransportKey.from_pem(pem, key_id="").public_pem
    return PublicTransportKey.from_pem(public_pem, key_id=f"{ASKER}#main-key", owner_iri=ASKER)


ACTOR = RemoteActor(
    id=ASKER,
    inbox=Iri("https://asker.example/inbox"),
    outbox=Iri("https://asker.example/outbox"),
    name="Asker kommune",
    kind=OrganisationKind.MUNICIPALITY,
    country="NO",
    org_number="920125298",
    latitude=59.83,
    longitude=10.44,
    feeds=True,
    proof_keys=(ListedProofKey(key_id=PROOF_KEY.key_id, key=PROOF_KEY.public),),
    transport_keys=(rsa_transport_key(), transport_key(fragment="ed-http")),
    recovery_fingerprint=PROOF_KEY.public.fingerprint,
)
BARE = replace(
    ACTOR,
    outbox=None,
    name="asker.example",
    kind=None,
    country=None,
    org_number=None,
    latitude=None,
    longitude=None,
    feeds=False,
    proof_keys=(),
    transport_keys=(),
    recovery_fingerprint=None,
)


def document_of(actor: RemoteActor = ACTOR) -> Any:
    """A fresh actor document, as it would arrive; Any, because tests reach into it at will."""
    return parse(canonicalize(actor_document(actor, domain=DOMAIN)))


def changed(change: Callable[[Any], object]) -> Any:
    document = document_of()
    change(document)
    return document


# --- actor ---


@pytest.mark.parametrize("actor", [ACTOR, BARE, replace(ACTOR, feeds=False), replace(ACTOR, latitude=-90.0)])
def test_an_actor_is_read_as_it_was_written(actor: RemoteActor) -> None:
    assert parse_actor(document_of(actor), fetched_from=ASKER) == actor


def test_rsa_keys_are_listed_first_and_proof_keys_apart_from_transport_keys() -> None:
    document = document_of(replace(ACTOR, transport_keys=tuple(reversed(ACTOR.transport_keys))))

    assert [key["id"] for key in document["publicKey"]] == [f"{ASKER}#main-key", f"{ASKER}#ed-http"]
    assert [key["id"] for key in document["assertionMethod"]] == [f"{ASKER}#proof-1"]
    assert document["assertionMethod"][0]["controller"] == document["publicKey"][0]["owner"] == ASKER


def test_an_actor_states_what_it_can_do() -> None:
    hrefs = [link["href"] for link in document_of()["generator"]["implements"]]

    assert hrefs == [
        "https://datatracker.ietf.org/doc/html/rfc9421",
        "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25",
        FEEDS_CAPABILITY,
    ]
    assert document_of()["webfinger"] == "actor@asker.example"


def test_coordinates_are_written_only_as_a_pair() -> None:
    assert "location" not in document_of(replace(ACTOR, longitude=None))
    assert "location" not in document_of(replace(ACTOR, latitude=None))


@pytest.mark.parametrize(
    ("fetched_from", "refused"),
    [
        ("https://asker.example/actor?x=1", False),
        ("https://asker.example/", False),
        ("https://evil.example/actor", True),
        ("http://asker.example/actor", True),
        ("https://asker.example:8443/actor", True),
        ("https://asker.example.evil.example/actor", True),
    ],
)
def test_an_actor_is_believed_only_from_its_own_origin(fetched_from: str, refused: bool) -> None:
    if not refused:
        assert parse_actor(document_of(), fetched_from=Iri(fetched_from)) == ACTOR
        return

    with pytest.raises(ActorMismatch) as caught:
        parse_actor(document_of(), fetched_from=Iri(fetched_from))

    assert (caught.value.status, caught.value.code) == (401, "actor-mismatch")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda actor: actor.pop("id"), InvalidMessage),
        (lambda actor: actor.update(id=None), InvalidIdentifier),
        (lambda actor: actor.update(id="actor"), InvalidIdentifier),
        (lambda actor: actor.update(id="https://hole.example/actor"), ActorMismatch),
        (lambda actor: actor.update(type="Note"), InvalidMessage),
        (lambda actor: actor.update(type=["Organization"]), InvalidMessage),
        (lambda actor: actor.update(type={"id": "Organization"}), InvalidMessage),
        (lambda actor: actor.pop("type"), InvalidMessage),
        (lambda actor: actor.pop("inbox"), InvalidIdentifier),
        (lambda actor: actor.update(inbox={"id": "https://asker.example/inbox"}), InvalidIdentifier),
        (lambda actor: actor.update(inbox="https://evil.example/inbox"), ActorMismatch),
        (lambda actor: actor.update(outbox="https://evil.example/outbox"), ActorMismatch),
        (lambda actor: actor.update(outbox=None), InvalidIdentifier),
        (lambda actor: actor.update(inbox="https://asker.example/inbox#in"), InvalidIdentifier),
        (lambda actor: actor.update(outbox="https://asker.example/outbox#out"), InvalidIdentifier),
        (lambda actor: actor.update(name=7), InvalidMessage),
        (lambda actor: actor.update(name="Asker\x1b[31m"), InvalidMessage),
        (lambda actor: actor.update(name="x" * (NAME_CHARS_MAX + 1)), InvalidMessage),
        (lambda actor: actor.update(country="Norway"), InvalidMessage),
        (lambda actor: actor.update(country="no"), InvalidMessage),
        (lambda actor: actor.update(country=47), InvalidMessage),
        (lambda actor: actor.update(organisationNumber="<b>"), InvalidMessage),
        (lambda actor: actor.update(organisationNumber=" 920125298"), InvalidMessage),
        (lambda actor: actor.update(organisationNumber="9" * 33), InvalidMessage),
        (lambda actor: actor.update(organisationNumber=920125298), InvalidMessage),
        (lambda actor: actor.update(organisationKind=["charity"]), InvalidMessage),
        (lambda actor: actor.update(recoveryFingerprint="0123"), InvalidMessage),
        (lambda actor: actor["location"].update(latitude=90.1), InvalidMessage),
        (lambda actor: actor["location"].update(longitude=-180.1), InvalidMessage),
        (lambda actor: actor["location"].update(latitude="59.83"), InvalidMessage),
        (lambda actor: actor["location"].update(latitude=True), InvalidMessage),
        (lambda actor: actor["location"].pop("longitude"), InvalidMessage),
        (lambda actor: actor["publicKey"][0].update(owner="https://asker.example/other"), ActorMismatch),
        (lambda actor: actor["publicKey"][0].pop("owner"), ActorMismatch),
        (lambda actor: actor["publicKey"][0].update(id="https://evil.example/actor#main-key"), ActorMismatch),
        (lambda actor: actor["publicKey"][0].pop("id"), InvalidIdentifier),
        (lambda actor: actor["publicKey"][0].update(publicKeyPem="x"), InvalidKey),
        (lambda actor: actor["publicKey"][0].update(publicKeyPem=None), InvalidKey),
        (lambda actor: actor["publicKey"][0].pop("publicKeyPem"), InvalidKey),
        (lambda actor: actor["publicKey"][1].update(id=f"{ASKER}#main-key"), InvalidKey),
        (lambda actor: actor["publicKey"][1].update(id=f"{ASKER}#proof-1"), InvalidKey),
        (lambda actor: actor["assertionMethod"][0].update(controller="https://asker.example/other"), ActorMismatch),
        (lambda actor: actor["assertionMethod"][0].update(controller={"id": ASKER}), ActorMismatch),
        (lambda actor: actor["assertionMethod"][0].pop("controller"), ActorMismatch),
        (lambda actor: actor["assertionMethod"][0].update(id="https://evil.example/#proof"), ActorMismatch),
        (lambda actor: actor["assertionMethod"][0].update(id=7), InvalidIdentifier),
        (
            lambda actor: actor["assertionMethod"][0].update(
                publicKeyMultibase=multibase_of(b"\xed\x01\x01" + bytes(31))
            ),
            InvalidKey,
        ),
        (lambda actor: actor["assertionMethod"][0].update(publicKeyMultibase="z6Mk"), InvalidKey),
        (lambda actor: actor["assertionMethod"].append(actor["assertionMethod"][0]), InvalidKey),
    ],
)
def test_an_actor_document_with_one_thing_wrong_is_refused(
    change: Callable[[Any], object], error: type[ProtocolError]
) -> None:
    with pytest.raises(error) as caught:
        parse_actor(changed(change), fetched_from=ASKER)

    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        (lambda actor: actor.pop("name"), "name", "asker.example"),
        (lambda actor: actor.update(name=None), "name", "asker.example"),
        (lambda actor: actor.update(name=""), "name", "asker.example"),
        (lambda actor: actor.update(name="x" * NAME_CHARS_MAX), "name", "x" * NAME_CHARS_MAX),
        (lambda actor: actor.update(type="Service"), "name", ACTOR.name),
        (lambda actor: actor.update(organisationKind="library"), "kind", OrganisationKind.OTHER),
        (lambda actor: actor.update(organisationNumber="556531-6352"), "org_number", "556531-6352"),
        (lambda actor: actor.update(organisationNumber="9" * 32), "org_number", "9" * 32),
        (lambda actor: actor.update(location="https://asker.example/place"), "latitude", None),
        (lambda actor: actor.update(location={"type": "Place", "name": "Asker"}), "latitude", None),
        (lambda actor: actor["location"].update(latitude=90), "latitude", 90.0),
        (lambda actor: actor["location"].update(longitude=-180), "longitude", -180.0),
        (lambda actor: actor.pop("generator"), "feeds", False),
        (lambda actor: actor.update(generator="https://asker.example/app"), "feeds", False),
        (lambda actor: actor["generator"].pop("implements"), "feeds", False),
        (lambda actor: actor["generator"].update(implements=[FEEDS_CAPABILITY]), "feeds", False),
        (lambda actor: actor["generator"].update(implements={"href": FEEDS_CAPABILITY}), "feeds", True),
        (lambda actor: actor.update(publicKey=actor["publicKey"][0]), "transport_keys", ACTOR.transport_keys[:1]),
        (lambda actor: actor.pop("publicKey"), "transport_keys", ()),
        (lambda actor: actor.update(publicKey=f"{ASKER}#main-key"), "transport_keys", ()),
        (lambda actor: actor.update(assertionMethod=actor["assertionMethod"][0]), "proof_keys", ACTOR.proof_keys),
        (lambda actor: actor["assertionMethod"].append(f"{ASKER}#proof-2"), "proof_keys", ACTOR.proof_keys),
        (lambda actor: actor["assertionMethod"].append({"type": "JsonWebKey"}), "proof_keys", ACTOR.proof_keys),
        (lambda actor: actor["assertionMethod"].append({"type": "Multikey"}), "proof_keys", ACTOR.proof_keys),
        (
            lambda actor: actor["assertionMethod"].append({"type": "Multikey", "publicKeyMultibase": "z4MXj1wBzi9"}),
            "proof_keys",
            ACTOR.proof_keys,
        ),
    ],
)
def test_what_foreign_software_leaves_out_or_adds_is_passed_over(
    change: Callable[[Any], object], field: str, value: object
) -> None:
    assert getattr(parse_actor(changed(change), fetched_from=ASKER), field) == value


def test_keys_are_read_up_to_the_limit_and_refused_above() -> None:
    def actor_with(count: int) -> RemoteActor:
        seeds = [number.to_bytes(32, "big") for number in range(count)]
        return replace(
            BARE,
            proof_keys=tuple(
                ListedProofKey(KeyIri(f"{ASKER}#proof-{number}"), ProofKey.from_seed(seed, key_id="").public)
                for number, seed in enumerate(seeds)
            ),
            transport_keys=tuple(
                transport_key(fragment=f"http-{number}", seed=seed) for number, seed in enumerate(seeds)
            ),
        )

    for count in (KEYS_PER_ACTOR_MAX - 1, KEYS_PER_ACTOR_MAX):
        assert parse_actor(document_of(actor_with(count)), fetched_from=ASKER) == actor_with(count)
    for left_out in ("publicKey", "assertionMethod"):
        document = document_of(actor_with(KEYS_PER_ACTOR_MAX + 1))
        document.pop(left_out)
        with pytest.raises(LimitExceeded):
            parse_actor(document, fetched_from=ASKER)


def test_capabilities_are_read_up_to_the_limit_and_refused_above() -> None:
    def document_with(count: int) -> Any:
        links = [{"href": FEEDS_CAPABILITY}] * count
        return changed(lambda actor: actor["generator"].update(implements=links))

    for count in (DISCOVERY_LINKS_MAX - 1, DISCOVERY_LINKS_MAX):
        assert parse_actor(document_with(count), fetched_from=ASKER).feeds
    with pytest.raises(LimitExceeded):
        parse_actor(document_with(DISCOVERY_LINKS_MAX + 1), fetched_from=ASKER)


def test_the_actor_of_fedify_is_read_with_its_keys() -> None:
    captured = json.loads(shared_file("vectors", "fedify-2.3.6-signed-messages.json").read_bytes())
    document = captured["peer_actor"]

    actor = parse_actor(document, fetched_from=Iri("http://127.0.0.1:8201/users/fredrik"))

    assert actor.name == "Fedify test peer"
    assert [listed.key_id for listed in actor.proof_keys] == ["http://127.0.0.1:8201/users/fredrik#multikey-2"]
    assert [(key.key_id, key.algorithm) for key in actor.transport_keys] == [
        ("http://127.0.0.1:8201/users/fredrik#main-key", "rsa-v1_5-sha256")
    ]
    assert (actor.kind, actor.country, actor.org_number, actor.feeds) == (None, None, None, False)


def test_a_reader_of_json_ld_finds_the_same_keys_and_loses_no_term() -> None:
    files = {
        "https://www.w3.org/ns/activitystreams": "activitystreams.json",
        "https://w3id.org/security/v1": "security-v1.json",
        "https://www.w3.org/ns/did/v1": "did-v1.json",
        "https://w3id.org/security/multikey/v1": "security-multikey-v1.json",
    }
    contexts = {url: shared_file("vectors", "contexts", name) for url, name in files.items()}
    security = "https://w3id.org/security#"

    (expanded,) = jsonld.expand(document_of(), {"documentLoader": lambda url, _: _frozen(url, contexts[url])})

    assert tuple(files) == ACTOR_CONTEXT
    # Every key of ours but @context, id, and preferredUsername's siblings has become an IRI; type and id keywords.
    assert len(expanded) == len(document_of()) - 1
    assert [key["@id"] for key in expanded[f"{security}publicKey"]] == [f"{ASKER}#main-key", f"{ASKER}#ed-http"]
    (method,) = expanded[f"{security}assertionMethod"]
    assert method["@type"] == [f"{security}Multikey"]
    assert method[f"{security}publicKeyMultibase"][0]["@value"] == PROOF_KEY.public.multibase
    assert expanded[f"{NAMESPACE}organisationNumber"] == [{"@value": "920125298"}]


def _frozen(url: str, path: Path) -> dict[str, Any]:
    return {"contextUrl": None, "documentUrl": url, "document": json.loads(path.read_bytes())}


# --- WebFinger and NodeInfo ---


def test_webfinger_leads_to_the_actor_and_back() -> None:
    document = webfinger_document(actor_iri=ASKER, domain=DOMAIN)

    assert parse_webfinger(document, fetched_from=WEBFINGER) == ASKER
    assert document["subject"] == "acct:actor@asker.example"
    assert document["subject"] == f"acct:{document_of()['webfinger']}"


def test_webfinger_answers_for_the_account_the_server_and_the_actor_only() -> None:
    assert webfinger_resources(actor_iri=ASKER, domain=DOMAIN) == {
        "acct:actor@asker.example",
        "https://asker.example",
        "https://asker.example/",
        "https://asker.example/actor",
    }


@pytest.mark.parametrize("media_type", [ACTIVITY_JSON, LD_JSON_WITH_PROFILE])
def test_the_server_level_link_is_preferred_and_a_self_link_suffices(media_type: str) -> None:
    service: JsonObject = {
        "rel": "https://www.w3.org/ns/activitystreams#Service",
        "type": media_type,
        "href": "https://asker.example/server",
    }
    own: JsonObject = {"rel": "self", "type": media_type, "href": "https://asker.example/self"}

    assert parse_webfinger({"links": [own, service]}, fetched_from=WEBFINGER) == "https://asker.example/server"
    assert parse_webfinger({"links": [own, "x", None, {}]}, fetched_from=WEBFINGER) == "https://asker.example/self"
    assert parse_webfinger({"links": own}, fetched_from=WEBFINGER) == "https://asker.example/self"


def self_link(**changes: object) -> dict[str, Any]:
    return {"links": [{"rel": "self", "type": ACTIVITY_JSON, "href": ASKER, **changes}]}


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({}, InvalidMessage),
        ({"links": []}, InvalidMessage),
        ({"links": "x"}, InvalidMessage),
        (self_link(rel="alternate"), InvalidMessage),
        (self_link(rel=["self"]), InvalidMessage),
        (self_link(type="text/html"), InvalidMessage),
        (self_link(type="application/ld+json"), InvalidMessage),
        (self_link(href=None), InvalidIdentifier),
        (self_link(href="javascript:alert(1)"), InvalidIdentifier),
        (self_link(href="https://evil.example/actor"), ActorMismatch),
        (self_link(href="http://asker.example/actor"), ActorMismatch),
    ],
)
def test_a_webfinger_answer_that_names_no_actor_of_its_origin_is_refused(
    document: Any, error: type[ProtocolError]
) -> None:
    with pytest.raises(error):
        parse_webfinger(document, fetched_from=WEBFINGER)


def test_links_are_read_up_to_the_limit_and_refused_above() -> None:
    (link,) = self_link()["links"]

    for count in (DISCOVERY_LINKS_MAX - 1, DISCOVERY_LINKS_MAX):
        assert parse_webfinger({"links": [link] * count}, fetched_from=WEBFINGER) == ASKER
    with pytest.raises(LimitExceeded):
        parse_webfinger({"links": [link] * (DISCOVERY_LINKS_MAX + 1)}, fetched_from=WEBFINGER)


def test_nodeinfo_says_what_runs_and_counts_nobody() -> None:
    index = nodeinfo_index_document(origin=Origin("https://asker.example"))
    document = nodeinfo_document(software_version="0.1.0")

    assert index["links"] == [
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://asker.example/nodeinfo/2.1"}
    ]
    assert (document["version"], document["protocols"]) == ("2.1", ["activitypub"])
    # The members that the schema of NodeInfo 2.1 requires.
    assert document.keys() == {
        "version",
        "software",
        "protocols",
        "services",
        "openRegistrations",
        "usage",
        "metadata",
    }
    assert document["usage"] == {"users": {}}


# --- any input ---

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-200, 200) | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=6,
)


@given(
    member=st.sampled_from(sorted(actor_document(ACTOR, domain=DOMAIN))),
    value=json_values,
    inner=st.none() | st.sampled_from(["id", "type", "owner", "controller", "publicKeyPem", "publicKeyMultibase"]),
)
def test_any_value_in_an_actor_document_is_read_or_refused_with_a_protocol_error(
    member: str, value: Any, inner: str | None
) -> None:
    document = copy.deepcopy(DOCUMENT)
    if inner is not None and isinstance(document[member], list) and isinstance(document[member][0], dict):
        document[member][0][inner] = value
    else:
        document[member] = value

    try:
        actor = parse_actor(document, fetched_from=ASKER)
    except ProtocolError:
        return

    assert actor.id == ASKER


@given(links=json_values, link=st.dictionaries(st.sampled_from(["rel", "type", "href"]), json_values))
def test_any_webfinger_answer_is_read_or_refused_with_a_protocol_error(links: Any, link: Any) -> None:
    documents: list[JsonObject] = [{"links": links}, {"links": [link]}, self_link(**link)]

    for document in documents:
        try:
            actor_iri = parse_webfinger(document, fetched_from=WEBFINGER)
        except ProtocolError:
            continue
        assert actor_iri.startswith("https://asker.example")


DOCUMENT = document_of()
