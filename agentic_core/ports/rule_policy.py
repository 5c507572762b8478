"""What proposes actions by rule: no language model, no key, no waiting."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.market import CandleSeries, MarketView

__all__ = ["RulePolicy", "WakingRulePolicy"]


class RulePolicy(Protocol):
    """A deterministic function of what is visible."""

    @property
    def name(self) -> str:
        """The name it is recorded under."""

    def __call__(self, view: MarketView, account: AccountView, /) -> ProposedAction | None:
        """Return what to do at this mark, or None for nothing."""


@runtime_checkable
class WakingRulePolicy(RulePolicy, Protocol):
    """A rule policy that can say beforehand where it may act."""

    def wake(self, series: CandleSeries) -> Sequence[bool]:
        """Return one flag per candle: False promises that the policy proposes nothing after that candle closes.

        A flag may depend on candles up to and including its own, never on a later one.
        """
