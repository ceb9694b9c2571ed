"""`krets agreement`: what was agreed, and every signed message it rests on."""

from typing import Annotated

import typer

from node.commands.options import LIST_LIMIT, HomeOption, JsonOption, LimitOption, RequestArgument

app = typer.Typer(
    help="Agreements: what both sides have signed.\n\n\b\nExample:\n  krets agreement show 2 --home asker",
    rich_markup_mode=None,
)


@app.command("list")
def list_all(
    everything: Annotated[bool, typer.Option("--all", help="Ended ones too.", show_default=False)] = False,
    limit: LimitOption = LIST_LIMIT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List agreements: what is held for whom, what is given, what is received; with --all the newest first.

    \b
    Example:
      krets agreement list --all --home asker
    """
    from node.commands.agreement_views import print_agreements
    from node.commands.opening import opened_node
    from node.store import agreements
    from protocol.agreements import Phase

    phases = {Phase.AGREED, Phase.PARTLY_GIVEN, Phase.GIVEN, Phase.DISPUTED}
    if everything:
        phases |= {Phase.COMPLETED, Phase.CANCELLED}
    wanted = agreements.AgreementFilter(phases=frozenset(phases))
    with opened_node(home) as node:
        found = node.read(
            lambda connection: agreements.list_agreements(connection, wanted, limit=limit + 1, newest_first=everything)
        )
        print_agreements(
            node, found, limit=limit, key="agreements", as_json=as_json,
            empty="No open agreements. Ended ones: krets agreement list --all.",
        )  # fmt: skip


@app.command()
def show(agreement: RequestArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one agreement with every message of both sides, in the order this node has them.

    \b
    Example:
      krets agreement show https://asker.example/agreements/x7Qk --home asker
    """
    from node.commands.agreement_messages import describe_thread, look_closely, reason_text
    from node.commands.agreement_views import agreement_fields
    from node.commands.opening import opened_node
    from node.commands.printing import moment_text, print_fields, print_json, print_line, print_table
    from node.commands.refusals import CommandRefusedError
    from node.store import agreements, messages

    with opened_node(home) as node:
        found = node.read(lambda connection: agreements.find_agreement(connection, agreement))
        if found is None:
            raise CommandRefusedError(
                "not-found", f"There is no agreement {agreement!r}; krets agreement list --all shows them."
            )
        thread = node.read(lambda connection: messages.list_thread(connection, found.request_iri))
        (known,) = look_closely(node, [found])
    shown = describe_thread(thread, found)
    if as_json:
        print_json(agreement=known.agreement, messages=shown)
        return
    print_fields(agreement_fields(known))
    print_line()
    print_table(
        ("when", "by", "message", "reason", "outcome", "digest@"),
        [(moment_text(message.recorded_at), message.by, message.what, reason_text(message.code, message.text),
          message.outcome, message.digest)
         for message in shown],
        empty="No messages.",
    )  # fmt: skip
