"""Everything of one account at the live venue, opened together."""

from agentic_hl.live.hyperliquid import Hyperliquid, Machine, VenueAddress
from agentic_hl.live.opening import open_hyperliquid

__all__ = ["Hyperliquid", "Machine", "VenueAddress", "open_hyperliquid"]
