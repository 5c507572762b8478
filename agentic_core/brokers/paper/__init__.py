"""A broker without a venue: a ledger, a book to execute against, and the venue's rules."""

from agentic_core.brokers.paper.broker import PaperBroker
from agentic_core.brokers.paper.history import OrderEvent, OrderStatus
from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.brokers.paper.liquidation import Liquidation, LiquidationMethod
from agentic_core.brokers.paper.rules import SIMPLE_RULES, Outage, PaperRules

__all__ = [
    "SIMPLE_RULES",
    "Liquidation",
    "LiquidationMethod",
    "OrderEvent",
    "OrderStatus",
    "Outage",
    "PaperBroker",
    "PaperLedger",
    "PaperRules",
]
