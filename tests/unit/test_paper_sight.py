"""What a paper account does about a market that it sees badly: silent marks, old books, hours without a candle."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.brokers.paper import PaperVenue
from agentic_core.domain import Book, Candle, Instant, Level, Mark, MarkSource, Price, Size, Symbol
from agentic_core.domain.account_events import FillTold, OrderTold, StreamTold, ToldStatus
from agentic_core.domain.times import MINUTE_MS
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import FreshPrice
from tests.support.clocks import settle
from tests.support.markets import BTC, ETH
from tests.support.paper_hands import NO_SLIPPAGE, buy, pass_looks, ready, stop
from tests.support.paper_market import BEGAN, PaperPlace, PathMarket

pytestmark = pytest.mark.anyio
D = Decimal
HOUR = Instant(BEGAN + 5 * MINUTE_MS)
"""01:00Z, the first whole hour."""


class DimMarket(PathMarket):
    """A market whose stream may fall silent, whose book may lag, and in which nobody may trade for minutes."""

    def __init__(self, paths: Mapping[Symbol, Sequence[Sequence[int]]]) -> None:
        super().__init__(paths)
        self.silent: set[Symbol] = set()
        """Symbols of which the stream tells nothing."""
        self.no_trades: set[int] = set()
        """The minutes in which nobody traded."""
        self.old_book: Price | None = None
        """What the streamed book still shows."""
        self.answers = True
        """Whether marks can be asked for."""
        self.asked_marks: list[int] = []
        """When they were, in seconds from the beginning."""
        self._known: dict[Symbol, Mark] = {}

    def tell(self, symbol: Symbol) -> Mark:
        """Return the mark of this moment, which is known from now on."""
        mark = Mark(symbol=symbol, price=self.price(symbol), as_of=self.at, source=MarkSource.VENUE)
        self._known[symbol] = mark
        return mark

    def newest_mark(self, symbol: Symbol) -> Mark | None:
        """Return the mark that was told last."""
        return self._known.get(symbol) if symbol in self.silent else self.tell(symbol)

    def known(self, symbol: Symbol) -> list[Candle]:
        """Return the candles of minutes in which somebody traded."""
        number = {one.open_time: index for index, one in enumerate(super().known(symbol))}
        return [one for one in super().known(symbol) if number[one.open_time] not in self.no_trades]

    async def book(self, symbol: Symbol) -> Book | None:
        """Return the streamed book, which may lag."""
        if self.old_book is None:
            return await super().book(symbol)
        level = (Level(price=self.old_book, size=Size(D(10**9))),)
        return Book(symbol=symbol, bids=level, asks=level, as_of=Instant(self.at - 400))

    async def fresh(self, symbol: Symbol) -> FreshPrice:
        """Read the book, which lags no more."""
        self.old_book = None
        return await super().fresh(symbol)

    def be_asked(self, symbols: Sequence[Symbol]) -> None:
        """Answer with the marks of this moment."""
        self.asked_marks.append((self.at - BEGAN) // 1_000)
        if not self.answers:
            raise VenueUnavailable("nobody answers")
        for symbol in symbols:
            self.tell(symbol)


def dim(path: Sequence[Sequence[int]], **others: Sequence[Sequence[int]]) -> tuple[PaperPlace, DimMarket]:
    """Return an account at a dim market, and that market."""
    market = DimMarket({BTC: path, **{Symbol(name): each for name, each in others.items()}})
    return PaperPlace(market, terms=NO_SLIPPAGE), market


def fills_told(at: PaperPlace) -> list[tuple[Decimal, int]]:
    """Return the prices and seconds of the executions that were told."""
    return [(each.fill.price, (each.fill.time - BEGAN) // 1_000) for each in at.told if isinstance(each, FillTold)]


async def look_on(at: PaperPlace, venue: PaperVenue, count: int) -> None:
    """Look every quarter of a minute."""
    for _ in range(count):
        pass_looks(at)
        await venue.look()


# ── funding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("no_trades", "price"),
    [(frozenset[int](), 104), (frozenset({4}), 103), (frozenset({3, 4}), 102), (frozenset(range(5)), 106)],
)
@pytest.mark.parametrize("is_away", [False, True])
async def test_funding_of_a_quiet_hour_is_paid_at_the_last_price_before_it(
    no_trades: frozenset[int], price: int, *, is_away: bool
) -> None:
    """Where nobody traded in the whole hour, at the mark; whether somebody was there to see it or not."""
    at, market = dim([(step, step, step, step) for step in (100, 101, 102, 103, 104, 105, 106, 106, 106)])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await at.book()
    market.no_trades = set(no_trades)
    if is_away:
        pass_looks(at, 28)
        venue = await at.open()
        await venue.look()
    else:
        await look_on(at, venue, 28)
    (paid,) = await venue.reads.funding(Instant(0))
    assert (paid.time, paid.amount) == (HOUR, D(price) * 2 / -10_000)


async def test_candle_that_comes_late_is_awaited_for_a_minute() -> None:
    """The price before it would be another for whoever came later."""
    at, market = dim([*[(100, 100, 100, 100)] * 4, *[(110, 110, 110, 110)] * 6])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    market.no_trades = {4}
    await look_on(at, venue, 23)
    assert await venue.reads.funding(Instant(0)) == ()
    market.no_trades = set()
    await look_on(at, venue, 5)
    assert [paid.amount for paid in await venue.reads.funding(Instant(0))] == [D("-0.022")]


async def test_hour_that_was_not_seen_is_owed_on_what_candles_left_of_a_position() -> None:
    """A stop before it had closed everything."""
    path = [*[(100, 100, 100, 100)] * 3, (100, 94, 94, 94), *[(94, 94, 94, 94)] * 6]
    at, market = dim(path)
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await venue.broker.send(ready(at, stop(2, 95)))
    await look_on(at, venue, 8)
    market.silent, market.answers, market.asked_marks = {BTC}, False, []
    await look_on(at, venue, 16)
    assert market.asked_marks == [165, 195, 225, 255, 285, 315, 345]
    market.silent = set()
    await look_on(at, venue, 12)
    assert fills_told(at) == [(D(100), 0), (D(95), 195)]
    assert await venue.reads.funding(Instant(0)) == ()


# ── marks and books ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_stop_executes_where_the_market_stands_when_its_mark_comes() -> None:
    """Not against a book from before the fall."""
    at, market = dim([(100, 100, 90, 90), *[(90, 90, 90, 90)] * 2])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await venue.broker.send(ready(at, stop(2, 95)))
    market.old_book = Price(D(100))
    await look_on(at, venue, 2)
    assert fills_told(at) == [(D(100), 0), (D(90), 30)]


@pytest.mark.parametrize(("unseen", "executed"), [(3, []), (7, [(D(95), 120)])])
async def test_stop_reached_while_marks_were_silent_executes_once_they_are_told(
    unseen: int, executed: list[tuple[Decimal, int]]
) -> None:
    """By the candles since the newest mark, at no time before the account was shown; half a candle says nothing."""
    at, market = dim([(100, 100, 100, 100), (100, 94, 100, 100), *[(100, 100, 100, 100)] * 4])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await venue.broker.send(ready(at, stop(2, 95)))
    await look_on(at, venue, 4)
    market.silent, market.answers = {BTC}, False
    await look_on(at, venue, unseen)
    market.silent = set()
    await look_on(at, venue, 1)
    assert fills_told(at)[1:] == executed


async def test_silent_marks_are_asked_for_every_half_minute_and_hold_nothing_up() -> None:
    """A symbol of which the stream tells nothing is no reason to let the stop of another wait."""
    at, market = dim([*[(100, 100, 100, 100)] * 4, *[(90, 90, 90, 90)] * 4], ETH=[(100, 100, 100, 100)] * 8)
    venue = await at.open()
    for number, symbol in ((1, BTC), (2, ETH)):
        await venue.broker.send(ready(at, replace(buy(number), symbol=symbol)))
    await venue.broker.send(ready(at, stop(3, 95)))
    market.silent, market.asked_marks = {ETH}, []
    await look_on(at, venue, 20)
    assert fills_told(at)[2:] == [(D(90), 240)]
    assert market.asked_marks == [45, 90, 135, 180, 225, 270]


async def test_order_is_performed_only_where_the_market_is_seen() -> None:
    """Marks are asked for at once; without an answer nothing was performed, and candles from before meet it never."""
    at, market = dim([(100, 100, 100, 100), (100, 94, 100, 100), (100, 94, 100, 100), *[(100, 100, 100, 100)] * 4])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    market.silent, market.answers = {BTC}, False
    pass_looks(at, 7)
    for refused in (buy(2), stop(3, 95)):
        with pytest.raises(VenueUnavailable, match="nobody answers"):
            await venue.broker.send(ready(at, refused))
    market.answers = True
    await venue.broker.send(ready(at, stop(3, 95)))
    await look_on(at, venue, 1)
    assert (await venue.look()).position(BTC).size == D(2)
    market.answers = False
    pass_looks(at, 5)
    market.silent = set()
    await look_on(at, venue, 1)
    assert fills_told(at) == [(D(100), 0), (D(95), 135)]


async def test_candle_that_had_begun_says_nothing_of_an_order_that_came_within_it() -> None:
    """Though the newest mark is from before both."""
    at, market = dim([(100, 100, 100, 100), (100, 94, 100, 100), *[(100, 100, 100, 100)] * 4])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await look_on(at, venue, 4)
    market.silent, market.answers = {BTC}, False
    pass_looks(at, 2)
    await venue.broker.send(ready(at, stop(2, 95)))
    await look_on(at, venue, 6)
    market.silent = set()
    await look_on(at, venue, 1)
    assert (await venue.look()).position(BTC).size == D(2)


async def test_following_tells_of_a_market_that_is_not_seen() -> None:
    """Once it is blind for a minute, and again once it sees; what was not seen is no account's present."""
    at, market = dim([(100, 100, 100, 100)] * 8)
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    at.told = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(venue.follow, [BTC], at.told.append)
        await settle()
        market.silent, market.answers = {BTC}, False
        market.at = Instant(BEGAN + 61_000)
        await at.clock.let_pass(1_000)
        assert (await venue.broker.account()).as_of == BEGAN
        market.silent = set()
        await at.clock.let_pass(1_000)
        tasks.cancel_scope.cancel()
    assert [each.is_whole for each in at.told if isinstance(each, StreamTold)] == [True, False, True]
    assert (await venue.look()).as_of == BEGAN + 61_000


async def test_stop_that_the_market_jumped_past_is_over_and_told_so() -> None:
    """It finds nothing within its worst price and rests no longer, as at the venue, so that whoever cares can act."""
    at, _ = dim([(100, 100, 80, 80), *[(80, 80, 80, 80)] * 2])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await venue.broker.send(ready(at, replace(stop(2, 95), limit_price=Price(D(90)))))
    at.told = []
    await look_on(at, venue, 2)
    assert [(one.word, one.status) for one in at.told if isinstance(one, OrderTold)] == [
        ("triggered", ToldStatus.TRIGGERED),
        ("iocCancelRejected", ToldStatus.REJECTED),
    ]
    assert ((await venue.look()).position(BTC).size, (await venue.reads.orders()).orders) == (D(2), ())
