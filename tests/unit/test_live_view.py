"""What a decision sees of a market in the present: which candles are waited for and kept, and whose time it is."""

from decimal import Decimal

import pytest

from agentic_core.domain import (
    HOUR_MS,
    IndicatorKind,
    IndicatorSpec,
    Instant,
    Mark,
    MarkSource,
    Price,
    Symbol,
)
from agentic_core.errors import LookAhead, VenueUnavailable
from agentic_core.logevents import LogEvent
from tests.support.markets import BTC, ETH
from tests.support.viewed_market import Room, minute_of, play

D = Decimal
LATE_MS = 700


def test_first_refresh_reads_the_history_that_is_kept() -> None:
    """So that indicators are there from the first mark on."""

    async def story(room: Room) -> None:
        room.hear_marks()
        mark = await room.next_mark()
        assert await room.view.refresh(mark) == ()
        newest = minute_of(mark)
        assert room.closes() == [newest - 2, newest - 1, newest]
        assert sorted(room.market.asked) == [(BTC, 10), (ETH, 10)]
        assert room.view.indicator(BTC, IndicatorSpec(IndicatorKind.SMA, 3)) == newest - 1

    play(story)


def test_closing_candle_that_comes_late_is_waited_for_alone() -> None:
    """The other symbol is not asked about again, and nothing is said."""

    async def story(room: Room) -> None:
        room.hear_marks()
        await room.view.refresh(await room.next_mark())
        room.market.late_ms[ETH] = LATE_MS
        room.market.asked.clear()
        mark = await room.next_mark()
        assert await room.view.refresh(mark) == ()
        assert room.clock.now() - mark == 1_500
        assert [symbol for symbol, _ in room.market.asked].count(BTC) == 1
        assert room.closes(ETH)[-1] == minute_of(mark)
        assert [event for event, _ in room.said if event is LogEvent.CANDLE_MISSING] == []

    play(story)


def test_closing_candle_that_does_not_come_is_stated_missing_and_taken_later() -> None:
    """After three seconds it is decided without; the next refresh brings both."""

    async def story(room: Room) -> None:
        await room.view.refresh(await room.next_mark())
        room.market.late_ms[ETH] = 10_000
        mark = await room.next_mark()
        assert await room.view.refresh(mark) == (ETH,)
        assert room.clock.now() - mark == 3_000
        ((_, message),) = [line for line in room.said if line[0] is LogEvent.CANDLE_MISSING]
        assert message.startswith("the 1m candle of ETH that closes at the mark did not come within 3000 ms")
        assert room.closes(ETH)[-1] == minute_of(mark) - 1
        room.market.late_ms.clear()
        mark = await room.next_mark()
        assert await room.view.refresh(mark) == ()
        newest = minute_of(mark)
        assert room.closes(ETH) == [newest - 2, newest - 1, newest]

    play(story)


def test_market_without_candles_is_waited_for_once() -> None:
    """Nobody trades there; from the second mark on it is asked once, for little, and nothing more is said."""

    async def story(room: Room) -> None:
        room.hear_marks()
        room.market.late_ms[ETH] = 10**9
        await room.view.refresh(await room.next_mark())
        room.market.asked.clear()
        mark = await room.next_mark()
        assert await room.view.refresh(mark) == (ETH,)
        assert (room.clock.now(), sorted(room.market.asked)) == (mark, [(BTC, 1), (ETH, 6)])
        assert [event for event, _ in room.said].count(LogEvent.CANDLE_MISSING) == 1

    play(story)


def test_candles_that_cannot_be_read_fail_the_refresh() -> None:
    """Nothing is decided on candles of nobody knows when."""

    async def story(room: Room) -> None:
        await room.view.refresh(await room.next_mark())
        room.market.is_away = True
        with pytest.raises(VenueUnavailable, match="the market is away"):
            await room.view.refresh(await room.next_mark())

    play(story)


def test_indicator_that_needs_more_than_is_kept_has_it_at_the_next_mark() -> None:
    """The history is read once more, as deep as it takes; from then on as much is kept."""

    async def story(room: Room) -> None:
        deep = IndicatorSpec(IndicatorKind.SMA, 30)
        await room.view.refresh(await room.next_mark())
        assert room.view.indicator(BTC, deep, back=1) is None
        mark = await room.next_mark()
        await room.view.refresh(mark)
        newest = minute_of(mark)
        assert room.view.indicator(BTC, deep) == newest - 14.5
        assert room.view.indicator(BTC, deep, back=1) == newest - 15.5
        for _ in range(50):
            await room.view.refresh(await room.next_mark())
        assert len(room.view.candles(BTC, 31)) == len(room.view.candles(BTC, 1_000)) == 31

    play(story)


def test_mark_is_the_newest_that_was_heard_of_whenever_it_is_asked_for() -> None:
    """Not the one of the last refresh; a close stands in only where it is younger, and says so."""

    async def story(room: Room) -> None:
        mark = await room.next_mark()
        heard = Mark(symbol=BTC, price=Price(D(7)), as_of=mark, source=MarkSource.VENUE)
        room.market.heard[BTC] = heard
        await room.view.refresh(mark)
        assert room.view.mark(BTC) == heard
        close = room.view.mark(ETH)
        assert close is not None
        assert (close.source, close.as_of, close.price) == (MarkSource.CANDLE_CLOSE, mark, Price(D(minute_of(mark))))
        await room.clock.sleep(5)
        younger = Mark(symbol=BTC, price=Price(D(8)), as_of=room.clock.now(), source=MarkSource.VENUE)
        room.market.heard[BTC] = younger
        assert (room.view.mark(BTC), room.view.as_of) == (younger, mark + 5_000)
        assert [one.price for one in room.view.freeze(1).marks] == [D(8), close.price]

    play(story)


def test_funding_rate_is_the_last_that_was_settled() -> None:
    """It stays while the venue does not answer, and is asked for again only after the next hour."""

    async def story(room: Room) -> None:
        hour = Instant(room.clock.now() // HOUR_MS * HOUR_MS)
        room.market.rates = {hour: D("0.01"), Instant(hour + HOUR_MS): D("0.02")}
        await room.view.refresh(await room.next_mark())
        assert (room.view.funding_rate(BTC), room.view.freeze(1).funding_rates) == (
            D("0.01"),
            {BTC: D("0.01"), ETH: D("0.01")},
        )
        await room.clock.sleep(3_600)
        await room.view.refresh(await room.next_mark())
        assert room.view.funding_rate(BTC) == D("0.02")

    play(story)


def test_funding_rate_that_is_not_published_is_asked_for_less_and_less() -> None:
    """At each mark of the first minutes after the hour, and every ten minutes from then on."""

    async def story(room: Room) -> None:
        room.hear_marks()
        for _ in range(40):
            await room.view.refresh(await room.next_mark())
        assert room.market.rates_asked == {BTC: 6, ETH: 6}
        assert room.view.funding_rate(BTC) is None

    play(story)


def test_view_knows_nothing_of_a_symbol_it_does_not_watch() -> None:
    """Neither candles nor indicators; and none of what is to come."""

    async def story(room: Room) -> None:
        await room.view.refresh(await room.next_mark())
        other = Symbol("XYZ")
        assert (room.view.candles(other, 3), room.view.mark(other), room.view.instrument(other)) == ((), None, None)
        assert room.view.indicator(other, IndicatorSpec(IndicatorKind.SMA, 1)) is None
        with pytest.raises(LookAhead, match="ahead of the mark"):
            room.view.indicator(BTC, IndicatorSpec(IndicatorKind.SMA, 1), back=-1)

    play(story)
