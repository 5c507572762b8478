"""Marks while the venue gives none: closes stand in, marked as such, and the outage is said once."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from agentic_core.domain import Candle, Instant, Instrument, Interval, Mark, MarkSource, Price, Symbol
from agentic_core.errors import StoreUnavailable, VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.prices import REMIND_MS, DegradingMarks
from tests.support.markets import BTC, ETH, LISTED

pytestmark = pytest.mark.anyio

MINUTE, FIVE = 60_000, 300_000
OPEN = Instant(1_640_995_200_000)
"""2022-01-01 00:00:00Z."""

NOBODY = Symbol("NOBODY")


def candle(opened: int, close: str) -> Candle:
    """Return five minutes that end at a price."""
    price = Price(Decimal(close))
    return Candle(open_time=Instant(opened), open=price, high=price, low=price, close=price, volume=Decimal(1))


def venue_mark(symbol: Symbol, price: str, at: int) -> Mark:
    """Return a mark of the venue itself."""
    return Mark(symbol=symbol, price=Price(Decimal(price)), as_of=Instant(at), source=MarkSource.VENUE)


def closing(symbol: Symbol, price: str, at: int) -> Mark:
    """Return the mark that a candle makes which closed then."""
    return Mark(symbol=symbol, price=Price(Decimal(price)), as_of=Instant(at), source=MarkSource.CANDLE_CLOSE)


class TellingMarket:
    """A venue whose marks and candles the test sets; either may be away."""

    def __init__(self) -> None:
        self.told: dict[Symbol, Mark] = {}
        self.marks_fail: Exception | None = None
        self.closes: dict[Symbol, list[Candle]] = {}
        self.candles_fail: Exception | None = None
        self.asked: list[tuple[Symbol, int, int]] = []

    async def instruments(self) -> Mapping[Symbol, Instrument]:
        """Return what is listed."""
        return LISTED

    async def marks(self, symbols: Sequence[Symbol]) -> Mapping[Symbol, Mark]:
        """Return the marks there are."""
        if self.marks_fail is not None:
            raise self.marks_fail
        return {symbol: self.told[symbol] for symbol in symbols if symbol in self.told}

    async def candles(self, symbol: Symbol, interval: Interval, *, after: Instant, until: Instant) -> Sequence[Candle]:
        """Return what opened and closed in a stretch of time."""
        self.asked.append((symbol, after, until))
        if self.candles_fail is not None:
            raise self.candles_fail
        known = self.closes.get(symbol, [])
        return [one for one in known if after <= one.open_time and one.open_time + interval.ms <= until]

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return one rate."""
        return {until: Decimal("0.0001")}


class Desk:
    """Marks that degrade, over a venue and at a time that the test sets."""

    def __init__(self, *, candles: TellingMarket | None = None) -> None:
        self.venue = TellingMarket()
        self.now = Instant(OPEN + FIVE + 1_000)
        self.said: list[tuple[LogEvent, LogLevel, object]] = []
        self.marks = DegradingMarks(
            self.venue, interval=Interval.M5, now=lambda: self.now, say=self._say, candles=candles
        )

    def fail(self) -> None:
        """Let the venue tell no marks any more."""
        self.venue.marks_fail = VenueUnavailable("timeout after 5 s", retryable=True)

    def pass_by(self, milliseconds: int) -> None:
        """Let time pass."""
        self.now = Instant(self.now + milliseconds)

    def _say(
        self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None
    ) -> None:
        assert "no marks of" in message
        self.said.append((event, level, facts["symbols"]))


@pytest.fixture
def desk() -> Desk:
    """Give one at a second past the first candle."""
    made = Desk()
    made.venue.closes = {BTC: [candle(OPEN, "46000.5")], ETH: [candle(OPEN, "3700")]}
    return made


async def test_marks_of_the_venue_pass_as_they_are(desk: Desk) -> None:
    """Nothing is said, and nobody looks for closes."""
    desk.venue.told = {BTC: venue_mark(BTC, "46100", desk.now), ETH: venue_mark(ETH, "3710", desk.now)}
    assert await desk.marks.marks([BTC, ETH]) == desk.venue.told
    assert (desk.said, desk.venue.asked, desk.marks.degraded) == ([], [], frozenset())


async def test_marks_that_fail_are_closes_with_the_time_they_were_true(desk: Desk) -> None:
    """Marked as closes, so that whoever opens with real money refuses them."""
    desk.fail()
    assert await desk.marks.marks([BTC, ETH]) == {
        BTC: closing(BTC, "46000.5", OPEN + FIVE),
        ETH: closing(ETH, "3700", OPEN + FIVE),
    }
    assert desk.marks.degraded == {BTC, ETH}
    assert desk.said == [(LogEvent.ALL_MIDS_FETCH_FAILED, LogLevel.WARN, "BTC,ETH")]


async def test_outage_is_said_once_and_again_only_after_a_while(desk: Desk) -> None:
    """Whoever asks each second is told each five minutes."""
    desk.fail()
    for _ in range(2 * REMIND_MS // 1_000 + 1):
        await desk.marks.marks([BTC])
        desk.pass_by(1_000)
    assert len(desk.said) == 3


async def test_outage_after_a_recovery_is_said_anew(desk: Desk) -> None:
    """At once; while marks are there nothing is degraded."""
    for _ in range(2):
        desk.fail()
        await desk.marks.marks([BTC])
        assert desk.marks.degraded == {BTC}
        desk.pass_by(1_000)
        desk.venue.marks_fail = None
        desk.venue.told = {BTC: venue_mark(BTC, "46100", desk.now)}
        assert await desk.marks.marks([BTC]) == desk.venue.told
        assert desk.marks.degraded == frozenset()
    assert [event for event, _, _ in desk.said] == [LogEvent.ALL_MIDS_FETCH_FAILED] * 2


async def test_symbol_without_a_mark_degrades_alone(desk: Desk) -> None:
    """The others keep what the venue tells."""
    desk.venue.told = {BTC: venue_mark(BTC, "46100", desk.now)}
    assert await desk.marks.marks([BTC, ETH]) == {
        BTC: venue_mark(BTC, "46100", desk.now),
        ETH: closing(ETH, "3700", OPEN + FIVE),
    }
    assert desk.marks.degraded == {ETH}
    assert [symbols for _, _, symbols in desk.said] == ["ETH"]
    assert [symbol for symbol, _, _ in desk.venue.asked] == [ETH]


async def test_symbol_without_any_candle_has_no_mark(desk: Desk) -> None:
    """It is left out, and the others are there."""
    desk.fail()
    assert set(await desk.marks.marks([NOBODY, BTC])) == {BTC}
    assert desk.marks.degraded == {NOBODY, BTC}


async def test_own_mark_of_the_venue_stands_until_a_candle_closes_after_it(desk: Desk) -> None:
    """The youngest price there is, with its own time; of the same instant the venue's own."""
    known = venue_mark(BTC, "46111", desk.now)
    desk.venue.told = {BTC: known}
    await desk.marks.marks([BTC])
    desk.fail()
    desk.pass_by(60_000)
    assert await desk.marks.marks([BTC]) == {BTC: known}
    desk.venue.closes[BTC].append(candle(OPEN + FIVE, "46222"))
    desk.now = Instant(OPEN + 2 * FIVE - 1)
    assert await desk.marks.marks([BTC]) == {BTC: known}
    desk.pass_by(1)
    assert await desk.marks.marks([BTC]) == {BTC: closing(BTC, "46222", OPEN + 2 * FIVE)}


@pytest.mark.parametrize("is_told_first", [False, True])
async def test_mark_and_close_of_one_instant_are_the_venues_mark(desk: Desk, *, is_told_first: bool) -> None:
    """Whichever was heard of first."""
    own = venue_mark(BTC, "46100", OPEN + FIVE)
    desk.venue.told = {BTC: own}

    async def heard() -> None:
        await desk.marks.marks([BTC])

    async def read() -> None:
        await desk.marks.candles(BTC, Interval.M5, after=OPEN, until=desk.now)

    for step in (heard, read) if is_told_first else (read, heard):
        await step()
    desk.fail()
    assert await desk.marks.marks([BTC]) == {BTC: own}


async def test_close_is_asked_for_once_until_the_next_candle_closes(desk: Desk) -> None:
    """An outage costs one question for each symbol and interval."""
    desk.fail()
    for _ in range(5):
        await desk.marks.marks([BTC])
        desk.pass_by(1_000)
    assert len(desk.venue.asked) == 1
    desk.now = Instant(OPEN + 2 * FIVE)
    desk.venue.closes[BTC].append(candle(OPEN + FIVE, "46222"))
    assert await desk.marks.marks([BTC]) == {BTC: closing(BTC, "46222", OPEN + 2 * FIVE)}
    assert len(desk.venue.asked) == 2


async def test_close_of_a_quiet_market_keeps_the_time_it_was_true(desk: Desk) -> None:
    """Nobody may have traded for hours; how old that is can be seen."""
    desk.fail()
    desk.now = Instant(OPEN + 50 * FIVE)
    assert await desk.marks.marks([BTC]) == {BTC: closing(BTC, "46000.5", OPEN + FIVE)}
    assert desk.venue.asked == [(BTC, OPEN, OPEN + 50 * FIVE)]


async def test_candle_that_has_not_closed_is_no_mark(desk: Desk) -> None:
    """Its last price so far is nobody's close."""
    desk.fail()
    desk.now = Instant(OPEN + FIVE - 1)
    assert await desk.marks.marks([BTC]) == {}


async def test_closes_that_cannot_be_read_leave_what_is_known(desk: Desk) -> None:
    """Nothing is raised, and one question that failed is enough for now."""
    desk.fail()
    await desk.marks.marks([BTC, ETH])
    desk.venue.asked.clear()
    desk.venue.candles_fail = VenueUnavailable("away", retryable=True)
    desk.pass_by(FIVE)
    assert await desk.marks.marks([BTC, ETH]) == {
        BTC: closing(BTC, "46000.5", OPEN + FIVE),
        ETH: closing(ETH, "3700", OPEN + FIVE),
    }
    assert [symbol for symbol, _, _ in desk.venue.asked] == [BTC]


async def test_closes_come_from_where_they_are_kept() -> None:
    """A source of its own, such as recorded candles, while the venue answers nothing at all."""
    kept = TellingMarket()
    kept.closes = {BTC: [candle(OPEN, "45999")]}
    desk = Desk(candles=kept)
    desk.fail()
    desk.venue.candles_fail = VenueUnavailable("away", retryable=True)
    assert await desk.marks.marks([BTC]) == {BTC: closing(BTC, "45999", OPEN + FIVE)}
    assert desk.venue.asked == []


async def test_candles_read_by_others_are_remembered(desk: Desk) -> None:
    """Also shorter ones: the youngest close counts, whoever asked for it."""
    read = await desk.marks.candles(BTC, Interval.M1, after=OPEN, until=desk.now)
    assert read == [candle(OPEN, "46000.5")]
    desk.fail()
    desk.venue.candles_fail = VenueUnavailable("away", retryable=True)
    assert await desk.marks.marks([BTC]) == {BTC: closing(BTC, "46000.5", OPEN + MINUTE)}


async def test_everything_else_passes_through(desk: Desk) -> None:
    """And what is not the venue's trouble is raised."""
    assert await desk.marks.instruments() == LISTED
    assert await desk.marks.funding(BTC, after=OPEN, until=desk.now) == {desk.now: Decimal("0.0001")}
    desk.venue.marks_fail = StoreUnavailable("the database went away")
    with pytest.raises(StoreUnavailable):
        await desk.marks.marks([BTC])
    assert desk.said == []
