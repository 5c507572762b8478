"""Two made-up markets with a known outcome, for demonstrations and for tests of the whole path."""

from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.generator import Regime, synthetic
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Price
from agentic_core.domain.times import DAY_MS, Instant, Interval

__all__ = ["crashing_market", "trending_market"]

_INTERVAL = Interval.M5
_DAY = DAY_MS // _INTERVAL.ms
_QUARTER = _DAY // 4


def trending_market(symbol: Symbol, *, seed: int, start: Instant, start_price: Price, days: int) -> CandleColumns:
    """Return 5-minute candles that rise for a day, fall for a day, and so on, strongly against their noise.

    A crossing of averages over 10 and 30 candles profits here by construction, long only as well as both ways.
    """
    legs = [Regime.trend(_DAY, 700 if day % 2 == 0 else -650) for day in range(days)]
    return synthetic(symbol, seed=seed, interval=_INTERVAL, start=start, start_price=start_price, regimes=legs)


def crashing_market(symbol: Symbol, *, seed: int, start: Instant, start_price: Price) -> CandleColumns:
    """Return three days of 5-minute candles: calm, a rise, a crash of two candles, calm, and a second rise.

    Who follows the first rise is long when the price falls by about 15 % in each candle of the crash, on the second day
    at noon where the start is a midnight; the second rise shows what a latched halt refuses.
    """
    regimes = [
        Regime.chop(_DAY, volatility_bps=3),
        Regime.trend(2 * _QUARTER, 300, volatility_bps=2),
        Regime.crash(2, 3_000),
        Regime.chop(2 * _QUARTER - 2, volatility_bps=3),
        Regime.trend(_DAY, 700),
    ]
    return synthetic(symbol, seed=seed, interval=_INTERVAL, start=start, start_price=start_price, regimes=regimes)
