"""The project's own Python source, read once and parsed, and what a rule says when it finds something.

Only reading belongs here; what is allowed stands in the rules beside this module.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PRODUCT_PARTS = ("cli.py", "node", "protocol", "schemas")
ALL_PARTS = (*PRODUCT_PARTS, "tests")


@dataclass(frozen=True, slots=True)
class SourceModule:
    """One Python file: its dotted name, its path from the repository's root with forward slashes, text and tree.

    `nodes` is every node of the tree, listed once for all rules.
    """

    name: str
    path: str
    text: str
    tree: ast.Module
    nodes: tuple[ast.AST, ...]

    def is_in(self, *packages: str) -> bool:
        """Whether this is one of these modules, or inside one of these packages."""
        return any(self.name == package or self.name.startswith(f"{package}.") for package in packages)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach of a rule, and where."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def source_module(text: str, *, path: str) -> SourceModule:
    """A module from its text, as if it stood at this path. Raises SyntaxError."""
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    tree = ast.parse(text)
    return SourceModule(name=".".join(parts), path=path, text=text, tree=tree, nodes=tuple(ast.walk(tree)))


@cache
def product_modules() -> tuple[SourceModule, ...]:
    """What is installed: `cli.py`, `node`, `protocol`, `schemas`."""
    return _modules(PRODUCT_PARTS)


@cache
def all_modules() -> tuple[SourceModule, ...]:
    """What is installed, and the tests."""
    return _modules(ALL_PARTS)


def _modules(parts: tuple[str, ...]) -> tuple[SourceModule, ...]:
    files: list[Path] = []
    for part in parts:
        place = REPOSITORY / part
        files.extend([place] if place.is_file() else sorted(place.rglob("*.py")))
    return tuple(
        source_module(file.read_text(encoding="utf-8"), path=file.relative_to(REPOSITORY).as_posix()) for file in files
    )


def told(findings: list[Finding]) -> str:
    """The findings as lines, for the message of a failed assertion."""
    return "\n" + "\n".join(str(finding) for finding in sorted(findings))
