"""The limit of an opening order by the book: never worse than it was, and always enough for what the book holds."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from msgspec.structs import replace

from agentic_core.domain import (
    Book,
    Instant,
    Instrument,
    IntentKind,
    Level,
    OrderIntent,
    Price,
    Side,
    Size,
    TimeInForce,
)
from agentic_core.domain.money import ZERO
from agentic_core.execution.slippage import priced_by_book
from tests.support.dice import OFF_ON, Dice, rolls
from tests.support.examples import thorough
from tests.support.markets import BTC, ETH, order

D = Decimal
LISTED = (
    Instrument(symbol=BTC, size_decimals=5, leverage_max=40),
    Instrument(symbol=ETH, size_decimals=0, leverage_max=25),
)


class Rolled:
    """An order, the book it meets, and how far the book may move away."""

    def __init__(self, dice: Dice) -> None:
        self.instrument = dice.any_of(*LISTED)
        self.buys = dice.any_of(*OFF_ON)
        side = Side.BUY if self.buys else Side.SELL
        middle = dice.number(1_000, 99_999, places=dice.whole(0, 2))
        tick = D(1).scaleb(-dice.whole(0, 1))
        steps = [dice.whole(0, 6) for _ in range(6)]
        away = 1 if self.buys else -1
        prices = [middle + away * tick * sum(steps[: number + 1]) for number in range(len(steps))]
        self.levels = [
            Level(price=Price(price), size=Size(dice.number(1, 40, places=1))) for price in prices if price > ZERO
        ][: dice.whole(0, 6)]
        self.size = dice.number(1, 100, places=1)
        collar = D(dice.whole(0, 60))
        limit = Price(max(D(1), middle + away * tick * collar))
        self.intent = replace(order(1, side, self.size, limit), symbol=self.instrument.symbol)
        asks, bids = (self.levels, ()) if self.buys else ((), self.levels)
        at = Instant(0)
        self.book = Book(symbol=self.instrument.symbol, asks=tuple(asks), bids=tuple(bids), as_of=at)
        self.slack_bps = dice.any_of(10, 0, 1, 100)

    def priced(self) -> OrderIntent:
        """Price the order."""
        return priced_by_book(self.intent, self.book, self.instrument, self.slack_bps)

    def better(self, one: Decimal, other: Decimal) -> bool:
        """Tell whether a limit is stricter than another, or the same."""
        return one <= other if self.buys else one >= other

    def walked(self, limit: Decimal) -> Decimal:
        """Return how much of the size the book holds within a limit, counted unit by tenth of a unit."""
        left = self.size
        for level in self.levels:
            if not self.better(level.price, limit):
                break
            left -= min(left, level.size)
        return self.size - left


BYTES = 40


@thorough
@given(rolls(Rolled, BYTES))
def test_limit_by_the_book_is_never_worse_and_fills_no_less(rolled: Rolled) -> None:
    """The collar stays the worst that is accepted, and the book as it was read gives as much as within the collar."""
    priced = rolled.priced()
    assert rolled.better(priced.limit_price, rolled.intent.limit_price)
    assert replace(priced, limit_price=rolled.intent.limit_price) == rolled.intent
    assert rolled.walked(priced.limit_price) == rolled.walked(rolled.intent.limit_price)


@thorough
@given(rolls(Rolled, BYTES))
def test_limit_by_the_book_is_no_worse_than_the_price_of_the_size_and_the_slack(rolled: Rolled) -> None:
    """Where the book holds the size: the last price that is needed, so many hundredths of a percent, and a step."""
    priced = rolled.priced()
    if rolled.walked(rolled.intent.limit_price) < rolled.size:
        assert priced == rolled.intent
        return
    needed = next(level.price for level in rolled.levels if rolled.walked(level.price) == rolled.size)
    factor = Fraction(10_000 + rolled.slack_bps if rolled.buys else 10_000 - rolled.slack_bps, 10_000)
    edge = Fraction(needed) * factor
    # Five digits make a step of a ten-thousandth at most, and the venue takes six decimals less those of the size.
    step = max(Fraction(needed) / 10_000, Fraction(1, 10 ** (6 - rolled.instrument.size_decimals)))
    limit = Fraction(priced.limit_price)
    assert (needed <= limit <= edge + step) if rolled.buys else (edge - step <= limit <= needed)


@given(rolls(Rolled, BYTES))
def test_orders_that_close_rest_or_meet_no_book_keep_their_limit(rolled: Rolled) -> None:
    """A missed exit costs more than a worse price within the collar."""
    for changes in (
        {"reduce_only": True},
        {"time_in_force": TimeInForce.GTC},
        {"time_in_force": TimeInForce.POST_ONLY},
        {"kind": IntentKind.STOP},
    ):
        other = replace(rolled.intent, **changes)
        assert priced_by_book(other, rolled.book, rolled.instrument, rolled.slack_bps) == other
    assert priced_by_book(rolled.intent, None, rolled.instrument, rolled.slack_bps) == rolled.intent
