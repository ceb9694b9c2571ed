"""The `krets` command: assembles the commands of `node.commands` and nothing else."""

from typing import Annotated

import typer

from node.commands import (
    agreement,
    catalogue,
    demo,
    handover,
    init,
    item,
    need,
    offer,
    peer,
    request,
    serve,
    status,
    version,
)
from node.commands.command_line import KretsGroup, KretsTyper

app = KretsTyper(
    cls=KretsGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"max_content_width": 110},
)


@app.callback(invoke_without_command=True)
def krets(
    context: typer.Context,
    show_version: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--version", help="Print the version and exit.", show_default=False)
    ] = False,
    as_json: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--json", help="With --version: print one JSON document.", show_default=False)
    ] = False,
) -> None:
    """A node of a federated reuse exchange: offer, need, ask, agree, hand over.

    Every command takes --home DIR (or KRETS_HOME) and --json, and has an example: krets COMMAND --help.

    \b
    Example:
      krets demo
    """
    if show_version:
        version.print_version(as_json=as_json)
        raise typer.Exit
    if as_json:
        raise typer.BadParameter("--json stands after a command, for example krets status --json")
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(init.init)
app.command()(serve.serve)
app.command()(status.status)
for noun, commands in (
    ("peer", peer.app),
    ("item", item.app),
    ("offer", offer.app),
    ("need", need.app),
    ("catalogue", catalogue.app),
    ("request", request.app),
    ("handover", handover.app),
    ("agreement", agreement.app),
):
    app.add_typer(commands, name=noun)
app.command()(demo.demo)

if __name__ == "__main__":
    app()
