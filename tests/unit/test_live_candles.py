"""Candles of the live venue: every closed one once, in pages, mended where one was left out, and stated holes."""

from decimal import Decimal

import pytest

from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Candle
from agentic_core.domain.money import Price
from agentic_core.domain.times import MINUTE_MS, Instant, Interval
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.candle_sink import MissingCause
from agentic_hl.market.live import LiveMarketData
from tests.support.candles import NOON
from tests.support.clocks import VirtualClock
from tests.support.kept_candles import hole
from tests.support.markets import BTC
from tests.support.told_market import BUSY, KEPT, ToldMarket, told_candle

pytestmark = pytest.mark.anyio

M1 = Interval.M1
FAR = Instant(NOON + 10**12)


class Desk:
    """The shipped market data over a told market; it is half past some minute."""

    def __init__(self, *, minutes: int, begins: int = NOON) -> None:
        self.clock = VirtualClock(Instant(NOON + minutes * MINUTE_MS + 30_000))
        self.venue = ToldMarket(self.clock, begins=begins)
        self.feed = LiveMarketData(self.venue, self.clock)

    async def candles(self, after: int, until: int = FAR) -> list[Candle]:
        """Ask for minutes of BTC."""
        return list(await self.feed.candles(BTC, M1, after=Instant(after), until=Instant(until)))


def minute(number: int) -> int:
    """Return when a minute after noon began."""
    return NOON + number * MINUTE_MS


def numbers(candles: list[Candle]) -> list[int]:
    """Return the minutes after noon at which candles opened."""
    return [(candle.open_time - NOON) // MINUTE_MS for candle in candles]


async def test_candle_carries_the_venues_numbers_exactly() -> None:
    """As decimals, with the opening time in milliseconds."""
    desk = Desk(minutes=2)
    told = told_candle(NOON)
    assert (await desk.candles(NOON))[0] == Candle(
        open_time=Instant(NOON),
        open=desk_price("1000.0"),
        high=desk_price("2100.0"),
        low=desk_price("900.0"),
        close=desk_price(str(told["c"])),
        volume=Decimal(str(told["v"])),
    )


async def test_long_stretch_comes_in_pages_that_overlap_by_one_candle() -> None:
    """Of 500 minutes each at most; every minute is there once and in order."""
    desk = Desk(minutes=1_300)
    assert numbers(await desk.candles(NOON)) == list(range(1_300))
    pages = desk.venue.ranges()
    assert pages == [
        (minute(0), minute(499)),
        (minute(499), minute(998)),
        (minute(998), minute(1_299)),
    ]


async def test_candles_that_were_served_are_not_asked_for_again() -> None:
    """Except for the newest one, with whatever came after it."""
    desk = Desk(minutes=700)
    await desk.candles(NOON)
    desk.venue.asked.clear()
    assert len(await desk.candles(minute(100), minute(200))) == 100
    assert desk.venue.ranges() == []
    await desk.clock.let_pass(3 * MINUTE_MS)
    assert numbers(await desk.candles(minute(600))) == list(range(600, 703))
    assert desk.venue.ranges() == [(minute(699), minute(702))]


async def test_older_stretch_is_fetched_up_to_what_is_known() -> None:
    """Nothing between is asked for twice."""
    desk = Desk(minutes=400)
    await desk.candles(minute(300))
    desk.venue.asked.clear()
    assert numbers(await desk.candles(minute(50))) == list(range(50, 400))
    assert desk.venue.ranges() == [(minute(50), minute(300))]


@pytest.mark.parametrize("answer_max", [2, 7, 499])
async def test_answer_that_is_cut_short_is_asked_on_from_its_end(answer_max: int) -> None:
    """However few candles one answer holds, from two on."""
    desk = Desk(minutes=60)
    desk.venue.answer_max = answer_max
    assert numbers(await desk.candles(NOON)) == list(range(60))


async def test_candle_that_is_still_open_is_never_shown() -> None:
    """It appears once it closed, with the numbers it closed with."""
    desk = Desk(minutes=5)
    assert numbers(await desk.candles(NOON)) == [0, 1, 2, 3, 4]
    await desk.clock.let_pass(29_999)
    assert numbers(await desk.candles(NOON)) == [0, 1, 2, 3, 4]
    await desk.clock.let_pass(1)
    shown = await desk.candles(NOON)
    assert numbers(shown) == [0, 1, 2, 3, 4, 5]
    assert shown[-1].close == Decimal(str(told_candle(minute(5))["c"]))


async def test_candle_left_out_of_one_answer_is_asked_for_again_and_found() -> None:
    """Between two that are there it cannot be that time has not come."""
    desk = Desk(minutes=20)
    desk.venue.forgotten = {minute(7), minute(8), minute(15)}
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
    assert numbers(list(stretch.candles)) == list(range(20))
    assert stretch.missing == ()
    assert desk.venue.ranges() == [(minute(0), minute(19)), (minute(7), minute(15))]


async def test_hole_that_stays_after_asking_twice_is_stated_and_not_asked_for_a_third_time() -> None:
    """From the opening of its first minute to the close of its last."""
    desk = Desk(minutes=20)
    desk.venue.silent = {minute(3), minute(10), minute(11)}
    for _ in range(2):
        stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
        assert numbers(list(stretch.candles)) == [at for at in range(20) if at not in {3, 10, 11}]
        assert stretch.missing == (hole(minute(3), minute(4)), hole(minute(10), minute(12)))
    assert len(desk.venue.ranges()) == 2


async def test_nothing_is_called_missing_while_it_may_still_come() -> None:
    """After the newest candle that is there nobody knows yet."""
    desk = Desk(minutes=10)
    desk.venue.silent = {minute(8), minute(9)}
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
    assert stretch.missing == ()
    await desk.clock.let_pass(MINUTE_MS)
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
    assert stretch.missing == (hole(minute(8), minute(10)),)
    assert numbers(list(stretch.candles))[-1] == 10


async def test_what_the_venue_no_longer_keeps_is_stated_and_not_asked_for() -> None:
    """It has the newest 5,000, the open one among them; before that nothing is served, without a word."""
    desk = Desk(minutes=6_000)
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
    oldest = 6_000 - (KEPT - 1)
    assert stretch.missing == (hole(NOON, minute(oldest), MissingCause.BEYOND_RETENTION),)
    assert numbers(list(stretch.candles)) == list(range(oldest, 6_000))
    assert min(start for start, _ in desk.venue.ranges()) == minute(oldest)


async def test_stretch_before_everything_kept_is_missing_as_a_whole() -> None:
    """And no question is put."""
    desk = Desk(minutes=6_000)
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=Instant(minute(60)))
    assert stretch.candles == ()
    assert stretch.missing == (hole(NOON, minute(60), MissingCause.BEYOND_RETENTION),)
    assert desk.venue.ranges() == []


async def test_error_half_way_leaves_no_hole_behind() -> None:
    """The next time all of it is fetched."""
    desk = Desk(minutes=1_200)
    await desk.feed.instruments()
    desk.venue.failures.extend([None, BUSY])
    with pytest.raises(VenueUnavailable, match="too many") as raised:
        await desk.candles(NOON)
    assert (raised.value.retryable, raised.value.retry_after_ms) == (True, 7_000)
    assert numbers(await desk.candles(NOON)) == list(range(1_200))


async def test_candle_that_contradicts_itself_is_a_hole() -> None:
    """A highest price below the lowest is no price; the others are good."""
    desk = Desk(minutes=10)
    desk.venue.wrong = {minute(4)}
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
    assert numbers(list(stretch.candles)) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert stretch.missing == (hole(minute(4), minute(5)),)


async def test_market_that_began_later_has_no_candles_before() -> None:
    """Their absence is stated up to the first one, as far back as was asked."""
    desk = Desk(minutes=30, begins=minute(20))
    stretch = await desk.feed.stretch(BTC, M1, after=Instant(NOON), until=FAR)
    assert numbers(list(stretch.candles)) == list(range(20, 30))
    assert stretch.missing == (hole(NOON, minute(20)),)


async def test_candles_of_a_symbol_nobody_lists_are_none_and_not_asked_for() -> None:
    """The venue is asked for its listings alone."""
    desk = Desk(minutes=3)
    assert await desk.feed.candles(Symbol("NOBODYS"), M1, after=Instant(NOON), until=FAR) == ()
    assert desk.venue.kinds() == ["meta"]


def desk_price(text: str) -> Price:
    """Return a price."""
    return Price(Decimal(text))
