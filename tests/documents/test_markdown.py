"""The reader of our documents reads what is there."""

import pytest

from tests.documents.markdown import blocks_in, links_in, rows_in, spans_in

TEXT = """# Title

Run `make demo` and see [the other](OTHER.md#part) or [the net](https://example.org).

```json activity
{"a": "`b`"}
```

| a | b |
|---|---|
| 1 | 2 |
"""


def test_blocks_carry_their_tags_line_and_text() -> None:
    (block,) = blocks_in(TEXT, document="X.md")

    assert (block.line, block.tags, block.text) == (5, ("json", "activity"), '{"a": "`b`"}')


def test_spans_links_and_rows_are_found() -> None:
    assert list(spans_in(TEXT)) == ["make demo"]
    assert list(links_in(TEXT)) == ["OTHER.md#part"]
    assert list(rows_in(TEXT)) == [("a", "b"), ("1", "2")]


def test_a_block_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match=r"X\.md:1: the block does not end"):
        blocks_in("```json\n{}", document="X.md")
