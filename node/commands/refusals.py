"""The exception with which a command says no before any operation has been asked."""

from typing import Any

EXIT_USAGE = 2
"""The exit code of a command that was called in a wrong way."""


class CommandRefusedError(Exception):
    """A no with a stable code for programs and one line for people. `parts` stand beside `error` in the JSON."""

    def __init__(self, code: str, safe_text: str, *, exit_code: int = 1, **parts: Any) -> None:
        super().__init__(f"{code}: {safe_text}")
        self.code = code
        self.safe_text = safe_text
        self.exit_code = exit_code
        self.parts = parts
