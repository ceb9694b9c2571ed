"""How requests and agreements are shown: plain words for where they stand and what happens next."""

from typing import TYPE_CHECKING, assert_never

from node.commands.outgoing import find_outgoing, print_outgoing
from node.commands.printing import day_text, last_day_text, print_fields, print_if_more, print_json, print_table
from node.commands.refusals import CommandRefusedError
from protocol.agreements import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.commands.agreement_messages import KnownAgreement
    from node.domain.agreements import Agreement
    from node.opening import Node


def state_text(known: "KnownAgreement") -> str:
    """Where it stands, in words, with what happens next and by whom."""
    agreement = known.agreement
    peer = agreement.peer_name
    left = agreement.quantity - agreement.given
    match agreement.phase:
        case Phase.REQUESTED if agreement.we_propose:
            return f"waits for your answer until {last_day_text(agreement.expires_at) or 'you decide'}"
        case Phase.REQUESTED:
            return f"waits for {peer}'s answer until {last_day_text(agreement.expires_at) or 'they decide'}"
        case Phase.REJECTED:
            return f"refused: {refusal_text(agreement)}"
        case Phase.WITHDRAWN:
            return _because(f"taken back by {peer if agreement.we_propose else 'you'}", agreement)
        case Phase.AGREED if agreement.we_give:
            return f"agreed; hand over {left} to {peer}"
        case Phase.AGREED:
            return f"agreed; {peer} holds {left} for you"
        case Phase.PARTLY_GIVEN:
            received = "" if known.handed == agreement.given else f", {agreement.received} received"
            return f"{known.handed} given{received}, {left} still to come"
        case Phase.GIVEN:
            return "all given; the receiver has not signed for all of it"
        case Phase.COMPLETED:
            return _completed_text(known)
        case Phase.CANCELLED:
            return _because("cancelled", agreement)
        case Phase.DISPUTED:
            return f"{_because('disputed', agreement)}; settle it together"
        case _ as unreachable:
            assert_never(unreachable)


def _completed_text(known: "KnownAgreement") -> str:
    """Who has signed for how much. Both counts stand where they differ: somebody has to look for the rest."""
    agreement, handed = known.agreement, known.handed
    received = agreement.received
    if handed == received:
        text = "completed; both have signed"
    elif handed == 0:
        text = "completed; only the receiver has signed"
    else:
        apart = abs(handed - received)
        rest = f"{apart} {'is' if apart == 1 else 'are'} missing" if handed > received else f"{apart} more than given"
        text = f"completed; {handed} given, {received} received: {rest}"
    if agreement.given < agreement.quantity:
        text += _because("; the rest is cancelled", agreement)
    return text


def _because(words: str, agreement: "Agreement") -> str:
    """The words, with the reason where there is one."""
    reason = agreement.refusal_text or agreement.refusal_code
    return words if reason is None else f"{words}: {reason.rstrip('.')}"


def refusal_text(agreement: "Agreement") -> str:
    """Why the answer was no, and what could still be had."""
    parts = [agreement.refusal_text or agreement.refusal_code or "no reason given"]
    if agreement.still_available:
        parts.append(f"{agreement.still_available} could still be had")
    return "; ".join(part.rstrip(".") for part in parts)


def role_text(agreement: "Agreement") -> str:
    """Who gives to whom."""
    return f"we give to {agreement.peer_name}" if agreement.we_give else f"{agreement.peer_name} gives to us"


def print_agreements(
    node: "Node", agreements: "Sequence[Agreement]", *, limit: int, key: str, empty: str, as_json: bool
) -> None:
    """A list of at most `limit` requests or agreements; of one more it is said that there are more."""
    from node.commands.agreement_messages import look_closely

    known = look_closely(node, agreements[:limit])
    if as_json:
        print_json(**{key: [one.agreement for one in known], "more": len(agreements) > limit})
        return
    print_table(
        ("number#", "what", "how many#", "given#", "received#", "who", "state", "since"),
        [
            (one.agreement.id, one.agreement.proposal_name, one.agreement.quantity, one.handed,
             one.agreement.received, role_text(one.agreement), state_text(one), day_text(one.agreement.created_at))
            for one in known
        ],
        empty=empty,
    )  # fmt: skip
    print_if_more(len(agreements), limit=limit)


def print_agreement(node: "Node", agreement: "Agreement", *, key: str, as_json: bool) -> None:
    """One request or agreement after a change, and what is on its way because of it."""
    from node.commands.agreement_messages import look_closely

    outgoing = find_outgoing(node)
    (known,) = look_closely(node, [agreement])
    if as_json:
        print_json(**{key: known.agreement, "outgoing": outgoing})
        return
    print_fields(agreement_fields(known))
    print_outgoing(outgoing)


def agreement_fields(known: "KnownAgreement") -> tuple[tuple[str, object], ...]:
    """Names and values for people."""
    from node.commands.agreement_messages import reason_text

    agreement = known.agreement
    return (
        ("Number", agreement.id),
        ("What", agreement.proposal_name),
        ("How many", agreement.quantity),
        ("Who", role_text(agreement)),
        ("State", state_text(known)),
        ("Reason", reason_text(agreement.refusal_code, agreement.refusal_text)),
        ("Given", known.handed),
        ("Received", agreement.received),
        ("Still held", agreement.held),
        ("Item", agreement.item_id),
        ("Request", agreement.request_iri),
        ("Agreement", agreement.agreement_iri),
    )


def refuse_if_peer_refused(node: "Node", agreement: "Agreement") -> None:
    """Raise CommandRefusedError with the peer's reason if its answer was no."""
    if agreement.phase is Phase.REJECTED and not agreement.we_propose:
        raise CommandRefusedError(
            agreement.refusal_code or "other",
            f"{agreement.peer_name} says no: {refusal_text(agreement)}.",
            request=agreement,
            outgoing=find_outgoing(node),
        )
