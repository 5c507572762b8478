"""A small market as a skill sees it, and rules that always wish for the same."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from agentic_core.domain import (
    AccountView,
    Candle,
    IndicatorSpec,
    Instant,
    Instrument,
    Interval,
    Mark,
    MarketSnapshot,
    MarketView,
    MarkSource,
    Price,
    ProposedAction,
    Symbol,
)

__all__ = ["Leash", "Market", "Rules"]


class Market:
    """A `MarketView` of a few symbols, with candles that lead to their marks."""

    interval = Interval.M5

    def __init__(
        self,
        prices: Mapping[Symbol, Decimal],
        at: Instant,
        listed: Mapping[Symbol, Instrument] | None = None,
    ) -> None:
        """Take the marks, and the contracts where they are not all alike."""
        self.as_of = at
        self.prices = prices
        self.rate = Decimal("0.0000125")
        self._listed = listed or {
            symbol: Instrument(symbol=symbol, size_decimals=4, leverage_max=20) for symbol in prices
        }

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules."""
        return self._listed.get(symbol)

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the mark."""
        price = self.prices.get(symbol)
        if price is None:
            return None
        return Mark(symbol=symbol, price=Price(price), as_of=self.as_of, source=MarkSource.VENUE)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return candles that rise to the mark."""
        price = self.prices.get(symbol)
        if price is None:
            return ()
        return tuple(self._candle(price, back) for back in range(count, 0, -1))

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return that it is not known."""
        return None

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return the rate."""
        return self.rate if symbol in self.prices else None

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy what is visible."""
        marks = tuple(mark for symbol in self.prices if (mark := self.mark(symbol)) is not None)
        candles = {symbol: self.candles(symbol, lookback) for symbol in self.prices}
        rates = dict.fromkeys(self.prices, self.rate)
        return MarketSnapshot(as_of=self.as_of, marks=marks, candles=candles, funding_rates=rates)

    def _candle(self, price: Decimal, back: int) -> Candle:
        close = Price(price * (1_000 - back) / 1_000)
        opened = Instant(self.as_of - back * self.interval.ms)
        return Candle(open_time=opened, open=close, high=close, low=close, close=close, volume=Decimal(7))


class Leash(msgspec.Struct, frozen=True, kw_only=True):
    """A strict leash."""

    wish: ProposedAction | None
    """What the rules wish; None is nothing."""


class Rules:
    """A `RulePolicy` that wishes for the same at every mark, or for nothing at any."""

    name = "same"

    def __init__(self, wish: ProposedAction | None) -> None:
        """Take what it wishes."""
        self._wish = wish

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Return it."""
        return self._wish
