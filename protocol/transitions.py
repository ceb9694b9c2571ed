"""The table of the exchange: which step is legal for whom, in which phase of an agreement.

Here: the words and the table that SPEC.md, the state function and the tests share. Not here: how a phase is found
and what a step must say besides (`protocol.agreements`). A step is judged in the phase that its **sender had seen**,
so both parties judge alike whatever arrived first.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Phase(StrEnum):
    """Where an agreement stands.

    `given`: everything is handed over, not all of it receipted. `cancelled`: ended before anything was given.
    `completed`: nothing is promised any more, something was given, and all of that is receipted. `disputed`: a
    handover or receipt is contested, or one party decided one thing in two ways; people have to look.
    """

    REQUESTED = "requested"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    AGREED = "agreed"
    PARTLY_GIVEN = "partly-given"
    GIVEN = "given"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"


class Step(StrEnum):
    """What a message does to an agreement; the request that opens it is no step but the start."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    CHANGE = "change"
    ACCEPT_CHANGE = "accept-change"
    DECLINE_CHANGE = "decline-change"
    WITHDRAW_CHANGE = "withdraw-change"
    HANDOVER = "handover"
    RECEIPT = "receipt"
    CLOSE = "close"
    DISPUTE_HANDOVER = "dispute-handover"
    DISPUTE_RECEIPT = "dispute-receipt"
    WITHDRAW_DISPUTE = "withdraw-dispute"


class Role(StrEnum):
    """Who may take a step. `author` sent the change or dispute in question, `counterparty` is the other of the two."""

    PROPOSER = "proposer"
    RESPONDENT = "respondent"
    GIVER = "giver"
    RECEIVER = "receiver"
    EITHER = "either"
    AUTHOR = "author"
    COUNTERPARTY = "counterparty"


_BEFORE_THE_ANSWER = {
    Step.ACCEPT: Role.PROPOSER,
    Step.DECLINE: Role.PROPOSER,
    Step.WITHDRAW: Role.RESPONDENT,
}
_ENDING = {
    Step.WITHDRAW: Role.RESPONDENT,
    Step.REVOKE: Role.PROPOSER,
}
_ANSWERING_A_CHANGE = {
    Step.ACCEPT_CHANGE: Role.COUNTERPARTY,
    Step.DECLINE_CHANGE: Role.COUNTERPARTY,
    Step.WITHDRAW_CHANGE: Role.AUTHOR,
}
_GIVING = {
    Step.CHANGE: Role.EITHER,
    Step.HANDOVER: Role.GIVER,
    Step.CLOSE: Role.RECEIVER,
}
_RECEIVING = {
    Step.RECEIPT: Role.RECEIVER,
    Step.DISPUTE_HANDOVER: Role.RECEIVER,
    Step.DISPUTE_RECEIPT: Role.GIVER,
}
_SETTLING = {Step.WITHDRAW_DISPUTE: Role.AUTHOR}

# Phase -> step -> who may take it. A step that is not in its phase's row is illegal for everybody.
TRANSITIONS: Mapping[Phase, Mapping[Step, Role]] = MappingProxyType(
    {
        Phase.REQUESTED: MappingProxyType(_BEFORE_THE_ANSWER),
        Phase.REJECTED: MappingProxyType({}),
        Phase.WITHDRAWN: MappingProxyType({}),
        Phase.AGREED: MappingProxyType(_ENDING | _ANSWERING_A_CHANGE | _GIVING),
        Phase.PARTLY_GIVEN: MappingProxyType(_ENDING | _ANSWERING_A_CHANGE | _GIVING | _RECEIVING),
        Phase.GIVEN: MappingProxyType(_ANSWERING_A_CHANGE | _RECEIVING),
        Phase.COMPLETED: MappingProxyType({Step.DISPUTE_RECEIPT: Role.GIVER}),
        Phase.CANCELLED: MappingProxyType({}),
        Phase.DISPUTED: MappingProxyType(_ENDING | _ANSWERING_A_CHANGE | _GIVING | _RECEIVING | _SETTLING),
    }
)
