"""The live venue, opened: its market alone, or one account with everything that belongs to it."""

from agentic_hl.live.hyperliquid import Hyperliquid
from agentic_hl.live.links import Machine, OpenWays, VenueAddress, Ways, real_ways
from agentic_hl.live.market import HyperliquidMarket, hyperliquid_markets
from agentic_hl.live.opening import SignerOf, hyperliquid_venues, open_hyperliquid

__all__ = [
    "Hyperliquid",
    "HyperliquidMarket",
    "Machine",
    "OpenWays",
    "SignerOf",
    "VenueAddress",
    "Ways",
    "hyperliquid_markets",
    "hyperliquid_venues",
    "open_hyperliquid",
    "real_ways",
]
