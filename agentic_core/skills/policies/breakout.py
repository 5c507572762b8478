"""Following closes that leave the range of the candles before them."""

from collections.abc import Callable, Sequence
from operator import gt, lt, or_
from typing import Annotated, Literal, cast

from pydantic import Field

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.market import CandleSeries, IndicatorKind, IndicatorSpec, MarketView
from agentic_core.domain.side import Side
from agentic_core.skills.fields import whole
from agentic_core.skills.policies.opening import OpeningRules, Sizing

__all__ = ["Breakout", "BreakoutRules"]

_CLOSE = IndicatorSpec(IndicatorKind.SMA, 1)
"""The close itself, as a float like what it is compared with; a Decimal and a float may never meet."""


class BreakoutRules(OpeningRules):
    """Parameters of `breakout`."""

    policy: Literal["breakout"]
    entry: Annotated[int, whole("the candles whose high is to be broken", 1, 10_000)] = Field(examples=["20"])
    exit: Annotated[int, whole("the candles whose low is to be broken", 1, 10_000)] = Field(examples=["10"])


class Breakout:
    """Goes long above the highest high of the candles before, and out below the lowest low of the candles before."""

    __slots__ = ("_entry", "_exit", "_sizing", "_symbol")

    name = "breakout"

    def __init__(self, rules: BreakoutRules) -> None:
        self._sizing = Sizing(rules)
        self._symbol = rules.symbol
        self._entry = IndicatorSpec(IndicatorKind.HIGHEST, rules.entry)
        self._exit = IndicatorSpec(IndicatorKind.LOWEST, rules.exit)

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Propose to follow a break at the newest candle."""
        held = account.position(self._symbol).size
        spec = self._exit if held else self._entry
        close, edge = view.indicator(self._symbol, _CLOSE), view.indicator(self._symbol, spec, back=1)
        if close is None or edge is None or held < 0:
            return None
        if held:
            return self._sizing.close(_reason(close, "below the low", edge, spec)) if close < edge else None
        return (
            self._sizing.open(Side.BUY, account, _reason(close, "above the high", edge, spec)) if close > edge else None
        )

    def wake(self, series: CandleSeries) -> list[bool]:
        """Return True where a close breaks either edge; what is held at that time is not known here."""
        if series.symbol != self._symbol:
            return [False] * len(series)
        closes = series.indicator(_CLOSE)
        above = _breaks(closes, series.indicator(self._entry), self._entry.length, gt)
        below = _breaks(closes, series.indicator(self._exit), self._exit.length, lt)
        return list(map(or_, above, below))


def _breaks(
    closes: Sequence[float | None],
    edges: Sequence[float | None],
    length: int,
    beyond: Callable[[float, float], bool],
) -> list[bool]:
    # Every close is held against the edge one candle before it, from the first edge on that is known.
    later = cast("Sequence[float]", closes[length:])
    known = cast("Sequence[float]", edges[length - 1 :])
    return [*[False] * min(length, len(closes)), *map(beyond, later, known)]


def _reason(close: float, where: str, edge: float, spec: IndicatorSpec) -> str:
    return f"close {close:.10g} is {where} {edge:.10g} of the {spec.length} candles before"
