"""What no tracked file may contain: marks of one machine, addresses of registries, unfinished business.

The patterns are put together from pieces so that this file does not find itself.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import REPOSITORY, Finding

MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:root|home/\w|work|tmp/wd|Users/\w|mnt/\w)[\w/.-]*|[A-Z]:\\\\?Users")
REGISTRIES = re.compile(
    "|".join(
        (
            r"\bpypi" + r"\.org",
            r"python" + r"hosted\.org",
            r"registry\." + r"npmjs",
            r"--(?:extra-)?index-" + r"url\s+\S*:",
            r"--find-" + r"links",
            r"file:" + r"///\S*\.(?:whl|gz|zip)\b",
        )
    ),
    re.IGNORECASE,
)
WAYS_OF_WORKING = re.compile(
    "|".join(
        (
            r"\bclau" + r"de\b",
            r"\banthro" + r"pic\b",
            r"\bchat" + r"gpt\b",
            r"\bcopi" + r"lot\b",
            r"\blanguage " + r"model\b",
            r"\bsub-?" + r"agents?\b",
            r"co-authored-" + r"by",
            r"\bissue\s+#?\d",
            r"\b(?:brief|contract)\." + r"md\b",
            r"\bas (?:an? )?(?:ai|assistant)\b",
            r"\bsprint \d",
        )
    ),
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK|W" + r"IP)\b")

RULES = {
    "a path of one machine": MACHINE_PATHS,
    "the address of a registry": REGISTRIES,
    "how work is organised": WAYS_OF_WORKING,
    "unfinished business": UNFINISHED,
}

BINARY = frozenset({".png", ".jpg", ".ico", ".woff2", ".xlsx", ".gz"})
TEXT_BYTES_MAX = 4_000_000
"""Bytes of a text file that is read for marks; the longest, a lock, has about 0.2 MB."""


def tracked_files() -> list[Path]:
    """What the repository keeps, or would keep with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        timeout=30,
    )
    names = [name for name in listed.stdout.decode("utf-8").split("\0") if name]
    return [REPOSITORY / name for name in names if (REPOSITORY / name).is_file()]


def readable_files() -> Iterator[tuple[str, str]]:
    """Path and text of every tracked text file."""
    for file in tracked_files():
        if file.suffix not in BINARY and file.stat().st_size <= TEXT_BYTES_MAX:
            content = file.read_bytes()
            if b"\0" not in content:
                yield file.relative_to(REPOSITORY).as_posix(), content.decode("utf-8", errors="replace")


def find_marks(path: str, text: str) -> list[Finding]:
    """Every mark in a text, with its line and its name."""
    found = []
    for name, pattern in RULES.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Finding(path, line, f"{name}: {match.group()}"))
    return found
