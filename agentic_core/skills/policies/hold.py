"""Doing nothing: the baseline that every other policy has to beat."""

from collections.abc import Iterator
from typing import Literal

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.market import CandleSeries, MarketView
from agentic_core.skills.fields import Problem
from agentic_core.skills.policies.opening import OpeningRules

__all__ = ["Hold", "HoldRules"]


class HoldRules(OpeningRules):
    """Parameters of `hold`: none; it opens nothing, so it needs no size."""

    policy: Literal["hold"]

    def inconsistencies(self) -> Iterator[Problem]:
        """Refuse more than one size; none is fine."""
        if self.sizes_named():
            yield from super().inconsistencies()


class Hold:
    """Proposes nothing."""

    __slots__ = ()

    name = "hold"

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Return None."""
        return None

    def wake(self, series: CandleSeries) -> list[bool]:
        """Return False for every candle."""
        return [False] * len(series)
