"""`agentic hl`, with the folder of CSV files that its recorder writes to."""

import typer

from agentic_core.backtest.candle_folder import CandleFolder
from agentic_core.cli.services import Services
from agentic_hl.cli import hl

__all__ = ["build"]


def build(services: Services) -> typer.Typer:
    """Build the group."""
    return hl.build(services, CandleFolder)
