"""The locks are complete, carry hashes, name no address, and hold nothing older than what is known to be safe."""

import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.import_rules import OURS, imports_of
from tests.architecture.source_tree import REPOSITORY, SourceModule, product_modules, source_module

LOCK_NAMES = ("requirements.txt", "requirements-dev.txt")
LOCKED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?P<marker> ;[^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
SAFE = re.compile(r"(?P<name>[a-z0-9-]+) *>= *(?P<version>[0-9.]+) +# (?P<reason>\S.*)")


@dataclass(frozen=True, slots=True)
class SafeVersion:
    """The oldest version of a library that has no known hole that concerns us, and why."""

    name: str
    version: Version
    reason: str


def read_lock(text: str) -> dict[str, Version]:
    """Locked versions by name. Raises ValueError on any line that is neither a pinned name nor a hash."""
    versions: dict[str, Version] = {}
    hashes = 1
    for line in text.splitlines():
        locked = LOCKED.fullmatch(line)
        if locked and hashes:
            versions[canonicalize_name(locked["name"])] = Version(locked["version"])
            hashes = 0
        elif HASH.fullmatch(line) and versions:
            hashes += 1
        else:
            raise ValueError(f"not a lock's line: {line}")
    return versions


def read_safe_versions(text: str) -> list[SafeVersion]:
    """The table of oldest safe versions. Raises ValueError on a line without a reason."""
    rows = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            row = SAFE.fullmatch(line)
            if row is None:
                raise ValueError(f"not a row: {line}")
            rows.append(SafeVersion(name=row["name"], version=Version(row["version"]), reason=row["reason"]))
    return rows


def too_old(versions: dict[str, Version], rows: list[SafeVersion]) -> list[str]:
    """What is locked below its oldest safe version."""
    return [
        f"{row.name} {versions[row.name]} < {row.version}: {row.reason}"
        for row in rows
        if row.name in versions and versions[row.name] < row.version
    ]


def _locks() -> dict[str, dict[str, Version]]:
    return {name: read_lock((REPOSITORY / name).read_text(encoding="utf-8")) for name in LOCK_NAMES}


def _safe_versions() -> list[SafeVersion]:
    return read_safe_versions((REPOSITORY / "deploy" / "minimum-versions.txt").read_text(encoding="utf-8"))


def _requirements() -> dict[str, list[Requirement]]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime = [Requirement(text) for text in project["dependencies"]]
    return {
        "requirements.txt": runtime,
        "requirements-dev.txt": [*runtime, *(Requirement(text) for text in project["optional-dependencies"]["dev"])],
    }


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_a_lock_pins_everything_that_the_project_asks_for(name: str) -> None:
    versions = _locks()[name]

    unmet = [
        str(requirement)
        for requirement in _requirements()[name]
        if canonicalize_name(requirement.name) not in versions
        or versions[canonicalize_name(requirement.name)] not in requirement.specifier
    ]

    assert not unmet


def test_the_two_locks_agree() -> None:
    locks = _locks()

    differing = {
        name: version
        for name, version in locks["requirements.txt"].items()
        if locks["requirements-dev.txt"][name] != version
    }

    assert not differing


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_nothing_is_locked_below_its_oldest_safe_version(name: str) -> None:
    assert not too_old(_locks()[name], _safe_versions())


def test_what_the_project_asks_for_is_not_below_the_oldest_safe_version() -> None:
    rows = {row.name: row for row in _safe_versions()}

    below = [
        str(requirement)
        for requirement in _requirements()["requirements-dev.txt"]
        for row in [rows.get(canonicalize_name(requirement.name))]
        if row is not None
        and not any(bound.operator == ">=" and Version(bound.version) >= row.version for bound in requirement.specifier)
    ]

    assert not below


def imported_libraries(modules: Iterable[SourceModule]) -> frozenset[str]:
    """The distributions that modules import, without the standard library and our own."""
    own = {*sys.stdlib_module_names, *OURS}
    names = {target.split(".")[0] for module in modules for _, target in imports_of(module)} - own
    known = metadata.packages_distributions()
    return frozenset(canonicalize_name(known.get(name, [f"unknown:{name}"])[0]) for name in names)


def test_the_project_asks_for_every_library_that_it_imports_and_for_no_other() -> None:
    asked = {canonicalize_name(requirement.name) for requirement in _requirements()["requirements.txt"]}

    assert imported_libraries(product_modules()) == asked


def test_an_imported_library_is_known_by_the_name_of_its_distribution() -> None:
    text = "import os\nimport nacl.signing\nfrom stdnum.no import orgnr\nfrom node import store\nimport nowhere_at_all"

    found = imported_libraries([source_module(text, path="node/app.py")])

    assert found == {"pynacl", "python-stdnum", "unknown:nowhere-at-all"}


def test_every_safe_version_is_of_something_that_is_locked() -> None:
    versions = _locks()["requirements-dev.txt"]

    assert [row.name for row in _safe_versions() if row.name not in versions] == []


@pytest.mark.parametrize(
    "text",
    [
        "aiohttp==3.14.5\n",
        "aiohttp>=3.14 \\\n    --hash=sha256:" + "0" * 64,
        "aiohttp==3.14.5 \\\nyarl==1.0 \\\n    --hash=sha256:" + "0" * 64,
        "aiohttp==3.14.5 \\\n    --hash=md5:" + "0" * 32,
        "# compiled by hand",
        "-i address",
    ],
)
def test_a_line_that_no_lock_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a lock's line"):
        read_lock(text)


def test_a_version_below_the_oldest_safe_one_is_named_with_its_reason() -> None:
    rows = read_safe_versions("# a comment\naiohttp >= 3.14.3  # CVE-2026-59881\n")

    old = too_old({"aiohttp": Version("3.14.2")}, rows)
    safe = too_old({"aiohttp": Version("3.14.3")}, rows)

    assert old == ["aiohttp 3.14.2 < 3.14.3: CVE-2026-59881"]
    assert safe == []


def test_a_safe_version_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="not a row"):
        read_safe_versions("aiohttp >= 3.14.3\n")
