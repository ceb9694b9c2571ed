"""`krets demo`: organisations on this machine exchange a thing before your eyes."""

from pathlib import Path
from typing import Annotated

import typer

from node.commands.demo_cast import NODES_MAX, NODES_MIN
from node.commands.options import JsonOption


def demo(
    nodes: Annotated[
        int, typer.Option("--nodes", metavar="N", min=NODES_MIN, max=NODES_MAX, help="How many; 15 are the founders.")
    ] = 4,
    once: Annotated[
        bool, typer.Option("--once", help="Stop when the story has been told.", show_default=False)
    ] = False,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            metavar="DIR",
            file_okay=False,
            help="Put the nodes' folders here; else in a new temporary folder.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start some organisations' nodes on this machine and let them exchange a thing before your eyes.

    Each node is a process with a database and keys of its own. Everything happens through the krets command and HTTP,
    and every step is read back from both sides. The nodes then keep running until Ctrl-C; their folders stay.

    \b
    Example:
      krets demo --nodes 4 --once --home demo
    """
    from node.commands.demo_run import run_demo

    run_demo(count=nodes, once=once, folder=home, as_json=as_json)
