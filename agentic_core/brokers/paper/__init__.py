"""A broker without a venue: a ledger, a book to execute against, and the venue's rules."""

from agentic_core.brokers.paper.broker import PaperBroker
from agentic_core.brokers.paper.ledger import PaperLedger

__all__ = ["PaperBroker", "PaperLedger"]
