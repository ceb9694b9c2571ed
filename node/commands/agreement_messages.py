"""The messages of an agreement in plain words."""

import json
from dataclasses import dataclass
from datetime import datetime

from node.domain.agreements import Agreement
from node.store.messages import StoredMessage

_WORDS = {
    "Request": "asks",
    "Accept": "says yes",
    "Reject": "says no",
    "Undo": "takes it back",
    "RecordEvent": "signs for",
}


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message of either side. `document` is the exact signed message."""

    iri: str
    digest: str
    by: str
    what: str
    outcome: str
    recorded_at: datetime
    document: object


def describe_message(message: StoredMessage, agreement: Agreement) -> ShownMessage:
    """Who said what, with the quantity where the message names one."""
    by = "we" if message.peer_id is None else agreement.peer_name
    document = json.loads(message.body)
    quantity = _find_quantity(document)
    what = _WORDS.get(message.type, message.type)
    return ShownMessage(
        iri=message.iri,
        digest=message.digest,
        by=by,
        what=what if quantity is None else f"{what}: {quantity}",
        outcome=message.outcome,
        recorded_at=message.recorded_at,
        document=document,
    )


def _find_quantity(document: object) -> str | None:
    """The number in the first quantity of the message. Our own stored bytes: their depth was bounded on arrival."""
    waiting = [document]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            number = value.get("hasNumericalValue")
            if isinstance(number, str):
                return number
            # The context has terms of these names, too, but no quantity.
            waiting.extend(part for key, part in value.items() if key != "@context")
        elif isinstance(value, list):
            waiting.extend(value)
    return None
