"""Markets of a few candles, policies that follow a script, and backtests of the two."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.engine_run import Progress
from agentic_core.backtest.funding import FundingRates, constant_funding
from agentic_core.domain import (
    FeeSchedule,
    Instant,
    Interval,
    ProposedAction,
    RiskLimits,
    RunRecord,
    Symbol,
    Usd,
)
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import CandleSeries, MarketView
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.runtime import Decider
from agentic_core.runtime.terms import Terms
from tests.support.markets import BTC, LISTED
from tests.support.turns import LIMITS, mandate

__all__ = ["FREE", "MIDNIGHT", "Does", "Script", "Waking", "backtest", "candles_of", "dataset_of", "flat", "mark_of"]

D = Decimal
MIDNIGHT = Instant(1_704_067_200_000)
"""2024-01-01 00:00:00Z."""

FREE = Terms(starting_equity=Usd(D(10_000)), fees=FeeSchedule(taker_rate=D(0), maker_rate=D(0)), slippage_bps=D(0))
"""Nothing costs anything, so that sums can be done in the head."""

_NO_FUNDING = constant_funding(D(0))


def mark_of(index: int, *, start: Instant = MIDNIGHT, interval: Interval = Interval.M1) -> Instant:
    """Return the instant at which the candle of this index closes."""
    return Instant(start + (index + 1) * interval.ms)


def candles_of(
    prices: Sequence[tuple[int, int]],
    *,
    symbol: Symbol = BTC,
    interval: Interval = Interval.M1,
    start: Instant = MIDNIGHT,
    decimals: int = 0,
) -> CandleColumns:
    """Return candles from their opens and closes, without wicks."""
    opens, closes = [first for first, _ in prices], [last for _, last in prices]
    return CandleColumns(
        symbol,
        range(start, start + len(prices) * interval.ms, interval.ms),
        PriceColumns(decimals, opens, [max(pair) for pair in prices], [min(pair) for pair in prices], closes),
        VolumeColumn(0, [1] * len(prices)),
    )


def flat(
    count: int,
    price: int = 100,
    *,
    symbol: Symbol = BTC,
    interval: Interval = Interval.M1,
    start: Instant = MIDNIGHT,
) -> CandleColumns:
    """Return candles at one price."""
    return candles_of([(price, price)] * count, symbol=symbol, interval=interval, start=start)


class Script:
    """A rule policy that proposes what a script says at the marks of some candles, and notes when it was asked."""

    name = "script"

    def __init__(
        self,
        actions: Mapping[int, ProposedAction],
        *,
        start: Instant = MIDNIGHT,
        interval: Interval = Interval.M1,
    ) -> None:
        self.actions = actions
        self._start = start
        self._interval = interval
        self.asked: list[int] = []

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Follow the script."""
        index = (view.as_of - self._start) // self._interval.ms - 1
        self.asked.append(index)
        return self.actions.get(index)


class Waking(Script):
    """The same, asking to be woken for the marks of its script only, by the symbol that it is about then."""

    def wake(self, series: CandleSeries) -> list[bool]:
        """Return True where there is something to do in this symbol."""
        about = {index for index, action in self.actions.items() if action.symbol == series.symbol}
        return [index in about for index in range(len(series))]


class Does:
    """A rule policy made of a function."""

    name = "does"

    def __init__(self, decide: Callable[[MarketView, AccountView], ProposedAction | None]) -> None:
        self._decide = decide

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Call it."""
        return self._decide(view, account)


def dataset_of(*columns: CandleColumns, rates: FundingRates = _NO_FUNDING) -> Dataset:
    """Join candles; every symbol has the same funding."""
    return Dataset(columns, {one.symbol: rates for one in columns})


def backtest(
    decider: RulePolicy | Decider,
    *columns: CandleColumns,
    caps: RiskLimits = LIMITS,
    terms: Terms = FREE,
    rates: FundingRates = _NO_FUNDING,
    progress: Progress | None = None,
) -> RunRecord:
    """Run a policy over candles that all its symbols have."""
    symbols = tuple(one.symbol for one in columns)
    return run_backtest(
        mandate(decider, symbols=symbols, interval=columns[0].interval, caps=caps),
        dataset_of(*columns, rates=rates),
        instruments=LISTED,
        terms=terms,
        progress=progress,
    )
