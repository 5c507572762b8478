"""The matching engine: books, orders, margin, funding, liquidation, and what time does to them."""

from agentic_hl.venue.engine.engine import Engine

__all__ = ["Engine"]
