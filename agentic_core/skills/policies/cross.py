"""Following the crossing of two averages of closes.

With `f` and `s` the fast and the slow average now and `f'` and `s'` one candle ago: crossing up is `f' <= s'` and
`f > s`, crossing down is `f' >= s'` and `f < s`. Nothing is proposed while one of the four is unknown.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Annotated, Literal, cast

from pydantic import Field

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.market import CandleSeries, IndicatorKind, IndicatorSpec, MarketView
from agentic_core.domain.side import Side
from agentic_core.skills.fields import Problem, choice, whole
from agentic_core.skills.policies.opening import OpeningRules, Sizing

__all__ = ["CrossDirection", "CrossRules", "EmaCross", "EmaCrossRules", "SmaCross", "SmaCrossRules"]


class CrossDirection(StrEnum):
    """Whether crossing down only closes, or also opens short."""

    LONG = "long"
    BOTH = "both"


class CrossRules(OpeningRules):
    """Parameters of both cross policies."""

    fast: Annotated[int, whole("the candles of the fast average", 1, 9_999)] = Field(examples=["10"])
    slow: Annotated[int, whole("the candles of the slow average", 2, 10_000)] = Field(examples=["30"])
    direction: Annotated[CrossDirection, choice(CrossDirection)] = CrossDirection.LONG

    def inconsistencies(self) -> Iterator[Problem]:
        """Refuse averages that are the wrong way round."""
        yield from super().inconsistencies()
        if self.slow <= self.fast:
            message = f"was {self.slow}, not above fast {self.fast}; write {self.fast + 1} or more, or lower fast"
            yield Problem(path="slow", message=message)


class SmaCrossRules(CrossRules):
    """Parameters of `sma-cross`."""

    policy: Literal["sma-cross"]


class EmaCrossRules(CrossRules):
    """Parameters of `ema-cross`."""

    policy: Literal["ema-cross"]


class _Cross:
    __slots__ = ("_both", "_fast", "_names", "_sizing", "_slow", "_symbol")

    def __init__(self, rules: CrossRules, kind: IndicatorKind) -> None:
        self._sizing = Sizing(rules)
        self._symbol = rules.symbol
        self._fast = IndicatorSpec(kind, rules.fast)
        self._slow = IndicatorSpec(kind, rules.slow)
        self._names = (f"{kind}({rules.fast})", f"{kind}({rules.slow})")
        self._both = rules.direction is CrossDirection.BOTH

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Propose to follow a crossing at the newest candle."""
        symbol, indicator = self._symbol, view.indicator
        fast, slow = indicator(symbol, self._fast), indicator(symbol, self._slow)
        if fast is None or slow is None or fast == slow:
            return None
        fast_before, slow_before = indicator(symbol, self._fast, back=1), indicator(symbol, self._slow, back=1)
        if fast_before is None or slow_before is None:
            return None
        if fast > slow:
            return self._rose(account, fast, slow) if fast_before <= slow_before else None
        return self._fell(account, fast, slow) if fast_before >= slow_before else None

    def wake(self, series: CandleSeries) -> list[bool]:
        """Return True where the averages cross; what is held at that time is not known here."""
        first = self._slow.length - 1
        if series.symbol != self._symbol or len(series) <= first + 1:
            return [False] * len(series)
        # Both are known from here on; a copy without the None in its type would cost more than the comparison.
        fast = cast("Sequence[float]", series.indicator(self._fast)[first:])
        slow = cast("Sequence[float]", series.indicator(self._slow)[first:])
        now = zip(islice(fast, 1, None), islice(slow, 1, None), strict=True)
        crossed = [
            (f > s and f_before <= s_before) or (f < s and f_before >= s_before)
            for f_before, s_before, (f, s) in zip(fast, slow, now, strict=False)
        ]
        return [*[False] * (first + 1), *crossed]

    def _rose(self, account: AccountView, fast: float, slow: float) -> ProposedAction | None:
        if account.position(self._symbol).size > 0:
            return None
        return self._sizing.open(Side.BUY, account, self._reason("above", fast, slow))

    def _fell(self, account: AccountView, fast: float, slow: float) -> ProposedAction | None:
        held = account.position(self._symbol).size
        if self._both:
            opens = held >= 0
            return self._sizing.open(Side.SELL, account, self._reason("below", fast, slow)) if opens else None
        return self._sizing.close(self._reason("below", fast, slow)) if held > 0 else None

    def _reason(self, where: str, fast: float, slow: float) -> str:
        return f"{self._names[0]} {fast:.10g} crossed {where} {self._names[1]} {slow:.10g}"


class SmaCross(_Cross):
    """Follows crossings of two simple averages."""

    __slots__ = ()

    name = "sma-cross"

    def __init__(self, rules: SmaCrossRules) -> None:
        super().__init__(rules, IndicatorKind.SMA)


class EmaCross(_Cross):
    """Follows crossings of two exponential averages."""

    __slots__ = ()

    name = "ema-cross"

    def __init__(self, rules: EmaCrossRules) -> None:
        super().__init__(rules, IndicatorKind.EMA)
