"""The broker on the live venue: facts and transport of one account, and the checks before it starts."""

from agentic_hl.broker.boot import (
    BootCheck,
    BootFacts,
    BootRules,
    ClockReading,
    Finding,
    LeverageWanted,
    ListingRead,
    Severity,
    Unread,
    boot_findings,
    live_denial,
)
from agentic_hl.broker.boot_reader import BootReader
from agentic_hl.broker.hyperliquid_broker import HyperliquidBroker
from agentic_hl.broker.opening import OpenedBroker, OpeningTerms, open_broker
from agentic_hl.broker.terms import BrokerTimes, TradedAccount, VenueAccess
from agentic_hl.broker.venue_clock import VenueClock

__all__ = [
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
    "OpenedBroker",
    "OpeningTerms",
    "Severity",
    "TradedAccount",
    "Unread",
    "VenueAccess",
    "VenueClock",
    "boot_findings",
    "live_denial",
    "open_broker",
]
