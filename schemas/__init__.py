"""The published data of the protocol, by name: contexts, namespace, message schemas, categories, example vectors.

Here: reading the files that lie in this package, as bytes or as plain JSON. Not here: what they mean. This package
imports nothing of ours, so that another implementation may take it alone.
"""

import json
from importlib.resources import files
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


def read_bytes(name: str) -> bytes:
    """The bytes of one published file; `name` is its path inside this package, with slashes.

    Raises FileNotFoundError where there is no such file, and ValueError on a name that leads out of the package.

    >>> read_bytes("context.json")[:15]
    b'{\\n  "@context":'
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"not the name of a published file: {name!r}")
    return files(__name__).joinpath(*parts).read_bytes()


def message_context() -> JsonValue:
    """The value of `@context` that stands in every message; a new copy each time, which the caller may keep.

    >>> message_context()[0]
    'https://www.w3.org/ns/activitystreams'
    """
    context: JsonValue = json.loads(read_bytes("context.json"))["@context"]
    return context


def category_scheme() -> tuple[dict[str, JsonValue], ...]:
    """The concepts of the category scheme as plain JSON objects, in the order of the file.

    >>> category_scheme()[0]["id"]
    'https://w3id.org/krets/category/office-chair'
    """
    document = json.loads(read_bytes("categories.jsonld"))
    concepts: list[dict[str, JsonValue]] = document["@graph"]
    return tuple(concept for concept in concepts if concept["type"] == "Concept")
