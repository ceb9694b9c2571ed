"""No tracked file tells of one machine, of a registry, of how work is organised, or of unfinished business."""

import pytest

from tests.architecture.source_tree import told
from tests.architecture.text_rules import TEXT_BYTES_MAX, find_marks, readable_files, tracked_files


def test_no_tracked_file_carries_a_mark() -> None:
    found = [finding for path, text in readable_files() for finding in find_marks(path, text)]

    assert not found, told(found)


def test_no_tracked_file_is_too_large_to_be_read_for_marks() -> None:
    large = [file.name for file in tracked_files() if file.stat().st_size > TEXT_BYTES_MAX]

    assert not large


@pytest.mark.parametrize(
    "text",
    [
        "see /ro" + "ot/krets",
        "cd /ho" + "me/kari/krets",
        "open('/wo" + "rk/main/cli.py')",
        "C:\\Us" + "ers\\kari",
        "--index-" + "url https" + "://packages.example/simple",
        "https" + "://files.python" + "hosted.org/x.whl",
        "requests @ file:" + "///opt/x.whl",
        "closes iss" + "ue #12",
        "Co-Authored-" + "By: somebody",
        "# TO" + "DO: later",
        "# FIX" + "ME",
    ],
)
def test_a_mark_is_found(text: str) -> None:
    found = find_marks("notes.md", text)

    assert len(found) == 1, told(found)


@pytest.mark.parametrize(
    "text",
    [
        "/var/lib/krets/krets.db",
        "/opt/krets/bin/krets serve",
        "https://asker.example/workshop/root",
        "an issue with two sides",
        "--no-emit-index-url",
        "todo lists are for people",
    ],
)
def test_an_innocent_text_is_let_through(text: str) -> None:
    found = find_marks("notes.md", text)

    assert not found, told(found)
