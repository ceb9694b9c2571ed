"""`krets serve`: the running node."""

from typing import Annotated

import typer

from node.commands.options import HomeOption


def serve(
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="HOST:PORT", help="Listen here; else as krets.toml says.", show_default=False),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Run the node until Ctrl-C or TERM. Other commands may be used beside it.

    \b
    Example:
      krets serve --listen 127.0.0.1:8201 --home asker
    """
    import asyncio

    from node.commands.opening import find_settings

    settings = find_settings(home)
    raise NotImplementedError(settings, listen, asyncio)
