"""`krets handover`: both sides sign that the things changed hands."""

from typing import Annotated, Literal

import typer

from node.commands.options import HomeOption, JsonOption, RequestArgument, SomeQuantityOption, TextOption, WaitOption

app = typer.Typer(help="Handovers: both sides sign.", rich_markup_mode=None)

DisputeName = Literal["not-received", "wrong-quantity", "damaged", "wrong-thing", "other"]


@app.command()
def give(
    agreement: RequestArgument,
    quantity: SomeQuantityOption = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign that we handed over: all that is open, or a part. With --wait, until the receiver has signed too.

    \b
    Example:
      krets handover give 2 --quantity 10 --home asker
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import wait_for
    from node.operations.hand_over import GiveHandover
    from node.operations.hand_over import give as give_handover
    from node.store import agreements
    from protocol.agreements import Phase

    with opened_node(home) as node:
        command = GiveHandover(reference=agreement, quantity=quantity)
        given = node.write(lambda connection: give_handover(connection, command, author=node.author, now=node.clock()))
        if wait > 0:
            answered = wait_for(
                node,
                lambda connection: (
                    latest
                    if (latest := agreements.load_agreement(connection, given.request_iri)).received >= given.given
                    or latest.phase is Phase.DISPUTED
                    else None
                ),
                seconds=wait,
            )
            given = answered or given
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
    from node.commands.outgoing import wait_until_sent
    from node.operations.hand_over import ReceiveHandover
    from node.operations.hand_over import receive as receive_handover

    with opened_node(home) as node:
        command = ReceiveHandover(reference=agreement, quantity=quantity)
        received = node.write(
            lambda connection: receive_handover(connection, command, author=node.author, now=node.clock())
        )
        wait_until_sent(node, seconds=wait)
        print_agreement(node, received, key="agreement", as_json=as_json)


@app.command()
def dispute(
    agreement: RequestArgument,
    code: Annotated[DisputeName, typer.Option("--code", help="What is wrong.")],
    text: TextOption = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the other side's newest handover or receipt is not as it says. Both then see it as disputed.

    \b
    Example:
      krets handover dispute 5 --code damaged --text "Four have broken wheels." --home baerum
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import wait_until_sent
    from node.operations.hand_over import DisputeHandover
    from node.operations.hand_over import dispute as dispute_handover
    from protocol.vocabulary import DisputeCode

    with opened_node(home) as node:
        command = DisputeHandover(reference=agreement, code=DisputeCode(code), text=text)
        disputed = node.write(
            lambda connection: dispute_handover(connection, command, author=node.author, now=node.clock())
        )
        wait_until_sent(node, seconds=wait)
        print_agreement(node, disputed, key="agreement", as_json=as_json)
