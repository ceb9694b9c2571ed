"""Full text over the catalogue: the index, its triggers and how people's words become a query.

Everything particular to FTS5 stands here. The index has external content: it keeps no copy of the text, and the
triggers below keep it true. The update trigger names its columns, so that a change of availability, which is the
most frequent write, does not touch the index.
"""

import re

SEARCH_SCHEMA = (
    """CREATE VIRTUAL TABLE proposals_fts USING fts5 (
        name, content, category_words, content='proposals', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2'
    )""",
    """CREATE TRIGGER proposals_fts_insert AFTER INSERT ON proposals BEGIN
        INSERT INTO proposals_fts (rowid, name, content, category_words)
        VALUES (new.id, new.name, new.content, new.category_words);
    END""",
    """CREATE TRIGGER proposals_fts_delete AFTER DELETE ON proposals BEGIN
        INSERT INTO proposals_fts (proposals_fts, rowid, name, content, category_words)
        VALUES ('delete', old.id, old.name, old.content, old.category_words);
    END""",
    """CREATE TRIGGER proposals_fts_update AFTER UPDATE OF name, content, category_words ON proposals BEGIN
        INSERT INTO proposals_fts (proposals_fts, rowid, name, content, category_words)
        VALUES ('delete', old.id, old.name, old.content, old.category_words);
        INSERT INTO proposals_fts (rowid, name, content, category_words)
        VALUES (new.id, new.name, new.content, new.category_words);
    END""",
)

WORDS_MAX = 12
"""Words of a search that count. More narrow nothing further and cost index look-ups."""

_WORD = re.compile(r"\w+")


def match_expression(text: str) -> str | None:
    """The FTS5 query that finds every word as a prefix, or None if the text has no word in it.

    Each word is quoted, so nothing a person types is syntax.
    """
    words = _WORD.findall(text)[:WORDS_MAX]
    return " ".join(f'"{word}"*' for word in words) or None


def stands_inside(text: str, haystack: str) -> bool:
    """Whether every word of the text stands somewhere in the haystack, inside words too, whatever the case."""
    folded = haystack.casefold()
    return all(word.casefold() in folded for word in _WORD.findall(text)[:WORDS_MAX])
