"""The category scheme as values, and the plainest way from words to a category."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from protocol.identifiers import Iri

_WORD = re.compile(r"\w+")

COMPOUND_CHARS_MIN = 4
"""Characters of a word that may end a compound: shorter ones end too many words that mean something else."""


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


_Words = tuple[tuple[str, Category], ...]
"""Words as they are compared with a text, each with its category, the better ones first."""


@dataclass(frozen=True, slots=True)
class CategoryScheme:
    """All categories by IRI; the order of `categories` is the published one."""

    categories: tuple[Category, ...]
    _words: _Words = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = [(_folded(word), category) for category in self.categories for word in category.words()]
        # Stable, so that of two equally long words the one of the category that comes first counts.
        by_length = tuple(sorted((pair for pair in words if pair[0]), key=lambda pair: -len(pair[0])))
        object.__setattr__(self, "_words", by_length)

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
        folded = f" {_folded(text)} "
        word, found = _best_of(self._words, folded)
        if found is None or found.bears_data:
            return found
        data_bearing = tuple(pair for pair in self._words if pair[1].bears_data)
        _, bearing = _best_of(data_bearing, folded.replace(f" {word} ", " "))
        return bearing or found


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _best_of(words: _Words, folded: str) -> tuple[str, Category | None]:
    """The first word that stands in the text, else the first that ends a compound there, with its category."""
    # Words have one space between them and the text one at either end, so a space is the only boundary. A pattern for
    # each of several hundred words would be compiled anew at every call and cost 16 ms (measured 2026-11-23).
    for word, category in words:
        if f" {word} " in folded:
            return word, category
    for word, category in words:
        if len(word) >= COMPOUND_CHARS_MIN and f"{word} " in folded:
            return word, category
    return "", None


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
