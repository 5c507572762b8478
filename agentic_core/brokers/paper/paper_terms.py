"""What executions on paper cost at a live market, and what the account starts with."""

from decimal import Decimal

import msgspec

from agentic_core.brokers.paper.rules import PaperRules
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.money import Usd
from agentic_core.errors import UsageError

__all__ = ["PaperTerms"]


class PaperTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a paper account at a live market."""

    starting_equity: Usd = Usd(Decimal(10_000))
    """What the account is opened with; what was written down at its opening stays."""
    fees: FeeSchedule = FeeSchedule.hyperliquid_base()
    slippage_bps: Decimal = Decimal(2)
    rules: PaperRules = PaperRules()

    def __post_init__(self) -> None:
        """Refuse what could not outlive the process."""
        if self.rules.latency_ms:
            message = f"a paper account at a live market has no latency of its own, was {self.rules.latency_ms} ms"
            raise UsageError(message)
