"""The means to weaken a node: what may be put in the place of its functions and constants, in its own process.

There is no switch in the product: its code is changed from outside. What is weakened stands in `weak_requests.py`,
`weak_messages.py` and `weak_senders.py`, what follows from it in `mutations.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from node.domain.outcomes import RefusedError
from node.federation.problems import ProblemError
from protocol.errors import ProtocolError
from protocol.keys import PublicTransportKey
from tests.network import outsider

Change = Callable[[Any], Any]
"""From the original function or constant of the product to what stands there instead."""

NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class Facts:
    """What a weakened node is told of the stage: texts only, so that they can be passed to its process."""

    origin: str
    friend_iri: str

    @property
    def friend_key_iri(self) -> str:
        """The friend's transport key."""
        return f"{self.friend_iri}#ed-http"


Weakening = Callable[[Facts], None]
"""Switches off one check of the process it is called in."""


def swap(owner: object, name: str, change: Change) -> None:
    """Put what `change` makes of an attribute of the product in its place. AttributeError where there is none."""
    setattr(owner, name, change(getattr(owner, name)))


def always(value: object) -> Change:
    """A function that returns this whatever it is given."""
    return lambda original: lambda *arguments, **named: value


def becomes(value: object) -> Change:
    """Another constant."""
    return lambda original: value


def forgiving(code: str, otherwise: Callable[..., Any]) -> Change:
    """The original, but where it refuses with this code, `otherwise(original, ...)` decides.

    If that refuses too, the first refusal stands.
    """

    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        def decide(*arguments: Any, **named: Any) -> Any:
            try:
                return original(*arguments, **named)
            except (ProtocolError, ProblemError, RefusedError) as error:
                if _code_of(error) != code:
                    raise
                try:
                    return otherwise(original, *arguments, **named)
                except ProtocolError:
                    raise error from None

        return decide

    return change


def _code_of(error: ProtocolError | ProblemError | RefusedError) -> str:
    match error:
        case ProtocolError():
            return error.code
        case ProblemError():
            return error.problem.code
        case RefusedError():
            return error.refused.code


def set_constant(owner: object, name: str, value: object) -> Weakening:
    """Another value for one limit."""
    return lambda _facts: swap(owner, name, becomes(value))


def transport_key(words: str, *, key_id: str, owner_iri: str) -> PublicTransportKey:
    """The public half of the outsiders' key of these words, as the product has it."""
    public = outsider.key_of(words).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return PublicTransportKey.from_pem(pem, key_id=key_id, owner_iri=owner_iri)
