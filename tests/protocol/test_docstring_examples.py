"""The examples in the docstrings of protocol/ run, and what outside organisations import has one."""

import importlib
import inspect
import pkgutil
from operator import attrgetter

import pytest
from sybil.document import PythonDocStringDocument
from sybil.parsers.rest import DocTestParser

import protocol

MODULE_NAMES = sorted(f"protocol.{found.name}" for found in pkgutil.iter_modules(protocol.__path__))

# The names that outside organisations may import and that stay stable (FEDERATION.md lists them).
STABLE_NAMES = (
    "strict_json.parse",
    "canonical.canonicalize",
    "proofs.sign_document",
    "proofs.verify_document",
    "keys.ProofKey.from_seed",
    "keys.PublicProofKey.from_multibase",
    "http_signatures.sign_request",
    "http_signatures.verify_request",
    "activities.parse_activity",
    "agreements.state_of",
)


@pytest.mark.parametrize("module_name", MODULE_NAMES)
def test_each_example_in_a_docstring_gives_what_it_says(module_name: str) -> None:
    module = importlib.import_module(module_name)
    document = PythonDocStringDocument.parse(inspect.getfile(module), DocTestParser())
    document.namespace.update(vars(module))

    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("name", STABLE_NAMES)
def test_each_name_for_outside_organisations_has_a_runnable_example(name: str) -> None:
    module_name, _, member = name.partition(".")
    module = importlib.import_module(f"protocol.{module_name}")

    docstring = inspect.getdoc(attrgetter(member)(module)) or ""

    assert ">>> " in docstring
