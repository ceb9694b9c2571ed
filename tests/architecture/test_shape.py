"""The house rules about sizes, names, defaults, exceptions, docstrings and values hold everywhere."""

import pytest

from tests.architecture.shape_rules import (
    BROAD_EXCEPT_PLACES,
    FUNCTION_LINES_MAX,
    MODULE_LINES_MAX,
    find_banned_names,
    find_broad_except,
    find_defaulted_security,
    find_missing_docstrings,
    find_mutable_values,
    find_oversize,
)
from tests.architecture.source_tree import all_modules, product_modules, source_module, told

# They read the product and run none of it.
pytestmark = pytest.mark.no_cover


def test_no_module_and_no_function_is_too_long() -> None:
    found = [finding for module in all_modules() for finding in find_oversize(module)]

    assert not found, told(found)


def test_no_name_says_nothing() -> None:
    found = [finding for module in all_modules() for finding in find_banned_names(module)]

    assert not found, told(found)


def test_no_security_relevant_argument_has_a_default() -> None:
    found = [finding for module in product_modules() for finding in find_defaulted_security(module)]

    assert not found, told(found)


def test_broad_except_stands_only_in_the_listed_places() -> None:
    found = [finding for module in product_modules() for finding in find_broad_except(module)]

    assert not found, told(found)


def test_every_module_says_what_it_is_for_and_every_public_name_of_the_protocol_too() -> None:
    found = [finding for module in product_modules() for finding in find_missing_docstrings(module)]

    assert not found, told(found)


def test_every_dataclass_is_frozen_and_slotted() -> None:
    found = [finding for module in product_modules() for finding in find_mutable_values(module)]

    assert not found, told(found)


@pytest.mark.parametrize(
    ("lines", "findings"), [(FUNCTION_LINES_MAX - 1, 0), (FUNCTION_LINES_MAX, 0), (FUNCTION_LINES_MAX + 1, 1)]
)
def test_a_function_is_measured_from_its_first_to_its_last_line(lines: int, findings: int) -> None:
    module = source_module("def long():\n" + "    pass\n" * (lines - 1), path="node/app.py")

    found = find_oversize(module)

    assert len(found) == findings


@pytest.mark.parametrize(
    ("lines", "findings"), [(MODULE_LINES_MAX - 1, 0), (MODULE_LINES_MAX, 0), (MODULE_LINES_MAX + 1, 1)]
)
def test_a_module_is_measured_in_lines(lines: int, findings: int) -> None:
    module = source_module("pass\n" * lines, path="node/app.py")

    found = find_oversize(module)

    assert len(found) == findings


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("node/utils.py", "pass"),
        ("node/store/peer_helpers.py", "pass"),
        ("protocol/common/keys.py", "pass"),
        ("node/app.py", "class PeerManager: ..."),
        ("node/app.py", "def process_activity(): ..."),
        ("node/app.py", "async def handle_inbox(): ..."),
        ("node/app.py", "class A:\n    def _do_it(self): ..."),
        ("node/app.py", "data = 1"),
        ("node/app.py", "def load(info): ..."),
        ("node/app.py", "for data in (): ..."),
        ("node/app.py", "class A:\n    info: str"),
        ("node/app.py", "class A:\n    def b(self):\n        self.data = 1"),
        ("node/app.py", "import json as data"),
    ],
)
def test_a_name_that_says_nothing_is_found(path: str, text: str) -> None:
    module = source_module(text, path=path)

    found = find_banned_names(module)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    "text",
    [
        "def do_GET(): ...",
        "log.info('x', data=1)",
        "def domain(metadata): ...",
        "class A(HTMLParser):\n    def handle_data(self, data): ...",
    ],
)
def test_a_name_that_only_looks_banned_is_let_through(text: str) -> None:
    module = source_module(text, path="node/app.py")

    found = find_banned_names(module)

    assert not found, told(found)


@pytest.mark.parametrize(
    "text",
    [
        "def sign(document, *, key=None): ...",
        "def verify(request, now=0): ...",
        "def parse(text, *, allow_http: bool = False): ...",
        "class Peer:\n    tier: str = 'partners'",
    ],
)
def test_a_default_for_a_security_relevant_argument_is_found(text: str) -> None:
    module = source_module(text, path="protocol/proofs.py")

    found = find_defaulted_security(module)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    "text",
    [
        "try: ...\nexcept: ...",
        "try: ...\nexcept Exception: ...",
        "try: ...\nexcept BaseException as error: log(error)",
        "try: ...\nexcept (ValueError, Exception): ...",
        "import builtins\ntry: ...\nexcept builtins.Exception: ...",
        "import contextlib\nwith contextlib.suppress(Exception): ...",
        "try: ...\nexcept Exception as error:\n    raise ValueError from error",
    ],
)
def test_a_broad_except_elsewhere_is_found(text: str) -> None:
    module = source_module(text, path="node/operations/add_peer.py")

    found = find_broad_except(module)

    assert len(found) == 1, told(found)


def test_a_broad_except_is_let_through_where_it_is_listed_or_raises_again() -> None:
    swallowing = "try: ...\nexcept Exception: ..."
    tidying = "try: ...\nexcept BaseException:\n    undo()\n    raise"

    listed = [find_broad_except(source_module(swallowing, path=path)) for path in BROAD_EXCEPT_PLACES]
    raising = find_broad_except(source_module(tidying, path="node/store/migrations.py"))

    assert not any(listed)
    assert not raising


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("node/app.py", "x = 1"),
        ("protocol/keys.py", "'''Keys.'''\ndef parse(): ..."),
        ("protocol/keys.py", "'''Keys.'''\nclass Key:\n    '''A key.'''\n    def sign(self): ..."),
    ],
)
def test_a_missing_docstring_is_found(path: str, text: str) -> None:
    module = source_module(text, path=path)

    found = find_missing_docstrings(module)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    "text",
    [
        "@dataclass\nclass A: ...",
        "@dataclass(frozen=True)\nclass A: ...",
        "@dataclasses.dataclass(slots=True)\nclass A: ...",
    ],
)
def test_a_dataclass_that_can_change_is_found(text: str) -> None:
    module = source_module(text, path="node/domain/peers.py")

    found = find_mutable_values(module)

    assert len(found) == 1, told(found)
