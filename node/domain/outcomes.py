"""What a decision may answer when it says no.

Refused          a value: a `decide_*` function returns it
RefusedError     the same, raised by an operation so that its transaction is undone
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """A no with a stable code for machines and a sentence for people that says what to do."""

    code: str
    safe_text: str


class RefusedError(Exception):
    """Carries a `Refused` out of an operation; the writer undoes the operation's savepoint."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"{refused.code}: {refused.safe_text}")
        self.refused = refused


def refuse(code: str, safe_text: str) -> RefusedError:
    """The exception to raise for a refusal with this code and this sentence."""
    return RefusedError(Refused(code=code, safe_text=safe_text))
