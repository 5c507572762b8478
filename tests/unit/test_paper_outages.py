"""What a paper account lives through while nobody looks: candles say it, the extreme that hurts first."""

from decimal import Decimal

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import Accepted, FillKind, Instant, Interval, Price, Side
from agentic_core.domain.account_events import AccountTold, FillTold, LiquidationTold, ModeTold, StreamTold
from agentic_core.errors import Fenced
from tests.support.clocks import settle
from tests.support.markets import BTC, ETH
from tests.support.paper_hands import booked, buy, pass_looks, place, ready, stop
from tests.support.paper_market import BEGAN, PaperPlace, PathMarket

pytestmark = pytest.mark.anyio
D = Decimal


async def held_with_stop(at: PaperPlace, trigger: int) -> None:
    """Buy two with a stop, then lose the process."""
    venue = await at.open()
    assert isinstance(await venue.broker.send(ready(at, buy(1))), Accepted)
    await venue.broker.send(ready(at, stop(2, trigger)))
    await at.book()


@pytest.mark.parametrize(
    ("candle", "price", "quarter"),
    [
        ((100, 94, 103, 101), 95, 1),  # passed on the way down
        ((93, 92, 99, 99), 93, 0),  # beyond it from the first price on
        ((100, 103, 94, 101), 95, 1),  # the low is taken to come first
        ((100, 96, 100, 98), None, None),  # not reached
    ],
)
async def test_stop_executes_where_a_missed_candle_reached_it(
    candle: tuple[int, ...], price: int | None, quarter: int | None
) -> None:
    """At its trigger where the price came by, at the open where it jumped over."""
    at = place(path=[(100, 100, 100, 100), candle, *[(101, 101, 101, 101)] * 4])
    await held_with_stop(at, 95)
    pass_looks(at, 12)
    again = await at.open()
    account = await again.look()
    fills = [each.fill for each in at.told if isinstance(each, FillTold)]
    if price is None or quarter is None:
        assert (fills, account.position(BTC).size) == ([], D(2))
        return
    assert [(fill.price, fill.time) for fill in fills] == [(D(price), BEGAN + 60_000 + quarter * 15_000)]
    assert (account.positions, (await again.reads.orders()).orders) == ({}, ())


async def test_extreme_of_the_candle_in_which_the_process_died_counts_for_nothing() -> None:
    """It may lie before the order; only the close is known to be later."""
    at = place(path=[(94, 94, 100, 100), *[(100, 100, 100, 100)] * 5])
    at.market.at = Instant(BEGAN + 45_000)
    await held_with_stop(at, 95)
    pass_looks(at, 9)
    assert (await (await at.open()).look()).position(BTC).size == D(2)


async def test_time_in_which_the_market_was_not_seen_is_made_up_for_without_a_restart() -> None:
    """A stream that was lost for minutes hides no stop that was reached meanwhile."""
    at = place(path=[(100, 100, 100, 100), (100, 94, 100, 100), *[(100, 100, 100, 100)] * 6])
    await held_with_stop(at, 95)
    venue = await at.open()
    at.market.is_seen = False
    for _ in range(11):
        pass_looks(at)
        assert (await venue.look()).position(BTC).size == D(2)
    at.market.is_seen = True
    pass_looks(at)
    assert (await venue.look()).positions == {}
    assert [each.fill.price for each in at.told if isinstance(each, FillTold)] == [D(95)]


async def test_liquidation_during_an_outage_is_told_until_the_ledger_has_it() -> None:
    """It is written into the venue's books before the account is clear, and told by every process until then."""
    at = PaperPlace(PathMarket({BTC: [(100, 100, 100, 100), (100, 60, 100, 100), *[(100, 100, 100, 100)] * 6]}))
    at.leverage = 40
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1, "1000")))
    assert (await venue.look()).position(BTC).size == D(1000)
    await at.book()
    pass_looks(at, 12)
    for _ in range(2):
        again = await at.open()
        assert (await again.look()).positions == {}
        told = [type(each) for each in at.told if isinstance(each, LiquidationTold | FillTold)]
        assert told == [LiquidationTold, FillTold]
    await at.book()
    assert [fill.kind for fill in await booked(at)] == [FillKind.ORDER, FillKind.LIQUIDATION]
    await (await at.open()).look()
    assert [each for each in at.told if isinstance(each, LiquidationTold)] == []


async def test_following_tells_of_the_account_every_second_and_of_a_market_that_goes() -> None:
    """It watches what is held besides what was asked for."""
    at = PaperPlace(PathMarket({BTC: [(100, 100, 100, 100)] * 8, ETH: [(10, 10, 10, 10)] * 8}))
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    at.told = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(venue.follow, [ETH], at.told.append)
        await settle()
        assert [type(each) for each in at.told] == [ModeTold, StreamTold, AccountTold]
        assert at.market.asked[-1] == "watch ETH, BTC"
        await at.clock.let_pass(3_000)
        assert [type(each) for each in at.told[3:]] == [AccountTold] * 3
        at.market.is_away = True
        await at.clock.let_pass(2_000)
        at.market.is_away = False
        await at.clock.let_pass(1_000)
        tasks.cancel_scope.cancel()
    assert [each.is_whole for each in at.told if isinstance(each, StreamTold)] == [True, False, True]


async def test_following_under_a_lost_lease_ends_by_that_alone() -> None:
    """The next minute's books cannot be written any more."""
    at = place()
    venue = await at.open()
    await at.open()
    at.market.at = Instant(BEGAN + Interval.M1.ms)
    with pytest.raises(Fenced):
        await venue.follow([BTC], at.told.append)


async def test_short_position_meets_the_high_of_a_missed_candle_first() -> None:
    """What hurts is the other way round."""
    at = place(path=[(100, 100, 100, 100), (100, 106, 90, 95), *[(95, 95, 95, 95)] * 4])
    venue = await at.open()
    await venue.broker.send(ready(at, replace(buy(1), side=Side.SELL, limit_price=Price(D(50)))))
    guard = replace(stop(2, 105), side=Side.BUY, limit_price=Price(D(150)))
    await venue.broker.send(ready(at, guard))
    await at.book()
    pass_looks(at, 12)
    await (await at.open()).look()
    assert [each.fill.price for each in at.told if isinstance(each, FillTold)] == [D(105)]
