"""The terms of a simulated account, the same in a backtest and on paper."""

from decimal import Decimal

import msgspec

from agentic_core.brokers.paper import SIMPLE_RULES, PaperRules
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.money import Usd
from agentic_core.domain.run import Assumptions

__all__ = ["PAPER_EQUITY", "Terms"]

PAPER_EQUITY = Usd(Decimal(10_000))
"""What a paper account starts with."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What executions cost and what the account starts with."""

    starting_equity: Usd = PAPER_EQUITY
    fees: FeeSchedule = FeeSchedule.hyperliquid_base()
    slippage_bps: Decimal = Decimal(2)
    rules: PaperRules = SIMPLE_RULES
    """How strictly the account is treated like one at the venue; a backtest and its paper twin share them."""

    def assumptions(self, funding: str) -> Assumptions:
        """Return the terms as a report prints them; `funding` says where the rates came from."""
        return Assumptions(
            starting_equity=self.starting_equity,
            taker_rate=self.fees.taker_rate,
            maker_rate=self.fees.maker_rate,
            slippage_bps=self.slippage_bps,
            funding=funding,
            fill_model="market orders fill whole at the next candle's open, worsened by the slippage, as taker",
        )
