"""The names that outside organisations may import exist, with the parameters that were promised to them."""

import doctest
import importlib
import inspect
from dataclasses import dataclass

import pytest

from protocol import errors
from tests.architecture.source_tree import REPOSITORY

PROTOCOL_MODULES = sorted(f"protocol.{file.stem}" for file in (REPOSITORY / "protocol").glob("[!_]*.py"))


@dataclass(frozen=True, slots=True)
class PublicName:
    """A promise: where a function is, what it takes by position and what by keyword."""

    path: str
    positional: tuple[str, ...]
    keyword: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.path


PUBLIC_NAMES = (
    PublicName("protocol.strict_json:parse", ("body",)),
    PublicName("protocol.canonical:canonicalize", ("value",)),
    PublicName("protocol.proofs:sign_document", ("document",), ("key", "created")),
    PublicName("protocol.proofs:verify_document", ("document",), ("public_key",)),
    PublicName("protocol.keys:ProofKey.from_seed", ("seed",), ("key_id",)),
    PublicName("protocol.keys:PublicProofKey.from_multibase", ("text",)),
    PublicName("protocol.http_signatures:sign_request", ("request",), ("key", "now", "nonce")),
    PublicName("protocol.http_signatures:verify_request", ("request",), ("key", "now")),
    PublicName("protocol.activities:parse_activity", ("verified",), ("proof_keys",)),
    PublicName("protocol.agreements:state_of", ("messages",)),
)


def _find(name: PublicName) -> object:
    module_name, _, attributes = name.path.partition(":")
    found: object = importlib.import_module(module_name)
    for attribute in attributes.split("."):
        found = getattr(found, attribute)
    return found


@pytest.mark.parametrize("name", PUBLIC_NAMES, ids=str)
def test_a_public_name_takes_what_was_promised(name: PublicName) -> None:
    function = _find(name)

    assert callable(function)
    parameters = inspect.signature(function).parameters.values()
    required = [parameter for parameter in parameters if parameter.default is inspect.Parameter.empty]
    positional = tuple(each.name for each in required if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD)
    keyword = {each.name for each in required if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert positional == name.positional
    assert set(name.keyword) <= keyword
    if name.path != "protocol.agreements:state_of":
        assert keyword == set(name.keyword), "a further required argument would break those who call it"


@pytest.mark.parametrize("name", PUBLIC_NAMES, ids=str)
def test_a_public_name_has_an_example_that_runs(name: PublicName) -> None:
    function = _find(name)

    examples = doctest.DocTestParser().get_examples(inspect.getdoc(function) or "")

    assert examples


@pytest.mark.parametrize("module_name", PROTOCOL_MODULES)
def test_the_examples_in_a_protocol_module_do_what_they_say(module_name: str) -> None:
    module = importlib.import_module(module_name)

    result = doctest.testmod(module)

    assert result.failed == 0


@pytest.mark.parametrize("module_name", PROTOCOL_MODULES)
def test_every_error_of_the_protocol_descends_from_one(module_name: str) -> None:
    module = importlib.import_module(module_name)

    own = [
        member
        for member in vars(module).values()
        if inspect.isclass(member) and issubclass(member, BaseException) and member.__module__ == module_name
    ]

    assert all(issubclass(error, errors.ProtocolError) for error in own)
