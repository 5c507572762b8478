"""Brokers that come with the library, and the one gate in front of every broker."""

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.brokers.paper import PaperBroker, PaperLedger

__all__ = ["GuardedBroker", "PaperBroker", "PaperLedger"]
