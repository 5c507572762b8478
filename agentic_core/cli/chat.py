"""`agentic chat`: the chat models a skill may name, the tapes of what they were asked, and keys of their own."""

import typer

from agentic_core.cli.chat_cards import add_catalogue
from agentic_core.cli.chat_keys import add_keys
from agentic_core.cli.chat_tapes import add_tapes
from agentic_core.cli.services import Services

__all__ = ["build"]


def build(services: Services) -> typer.Typer:
    """Build the group."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True)

    @app.callback()
    def chat() -> None:
        """Look at chat models and at tapes of what they were asked, and limit what a deployment can spend."""

    add_catalogue(app, services)
    add_tapes(app, services)
    add_keys(app, services)
    return app
