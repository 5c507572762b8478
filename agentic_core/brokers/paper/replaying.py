"""Lives again, candle by candle, through a time in which nobody looked after a paper account."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from agentic_core.brokers.paper.broker import PaperBroker
from agentic_core.brokers.paper.hours import FundingHours
from agentic_core.brokers.paper.missed import fine_enough, legs_of, stops_on_the_way
from agentic_core.brokers.paper.surroundings import Surroundings
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.times import Instant, Interval
from agentic_core.ports.market_data import MarketData

__all__ = ["Replaying"]


class Replaying:
    """Goes through candles with everything that the market does to an account: funding, orders, margin."""

    def __init__(
        self,
        broker: PaperBroker,
        surroundings: Surroundings,
        hours: FundingHours,
        live: Callable[[Instant], Awaitable[None]],
        meet: Callable[[Instant], Awaitable[None]],
    ) -> None:
        """Take the account; `live` lets its orders and its margin meet the market of an instant, `meet` its orders."""
        self._broker: Final = broker
        self._around: Final = surroundings
        self._hours: Final = hours
        self._live: Final = live
        self._meet: Final = meet
        self._stood: Final[dict[Symbol, Decimal]] = {}
        # Where each symbol stands within its candle.

    async def go(self, market: MarketData, symbols: Sequence[Symbol], *, after: Instant, until: Instant) -> None:
        """Live through (after, until]; everything is asked for before anything happens.

        Raises:
            VenueUnavailable: the market does not answer; nothing happened.
        """
        interval = fine_enough(after, until)
        first = Instant(after // interval.ms * interval.ms)
        missed = {one: await market.candles(one, interval, after=first, until=until) for one in symbols}
        await self._hours.foresee(market, symbols, until)
        try:
            for opened_at in sorted({candle.open_time for candles in missed.values() for candle in candles}):
                self._reach(opened_at, missed, interval, until)
                await self._pass(opened_at, missed, interval, after)
            self._reach(until, missed, interval, until)
        finally:
            self._around.be_present()

    async def _pass(
        self, opened_at: Instant, missed: Mapping[Symbol, Sequence[Candle]], interval: Interval, after: Instant
    ) -> None:
        self._stood.clear()
        candles = {
            symbol: next((one for one in candles if one.open_time == opened_at), None)
            for symbol, candles in missed.items()
        }
        legs = {
            symbol: legs_of(candle, interval, self._broker.ledger.position(symbol).size, after=after)
            for symbol, candle in candles.items()
            if candle is not None
        }
        for at in sorted({leg.at for each in legs.values() for leg in each}):
            await self._move({symbol: leg.price for symbol, each in legs.items() for leg in each if leg.at == at}, at)

    def _reach(self, at: Instant, missed: Mapping[Symbol, Sequence[Candle]], interval: Interval, now: Instant) -> None:
        if self._hours.reach(at, self._broker.ledger.positions):
            for symbol, candles in missed.items():
                self._hours.seen(symbol, candles, interval, now=now)

    async def _move(self, targets: Mapping[Symbol, Decimal], at: Instant) -> None:
        # From one candle to the next prices jump, all at once; within a candle they pass what lies between.
        jumping = {symbol: price for symbol, price in targets.items() if symbol not in self._stood}
        for symbol, price in jumping.items():
            self._stand(symbol, price, at)
        if jumping:
            await self._live(at)
        for symbol, target in sorted(targets.items()):
            while (price := self._stood[symbol]) != target:
                self._stand(symbol, stops_on_the_way(price, target, self._waiting_at(symbol)), at)
                await self._meet(at)
        await self._live(at)  # no margin is judged where only some of them have moved

    def _stand(self, symbol: Symbol, price: Decimal, at: Instant) -> None:
        self._stood[symbol] = price
        self._around.live_again(symbol, price, at)

    def _waiting_at(self, symbol: Symbol) -> Iterator[Decimal]:
        for order in self._broker.open_orders:
            if order.intent.symbol == symbol:
                yield order.limit if order.waiting is None else order.waiting.price
