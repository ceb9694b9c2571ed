"""`krets serve`: the running node."""

from typing import Annotated

import typer

from node.commands.options import HomeOption, JsonOption


def parse_listen_option(text: str) -> str:
    """The text, if it is HOST:PORT. Raises BadParameter."""
    from node.settings import parse_listen

    try:
        parse_listen(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}") from error
    return text


def serve(
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            parser=parse_listen_option,
            help="Listen here; else as krets.toml says.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the node until Ctrl-C or TERM. Other commands may be used beside it.

    \b
    Example:
      krets serve --listen 127.0.0.1:8201 --home asker
    """
    import asyncio

    from node.app import ServeRefused
    from node.app import serve as serve_node
    from node.commands.opening import find_settings, refused_plainly
    from node.commands.refusals import CommandRefusedError

    settings = find_settings(home)
    with refused_plainly():
        try:
            asyncio.run(serve_node(settings, listen))
        except ServeRefused as error:
            raise CommandRefusedError("serve", error.safe_text) from error
    if as_json:
        from node.commands.printing import print_json

        print_json(served=settings.origin, home=settings.home.resolve())
