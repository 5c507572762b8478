"""What is recorded, made by hand, and a candle sink that keeps it in memory."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.money import Price
from agentic_core.domain.times import Instant, Interval
from agentic_core.ports.candle_sink import MissingCandles, MissingCause
from tests.support.candles import NOON

__all__ = ["KeptCandles", "hole", "minutes"]


def hole(start: int, end: int, cause: str = "not_served") -> MissingCandles:
    """Return a stretch that the venue does not have."""
    return MissingCandles(start=Instant(start), end=Instant(end), cause=MissingCause(cause))


def minutes(*numbers: int, volume: str = "1.5") -> list[Candle]:
    """Return candles that open so many minutes after noon."""
    return [
        Candle(
            open_time=Instant(NOON + number * Interval.M1.ms),
            open=Price(Decimal(100)),
            high=Price(Decimal("1000.25")),
            low=Price(Decimal("0.00001")),
            close=Price(Decimal(100) + number),
            volume=Decimal(volume),
        )
        for number in numbers
    ]


class KeptCandles:
    """A `CandleSink` whose content can be looked at."""

    def __init__(self) -> None:
        self.candles: defaultdict[tuple[Symbol, Interval], list[Candle]] = defaultdict(list)
        self.missing: defaultdict[tuple[Symbol, Interval], list[MissingCandles]] = defaultdict(list)

    async def newest(self, symbol: Symbol, interval: Interval) -> Instant | None:
        """Return when the newest candle closed."""
        kept = self.candles[symbol, interval]
        return Instant(kept[-1].open_time + interval.ms) if kept else None

    async def write(self, symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> int:
        """Keep what opened since then."""
        since = await self.newest(symbol, interval) or 0
        new = [candle for candle in candles if candle.open_time >= since]
        self.candles[symbol, interval] += new
        return len(new)

    async def state_missing(self, symbol: Symbol, interval: Interval, missing: Sequence[MissingCandles]) -> None:
        """Keep what was not known to be missing."""
        known = self.missing[symbol, interval]
        known += [hole for hole in missing if hole not in known]

    def stretches(self, symbol: Symbol, interval: Interval) -> list[list[Candle]]:
        """Return what is kept, cut at every hole."""
        found: list[list[Candle]] = []
        for candle in self.candles[symbol, interval]:
            if not found or candle.open_time != found[-1][-1].open_time + interval.ms:
                found.append([])
            found[-1].append(candle)
        return found
