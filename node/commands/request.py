"""`krets request`: asking for something, and answering those who ask."""

from typing import Annotated, Literal

import typer

from node.commands.options import (
    LIST_LIMIT,
    HomeOption,
    JsonOption,
    LimitOption,
    QuantityOption,
    RequestArgument,
    TextOption,
    WaitOption,
)

app = typer.Typer(
    help="Requests: asking, and answering.\n\n\b\nExample:\n  krets request make 12 --quantity 6 --home baerum",
    rich_markup_mode=None,
)

RefusalName = Literal["unavailable", "changed", "policy", "closed", "not-wanted", "invalid", "other"]
CancelName = Literal["no-longer-needed", "no-longer-available", "changed", "other"]
CounterfactualName = Literal["buy-new", "buy-used", "borrow", "do-without", "not-said"]


@app.command()
def make(
    proposal: Annotated[
        str, typer.Argument(metavar="IRI", help="The offer's or need's address, or its number in the catalogue.")
    ],
    quantity: QuantityOption,
    item: Annotated[
        str | None,
        typer.Option("--item", metavar="ITEM", help="To fill a need: the item you give.", show_default=False),
    ] = None,
    otherwise: Annotated[
        CounterfactualName, typer.Option("--otherwise", help="What you would have done without it.")
    ] = "not-said",
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask for (part of) an offer, or propose to fill a need with an item of yours.

    With --wait the exit code tells the answer: 0 yes or not yet answered, 1 no, with the reason.

    \b
    Example:
      krets request make https://asker.example/proposals/x7Qk --quantity 12 --wait 30 --home baerum
    """
    from datetime import timedelta

    from node.commands.agreement_views import print_agreement, refuse_if_peer_refused
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.commands.printing import print_note
    from node.operations.make_request import MakeRequest, make_request
    from node.store import agreements
    from protocol.agreements import Phase
    from protocol.vocabulary import Counterfactual

    with opened_node(home) as node:
        command = MakeRequest(
            reference=proposal,
            quantity=quantity,
            item_ref=item,
            counterfactual=Counterfactual(otherwise),
        )
        now = node.clock()
        expires_at = now + timedelta(days=node.settings.request_days)
        agreement = write_and_wait(
            node,
            lambda connection: make_request(connection, command, author=node.author, expires_at=expires_at, now=now),
            seconds=wait,
            until=lambda connection, made: (
                agreements.load_agreement(connection, made.request_iri).phase is not Phase.REQUESTED
            ),
        )
        if wait > 0:
            agreement = node.read(lambda connection: agreements.load_agreement(connection, agreement.request_iri))
            refuse_if_peer_refused(node, agreement)
        print_agreement(node, agreement, key="request", as_json=as_json)
        if wait > 0 and agreement.phase is Phase.REQUESTED:
            print_note(f"No answer within {wait:g} seconds. krets request list shows it when it comes.")


@app.command("list")
def list_all(
    everything: Annotated[bool, typer.Option("--all", help="Answered ones too.", show_default=False)] = False,
    limit: LimitOption = LIST_LIMIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List requests that wait for an answer, theirs and ours; who asked first stands first, with --all the newest.

    \b
    Example:
      krets request list --all --home asker
    """
    from node.commands.agreement_views import print_agreements
    from node.commands.opening import opened_node
    from node.store import agreements
    from protocol.agreements import Phase

    wanted = agreements.AgreementFilter(phases=None if everything else frozenset({Phase.REQUESTED}))
    with opened_node(home) as node:
        found = node.read(
            lambda connection: agreements.list_agreements(connection, wanted, limit=limit + 1, newest_first=everything)
        )
        print_agreements(
            node, found, limit=limit, key="requests", as_json=as_json,
            empty="No requests wait. Answered ones: krets request list --all.",
        )  # fmt: skip


@app.command()
def accept(
    request: RequestArgument, wait: WaitOption = 0, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Say yes. The things are held for the asker, and whoever now comes too late is told at once.

    \b
    Example:
      krets request accept 2 --home asker
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.decide_request import AcceptRequest, accept_request

    with opened_node(home) as node:
        command = AcceptRequest(reference=request)
        agreement = write_and_wait(
            node,
            lambda connection: accept_request(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_agreement(node, agreement, key="request", as_json=as_json)


@app.command()
def reject(
    request: RequestArgument,
    code: Annotated[RefusalName, typer.Option("--code", help="Why.")],
    text: TextOption = None,
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say no, with a reason.

    \b
    Example:
      krets request reject 2 --code policy --text "We lend these out only in summer." --home asker
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.decide_request import RejectRequest, reject_request
    from protocol.vocabulary import RefusalCode

    with opened_node(home) as node:
        command = RejectRequest(reference=request, code=RefusalCode(code), text=text)
        agreement = write_and_wait(
            node,
            lambda connection: reject_request(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_agreement(node, agreement, key="request", as_json=as_json)


@app.command()
def withdraw(
    request: RequestArgument,
    code: Annotated[CancelName, typer.Option("--code", help="Why.")] = "no-longer-needed",
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take our request back, or cancel what is not yet given of the agreement it led to.

    \b
    Example:
      krets request withdraw 5 --code no-longer-needed --home baerum
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.end_request import WithdrawRequest, withdraw_request
    from protocol.vocabulary import CancelCode

    with opened_node(home) as node:
        command = WithdrawRequest(reference=request, code=CancelCode(code))
        agreement = write_and_wait(
            node,
            lambda connection: withdraw_request(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_agreement(node, agreement, key="request", as_json=as_json)


@app.command()
def revoke(
    request: RequestArgument,
    code: Annotated[CancelName, typer.Option("--code", help="Why.")] = "no-longer-available",
    wait: WaitOption = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take our yes back: cancels what is not yet given. What was given stays given.

    \b
    Example:
      krets request revoke 2 --code no-longer-available --home asker
    """
    from node.commands.agreement_views import print_agreement
    from node.commands.opening import opened_node
    from node.commands.outgoing import write_and_wait
    from node.operations.end_request import RevokeRequest, revoke_request
    from protocol.vocabulary import CancelCode

    with opened_node(home) as node:
        command = RevokeRequest(reference=request, code=CancelCode(code))
        agreement = write_and_wait(
            node,
            lambda connection: revoke_request(connection, command, author=node.author, now=node.clock()),
            seconds=wait,
        )
        print_agreement(node, agreement, key="request", as_json=as_json)
