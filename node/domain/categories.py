"""The category scheme as values, and the plainest way from words to a category."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from protocol.identifiers import Iri

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Category:
    """A concept of the scheme: labels by language, other words people use, and what policy needs to know."""

    iri: Iri
    slug: str
    labels: Mapping[str, str]
    synonyms: tuple[str, ...]
    bears_data: bool
    typical_mass_grams: int | None

    def label(self, language: str) -> str:
        """The label in this language, else in English, which every concept has."""
        return self.labels.get(language) or self.labels["en"]

    def words(self) -> Iterator[str]:
        """Every label and synonym, lower case."""
        for word in (*self.labels.values(), *self.synonyms):
            yield word.casefold()


@dataclass(frozen=True, slots=True)
class CategoryScheme:
    """All categories by IRI; the order of `categories` is the published one."""

    categories: tuple[Category, ...]

    def find(self, reference: str) -> Category | None:
        """The category with this IRI or slug, or None."""
        for category in self.categories:
            if reference in (category.iri, category.slug):
                return category
        return None

    def find_by_text(self, text: str) -> Category | None:
        """The category whose longest word stands in the text as whole words, or ends its compounds; else None.

        Whole words win over compound tails ("kontorstol" in "høyryggskontorstol"), longer words over shorter. But where
        the rest of the text names something that bears data, it is that: "PC med skjerm" is a computer, whatever comes
        with it, and a "PC-skjerm" is a screen.
        """
        folded = " ".join(_WORD.findall(text.casefold()))
        found, word = _best_of(self.categories, folded)
        if found is None or found.bears_data:
            return found
        rest = f" {folded} ".replace(f" {word} ", " ").strip()
        bearing, _ = _best_of([category for category in self.categories if category.bears_data], rest)
        return bearing or found


def _best_of(categories: Iterable[Category], folded: str) -> tuple[Category | None, str]:
    """The category with the best word in the text, and the word."""
    best: tuple[int, int] = (0, 0)
    found: Category | None = None
    best_word = ""
    for category in categories:
        for words in category.words():
            word = " ".join(_WORD.findall(words))
            rank = _rank(word, folded)
            if rank > best:
                best, found, best_word = rank, category, word
    return found, best_word


def _rank(word: str, folded: str) -> tuple[int, int]:
    # Both are words with one space between, so a space is the only boundary; a pattern for each of several hundred
    # words would be compiled anew at every call and cost 16 ms (measured 2026-11-23).
    if not word:
        return (0, 0)
    if f" {word} " in f" {folded} ":
        return (2, len(word))
    if len(word) >= 4 and f"{word} " in f"{folded} ":
        return (1, len(word))
    return (0, 0)


def parse_scheme(concepts: Iterable[Mapping[str, object]]) -> CategoryScheme:
    """The scheme from the concepts of our published `categories.jsonld`.

    Raises ValueError on a concept without an id, without labels, or without an English label.
    """
    return CategoryScheme(categories=tuple(_parse_concept(concept) for concept in concepts))


def _parse_concept(node: Mapping[str, object]) -> Category:
    iri, labels, synonyms = node.get("id"), node.get("prefLabel"), node.get("altLabel", {})
    mass = node.get("typicalMassGrams")
    if not isinstance(iri, str) or not isinstance(labels, dict) or not isinstance(synonyms, dict):
        raise ValueError(f"concept without id or labels: {iri!r}")
    if "en" not in labels:
        raise ValueError(f"{iri} lacks an English label")
    return Category(
        iri=Iri(iri),
        slug=iri.rsplit("/", 1)[-1],
        labels={str(language): str(label) for language, label in labels.items()},
        synonyms=tuple(str(word) for words in synonyms.values() for word in words),
        bears_data=node.get("bearsData") is True,
        typical_mass_grams=mass if isinstance(mass, int) else None,
    )
