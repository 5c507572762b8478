"""A market and an account as a rule policy sees them, made from a few numbers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.domain import (
    AccountSnapshot,
    Candle,
    CandleSeries,
    DayCounters,
    Direction,
    IndicatorSpec,
    Instant,
    Instrument,
    Interval,
    Mark,
    MarketSnapshot,
    MarkSource,
    OpenIntent,
    Position,
    Price,
    Size,
    Symbol,
    Usd,
    from_scaled,
)
from agentic_core.skills.indicators import compute

__all__ = ["BTC", "AccountOf", "SeriesOf", "ViewAt", "closing_at"]

BTC = Symbol("BTC")


class SeriesOf:
    """A candle series over columns of scaled prices; every candle opens at its close."""

    def __init__(
        self,
        closes: Sequence[int],
        *,
        highs: Sequence[int] | None = None,
        lows: Sequence[int] | None = None,
        price_decimals: int = 1,
        symbol: Symbol = BTC,
    ) -> None:
        self.symbol = symbol
        self.interval = Interval.M5
        self.price_decimals = price_decimals
        self.open_times: Sequence[int] = range(0, len(closes) * self.interval.ms, self.interval.ms)
        self.closes = self.opens = closes
        self.highs = closes if highs is None else highs
        self.lows = closes if lows is None else lows
        self._columns: dict[IndicatorSpec, Sequence[float | None]] = {}

    def __len__(self) -> int:
        return len(self.closes)

    def candle(self, index: int) -> Candle:
        """Return one candle."""
        close = Price(from_scaled(self.closes[index], self.price_decimals))
        return Candle(
            open_time=Instant(self.open_times[index]),
            open=close,
            high=Price(from_scaled(self.highs[index], self.price_decimals)),
            low=Price(from_scaled(self.lows[index], self.price_decimals)),
            close=close,
            volume=Decimal(1),
        )

    def indicator(self, spec: IndicatorSpec) -> Sequence[float | None]:
        """Return a column, computed once."""
        column = self._columns.get(spec)
        if column is None:
            column = self._columns[spec] = compute(spec, self)
        return column

    def prefix(self, count: int) -> "SeriesOf":
        """Return the first candles alone."""
        return SeriesOf(
            self.closes[:count],
            highs=self.highs[:count],
            lows=self.lows[:count],
            price_decimals=self.price_decimals,
            symbol=self.symbol,
        )


class ViewAt:
    """The market at the mark where a candle of the series closes."""

    def __init__(self, series: CandleSeries, index: int, *, funding_rate: Decimal | None = None) -> None:
        self._series = series
        self._index = index
        self._funding_rate = funding_rate

    @property
    def as_of(self) -> Instant:
        """When the candle closes."""
        return Instant(self._series.open_times[self._index] + self.interval.ms)

    @property
    def interval(self) -> Interval:
        """The interval of the candles."""
        return self._series.interval

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return cautious rules for the series' own symbol."""
        return Instrument.generic(symbol) if symbol == self._series.symbol else None

    def mark(self, symbol: Symbol) -> Mark | None:
        """Return the close."""
        if symbol != self._series.symbol:
            return None
        close = self._series.candle(self._index).close
        return Mark(symbol=symbol, price=close, as_of=self.as_of, source=MarkSource.CANDLE_CLOSE)

    def candles(self, symbol: Symbol, count: int) -> tuple[Candle, ...]:
        """Return the newest candles."""
        if symbol != self._series.symbol:
            return ()
        return tuple(map(self._series.candle, range(max(0, self._index + 1 - count), self._index + 1)))

    def indicator(self, symbol: Symbol, spec: IndicatorSpec, *, back: int = 0) -> float | None:
        """Return an indicator, refusing to look ahead."""
        assert back >= 0, "a policy looked ahead"
        at = self._index - back
        return self._series.indicator(spec)[at] if symbol == self._series.symbol and at >= 0 else None

    def funding_rate(self, symbol: Symbol) -> Decimal | None:
        """Return the rate that was given."""
        return self._funding_rate if symbol == self._series.symbol else None

    def freeze(self, lookback: int) -> MarketSnapshot:
        """Copy what is visible."""
        symbol = self._series.symbol
        mark = self.mark(symbol)
        return MarketSnapshot(
            as_of=self.as_of,
            marks=() if mark is None else (mark,),
            candles={symbol: self.candles(symbol, lookback)},
            funding_rates={} if self._funding_rate is None else {symbol: self._funding_rate},
        )


class AccountOf:
    """An account that holds one signed size of one symbol."""

    def __init__(self, size: str = "0", *, equity: str = "10000", symbol: Symbol = BTC) -> None:
        self._position = Position(symbol=symbol, size=Size(Decimal(size)), entry_cost=Usd(abs(Decimal(size)) * 100))
        self.as_of = Instant(0)
        self.equity = Usd(Decimal(equity))
        self.margin_used = Usd(Decimal(0))
        self.day = DayCounters(day=0, baseline=self.equity)
        self.unresolved = 0
        self.peak = self.equity
        self.open_intents: tuple[OpenIntent, ...] = ()

    @property
    def positions(self) -> Mapping[Symbol, Position]:
        """The one position, where there is one."""
        held = self._position.direction is not Direction.FLAT
        return {self._position.symbol: self._position} if held else {}

    def position(self, symbol: Symbol) -> Position:
        """Return the position, flat in every other symbol."""
        return self._position if symbol == self._position.symbol else Position.flat(symbol)

    def exposure(self) -> Usd:
        """Return what the position cost."""
        return self._position.entry_cost

    def freeze(self) -> AccountSnapshot:
        """Copy what is visible."""
        return AccountSnapshot.of(self)


def closing_at(*dollars: int) -> SeriesOf:
    """Return a series whose candles close, and stay, at these whole dollars."""
    return SeriesOf([10 * price for price in dollars])
