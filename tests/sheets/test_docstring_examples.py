"""The package as its callers see it: what it exports, and the examples in its docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import node.sheets

MODULE_NAMES = sorted(f"node.sheets.{found.name}" for found in pkgutil.iter_modules(node.sheets.__path__))


@pytest.mark.parametrize("module_name", MODULE_NAMES)
def test_each_example_in_a_docstring_gives_what_it_says(module_name: str) -> None:
    results = doctest.testmod(importlib.import_module(module_name))

    assert results.failed == 0


def test_exactly_these_names_are_exported() -> None:
    assert sorted(node.sheets.__all__) == [
        *("Condition", "FIELDS", "ImportRow", "RecognisedColumn", "RejectedRow", "Sheet", "SheetUnreadable"),
        *("read_sheet", "write_rejects"),
    ]
    assert all(hasattr(node.sheets, name) for name in node.sheets.__all__)
