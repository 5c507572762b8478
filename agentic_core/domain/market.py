"""What is known of the market: candles, marks, books, and the view a decision may look at."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import Price, Size
from agentic_core.domain.times import Instant, Interval

__all__ = [
    "Book",
    "Candle",
    "CandleSeries",
    "IndicatorKind",
    "IndicatorSpec",
    "Level",
    "Mark",
    "MarkSource",
    "MarketSnapshot",
    "MarketView",
]


class Candle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One closed interval of trading."""

    open_time: Instant
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Decimal


class MarkSource(StrEnum):
    """Where a mark comes from; a degraded source may value and close, never open with real money."""

    VENUE = "venue"
    BOOK = "book"
    CANDLE_CLOSE = "candle_close"


class Mark(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The price positions are valued at."""

    symbol: Symbol
    price: Price
    as_of: Instant
    source: MarkSource


class Level(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One price of an order book."""

    price: Price
    size: Size


class Book(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What can be executed against right now, best price first on both sides."""

    symbol: Symbol
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    as_of: Instant


class IndicatorKind(StrEnum):
    """The causal indicators that come with the library."""

    SMA = "sma"
    EMA = "ema"
    HIGHEST = "highest"
    LOWEST = "lowest"


class IndicatorSpec(NamedTuple):
    """Which indicator, over how many candles; a tuple because it is a dictionary key on the hot path."""

    kind: IndicatorKind
    length: int


class CandleSeries(Protocol):
    """Closed candles of one symbol, oldest first, as scaled integer columns.

    A price in a column is an exact number of 10^-price_decimals dollars.
    """

    @property
    def symbol(self) -> Symbol:
        """The instrument."""

    @property
    def interval(self) -> Interval:
        """The length of each candle."""

    @property
    def price_decimals(self) -> int:
        """The scale of the price columns."""

    @property
    def open_times(self) -> Sequence[int]:
        """Opening instants."""

    @property
    def opens(self) -> Sequence[int]:
        """First prices."""

    @property
    def highs(self) -> Sequence[int]:
        """Highest prices."""

    @property
    def lows(self) -> Sequence[int]:
        """Lowest prices."""

    @property
    def closes(self) -> Sequence[int]:
        """Last prices."""

    def __len__(self) -> int:
        """Count the candles."""

    def candle(self, index: int) -> Candle:
        """Return one candle; negative counts from the newest."""

    def indicator(self, spec: IndicatorSpec) -> Sequence[float | None]:
        """Return the indicator at every candle; None until enough candles are there."""


class MarketSnapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A copy of a view, made when something is recorded."""

    as_of: Instant
    marks: tuple[Mark, ...]
    candles: dict[Symbol, tuple[Candle, ...]]
    funding_rates: dict[Symbol, Decimal]


class MarketView(Protocol):
    """The market as a decision may see it; valid until the next mark and never showing anything later than it."""

    @property
    def as_of(self) -> Instant:
        """The mark this view stands at."""

    @property
    def interval(self) -> Interval:
        """The interval of the candles."""

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the contract's rules, or None when the venue does not list it."""

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the mark, or None when none is known."""

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return up to `count` of the newest closed candles, oldest first."""

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return an indicator as of `back` candles ago, 0 being the newest closed one.

        Raises:
            LookAhead: `back` was negative.
        """

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return the hourly funding rate last published, or None when unknown."""

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy what is visible, with so many candles a symbol."""
