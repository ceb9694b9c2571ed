"""Words of people as a query, and an index that stays true."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.store.database import connect
from node.store.migrations import migrate
from node.store.search import WORDS_MAX, match_expression

ROW = (
    "INSERT INTO proposals (iri, publisher_iri, purpose, name, content, category_words, unit, quantity, tier, version,"
    " terms_version, digest, document, published_at)"
    " VALUES (?, 'x', 'offer', ?, ?, ?, 'one', 1, 'own', 1, 1, 'd', x'', '')"
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A migrated database."""
    opened = connect(tmp_path / "node.db")
    migrate(opened)
    yield opened
    opened.close()


def found(connection: sqlite3.Connection, words: str) -> int:
    """How many rows the words find."""
    expression = match_expression(words)
    row = connection.execute("SELECT count(*) FROM proposals_fts WHERE proposals_fts MATCH ?", (expression,)).fetchone()
    return int(row[0])


def test_words_are_prefixes_without_case_or_accents(connection: sqlite3.Connection) -> None:
    connection.execute(ROW, ("i:1", "Håndvask hvit", "", "sink"))

    assert [found(connection, words) for words in ("handv", "HVIT hånd", "sink", "bord")] == [1, 1, 1, 0]


def test_the_index_follows_changes_and_deletions(connection: sqlite3.Connection) -> None:
    connection.execute(ROW, ("i:1", "Pult", "", ""))
    connection.execute("UPDATE proposals SET name = 'Skap', promised = 0")
    after_change = (found(connection, "pult"), found(connection, "skap"))
    connection.execute("DELETE FROM proposals")

    assert after_change == (0, 1)
    assert found(connection, "skap") == 0
    connection.execute("INSERT INTO proposals_fts (proposals_fts) VALUES ('integrity-check')")


@given(text=st.text(max_size=200))
def test_nothing_a_person_types_is_syntax(text: str) -> None:
    expression = match_expression(text)

    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text)")
    if expression is not None:
        connection.execute("SELECT * FROM words WHERE words MATCH ?", (expression,)).fetchall()
    connection.close()


@pytest.mark.parametrize("text", ["", '"', "* - ( )", "…"])
def test_a_text_without_a_word_is_no_query(text: str) -> None:
    assert match_expression(text) is None


def test_words_beyond_the_limit_do_not_count() -> None:
    expression = match_expression(" ".join(f"w{number}" for number in range(WORDS_MAX + 5)))

    assert expression is not None
    assert expression.count("*") == WORDS_MAX
