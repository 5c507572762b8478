"""The market as a chat model sees it: a line per symbol, and candles as compact tables."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from agentic_core.chat.showing.figures import price, rounded
from agentic_core.chat.showing.untrusted import plain_name
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle, MarketView
from agentic_core.domain.times import DAY_MS, HOUR_MS, MINUTE_MS, Instant, Interval, to_datetime

__all__ = ["candle_table", "market_lines"]

_VOLUME_FIGURES = 5
_RATE_FIGURES = 6
_SECOND_MS = 1_000


def market_lines(market: MarketView, symbols: Sequence[Symbol], as_of: Instant) -> Iterator[str]:
    """Write marks and funding with their ages, a line per symbol."""
    minutes = (HOUR_MS - as_of % HOUR_MS) // MINUTE_MS
    yield f"Funding is paid every hour, next in {minutes} min; a positive rate is paid by longs to shorts."
    for symbol in symbols:
        yield f"- {plain_name(symbol)}: {_mark(market, symbol, as_of)}; {_funding(market, symbol)}"


def candle_table(symbol: Symbol, interval: Interval, candles: Sequence[Candle]) -> Iterator[str]:
    """Write candles as a table, oldest first; nothing where there are none."""
    name = plain_name(symbol)
    if not candles:
        yield f"{name}: no closed candles are known."
        return
    first = to_datetime(candles[0].open_time)
    yield f"{name}, {len(candles)} closed candles of {interval}, oldest first, the first of {first:%Y-%m-%d %H:%M} UTC:"
    yield "opened,open,high,low,close,volume"
    # A date that stands on every line would be a third of the table.
    form = "%m-%d" if interval.ms >= DAY_MS else "%d %H:%M"
    for candle in candles:
        prices = ",".join(price(one) for one in (candle.open, candle.high, candle.low, candle.close))
        yield f"{to_datetime(candle.open_time):{form}},{prices},{rounded(candle.volume, _VOLUME_FIGURES)}"


def _mark(market: MarketView, symbol: Symbol, as_of: Instant) -> str:
    mark = market.mark(symbol)
    if mark is None:
        return "no mark is known"
    return f"mark {price(mark.price)} USD ({mark.source}, {max(0, as_of - mark.as_of) // _SECOND_MS} s old)"


def _funding(market: MarketView, symbol: Symbol) -> str:
    rate = market.funding_rate(symbol)
    if rate is None:
        return "funding unknown"
    return f"funding {rounded(rate * Decimal(100), _RATE_FIGURES)} % an hour, as last published"
