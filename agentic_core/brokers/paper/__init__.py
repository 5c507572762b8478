"""A broker without a venue: a ledger, a book to execute against, and the venue's rules; also at a live market."""

from agentic_core.brokers.paper.broker import PaperBroker
from agentic_core.brokers.paper.history import OrderEvent, OrderStatus
from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.brokers.paper.liquidation import Liquidation, LiquidationMethod
from agentic_core.brokers.paper.paper_terms import PaperTerms
from agentic_core.brokers.paper.rules import SIMPLE_RULES, Outage, PaperRules
from agentic_core.brokers.paper.venue import PaperVenue, paper_venues

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
    "PaperTerms",
    "PaperVenue",
    "paper_venues",
]
