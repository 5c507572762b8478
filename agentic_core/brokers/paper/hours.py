"""Funding of a paper account at a live market: owed at the whole hour, paid once its price and its rate are known.

The price is the close of the candle that ends at the hour, or of the newest one before it where nobody traded then.
Nobody has to have been there to see it, so a process that was away comes to the same payments as one that was not.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from agentic_core.brokers.paper.keeping import Owed
from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.domain.funding import FundingPayment, funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.money import Price
from agentic_core.domain.position import Position
from agentic_core.domain.times import DAY_MS, HOUR_MS, MINUTE_MS, Instant, Interval
from agentic_core.ports.market_data import MarketData

__all__ = ["FundingHours"]

_SOON_MS: Final = 5_000
"""How long after an hour its candle and its rate are asked for first, and how often while they are young."""
_LATE_MS: Final = MINUTE_MS
"""How long after an hour the candle that ends there may still come; who trades nothing in a minute makes none."""
_GIVEN_UP_MS: Final = DAY_MS
"""How long a rate may stay unknown."""


class FundingHours:
    """What one account owes and is owed."""

    def __init__(self, *, funded_until: Instant, owed: Iterable[Owed] = ()) -> None:
        """Go on from an instant up to which every hour was looked at."""
        self.funded_until = funded_until
        self._owed: list[Owed] = list(owed)
        self._rates: dict[tuple[Symbol, Instant], Decimal] = {}
        self._asked_at = Instant(0)

    @property
    def owed(self) -> tuple[Owed, ...]:
        """What is not paid yet."""
        return tuple(self._owed)

    def reach(self, now: Instant, positions: Mapping[Symbol, Position]) -> bool:
        """Let time reach an instant: what is held is owed for every hour on the way; tell whether there was one."""
        hours = funding_hours(self.funded_until, now)
        for hour in hours:
            self._owed += [
                Owed(symbol=symbol, hour=Instant(hour), size=held.size) for symbol, held in positions.items()
            ]
        self.funded_until = max(self.funded_until, now)
        return len(hours) > 0

    def seen(self, symbol: Symbol, candles: Iterable[Candle], interval: Interval, *, now: Instant) -> None:
        """Take the prices of whole hours out of candles, all of which are there that had closed by now."""
        closes = {candle.open_time + interval.ms: candle.close for candle in candles}
        for number, one in enumerate(self._owed):
            if one.symbol == symbol and one.price is None:
                price = _price_at(one.hour, closes, may_come=now < one.hour + _LATE_MS)
                self._owed[number] = replace(one, price=price)

    async def foresee(self, market: MarketData, symbols: Iterable[Symbol], until: Instant) -> None:
        """Learn the rates of the hours up to an instant.

        Raises:
            VenueUnavailable: the market does not answer.
        """
        for symbol in symbols:
            rates = await market.funding(symbol, after=self.funded_until, until=until)
            self._rates |= {(symbol, hour): rate for hour, rate in rates.items()}

    def is_due(self, now: Instant) -> bool:
        """Tell whether it is time to ask for what is missing."""
        if not self._owed:
            return False
        youngest = self._owed[-1].hour
        pause_ms = _SOON_MS if now < youngest + MINUTE_MS else MINUTE_MS
        return now >= youngest + _SOON_MS and now >= self._asked_at + pause_ms

    async def ask(self, market: MarketData, now: Instant) -> None:
        """Ask the market for prices and rates that are missing.

        Raises:
            VenueUnavailable: it does not answer.
        """
        self._asked_at = now
        for symbol in sorted({one.symbol for one in self._owed}):
            hours = [one.hour for one in self._owed if one.symbol == symbol]
            rates = await market.funding(symbol, after=Instant(min(hours) - 1), until=max(hours))
            self._rates |= {(symbol, hour): rate for hour, rate in rates.items()}
            for hour in self._unpriced(symbol):
                before = Instant(hour - HOUR_MS)
                candles = await market.candles(symbol, Interval.M1, after=before, until=hour)
                self.seen(symbol, candles, Interval.M1, now=now)
            if any(now >= hour + _LATE_MS for hour in self._unpriced(symbol)):
                await self._take_marks(market, symbol, now)

    async def _take_marks(self, market: MarketData, symbol: Symbol, now: Instant) -> None:
        # Nobody has traded for an hour and more, so that no candle says anything; the mark does.
        mark = (await market.marks([symbol])).get(symbol)
        if mark is not None:
            for number, one in enumerate(self._owed):
                if one.symbol == symbol and one.price is None and now >= one.hour + _LATE_MS:
                    self._owed[number] = replace(one, price=mark.price)

    def _unpriced(self, symbol: Symbol) -> list[Instant]:
        return sorted({one.hour for one in self._owed if one.symbol == symbol and one.price is None})

    def pay(self, ledger: PaperLedger, now: Instant) -> tuple[FundingPayment, ...]:
        """Enter what is known by now; what stayed unknown for a day is given up."""
        payments, waiting = [], []
        for one in self._owed:
            rate = self._rates.get((one.symbol, one.hour))
            # Not before those who were there could have known it: what happens until then happens first.
            if one.price is None or rate is None or now < one.hour + _SOON_MS:
                waiting.append(one)
                continue
            payment = FundingPayment.settle(one.symbol, one.hour, size=one.size, price=one.price, rate=rate)
            ledger.settle(payment)
            payments.append(payment)
        # What was never asked for is not given up: a whole day may just be lived again.
        self._owed = [one for one in waiting if self._asked_at < one.hour or now < one.hour + _GIVEN_UP_MS]
        oldest = min((one.hour for one in self._owed), default=Instant(now - HOUR_MS))
        self._rates = {key: rate for key, rate in self._rates.items() if key[1] >= oldest}
        return tuple(payments)


def _price_at(hour: Instant, closes: Mapping[int, Price], *, may_come: bool) -> Price | None:
    if hour in closes or may_come:
        return closes.get(hour)
    newest = max((closed_at for closed_at in closes if closed_at < hour), default=None)
    return None if newest is None else closes[newest]
