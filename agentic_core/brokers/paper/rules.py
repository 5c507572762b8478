"""How strictly a paper account is treated like one at the venue."""

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant

__all__ = ["SIMPLE_RULES", "Outage", "PaperRules"]


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing matches and orders are refused; both ends belong to it."""

    start: Instant
    end: Instant
    symbol: Symbol | None = None
    """The market that stands still; None: all of them."""

    def covers(self, symbol: Symbol, at: Instant) -> bool:
        """Tell whether a market stands still at an instant."""
        return self.start <= at <= self.end and self.symbol in {None, symbol}


class PaperRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue does beyond matching an order against a book."""

    latency_ms: int = 0
    """How long an action is on its way; it takes effect at the first `advance` to or past that instant."""
    outages: tuple[Outage, ...] = ()
    staged_liquidation: bool = True
    """Liquidate as the venue does, through the book and in stages; False: everything at once, at the marks."""
    open_orders_max: int = 1000

    def is_out(self, symbol: Symbol, at: Instant) -> bool:
        """Tell whether a market stands still at an instant."""
        return any(outage.covers(symbol, at) for outage in self.outages)


SIMPLE_RULES = PaperRules(staged_liquidation=False)
"""No latency, no outage, and liquidation of everything at the marks: what a backtest assumes."""
