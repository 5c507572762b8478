"""`agentic runner`, at the venue that the environment names."""

import typer

from agentic_core.cli import runner
from agentic_core.cli.logs import complainer
from agentic_core.cli.services import Services
from agentic_hl.cli.venue_doors import hyperliquid_doors

__all__ = ["build"]


def build(services: Services) -> typer.Typer:
    """Build the command."""
    return runner.build(services, hyperliquid_doors(services, complainer()))
