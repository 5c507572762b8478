"""Flattens of many orders, of several at the same time, and beside the care that goes on."""

from decimal import Decimal

import anyio

from agentic_core.domain import ClientOrderId
from agentic_core.logevents import LogEvent
from agentic_core.runtime.exits import CloseReport, FlattenReport
from tests.support.exits_place import ExitPlace, play
from tests.support.markets import BTC

D = Decimal


def test_crowd_of_orders_is_cancelled() -> None:
    """Thirty bids and offers of the owner in two markets, half of them without a name."""

    async def story(place: ExitPlace) -> None:
        now = place.world.clock.now()
        for number in range(30):
            cloid = ClientOrderId(f"0x{number + 1:032x}") if number % 2 else None
            coin, size, price = ("BTC", "1", str(60 + number)) if number % 3 else ("ETH", "-1", str(110 + number))
            place.by_hand(place.hand.order(size, price, coin=coin, cloid=cloid, rests=True, now=now))
        assert len(place.orders()) == 30
        report = await place.exits.flatten("test")
        assert (place.held(), place.orders()) == (D(0), [])
        assert report.is_flat

    play(story)


def test_flattens_at_the_same_time_wait_for_each_other() -> None:
    """Both report the truth, and the position is closed once."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        reports: list[FlattenReport] = []

        async def flatten(cause: str) -> None:
            reports.append(await place.exits.flatten(cause))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(flatten, "one")
            tasks.start_soon(flatten, "other")
        assert [report.is_flat for report in reports] == [True, True]
        assert sum(close.closed for report in reports for close in report.closes) == D(2)
        assert (place.held(), place.orders()) == (D(0), [])

    play(story)


def test_close_and_flatten_at_the_same_time_close_once() -> None:
    """A symbol is in one hand at a time."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        reports: list[CloseReport | FlattenReport] = []

        async def close() -> None:
            reports.append(await place.exits.close(BTC, cause="told"))

        async def flatten() -> None:
            reports.append(await place.exits.flatten("told"))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(close)
            tasks.start_soon(flatten)
        assert [report.is_flat for report in reports] == [True, True]
        closes = [order for order in place.placed() if order.reduce_only and order.trigger is None]
        assert [order.filled_sz for order in closes if order.filled_sz] == [D(2)]
        assert place.orders() == []

    play(story)


def test_no_stop_is_placed_while_the_account_is_taken_to_flat() -> None:
    """Care of stops rests meanwhile, and goes on after: the next position has its stop."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        await place.exits.flatten("test")
        assert place.lines(LogEvent.STOP_PLACED) == []
        place.take("1", "101")
        await place.pass_time(8)
        assert (place.held(), place.stops()) == (D(1), [D(98)])

    play(story)
