"""Every position at the venue gets one stop that reduces it, where the skill says, and loses it with the position."""

from decimal import Decimal

import pytest

from agentic_core.domain import IntentState, Side
from agentic_core.logevents import LogEvent
from agentic_hl.venue.fault_values import ErrorInstead, Halted
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC, ETH

D = Decimal
NAKED_MS_MAX = 10_000


def test_entry_gets_the_stop_that_was_prepared_with_it() -> None:
    """It rests 2 % below the entry price, under the name that was written down together with the entry."""

    async def story(place: ExitPlace) -> None:
        prepared = await place.prepare("2")
        spare = place.desk.waiting_stop(BTC)
        assert spare is not None
        await place.desk.submit(prepared)
        await place.pass_time(3)
        (stop,) = place.orders()
        assert stop.trigger is not None
        assert (stop.cloid, stop.trigger.px, stop.is_buy) == (spare.cloid, D(98), False)
        assert (stop.reduce_only, stop.trigger.is_market, stop.trigger.tpsl) == (True, True, "sl")
        assert stop.is_position_tpsl
        await place.pass_time(60)
        assert [order.oid for order in place.placed() if order.trigger] == [stop.oid]

    play(story)


def test_stop_follows_the_price_at_which_the_entry_executed() -> None:
    """A stop planned from the order's worst price, 101, would fire early at 99: another takes its place at 98."""

    async def story(place: ExitPlace) -> None:
        prepared = await place.prepare("2", price="101")
        spare = place.desk.waiting_stop(BTC)
        assert spare is not None
        assert spare.intent.trigger is not None
        assert spare.intent.trigger.price == D(99)
        await place.desk.submit(prepared)
        await place.pass_time(10)
        assert (place.held(), place.stops()) == (D(2), [D(98)])
        assert place.desk.lives[spare.cloid].state is IntentState.DEAD
        assert spare.cloid not in {order.cloid for order in place.placed()}

    play(story)


@pytest.mark.parametrize(("size", "limit", "stop"), [("3", "101", "98"), ("-3", "99", "101.8")])
def test_position_that_nobody_of_ours_opened_gets_a_stop(size: str, limit: str, stop: str) -> None:
    """The owner bought at 100, or sold at 99.9; 101.898 is rounded so that it fires early."""

    async def story(place: ExitPlace) -> None:
        place.take(size, limit)
        await place.pass_time(4)
        assert (place.held(), place.stops()) == (D(size), [D(stop)])
        (order,) = place.orders()
        assert order.is_buy is (D(size) < 0)

    play(story)


def test_skill_without_a_stop_gets_one_at_the_gap_its_loss_bound_assumes() -> None:
    """That is 10 %."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(4)
        assert place.stops() == [D(90)]

    play(story, Shape(stop_bps=None))


def test_stop_moves_when_the_entry_price_moves() -> None:
    """Four units at 102 on average want it at 99.96, which rounds up to 100; one alone is left."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(3)
        place.quote("104")
        place.take("2", "105")
        await place.pass_time(10)
        assert (place.held(), place.stops()) == (D(4), [D(100)])
        assert len(place.lines(LogEvent.STOP_CANCELLED)) == 1
        assert place.lines(LogEvent.FLATTEN_STARTED) == []

    play(story)


@pytest.mark.parametrize("seconds", [1, 2.5, 4, 5.5, 6, 6.5, 7, 9])
def test_position_that_grows_soon_after_its_entry_is_kept(seconds: float) -> None:
    """Its stop moves; that it rested at another price until then is not a time without one."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(seconds)
        place.quote("101")
        place.take("2", "102")
        await place.pass_time(30)
        assert (place.held(), place.stops()) == (D(4), [D("98.5")])
        assert place.exits_said() == []

    play(story)


def test_reduced_position_keeps_its_stop() -> None:
    """It is as large as the position, whatever that is, so nothing has to be replaced."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(3)
        (stop,) = place.orders()
        place.take("-1.5", "99")
        await place.pass_time(30)
        assert [order.oid for order in place.orders()] == [stop.oid]
        place.quote("97.9")
        assert place.held() == 0

    play(story)


def test_flat_position_loses_its_stop_and_nothing_else_is_sent() -> None:
    """The owner closed by hand."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(3)
        place.take("-2", "99")
        await place.pass_time(30)
        assert (place.held(), place.orders()) == (D(0), [])
        assert len(place.placed()) == 3  # the entry, its stop, and the owner's own
        assert place.exits_said() == []

    play(story)


def test_stop_cancelled_by_hand_comes_back_in_time() -> None:
    """No stream told of it: the venue is asked about every stop that rests."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(3)
        (stop,) = place.orders()
        place.by_hand(place.hand.cancel(stop.oid, now=place.world.clock.now()))
        assert place.stops() == []
        await place.pass_time(NAKED_MS_MAX / 1_000)
        assert place.stops() == [D(98)]
        assert place.exits_said() == []

    play(story)


def test_turned_position_is_protected_on_its_other_side() -> None:
    """A long of two that was turned into a short of three at 99.9 is bought back at 101.8."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(3)
        place.take("-5", "99")
        await place.pass_time(NAKED_MS_MAX / 1_000)
        assert (place.held(), place.stops()) == (D(-3), [D("101.8")])
        place.quote("102.1")
        assert place.held() == 0

    play(story)


def test_symbols_are_protected_side_by_side() -> None:
    """Each by its own price."""

    async def story(place: ExitPlace) -> None:
        place.quote("50", symbol=ETH)
        await place.enter("2")
        await place.enter("-4", symbol=ETH, price="49.99")
        await place.pass_time(5)
        assert (place.stops(), place.stops(ETH)) == ([D(98)], [D("50.98")])

    play(story)


def test_position_beyond_its_stop_is_closed_at_once() -> None:
    """The price fell through 98 before a stop was there: the venue would refuse one, or take it and fire it."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.quote("97")
        await place.exits.look()
        assert place.held() == 0
        assert place.exits_said() == [LogEvent.FLATTEN_STARTED, LogEvent.FLATTENED]
        assert [line.facts["cause"] for line in place.said if line.event is LogEvent.FLATTENED] == ["breached"]
        assert place.pages == []

    play(story, watches=False)


def test_position_that_no_stop_protects_is_closed_once_that_is_possible() -> None:
    """Halted trading takes no stop: after six seconds a close begins, and it ends when the venue trades again."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=30_000))
        began = place.world.clock.now()
        while not place.lines(LogEvent.POSITION_NAKED):
            await place.pass_time(0.1)
            assert place.world.clock.now() - began <= NAKED_MS_MAX
        await place.pass_time(30)
        assert (place.held(), place.orders(), place.pages) == (D(0), [], [])
        assert place.exits_said() == [LogEvent.POSITION_NAKED, LogEvent.FLATTEN_STARTED, LogEvent.FLATTENED]

    play(story)


def test_time_without_a_stop_begins_with_the_first_look() -> None:
    """Not once everything was asked about what carries the position, which nobody tells for seconds."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=20_000), ErrorInstead(of="activeAssetData", count=1_000))
        await place.pass_time(7.5)
        (line,) = place.lines(LogEvent.POSITION_NAKED)
        assert "2 BTC has been without a resting stop for 6" in line.message

    play(story)


def test_human_is_called_once_a_minute_while_nothing_helps() -> None:
    """Halted for ten minutes: two minutes of trying, a page, a minute of rest, and so on; in the end it is flat."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=600_000))
        await place.pass_time(300)
        assert 1 <= len(place.pages) <= 3
        assert "BTC is not closed" in place.pages[0]
        await place.pass_time(500)
        assert (place.held(), place.orders()) == (D(0), [])
        assert len(place.pages) <= 5

    play(story)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("after_ms", [50, 400, 1_900])
def test_stops_that_never_last_do_not_restart_the_time_without_one(side: Side, after_ms: int) -> None:
    """Whoever takes each stop away soon after it rests does not keep the position: it is closed in time."""

    async def story(place: ExitPlace) -> None:
        place.cancel_stops_after(after_ms)
        place.take(f"{2 * side.sign}", "101" if side is Side.BUY else "99")
        began = place.world.clock.now()
        while place.held():
            await place.pass_time(0.05)
            assert place.world.clock.now() - began <= NAKED_MS_MAX
        await place.pass_time(1)
        assert [line.facts["cause"] for line in place.lines(LogEvent.FLATTENED)] == ["naked"]
        assert place.stops() == []

    play(story)


def test_stops_taken_away_after_a_while_leave_no_long_gap() -> None:
    """Each rested long enough to be relied on, so the position stays; it is never bare for ten seconds."""

    async def story(place: ExitPlace) -> None:
        place.cancel_stops_after(5_500)
        place.take("2", "101")
        bare_since = place.world.clock.now()
        for _ in range(1_200):
            await place.pass_time(0.05)
            now = place.world.clock.now()
            if place.stops() or not place.held():
                bare_since = now
            assert now - bare_since <= NAKED_MS_MAX
        assert place.held() == D(2)
        assert len(place.placed()) > 5

    play(story)
