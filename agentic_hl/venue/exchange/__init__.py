"""The chain side: who signed, whether that may be done, and who carries it out."""

from agentic_hl.venue.exchange.exchange import Exchange

__all__ = ["Exchange"]
