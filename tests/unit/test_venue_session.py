"""A live session over the simulated venue: from opening the account to a proof that nothing is left."""

from decimal import Decimal

import anyio
from msgspec.structs import replace

from agentic_core import domain as d
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import DelayMessage, Direction
from tests.support.markets import BTC
from tests.support.session_place import LIMITS, MANDATE, Room, play

TIGHT = replace(MANDATE, limits=replace(LIMITS, daily_loss_bps_max=d.Bps(50)))
"""Halts once 50 of 10,000 dollars are lost."""


def test_session_buys_protects_and_gets_flat() -> None:
    """The leverage is set before, the stop rests after, and two reads agree on nothing left."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            assert place.events() == [LogEvent.BROKER_STARTED, LogEvent.RECONCILED]
            bought = await place.buys()
            assert isinstance(bought.result, d.Executed), bought.result
            said = place.events()
            assert said.index(LogEvent.SETTINGS_CHANGED) < said.index(LogEvent.ORDER_PLACED)
            stop = await place.stop()
            assert stop.trigger is not None
            assert (stop.side, stop.reduce_only) == (d.Side.SELL, True)
            flat = await place.session.flatten("command:1")
            assert (flat.closed, flat.left) == (1, ())
            assert await room.positions() == {}
            assert (place.halts, place.pages) == ([], [])
            assert await place.session.drain(wait_ms=0) == ()

    play(story)


def test_session_that_is_opened_again_goes_on_with_what_is_held() -> None:
    """The position, its stop and the counters of the day are found again, and nothing is bought twice."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            await place.buys()
            await place.stop()
            before = await place.session.account()
        await room.world.clock.sleep(5)
        async with room.running() as place:
            after = await place.session.account()
            assert (after.positions.keys(), after.unresolved) == (before.positions.keys(), 0)
            assert (after.day.baseline, after.day.orders, after.peak) == (before.day.baseline, 1, before.peak)
            assert [order.reduce_only for order in (await place.live.live.exits.ports.reads.orders()).orders] == [True]
            assert place.session.restrictions == frozenset()

    play(story)


def test_session_marks_are_in_the_venues_time_however_far_ours_is_ahead() -> None:
    """A mark is never younger than the view that shows it, so that no open is refused for it."""

    async def story(room: Room) -> None:
        room.world.clock.step(1_500)
        async with room.running() as place:
            bought = await place.buys()
            assert isinstance(bought.result, d.Executed), bought.result
            mark = place.session.market.mark(BTC)
            assert mark is not None
            assert mark.as_of <= place.session.market.as_of

    play(story)


def test_session_latches_a_loss_between_the_marks() -> None:
    """As soon as the stream tells of it; the mark need not come."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            await place.buys(2_000)
            await place.stop()
            room.price("97.2")
            await room.world.clock.sleep(15)
            assert [reason for reason, _ in place.halts] == [d.HaltReason.DAILY_LOSS]

    play(story, mandate=TIGHT)


def test_session_takes_a_withdrawal_for_no_loss() -> None:
    """Though the equity is told before the transfer is; the baseline and the peak follow, and outlive the process."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            assert (await place.session.account()).day.baseline == Decimal(10_000)
            room.withdraw("900")
            await room.world.clock.sleep(15)
            assert place.halts == []
            account = await place.session.account()
            assert {account.equity, account.day.baseline, account.peak} == {Decimal(9_100)}
        room.withdraw("100")  # while nobody runs
        async with room.running() as place:
            account = await place.session.account()
            assert {account.equity, account.day.baseline, account.peak} == {Decimal(9_000)}
            assert place.halts == []

    play(story, mandate=TIGHT)


def test_session_opens_nothing_in_a_symbol_whose_leverage_is_not_set() -> None:
    """The order is withdrawn; once the symbol is flat and set, it may be opened."""

    async def story(room: Room) -> None:
        await room.world.clock.sleep(1)
        room.trade("1", "101")
        async with room.running() as place:
            denied = await place.buys(500)
            assert isinstance(denied.result, d.RejectedResult), denied.result
            assert denied.result.rule == "R6_LEVERAGE_CHANGE"
            await place.session.flatten("command:1")
            await room.world.clock.sleep(60)
            bought = await place.buys()
            assert isinstance(bought.result, d.Executed), bought.result

    play(story)


def test_session_counts_the_orders_that_an_earlier_one_sent() -> None:
    """The cap of the day holds across restarts."""

    async def story(room: Room) -> None:
        for _ in range(2):
            async with room.running() as place:
                assert isinstance((await place.buys(100)).result, d.Executed)
            await room.world.clock.sleep(60)
        async with room.running() as place:
            denied = await place.buys(100)
            assert isinstance(denied.result, d.RejectedResult)
            assert denied.result.rule == "R7_ORDERS_PER_DAY"

    play(story, mandate=replace(MANDATE, limits=replace(LIMITS, orders_per_day_max=2)))


def test_drain_tells_what_is_under_way_when_its_time_is_over() -> None:
    """An order whose fate nobody knows is named, and is gone once it is known."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            room.venue.inject(DelayMessage(direction=Direction.REQUEST, by_ms=3_000, of="order"))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(place.buys)
                await place.hears(LogEvent.ORDER_PLACED)
                (left,) = await place.session.drain(wait_ms=0)
                assert left.endswith("(buy 10 BTC) is sent")
                assert await place.session.drain(wait_ms=20_000) == ()
            assert [held.size for held in (await place.session.account()).positions.values()] == [10]
            assert len((await place.live.live.exits.ports.reads.orders()).orders) == 1

    play(story)
