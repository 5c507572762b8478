"""What the watch does about whatever the venue tells of an account by itself."""

from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import Instant, Size, Usd
from agentic_core.domain.account_events import (
    AccountEvent,
    AccountTold,
    LeverageTold,
    LiquidationTold,
    ModeTold,
    StreamTold,
    ToldStatus,
)
from agentic_core.domain.order import IntentKind
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import StoreError
from agentic_core.execution.evidence import OrderSeen, OrderStatus
from agentic_core.logevents import LogEvent, LogLevel
from tests.support.clocks import settle
from tests.support.markets import BTC, ETH, AccountByHand, MarketByHand, held
from tests.support.watched_room import (
    SINCE,
    UNTIL,
    WatchedRoom,
    execution,
    funding_told,
    order_told,
    stranger,
    transfer_told,
)

pytestmark = pytest.mark.anyio

HOUR = 3_600_000


def _liquidation(name: str = "lid:1", at: int = UNTIL + 5) -> LiquidationTold:
    return LiquidationTold(
        liquidation_id=name, equity=Usd(Decimal("12.5")), notional=Usd(Decimal(9_000)), at=Instant(at)
    )


async def test_liquidation_halts_before_it_is_said() -> None:
    """Once; a notice of what an earlier run took in does not halt again after a person cleared it."""
    room = await WatchedRoom.open()
    await room.hears(_liquidation("old", UNTIL), _liquidation(), _liquidation())
    assert [reason for reason, _ in room.halts] == [HaltReason.LIQUIDATION]
    assert "equity 12.5 USD" in room.halts[0][1]
    line = room.only(LogEvent.LIQUIDATION)
    assert (line.level, line.facts["notional_usd"]) == (LogLevel.ERROR, "9000")


async def test_liquidation_whose_halt_cannot_be_latched_stays_in_the_queue() -> None:
    """It is taken in once the store answers again."""
    room = await WatchedRoom.open()
    room.fails_to_halt = True
    with pytest.raises(StoreError):
        await room.hears(_liquidation(), funding_told(UNTIL + HOUR))
    assert (room.said, room.paid) == ([], [])
    room.fails_to_halt, room.breaking.broken = False, ""
    await room.watch.drain()
    assert [reason for reason, _ in room.halts] == [HaltReason.LIQUIDATION]
    assert room.events == [LogEvent.LIQUIDATION, LogEvent.FUNDING_PAID]


async def test_stream_that_is_lost_warns_and_halts_nothing() -> None:
    """Each loss and each return is said once; the first beginning is neither."""
    room = await WatchedRoom.open()
    seen = [room.watch.is_whole]
    for is_whole in (True, True, False, False, True):
        await room.hears(StreamTold(is_whole=is_whole, reason="no pong"))
        seen.append(room.watch.is_whole)
    assert seen == [False, True, True, False, False, True]
    assert [(line.event, line.level) for line in room.said] == [
        (LogEvent.STREAM_LOST, LogLevel.WARN),
        (LogEvent.STREAM_RESTORED, LogLevel.INFO),
    ]
    assert room.halts == []


async def test_stream_that_never_began_is_lost() -> None:
    """From the start nothing comes: that is said as well, once."""
    room = await WatchedRoom.open()
    await room.hears(StreamTold(is_whole=False, reason="refused"), StreamTold(is_whole=False, reason="refused"))
    assert room.events == [LogEvent.STREAM_LOST]


async def test_mode_that_is_not_accepted_halts() -> None:
    """Said as an error with both modes; told again, it is no news."""
    room = await WatchedRoom.open()
    await room.hears(ModeTold(mode="default"), ModeTold(mode="unifiedAccount"), ModeTold(mode="unifiedAccount"))
    assert room.halts == [
        (HaltReason.MODE_CHANGED, "the account's mode was changed from default to unifiedAccount"),
    ]
    line = room.only(LogEvent.SETTINGS_CHANGED)
    assert line.level is LogLevel.ERROR
    assert line.facts == {"setting": "mode", "before": "default", "after": "unifiedAccount"}


async def test_mode_that_is_accepted_is_only_said() -> None:
    """And so is the way back."""
    room = await WatchedRoom.open()
    await room.hears(ModeTold(mode="disabled"), ModeTold(mode="default"))
    assert room.halts == []
    assert [(line.level, line.facts["after"]) for line in room.said] == [
        (LogLevel.WARN, "disabled"),
        (LogLevel.WARN, "default"),
    ]


async def test_leverage_that_somebody_else_set_is_said() -> None:
    """A symbol of which nothing was known begins with the first telling; the same again is no news."""
    room = await WatchedRoom.open()
    at = Instant(UNTIL + 1)
    for symbol, leverage, isolated in (
        (BTC, 10, False),
        (ETH, 25, False),
        (BTC, 20, False),
        (BTC, 20, False),
        (BTC, 20, True),
    ):
        await room.hears(LeverageTold(symbol=symbol, leverage=leverage, isolated=isolated, at=at))
    assert [(line.event, line.facts["before"], line.facts["after"]) for line in room.said] == [
        (LogEvent.SETTINGS_CHANGED, "10x cross", "20x cross"),
        (LogEvent.SETTINGS_CHANGED, "20x cross", "20x isolated"),
    ]
    assert room.halts == []


@pytest.mark.parametrize(("sends", "asked", "said"), [(1, 20, 0), (0, 20, 1), (1, 15, 1)])
async def test_leverage_that_we_set_is_not_said(sends: int, asked: int, said: int) -> None:
    """One that was prepared and not sent, or asks for another value, explains nothing."""
    room = await WatchedRoom.open()
    await room.prepare(sends=sends, kind=IntentKind.LEVERAGE, leverage=asked, size=Size(Decimal(0)))
    await room.hears(LeverageTold(symbol=BTC, leverage=20, isolated=False, at=Instant(UNTIL + 1)))
    assert room.events.count(LogEvent.SETTINGS_CHANGED) == said


async def test_newest_account_that_was_told_is_kept() -> None:
    """One that is older than the last is passed over."""
    room = await WatchedRoom.open()
    accounts = [room.watch.account]
    for at, equity in ((UNTIL, "100"), (UNTIL + 5, "101"), (UNTIL + 2, "99"), (UNTIL + 5, "102")):
        view = AccountByHand(MarketByHand(at=Instant(at)), equity=equity, at=Instant(at))
        view.hold(held(BTC, "1"))
        await room.hears(AccountTold(account=view.freeze()))
        accounts.append(room.watch.account)
    assert [None if each is None else each.equity for each in accounts] == [None, 100, 101, 101, 102]


@pytest.mark.parametrize(
    ("told", "evidence"),
    [
        (ToldStatus.OPEN, OrderSeen(status=OrderStatus.RESTING, filled=Size(Decimal(0)), seen_at=Instant(UNTIL + 1))),
        (
            ToldStatus.CANCELED,
            OrderSeen(status=OrderStatus.CANCELED, filled=Size(Decimal(0)), seen_at=Instant(UNTIL + 1)),
        ),
    ],
)
async def test_order_of_ours_is_told_to_the_desk(told: ToldStatus, evidence: OrderSeen) -> None:
    """As evidence with the venue's own time; nothing is said or halted."""
    room = await WatchedRoom.open()
    life = await room.prepare()
    await room.hears(order_told(life.cloid, told))
    assert room.desk.learned == [(life.cloid, evidence, ())]
    assert (room.said, room.halts, room.desk.looked) == ([], [], [])


async def test_doubtful_word_about_an_order_of_ours_has_the_venue_asked() -> None:
    """Filled with something left: neither is believed."""
    room = await WatchedRoom.open()
    life = await room.prepare()
    await room.hears(order_told(life.cloid, ToldStatus.FILLED, left="0.5"))
    assert (room.desk.learned, room.desk.looked) == ([], [life.cloid])


async def test_order_that_the_desk_forgot_is_found_in_the_store() -> None:
    """However long ago it ended, it is no stranger's."""
    room = await WatchedRoom.open()
    life = await room.prepare(at_desk=False)
    await room.hears(order_told(life.cloid), execution(1, life.cloid))
    assert [cloid for cloid, _, _ in room.desk.learned] == [life.cloid, life.cloid]
    assert room.halts == []


@pytest.mark.parametrize(
    ("event", "symbol", "at"),
    [(execution(1, at=UNTIL + 7), ETH, UNTIL + 7), (order_told(stranger(), at=UNTIL + 3), ETH, UNTIL + 3)],
)
async def test_newest_time_heard_of_a_symbol_is_known_before_it_is_taken_in(
    event: AccountEvent, symbol: str, at: int
) -> None:
    """What waits in the queue is newer than what was read meanwhile."""
    room = await WatchedRoom.open()
    room.watch.heard(event)
    assert (room.watch.heard_at(ETH), room.watch.symbols_heard) == (at, (symbol,))
    room.watch.heard(execution(2, at=SINCE))
    assert room.watch.heard_at(ETH) == at
    assert room.watch.heard_at(BTC) is None


async def test_run_takes_in_whatever_is_heard_until_it_ends() -> None:
    """Also what was heard before it began, and while it was at work."""
    room = await WatchedRoom.open()
    room.watch.heard(funding_told(UNTIL + HOUR))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(room.watch.run)
        await settle()
        assert len(room.paid) == 1
        room.watch.heard(funding_told(UNTIL + 2 * HOUR))
        room.watch.heard(funding_told(UNTIL + 3 * HOUR))
        await settle()
        assert len(room.paid) == 3
        tasks.cancel_scope.cancel()


async def test_events_are_taken_in_in_the_order_they_were_heard() -> None:
    """Whatever kinds they are of."""
    room = await WatchedRoom.open()
    await room.hears(
        execution(1), transfer_told("a", "5", UNTIL + 1), execution(2), execution(3), funding_told(UNTIL + HOUR)
    )
    assert room.events == [
        LogEvent.EXTERNAL_FILL,
        LogEvent.TRANSFER_SEEN,
        LogEvent.EXTERNAL_FILL,
        LogEvent.EXTERNAL_FILL,
        LogEvent.FUNDING_PAID,
    ]


async def test_order_of_nobodys_name_is_left_alone() -> None:
    """An owner may trade by hand; the desk is told nothing of it."""
    room = await WatchedRoom.open()
    await room.hears(order_told(None))
    assert (room.said, room.halts, room.desk.learned) == ([], [], [])
