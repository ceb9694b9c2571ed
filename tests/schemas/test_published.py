"""The published files: they are there, in form, and say what the code believes of them."""

import json
from importlib.resources import files
from typing import Any

import pytest

import schemas
from node.domain.categories import parse_scheme
from protocol import discovery
from protocol.canonical import canonicalize, sha256_digest
from protocol.vocabulary import CONTEXT_DIGEST, NAMESPACE, PINNED_CONTEXTS
from tests.documents.markdown import rows_in, spans_in, text_of

LANGUAGES = {"nb", "nn", "sv", "da", "fi", "en"}
SEED_CATEGORIES = (
    "office-chair", "stacking-chair", "desk", "sit-stand-desk", "table", "storage-cabinet",
    "sofa", "laptop", "desktop-computer", "monitor", "mobile-device", "workwear",
)  # fmt: skip


def _graph(name: str) -> list[dict[str, Any]]:
    graph: list[dict[str, Any]] = json.loads(schemas.read_bytes(name))["@graph"]
    return graph


def _namespace_terms() -> set[str]:
    return {node["id"].removeprefix("krets:") for node in _graph("namespace.jsonld") if node["id"].startswith("krets:")}


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "/etc/passwd", "messages/../context.json", "", ".", "messages//x"]
)
def test_only_files_of_the_package_are_read(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a published file"):
        schemas.read_bytes(name)


def test_an_absent_file_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        schemas.read_bytes("no-such-file.json")


def test_the_context_is_the_one_that_the_parser_pins() -> None:
    assert sha256_digest(canonicalize(schemas.message_context())) == CONTEXT_DIGEST
    assert CONTEXT_DIGEST in PINNED_CONTEXTS


def test_each_caller_gets_a_context_of_its_own() -> None:
    first = schemas.message_context()
    assert isinstance(first, list)
    first.append("changed")

    assert schemas.message_context() != first


def test_each_extension_term_of_the_contexts_is_in_the_namespace() -> None:
    context = schemas.message_context()
    assert isinstance(context, list)
    terms = context[2]
    assert isinstance(terms, dict)
    iris = [term["@id"] if isinstance(term, dict) else term for term in terms.values()]
    of_messages = {str(iri).removeprefix("krets:") for iri in iris if str(iri).startswith("krets:")}
    of_actors = {
        value.removeprefix(NAMESPACE)
        for value in (*dict(discovery.ACTOR_TERMS).values(), discovery.FEEDS_CAPABILITY)
        if value.startswith(NAMESPACE)
    }

    assert of_messages | of_actors <= _namespace_terms()
    assert of_messages


def test_each_extension_term_of_messages_and_actors_has_a_row_in_the_specification() -> None:
    of_categories = {"bearsData", "typicalMassGrams", "typicalMassSource"}
    told = {span for row in rows_in(text_of("SPEC.md")) for span in spans_in(row[0])}

    # What feeds are for is a capability, told among the rows of the actor.
    assert _namespace_terms() - of_categories - {"feeds"} <= told


def test_each_term_of_the_namespace_has_a_label_and_a_comment() -> None:
    assert [node["id"] for node in _graph("namespace.jsonld") if not (node.get("label") and node.get("comment"))] == []


def test_the_twelve_seed_categories_have_stable_iris() -> None:
    concepts = schemas.category_scheme()

    assert [concept["id"] for concept in concepts] == [
        f"https://w3id.org/krets/category/{slug}" for slug in SEED_CATEGORIES
    ]


def test_each_category_is_named_in_every_language_with_other_words_for_it() -> None:
    for concept in schemas.category_scheme():
        assert isinstance(concept["prefLabel"], dict)
        assert isinstance(concept["altLabel"], dict)
        assert set(concept["prefLabel"]) == LANGUAGES
        assert all(concept["altLabel"].get(language) for language in LANGUAGES)


def test_computers_and_phones_bear_data_and_furniture_does_not() -> None:
    bearing = {str(concept["id"]).rsplit("/", 1)[-1] for concept in schemas.category_scheme() if concept["bearsData"]}

    assert bearing == {"laptop", "desktop-computer", "mobile-device"}


def test_each_typical_mass_has_a_source() -> None:
    for concept in schemas.category_scheme():
        assert ("typicalMassGrams" in concept) == ("typicalMassSource" in concept)


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("Kontorstol Håg Capisco 8106", "office-chair"),
        ("Hev/senk skrivebord 160x80, bjørk", "sit-stand-desk"),
        ("Møtebord oval 8 pers", "table"),
        ("Stablestol blå", "stacking-chair"),
        ("bärbara datorer", "laptop"),
        ("kannettava tietokone", "laptop"),
        ("skærm", "monitor"),
        ("arbetskläder", "workwear"),
    ],
)
def test_everyday_words_lead_to_the_category(words: str, slug: str) -> None:
    found = parse_scheme(schemas.category_scheme()).find_by_text(words)

    assert found is not None
    assert found.slug == slug


def test_every_json_file_of_the_package_is_strict_json_and_ends_with_a_line_end() -> None:
    names = [path.name for path in files(schemas).iterdir() if path.name.endswith((".json", ".jsonld"))]

    for name in names:
        content = schemas.read_bytes(name)
        json.loads(content)
        assert content.endswith(b"}\n")
    assert sorted(names) == ["categories.jsonld", "context.json", "namespace.jsonld"]
