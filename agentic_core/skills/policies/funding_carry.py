"""Being paid for a short while longs pay funding."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.market import MarketView
from agentic_core.domain.money import plain
from agentic_core.domain.side import Side
from agentic_core.skills.fields import Problem, number
from agentic_core.skills.policies.opening import OpeningRules, Sizing

__all__ = ["FundingCarry", "FundingCarryRules"]

# The venue caps funding at 4 % an hour.
_Rate = Annotated[Decimal, number("a funding rate of one hour", "-0.04", "0.04", places=10)]


class FundingCarryRules(OpeningRules):
    """Parameters of `funding-carry`; rates are shares of notional an hour, 0.0001 being one basis point."""

    policy: Literal["funding-carry"]
    enter_rate: _Rate = Field(alias="enterRate", examples=["0.0001"])
    exit_rate: _Rate = Field(alias="exitRate", examples=["0"])

    def inconsistencies(self) -> Iterator[Problem]:
        """Refuse rates between which the policy would open and close at once."""
        yield from super().inconsistencies()
        if self.exit_rate >= self.enter_rate:
            message = f"was {plain(self.exit_rate)}, not below enterRate {plain(self.enter_rate)}; write a lower rate"
            yield Problem(path="exitRate", message=message)


class FundingCarry:
    """Goes short while the last settled rate is high, and out when it is low."""

    __slots__ = ("_enter", "_exit", "_sizing", "_symbol")

    name = "funding-carry"

    def __init__(self, rules: FundingCarryRules) -> None:
        self._sizing = Sizing(rules)
        self._symbol = rules.symbol
        self._enter = rules.enter_rate
        self._exit = rules.exit_rate

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Propose to follow the last settled rate."""
        rate = view.funding_rate(self._symbol)
        held = account.position(self._symbol).size
        if rate is None or held > 0:
            return None
        if held == 0 and rate >= self._enter:
            return self._sizing.open(Side.SELL, account, f"longs pay {rate} an hour, at least {self._enter}")
        if held < 0 and rate <= self._exit:
            return self._sizing.close(f"longs pay {rate} an hour, no more than {self._exit}")
        return None
