"""What the documents name exists: make targets, commands with their options, files, settings, limits."""

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

import pytest
import typer
from typer.core import TyperGroup

from tests.architecture.source_tree import product_modules
from tests.documents.markdown import REPOSITORY, blocks_in, documents, links_in, rows_in, spans_in, text_of

SHELL_TAGS = ("sh", "console", "bash")


@cache
def make_targets() -> frozenset[str]:
    """The targets of the Makefile."""
    return frozenset(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))


def commands_in(text: str, *, program: str, document: str) -> Iterator[list[str]]:
    """The words of every command line of a program in a text: in shell blocks and in code spans."""
    lines = [span for span in spans_in(text) if span.split()[0] == program]
    for block in blocks_in(text, document=document):
        if block.tags[:1] and block.tags[0] in SHELL_TAGS:
            joined = re.sub(r"\\\n\s*", " ", block.text)
            lines.extend(line.removeprefix("$ ").strip() for line in joined.splitlines())
    for line in lines:
        words = shlex.split(line, comments=True)
        if words and words[0].rsplit("/", 1)[-1] == program:
            yield [word for word in words[1:] if word != "&"]


def codes_in(tree: ast.Module) -> Iterator[str]:
    """The codes of problems that a module makes, and those in its table of statuses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "REFUSAL_STATUSES":
            assert isinstance(node.value, ast.Dict)
            yield from (str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))


def unknown_in_command(words: list[str], app: typer.Typer) -> str | None:
    """The first word of a command line that the program does not know; None if it knows them all."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if name.isupper():
            return None
        if name not in command.commands:
            return name
        command = command.commands[name]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        if word.startswith("--") and word.split("=")[0] not in {*options, "--help"}:
            return word
    return None


@pytest.mark.parametrize("document", documents())
def test_every_make_target_that_a_document_names_exists(document: str) -> None:
    named = {words[0] for words in commands_in(text_of(document), program="make", document=document) if words}

    assert named <= make_targets()


@pytest.mark.parametrize("document", documents())
def test_every_command_that_a_document_shows_exists_with_its_options(document: str) -> None:
    app = _krets()

    unknown = [
        f"krets {' '.join(words)}: {unknown}"
        for words in commands_in(text_of(document), program="krets", document=document)
        if (unknown := unknown_in_command(words, app)) is not None
    ]

    assert not unknown


@pytest.mark.parametrize("document", documents())
def test_every_link_between_documents_leads_somewhere(document: str) -> None:
    folder = (REPOSITORY / document).parent

    broken = [
        target
        for target in links_in(text_of(document))
        if target.split("#")[0] and not (folder / target.split("#")[0]).exists()
    ]

    assert not broken


@pytest.mark.parametrize("document", documents())
def test_every_file_of_the_project_that_a_document_names_exists(document: str) -> None:
    place = re.compile(
        r"(?:tests|node|protocol|schemas|docs|deploy)/[A-Za-z0-9_./-]*|[A-Z_]+\.md|requirements[a-z-]*\.txt"
    )

    named = {span for span in spans_in(text_of(document)) if place.fullmatch(span)}

    assert sorted(name for name in named if not (REPOSITORY / name).exists()) == []


def test_every_setting_has_its_row_in_the_administrators_handbook() -> None:
    settings = importlib.import_module("node.settings").SETTINGS
    rows = {row[0].strip("`"): row for row in rows_in(text_of("docs/handbook/administrator.md")) if len(row) == 4}

    told = {name: (row[1].strip("`"), row[2].strip("`")) for name, row in rows.items() if row[1].startswith("`KRETS_")}

    defaults = {None: "required", "": "empty"}
    expected = {row.name: (row.variable, defaults.get(row.default, row.default)) for row in settings}
    assert told == expected


def test_every_limit_that_the_specification_states_is_the_one_in_force() -> None:
    limits = importlib.import_module("protocol.limits")
    rows = [row for row in rows_in(text_of("SPEC.md")) if re.fullmatch(r"`[A-Z_]+_(MAX|MIN|SECONDS)`", row[0])]

    stated = {row[0].strip("`"): int(row[1].replace(",", "")) for row in rows}

    assert stated == {name: getattr(limits, name) for name in stated}
    assert {"ACTIVITY_BYTES_MAX", "JSON_DEPTH_MAX", "SIGNATURE_WINDOW_SECONDS"} <= set(stated)


def test_every_error_code_of_the_protocol_stands_in_the_specification() -> None:
    errors = importlib.import_module("protocol.errors")
    spans = set(spans_in(text_of("SPEC.md")))

    classes: list[Any] = [member for member in vars(errors).values() if isinstance(member, type)]
    own = [error for error in classes if issubclass(error, errors.ProtocolError) and error is not errors.ProtocolError]
    codes = {code for error in own for code in (error.default_code, *error.special_safe_texts)}

    assert codes - spans == set()


def test_every_code_that_the_server_answers_with_stands_in_the_specification() -> None:
    spans = set(spans_in(text_of("SPEC.md")))

    codes = {code for module in product_modules() if module.is_in("node.federation") for code in codes_in(module.tree)}

    assert codes
    assert codes - spans == set()


def test_the_specification_names_the_context_that_is_pinned() -> None:
    pinned = importlib.import_module("protocol.vocabulary").CONTEXT_DIGEST

    assert pinned in text_of("SPEC.md")


def test_codes_are_found_in_problems_and_in_tables_of_statuses() -> None:
    tree = ast.parse("A = Problem(status=404, code='gone', detail='x')\nREFUSAL_STATUSES: M = {'late': 403}")

    found = set(codes_in(tree))

    assert found == {"gone", "late"}


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        (["item", "list", "--json"], None),
        (["item", "list"], None),
        (["COMMAND", "--help"], None),
        (["item", "lend"], "lend"),
        (["item", "list", "--loud"], "--loud"),
    ],
)
def test_a_command_that_does_not_exist_is_found(words: list[str], unknown: str | None) -> None:
    item, app = typer.Typer(), typer.Typer()
    item.command("list")(_list)
    item.command("show")(_list)
    app.add_typer(item, name="item")

    found = unknown_in_command(words, app)

    assert found == unknown


def test_command_lines_are_read_from_blocks_and_spans() -> None:
    text = "`krets status` and `status`\n\n```sh\nkrets init \\\n    --dev  # note\nkrets serve &\necho krets\n```\n"

    found = list(commands_in(text, program="krets", document="X.md"))

    assert found == [["status"], ["init", "--dev"], ["serve"]]


def _list(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """A command for the test above."""


def _krets() -> typer.Typer:
    """The command line."""
    if not (REPOSITORY / "cli.py").exists():
        pytest.skip("cli.py is not there yet")
    app = importlib.import_module("cli").app
    assert isinstance(app, typer.Typer)
    return app
