"""A live market by hand: candles whose close is the number of their minute, and a view of it in a world."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import NoReturn

import anyio

from agentic_core.domain import (
    MINUTE_MS,
    Book,
    Candle,
    Instant,
    Instrument,
    Interval,
    Mark,
    MarkSource,
    Price,
    Symbol,
)
from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.account_reads import FreshPrice
from agentic_core.runtime.live_view import LiveView, ViewRules
from agentic_core.simulation.world import World, WorldClock
from tests.support.markets import BTC, ETH, LISTED

__all__ = ["HandFeed", "HandMarket", "Room", "minute_of", "play"]

D = Decimal


class HandFeed:
    """Candles whose close is the number of their minute, each there a while after it closed."""

    def __init__(self, clock: WorldClock) -> None:
        self.clock = clock
        self.late_ms: dict[Symbol, int] = {}
        self.asked: list[tuple[Symbol, int]] = []
        self.heard: dict[Symbol, Mark] = {}
        self.rates: dict[Instant, Decimal] = {}
        self.rates_asked: dict[Symbol, int] = {}
        self.is_away = False

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return the list."""
        return LISTED

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return those that closed long enough ago."""
        self._answer()
        first, last = -(-after // MINUTE_MS), until // MINUTE_MS - 1
        self.asked.append((symbol, last - first + 1))
        there = (self.clock.now() - self.late_ms.get(symbol, 0)) // MINUTE_MS - 1
        return [_candle(minute) for minute in range(first, min(last, there) + 1)]

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return what was heard."""
        return {symbol: self.heard[symbol] for symbol in symbols if symbol in self.heard}

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return the rates that were put down."""
        self.rates_asked[symbol] = self.rates_asked.get(symbol, 0) + 1
        return {hour: rate for hour, rate in self.rates.items() if after < hour <= until}

    async def book(self, symbol: Symbol) -> Book | None:
        """Return that there is none."""
        return None

    async def fresh(self, symbol: Symbol) -> FreshPrice:
        """Fail: nobody asks for it here."""
        raise NotImplementedError

    def _answer(self) -> None:
        if self.is_away:
            message = "the market is away"
            raise VenueUnavailable(message)


class HandMarket:
    """A `LiveMarket` over a feed."""

    def __init__(self, feed: HandFeed) -> None:
        self.market = feed
        self.books = feed
        self.prices = feed
        self.instruments: Mapping[Symbol, Instrument] = LISTED
        self.funding_source = "by hand"

    def now(self) -> Instant:
        """Return the world's time."""
        return self.market.clock.now()

    def newest_mark(self, symbol: Symbol) -> Mark | None:
        """Return what was heard."""
        return self.market.heard.get(symbol)

    async def watch(self, symbols: Sequence[Symbol]) -> NoReturn:
        """Tell nothing."""
        await anyio.sleep_forever()
        raise AssertionError


def _candle(minute: int) -> Candle:
    price = Price(D(minute % 1_000))
    opened = Instant(minute * MINUTE_MS)
    return Candle(open_time=opened, open=price, high=price, low=price, close=price, volume=D(1))


class Room:
    """A view of BTC and ETH by the minute, and what it said."""

    def __init__(self, world: World, rules: ViewRules) -> None:
        self.clock = world.clock
        self.market = HandFeed(world.clock)
        self.said: list[tuple[LogEvent, str]] = []
        self.view = LiveView(
            HandMarket(self.market), (BTC, ETH), Interval.M1, clock=world.clock, say=self._say, rules=rules
        )

    def hear_marks(self) -> None:
        """Let both symbols have a mark from now on."""
        for symbol in (BTC, ETH):
            self.market.heard[symbol] = Mark(
                symbol=symbol, price=Price(D(7)), as_of=self.clock.now(), source=MarkSource.VENUE
            )

    async def next_mark(self) -> Instant:
        """Go on to the next minute."""
        await self.clock.sleep((MINUTE_MS - self.clock.now() % MINUTE_MS) / 1_000)
        return self.clock.now()

    def closes(self, symbol: Symbol = BTC) -> list[int]:
        """Return the minutes of the newest candles, as they are named by their close."""
        return [int(candle.close) for candle in self.view.candles(symbol, 3)]

    def _say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **_: str | int | None) -> None:
        self.said.append((event, message))


def play(story: Callable[[Room], Awaitable[None]]) -> None:
    """Play a story in a world of its own, with a history of ten candles."""

    async def main(world: World) -> None:
        await story(Room(world, ViewRules(history=10)))

    World(1).run(main)


def minute_of(mark: Instant) -> int:
    """Return how the candle that closes at a mark is named."""
    return (mark // MINUTE_MS - 1) % 1_000
