"""`krets handover`: both sides sign that the things changed hands."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.commands.options import HomeOption, JsonOption, RequestArgument, SomeQuantityOption, TextOption, WaitOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.store.messages import StoredMessage

SIGNATURE = "RecordEvent"
"""The type under which a signature of a handover is stored."""

app = typer.Typer(
    help="Handovers: both sides sign.\n\n\b\nExample:\n  krets handover give 2 --home asker",
    rich_markup_mode=None,
)

DisputeName = Literal["not-received", "wrong-quantity", "damaged", "wrong-thing", "other"]


@app.command()
def give(
    agreement: RequestArgument,
    quantity: SomeQuantityOption = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign that we handed over: all that is open, or a part. With --wait, until the receiver has answered.

    \b
    Example:
      krets handover give 2 --quantity 10 --home asker
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.hand_over import GiveHandover
    from node.operations.hand_over import give as give_handover
    from node.store import agreements, messages

    with opened_node(home) as node:
        command = GiveHandover(reference=agreement, quantity=quantity)
        given = write_and_wait(
            node,
            lambda connection: give_handover(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
            until=lambda connection, given: _is_answered(messages.list_thread(connection, given.request_iri)),
        )
        if wait > 0:
            given = node.read(lambda connection: agreements.load_agreement(connection, given.request_iri))
        print_agreement(node, given, key="agreement", as_json=as_json)


@app.command()
def receive(
    agreement: RequestArgument,
    quantity: SomeQuantityOption = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign that we received: what the giver says it gave, or the number we counted.

    \b
    Example:
      krets handover receive 5 --quantity 10 --home baerum
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.hand_over import ReceiveHandover
    from node.operations.hand_over import receive as receive_handover

    with opened_node(home) as node:
        command = ReceiveHandover(reference=agreement, quantity=quantity)
        received = write_and_wait(
            node,
            lambda connection: receive_handover(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_agreement(node, received, key="agreement", as_json=as_json)


@app.command()
def dispute(
    agreement: RequestArgument,
    code: Annotated[DisputeName | None, typer.Option("--code", help="What is wrong.", show_default=False)] = None,
    text: TextOption = None,
    taken_back: Annotated[
        bool, typer.Option("--withdraw", help="Take our newest dispute back.", show_default=False)
    ] = False,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the other side's newest handover or receipt is not as it says. Both then see it as disputed.

    It is settled when the receiver signs for what it has counted, or when whoever disputed takes it back.

    \b
    Example:
      krets handover dispute 5 --code damaged --text "Four have broken wheels." --home baerum
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.hand_over import DisputeHandover, WithdrawDispute, withdraw_dispute
    from node.operations.hand_over import dispute as dispute_handover
    from protocol.vocabulary import DisputeCode

    if taken_back and (code or text):
        raise typer.BadParameter("--withdraw takes no --code and no --text; leave them out")
    if code is None and not taken_back:
        raise typer.BadParameter(
            f"say what is wrong with --code ({', '.join(DisputeCode)}), or take your dispute back with --withdraw"
        )
    with opened_node(home) as node:
        if code is None:
            withdrawal = WithdrawDispute(reference=agreement)
            disputed = write_and_wait(
                node,
                lambda connection: withdraw_dispute(connection, withdrawal, author=node.author, now=node.clock()),
                seconds=wait,
            )
        else:
            command = DisputeHandover(reference=agreement, code=DisputeCode(code), text=text)
            disputed = write_and_wait(
                node,
                lambda connection: dispute_handover(connection, command, author=node.author, now=node.clock()),
                seconds=wait,
            )
        print_agreement(node, disputed, key="agreement", as_json=as_json)


def _is_answered(thread: "Sequence[StoredMessage]") -> bool:
    """Whether the peer has said anything since we signed, in a thread in the order in which this node has it.

    Anything: the receiver may count less than we do, or dispute it, and either is its answer.
    """
    ours = max(place for place, message in enumerate(thread) if message.peer_id is None and message.type == SIGNATURE)
    return any(message.peer_id is not None for message in thread[ours:])
