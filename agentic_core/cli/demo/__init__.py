"""`agentic demo`: three skills on synthetic markets, from backtest to a verified report."""

from agentic_core.cli.demo.command import build

__all__ = ["build"]
