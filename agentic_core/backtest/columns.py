"""Candles as integer columns: what indicators, the cursor and the engine read.

Opening times are not stored but follow from the first one: there are no gaps by construction.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle, CandleSeries, IndicatorSpec
from agentic_core.domain.money import Price, from_scaled
from agentic_core.domain.times import Instant, Interval, show
from agentic_core.errors import UsageError
from agentic_core.skills.indicators import compute

__all__ = ["CandleColumns", "IndicatorFunction", "PriceColumns", "VolumeColumn"]

IndicatorFunction = Callable[[IndicatorSpec, CandleSeries], Sequence[float | None]]
"""Computes an indicator over a whole series, causally."""


class PriceColumns(NamedTuple):
    """Four prices a candle, each an exact number of 10^-decimals dollars."""

    decimals: int
    opens: Sequence[int]
    highs: Sequence[int]
    lows: Sequence[int]
    closes: Sequence[int]


class VolumeColumn(NamedTuple):
    """Traded units of each candle, as exact numbers of 10^-decimals."""

    decimals: int
    units: Sequence[int]


class CandleColumns:
    """Closed candles of one symbol, oldest first and without gaps; a `CandleSeries`."""

    __slots__ = (
        "_indicators",
        "closes",
        "highs",
        "indicator_function",
        "interval",
        "lows",
        "open_times",
        "opens",
        "origin",
        "price_decimals",
        "symbol",
        "volume_decimals",
        "volumes",
    )

    def __init__(
        self,
        symbol: Symbol,
        opening: range,
        prices: PriceColumns,
        volume: VolumeColumn,
        *,
        origin: str = "",
        indicators: IndicatorFunction = compute,
    ) -> None:
        """Take columns of equal length whose prices were checked where they came in.

        Args:
            symbol: the instrument.
            opening: opening instants; the step is the interval.
            prices: open, high, low and close.
            volume: traded units.
            origin: where the candles came from, in words.
            indicators: computes an indicator when it is first asked for.

        Raises:
            UsageError: the lengths differ, or the instants are not on the grid of an interval.
        """
        self.symbol: Final = symbol
        self.interval: Final = _interval(symbol, opening)
        self.price_decimals: Final = prices.decimals
        self.volume_decimals: Final = volume.decimals
        self.open_times: Final[Sequence[int]] = opening
        self.opens: Final = prices.opens
        self.highs: Final = prices.highs
        self.lows: Final = prices.lows
        self.closes: Final = prices.closes
        self.volumes: Final = volume.units
        self.origin: Final = origin
        self.indicator_function: Final = indicators
        self._indicators: Final[dict[IndicatorSpec, Sequence[float | None]]] = {}
        lengths = [len(column) for column in (opening, *prices[1:], volume.units)]
        if len(set(lengths)) > 1:
            message = f"the columns of {symbol} have different lengths: {', '.join(map(str, lengths))}"
            raise UsageError(message)

    def __len__(self) -> int:
        """Count the candles."""
        return len(self.open_times)

    @property
    def start(self) -> Instant:
        """When the first candle opened."""
        return Instant(self.open_times[0])

    @property
    def end(self) -> Instant:
        """When the last candle closed."""
        return Instant(self.open_times[-1] + self.interval.ms)

    def candle(self, index: int) -> Candle:
        """Return one candle; negative counts from the newest."""
        decimals = self.price_decimals
        return Candle(
            open_time=Instant(self.open_times[index]),
            open=Price(from_scaled(self.opens[index], decimals)),
            high=Price(from_scaled(self.highs[index], decimals)),
            low=Price(from_scaled(self.lows[index], decimals)),
            close=Price(from_scaled(self.closes[index], decimals)),
            volume=from_scaled(self.volumes[index], self.volume_decimals),
        )

    def indicator(self, spec: IndicatorSpec) -> Sequence[float | None]:
        """Return the indicator at every candle; None until enough candles are there."""
        known = self._indicators.get(spec)
        if known is None:
            known = self._indicators[spec] = self.indicator_function(spec, self)
        return known

    def prefix(self, count: int) -> "CandleColumns":
        """Return the first candles alone; indicators are computed anew, so nothing later can shine through."""
        return self.part(0, max(0, count))

    def part(self, start: int, stop: int) -> "CandleColumns":
        """Return the candles from one index up to, not including, another."""
        cut = slice(start, stop)
        return CandleColumns(
            self.symbol,
            range(self.open_times[0], self.open_times[-1] + 1, self.interval.ms)[cut],
            PriceColumns(self.price_decimals, self.opens[cut], self.highs[cut], self.lows[cut], self.closes[cut]),
            VolumeColumn(self.volume_decimals, self.volumes[cut]),
            origin=self.origin,
            indicators=self.indicator_function,
        )


def _interval(symbol: Symbol, opening: range) -> Interval:
    for interval in Interval:
        if interval.ms == opening.step and opening.start % interval.ms == 0:
            return interval
    message = f"candles of {symbol} cannot open every {opening.step} ms from {show(Instant(opening.start))} on"
    raise UsageError(message)
