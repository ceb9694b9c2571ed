"""Reads the project's Markdown: fenced blocks, code spans, links and tables, with their lines. No rules here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

_FENCE = re.compile(r"^(?P<indent> *)```(?P<tag>[^`\n]*)$")
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its document, the line of its first fence, the words after the fence, its text."""

    document: str
    line: int
    tags: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list[str]:
    """Every Markdown file of the project, from the repository's root."""
    places = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "deploy").rglob("*.md")]
    return sorted(place.relative_to(REPOSITORY).as_posix() for place in places)


def text_of(document: str) -> str:
    """The text of a document; empty if it is not there."""
    place = REPOSITORY / document
    return place.read_text(encoding="utf-8") if place.exists() else ""


def blocks_in(text: str, *, document: str) -> list[Block]:
    """The fenced blocks of a text. Raises ValueError if the last one does not end."""
    blocks: list[Block] = []
    inside: list[str] | None = None
    opened, tags = 0, ()
    for number, line in enumerate(text.splitlines(), start=1):
        fence = _FENCE.match(line)
        if inside is None and fence:
            inside, opened, tags = [], number, tuple(fence["tag"].split())
        elif inside is not None and fence and not fence["tag"]:
            blocks.append(Block(document=document, line=opened, tags=tags, text="\n".join(inside)))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        raise ValueError(f"{document}:{opened}: the block does not end")
    return blocks


def spans_in(text: str) -> Iterator[str]:
    """The code spans outside fenced blocks."""
    prose, fenced = [], False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            prose.append(line)
    yield from (found[1] for found in _SPAN.finditer("\n".join(prose)))


def links_in(text: str) -> Iterator[str]:
    """The targets of links, without those that lead to other sites."""
    for found in _LINK.finditer(text):
        if not re.match(r"[a-z]+:", found["target"]):
            yield found["target"]


def rows_in(text: str) -> Iterator[tuple[str, ...]]:
    """The cells of every table row, without the lines under the headings."""
    for line in text.splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            yield tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
