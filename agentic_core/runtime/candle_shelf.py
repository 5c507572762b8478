"""The newest candles of one symbol, and the indicators that follow them."""

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle, IndicatorKind, IndicatorSpec
from agentic_core.domain.times import Instant
from agentic_core.errors import LookAhead
from agentic_core.skills.indicators import IndicatorFeed

__all__ = ["CandleShelf"]

_PRICE_DECIMALS: Final = 8
"""Scale of the integers that indicators are computed from; finer than any venue's prices."""
_EMA_SPANS: Final = 8
"""How many lengths back an exponential mean has to begin so that its beginning no longer shows in it."""


class CandleShelf:
    """Candles in their order, each once; indicators that are asked for follow from then on."""

    def __init__(self, symbol: Symbol, *, keep: int | None = None) -> None:
        """Start empty; `keep` is how many of the newest are kept, None is all of them."""
        self._symbol: Final = symbol
        self._keep = keep
        self._candles: deque[Candle] = deque(maxlen=keep)
        self._running: dict[IndicatorSpec, _Running] = {}
        self._wanted = 0

    @property
    def newest(self) -> Candle | None:
        """The newest candle."""
        return self._candles[-1] if self._candles else None

    @property
    def oldest(self) -> Candle | None:
        """The oldest one that is kept."""
        return self._candles[0] if self._candles else None

    @property
    def wanted(self) -> int:
        """How many candles would be needed for everything that was asked for, at most."""
        return self._wanted

    def take(self, fresh: Iterable[Candle]) -> None:
        """Add candles; one that is not newer than the newest is left alone."""
        for candle in fresh:
            newest = self.newest
            if newest is not None and candle.open_time <= newest.open_time:
                continue
            self._candles.append(candle)
            for running in self._running.values():
                running.push(candle)

    def replace(self, candles: Sequence[Candle], *, keep: int) -> None:
        """Begin anew with these, of which so many are kept from now on; indicators begin with them as well."""
        self._keep = keep
        self._candles = deque(candles, maxlen=keep)
        self._running = {spec: _Running(spec, self._candles, keep) for spec in self._running}

    def last(self, count: int) -> tuple[Candle, ...]:
        """Return up to so many of the newest, oldest first."""
        self._wanted = max(self._wanted, count)
        return tuple(islice(self._candles, max(0, len(self._candles) - count), None))

    def indicator(self, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return an indicator as of `back` candles ago.

        Raises:
            LookAhead: `back` was negative.
        """
        if back < 0:
            message = f"{spec.kind}({spec.length}) of {self._symbol} was asked {-back} candle(s) ahead of the mark"
            raise LookAhead(message)
        spans = _EMA_SPANS if spec.kind is IndicatorKind.EMA else 1
        self._wanted = max(self._wanted, spans * spec.length + back)
        running = self._running.get(spec)
        if running is None:
            running = self._running[spec] = _Running(spec, self._candles, self._keep)
        return running.value(back)

    def is_complete(self, closed_at: Instant, interval_ms: int) -> bool:
        """Tell whether the candle that closed at an instant is here."""
        newest = self.newest
        return newest is not None and newest.open_time + interval_ms >= closed_at


class _Running:
    # An indicator that follows a growing list of candles.
    def __init__(self, spec: IndicatorSpec, candles: Iterable[Candle], keep: int | None) -> None:
        self._feed: Final = IndicatorFeed(spec, _PRICE_DECIMALS)
        self._values: Final[deque[float | None]] = deque(maxlen=keep)
        for candle in candles:
            self.push(candle)

    def push(self, candle: Candle) -> None:
        self._values.append(self._feed.push(_scaled(candle.high), _scaled(candle.low), _scaled(candle.close)))

    def value(self, back: int) -> float | None:
        return self._values[-1 - back] if back < len(self._values) else None


def _scaled(price: Decimal) -> int:
    return int(price.scaleb(_PRICE_DECIMALS))
