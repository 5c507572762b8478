"""The broker on the live venue: facts and transport of one account, and the checks before it starts."""

from agentic_hl.broker.account import AccountMemory, Remembered
from agentic_hl.broker.boot import (
    BootCheck,
    BootFacts,
    BootRules,
    ClockReading,
    Finding,
    LeverageWanted,
    ListingRead,
    Severity,
    SymbolSettings,
    Unread,
    boot_findings,
    live_denial,
)
from agentic_hl.broker.boot_reader import BootReader
from agentic_hl.broker.hyperliquid_broker import BrokerTimes, HyperliquidBroker, TradedAccount, VenueAccess

__all__ = [
    "AccountMemory",
    "BootCheck",
    "BootFacts",
    "BootReader",
    "BootRules",
    "BrokerTimes",
    "ClockReading",
    "Finding",
    "HyperliquidBroker",
    "LeverageWanted",
    "ListingRead",
    "Remembered",
    "Severity",
    "SymbolSettings",
    "TradedAccount",
    "Unread",
    "VenueAccess",
    "boot_findings",
    "live_denial",
]
