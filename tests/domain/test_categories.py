"""From words to a category, in the plainest way."""

import pytest

from node.domain.categories import CategoryScheme, parse_scheme
from schemas import category_scheme

SCHEME = parse_scheme(
    [
        {
            "id": "https://w3id.org/krets/category/office-chair",
            "type": "Concept",
            "prefLabel": {"en": "Office chair", "nb": "Kontorstol"},
            "altLabel": {"nb": ["skrivebordsstol"]},
            "typicalMassGrams": 11700,
        },
        {
            "id": "https://w3id.org/krets/category/table",
            "type": "Concept",
            "prefLabel": {"en": "Table", "nb": "Bord"},
            "altLabel": {"nb": ["møtebord"], "en": ["-"]},
        },
        {
            "id": "https://w3id.org/krets/category/laptop",
            "type": "Concept",
            "prefLabel": {"en": "Laptop"},
            "bearsData": True,
        },
    ]
)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Kontorstol Håg Capisco", "office-chair"),
        ("høyryggskontorstol, sort", "office-chair"),
        ("MØTEBORD oval", "table"),
        ("et bord", "table"),
        ("two laptop", "laptop"),
    ],
)
def test_the_longest_word_that_stands_in_the_text_names_the_category(text: str, slug: str) -> None:
    found = SCHEME.find_by_text(text)

    assert found is not None
    assert found.slug == slug


@pytest.mark.parametrize("text", ["laptop med bord", "Bord, 2 stk, og en laptop", "bord + laptop"])
def test_what_bears_data_counts_whatever_comes_with_it(text: str) -> None:
    found = SCHEME.find_by_text(text)

    assert found is not None
    assert found.slug == "laptop"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Stasjonær HP EliteDesk + 2 skjermer", "desktop-computer"),
        ("PC med skjerm", "desktop-computer"),
        ("PC-skjerm 24 tommer", "monitor"),
        ("PC-bord, hvitt", "desk"),
        ("Bærbar PC Lenovo", "laptop"),
        ("skrivbord med dator", "desktop-computer"),
    ],
)
def test_the_published_scheme_tells_a_computer_from_what_stands_beside_it(text: str, slug: str) -> None:
    found = parse_scheme(category_scheme()).find_by_text(text)

    assert found is not None
    assert found.slug == slug


@pytest.mark.parametrize("text", ["", "sykkel", "bordell", "---"])
def test_a_text_without_any_known_word_names_none(text: str) -> None:
    assert SCHEME.find_by_text(text) is None


def test_a_category_is_found_by_iri_and_by_slug() -> None:
    by_iri = SCHEME.find("https://w3id.org/krets/category/laptop")

    assert by_iri == SCHEME.find("laptop")
    assert by_iri is not None
    assert by_iri.bears_data
    assert SCHEME.find("bicycle") is None


def test_a_label_falls_back_to_english() -> None:
    chair = SCHEME.find("office-chair")

    assert chair is not None
    assert (chair.label("nb"), chair.label("fi")) == ("Kontorstol", "Office chair")


@pytest.mark.parametrize(
    "concept",
    [
        {"prefLabel": {"en": "Chair"}},
        {"id": "https://x.example/chair"},
        {"id": "https://x.example/chair", "prefLabel": {"en": "Chair"}, "altLabel": []},
        {"id": "https://x.example/chair", "prefLabel": {"nb": "Stol"}},
    ],
)
def test_a_concept_that_breaks_the_schemes_shape_is_refused(concept: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"concept without id or labels|lacks an English label"):
        parse_scheme([concept])


def test_an_empty_scheme_finds_nothing() -> None:
    assert CategoryScheme(categories=()).find_by_text("stol") is None
