"""Merge whole groups of candles into longer ones."""

from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid

__all__ = ["resample"]


def resample(columns: CandleColumns, interval: Interval) -> CandleColumns:
    """Return the candles at a longer interval, aligned to its grid since the epoch.

    First open, highest high, lowest low, last close, summed volume; incomplete groups at both ends are dropped.

    Raises:
        CandlesInvalid: the interval is shorter, or no multiple, or no whole group is there.
    """
    have = columns.interval
    if interval is have:
        return columns
    if interval.ms < have.ms or interval.ms % have.ms:
        reason = "shorter" if interval.ms < have.ms else "no multiple of it"
        message = f"{columns.symbol} candles of {have} cannot become {interval}, which is {reason}; bring finer candles"
        raise CandlesInvalid(message)
    size = interval.ms // have.ms
    first = -columns.start // have.ms % size
    stop = first + (len(columns) - first) // size * size
    if first >= stop:
        message = (
            f"{len(columns)} candle(s) of {have} of {columns.symbol} hold no whole {interval}; bring a longer range"
        )
        raise CandlesInvalid(message)
    heads = range(first, stop, size)
    start = columns.open_times[first]
    return CandleColumns(
        columns.symbol,
        range(start, start + len(heads) * interval.ms, interval.ms),
        PriceColumns(
            columns.price_decimals,
            columns.opens[first:stop:size],
            [max(columns.highs[head : head + size]) for head in heads],
            [min(columns.lows[head : head + size]) for head in heads],
            columns.closes[first + size - 1 : stop : size],
        ),
        VolumeColumn(columns.volume_decimals, [sum(columns.volumes[head : head + size]) for head in heads]),
        origin=f"{columns.origin} merged from {have} to {interval}".strip(),
        indicators=columns.indicator_function,
    )
