"""Which venue a command talks to, as options of the command line."""

from typing import Annotated

import typer

from agentic_hl.cli.place import NetworkChoice

__all__ = ["NetworkOption", "UrlOption"]

NetworkOption = Annotated[NetworkChoice, typer.Option("--network", help="Which of the venue's networks.")]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Another venue, such as http://localhost:3001, in place of a network."),
]
