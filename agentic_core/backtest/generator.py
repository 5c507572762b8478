"""Synthetic markets: the same seed gives the same candles on every machine and every version of Python.

All arithmetic is on integers, and the randomness is the output of SHAKE-256, which is specified to the last bit, so a
longer market begins like a shorter one. Prices are made up to have a known shape, not to look like a real market:
what a skill earns here says nothing about what it earns anywhere else.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import shake_256
from struct import iter_unpack

import msgspec

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.backtest.funding import FundingRates
from agentic_core.domain.funding import funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Price
from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import UsageError

__all__ = ["Regime", "synthetic", "synthetic_funding"]

_PER_UNIT = 10**9
"""Drift and volatility are computed in billionths of the price."""

_CARRIED = 10**9
"""A price is followed to a billionth of its last decimal."""

_BPS_UNITS = _PER_UNIT // 10_000
_UNIFORM_MEAN = 65_535
"""Twice the mean of one 16-bit draw: what half of a sum of four is expected to be."""

_SUM_DEVIATION = 37_837
"""Standard deviation of a sum of four 16-bit draws: 65,536 / sqrt(3)."""

_FIGURES = 5
_VOLUME_DECIMALS = 3
_RATE_DECIMALS = 10


class Regime(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a market with one character."""

    name: str
    candles: int
    drift_bps: int
    """How far the price moves over the whole stretch, noise aside; negative falls."""
    volatility_bps: int
    """Standard deviation of one candle's move."""

    @classmethod
    def trend(cls, candles: int, drift_bps: int, *, volatility_bps: int = 4) -> "Regime":
        """Return a steady move, strong against its noise."""
        return cls(name="trend", candles=candles, drift_bps=drift_bps, volatility_bps=volatility_bps)

    @classmethod
    def chop(cls, candles: int, *, volatility_bps: int = 12) -> "Regime":
        """Return noise that goes nowhere."""
        return cls(name="chop", candles=candles, drift_bps=0, volatility_bps=volatility_bps)

    @classmethod
    def crash(cls, candles: int, drop_bps: int, *, volatility_bps: int = 15) -> "Regime":
        """Return a fall by so many basis points."""
        return cls(name="crash", candles=candles, drift_bps=-drop_bps, volatility_bps=volatility_bps)


def synthetic(
    symbol: Symbol,
    *,
    seed: int,
    interval: Interval,
    start: Instant,
    start_price: Price,
    regimes: Sequence[Regime],
) -> CandleColumns:
    """Make up candles, one regime after the other.

    Args:
        symbol: the instrument; different symbols differ under one seed.
        seed: any integer.
        interval: the length of a candle.
        start: when the first candle opens, on the grid of the interval.
        start_price: where it opens; all prices have as many decimals as show five figures of this one, which is as
            fine as the venue quotes, or as many as it is written with.
        regimes: what happens, and for how many candles.

    Raises:
        UsageError: the start is off the grid or the price is not positive.
    """
    exponent = start_price.as_tuple().exponent
    if start_price <= 0 or not isinstance(exponent, int):
        message = f"a market starts at a positive price, was {start_price}"
        raise UsageError(message)
    decimals = max(0, -exponent, _FIGURES - 1 - start_price.adjusted())
    price = int(start_price.scaleb(decimals))
    count = sum(regime.candles for regime in regimes)
    draws = shake_256(f"candles {symbol} {seed}".encode()).digest(16 * count)
    opens, highs, lows, closes, volumes = _walk(price, regimes, draws)
    return CandleColumns(
        symbol,
        range(start, start + count * interval.ms, interval.ms),
        PriceColumns(decimals, opens, highs, lows, closes),
        VolumeColumn(_VOLUME_DECIMALS, volumes),
        origin=f"synthetic market, seed {seed} ({', '.join(f'{regime.name} {regime.candles}' for regime in regimes)})",
    )


def _walk(price: int, regimes: Sequence[Regime], draws: bytes) -> tuple[list[int], ...]:
    opens: list[int] = []
    highs: list[int] = []
    lows: list[int] = []
    closes: list[int] = []
    volumes: list[int] = []
    # Four draws make a nearly normal move, two the wicks, one the volume. What a price cannot show for want of decimals
    # is carried on, or a coarse price would stand still.
    rows = iter_unpack("<8H", draws)
    exact = price * _CARRIED
    unit = _PER_UNIT * _SUM_DEVIATION
    for regime in regimes:
        volatility = regime.volatility_bps * _BPS_UNITS
        drift = regime.drift_bps * _BPS_UNITS * _SUM_DEVIATION // max(1, regime.candles)
        wick = max(1, volatility)
        for _, (a, b, c, d, above, below, traded, _) in zip(range(regime.candles), rows, strict=False):
            opens.append(price)
            exact = max(_CARRIED, exact + exact * (drift + volatility * (a + b + c + d - 2 * _UNIFORM_MEAN)) // unit)
            close = exact // _CARRIED
            high, low = (close, price) if close > price else (price, close)
            reach = price * wick
            highs.append(high + reach * above // (_PER_UNIT << 16))
            lows.append(max(1, low - reach * below // (_PER_UNIT << 16)))
            closes.append(close)
            volumes.append(1_000 + traded)
            price = close
    return opens, highs, lows, closes, volumes


def synthetic_funding(
    *,
    seed: int,
    after: Instant,
    until: Instant,
    mean: Decimal = Decimal("0.0000125"),
    spread: Decimal = Decimal("0.00001"),
) -> FundingRates:
    """Make up a rate for each hour in (after, until] that wanders around a mean.

    Args:
        seed: any integer.
        after: exclusive.
        until: inclusive.
        mean: where the rate is drawn back to.
        spread: standard deviation of one hour's step.
    """
    hours = funding_hours(after, until)
    draws = iter_unpack("<4H", shake_256(f"funding {seed}".encode()).digest(8 * len(hours)))
    scale = 10**_RATE_DECIMALS
    centre, step = int(mean * scale), int(spread * scale)
    rate = centre
    rates: dict[Instant, Decimal] = {}
    for hour, draw in zip(hours, draws, strict=True):
        rate += (centre - rate) // 8 + step * (sum(draw) - 2 * _UNIFORM_MEAN) // _SUM_DEVIATION
        rates[Instant(hour)] = Decimal(rate).scaleb(-_RATE_DECIMALS)
    return FundingRates(rates, source=f"synthetic rates around {mean} an hour, seed {seed}")
