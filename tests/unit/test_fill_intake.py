"""Executions on the account find their way into the ledger, each once, and a second writer gives itself away."""

import pytest

from agentic_core.domain import ClientOrderId, FillKind
from agentic_core.domain.account_events import FillTold, ToldStatus
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import Fenced, StoreError
from agentic_core.logevents import LogEvent, LogLevel
from tests.support.intents import size
from tests.support.watched_room import SINCE, UNTIL, WatchedRoom, execution, order_told, stranger

pytestmark = pytest.mark.anyio

NAME = stranger(7)


async def test_fill_of_ours_goes_to_the_desk_alone() -> None:
    """All that came together for one order at once; nothing is said, because the desk says it."""
    room = await WatchedRoom.open()
    one, other = await room.prepare(0), await room.prepare(1)
    await room.hears(execution(1, one.cloid), execution(2, other.cloid), execution(3, one.cloid))
    assert room.desk.learned == [(one.cloid, None, ("ETH:1:1", "ETH:3:3")), (other.cloid, None, ("ETH:2:2",))]
    assert (room.said, room.halts) == ([], [])


@pytest.mark.parametrize(
    ("cloid", "kind", "recorded", "event", "level", "owner"),
    [
        (None, None, FillKind.EXTERNAL, LogEvent.EXTERNAL_FILL, LogLevel.WARN, "user"),
        (NAME, None, FillKind.EXTERNAL, LogEvent.EXTERNAL_FILL, LogLevel.WARN, "other_program"),
        (None, FillKind.LIQUIDATION, FillKind.LIQUIDATION, LogEvent.LIQUIDATION, LogLevel.ERROR, "venue"),
        (None, FillKind.ADL, FillKind.ADL, LogEvent.EXTERNAL_FILL, LogLevel.WARN, "venue"),
    ],
)
async def test_fill_of_others_is_booked_with_its_kind_and_said(
    cloid: ClientOrderId | None,
    kind: FillKind | None,
    recorded: FillKind,
    event: LogEvent,
    level: LogLevel,
    owner: str,
) -> None:
    """Whoever caused it, the position follows it."""
    room = await WatchedRoom.open()
    told = execution(1, cloid, kind=kind)
    await room.hears(told)
    (fill,) = await room.booked()
    assert (fill.fill_id, fill.cloid, fill.kind, fill.signed_size) == ("ETH:1:1", cloid, recorded, size("-1"))
    line = room.only(event)
    assert (line.level, line.facts["owner"], line.facts["kind"]) == (level, owner, recorded.value)
    assert "sell 1 ETH at 2000, fee 0.9 USD" in line.message
    assert room.desk.learned == []


async def test_fill_that_is_told_again_changes_nothing() -> None:
    """By the stream, by a snapshot, by a read, and after a restart."""
    room = await WatchedRoom.open()
    life = await room.prepare()
    told = (execution(1), execution(2, life.cloid), execution(3, NAME), execution(4, kind=FillKind.LIQUIDATION))
    await room.hears(*told, *told)
    await room.watch.intake.take(each.fill for each in told)
    assert len(await room.booked()) == 4
    assert len(room.desk.learned) == 1
    again = room.restarted()
    again.desk.lives.update(room.desk.lives)
    await again.hears(*told)
    assert (again.said, again.halts, again.desk.learned) == ([], [], [])
    assert len(await again.booked()) == 4


async def test_fill_from_before_the_account_was_ours_is_left_alone() -> None:
    """The first snapshot brings years of them, and none belongs to this ledger."""
    room = await WatchedRoom.open()
    await room.hears(execution(1, at=SINCE - 1), execution(2, NAME, at=SINCE - 1), execution(3, at=SINCE))
    assert [fill.fill_id for fill in await room.booked()] == ["ETH:3:3"]
    assert room.events == [LogEvent.EXTERNAL_FILL]
    assert room.halts == []


async def test_fill_older_than_the_beginning_counts_where_the_ledger_reaches_back_as_far() -> None:
    """It raises no alarm, for it is not of our time."""
    room = await WatchedRoom.open()
    life = await room.prepare()
    early = execution(1, life.cloid, at=SINCE - 500).fill
    await room.desk.learn(life.cloid, fills=(early,))
    await room.hears(execution(2, NAME, at=SINCE - 400), execution(3, at=SINCE - 501))
    assert [fill.fill_id for fill in await room.booked()] == ["ETH:1:1", "ETH:2:2"]
    assert room.halts == []


async def test_liquidation_fill_halts_before_it_is_recorded() -> None:
    """What is in the store raises no alarm after a restart, so the halt has to be there first."""
    room = await WatchedRoom.open()
    room.breaking.broken = "intents.record_fills"
    with pytest.raises(StoreError):
        await room.hears(execution(1, kind=FillKind.LIQUIDATION))
    assert room.halts == [(HaltReason.LIQUIDATION, "the venue executed a liquidation: sell 1 ETH at 2000")]
    room.breaking.broken = ""
    assert await room.booked() == ()
    await room.watch.drain()
    assert [fill.kind for fill in await room.booked()] == [FillKind.LIQUIDATION]
    assert room.only(LogEvent.LIQUIDATION).facts["filled_at"] == UNTIL + 1


@pytest.mark.parametrize("broken", ["intents.record_fills", "intents.fills", "intents.find"])
async def test_fill_that_could_not_be_booked_is_booked_later(broken: str) -> None:
    """The queue keeps what the store did not take."""
    room = await WatchedRoom.open()
    life = await room.prepare(at_desk=False)
    room.breaking.broken = broken
    with pytest.raises(StoreError):
        await room.hears(execution(1, life.cloid), execution(2))
    assert LogEvent.EXTERNAL_FILL not in room.events
    room.breaking.broken = ""
    await room.watch.drain()
    assert {fill.fill_id for fill in await room.booked()} == {"ETH:1:1", "ETH:2:2"}
    assert room.events == [LogEvent.EXTERNAL_FILL]


@pytest.mark.parametrize(
    "told",
    [execution(1, NAME), order_told(NAME), order_told(NAME, ToldStatus.CANCELED)],
    ids=["fill", "order", "ended"],
)
async def test_name_that_is_none_of_ours_halts(told: FillTold) -> None:
    """An order is enough; each name is told of once, whatever else it does."""
    room = await WatchedRoom.open()
    await room.hears(told, told, execution(1, NAME), order_told(NAME))
    assert [reason for reason, _ in room.halts] == [HaltReason.SECOND_WRITER]
    assert f"bears {NAME}: no intent of this account bears that name" in room.halts[0][1]
    line = room.only(LogEvent.SECOND_WRITER)
    assert (line.level, line.facts) == (LogLevel.ERROR, {"cloid": NAME, "owner": "other_program"})


async def test_each_new_name_of_a_second_writer_halts_again() -> None:
    """A person may have cleared the halt in between."""
    room = await WatchedRoom.open()
    await room.hears(order_told(NAME), order_told(stranger(8)), execution(1, stranger(9)))
    assert len(room.halts) == 3


async def test_intent_of_ours_that_was_never_sent_gives_a_second_writer_away() -> None:
    """The durable record says that this process did not send it; its fill is booked all the same."""
    room = await WatchedRoom.open()
    life = await room.prepare(sends=0)
    await room.hears(execution(1, life.cloid))
    assert [reason for reason, _ in room.halts] == [HaltReason.SECOND_WRITER]
    assert "an intent of ours, prepared and never sent" in room.halts[0][1]
    assert room.only(LogEvent.SECOND_WRITER).facts["owner"] == "ours"
    assert room.desk.learned == [(life.cloid, None, ("ETH:1:1",))]


async def test_second_writer_whose_halt_could_not_be_latched_is_halted_for_later() -> None:
    """The alarm is not spent before it is durable."""
    room = await WatchedRoom.open()
    room.fails_to_halt = True
    with pytest.raises(StoreError):
        await room.hears(order_told(NAME))
    assert room.said == []
    room.fails_to_halt, room.breaking.broken = False, ""
    await room.watch.drain()
    assert [reason for reason, _ in room.halts] == [HaltReason.SECOND_WRITER]


async def test_orders_of_others_from_before_our_time_raise_no_alarm() -> None:
    """One that is still alive does: it can execute at any moment."""
    room = await WatchedRoom.open()
    await room.hears(order_told(NAME, ToldStatus.CANCELED, at=SINCE - 1))
    assert room.halts == []
    await room.hears(order_told(NAME, ToldStatus.OPEN, at=SINCE - 1))
    assert [reason for reason, _ in room.halts] == [HaltReason.SECOND_WRITER]


async def test_executions_of_a_second_writer_raise_no_alarm_after_a_restart() -> None:
    """It was raised when they were booked; a person may have cleared the halt since."""
    room = await WatchedRoom.open()
    await room.hears(execution(1, NAME))
    again = room.restarted()
    await again.hears(execution(1, NAME), execution(2, NAME))
    assert again.halts == []
    assert again.events == [LogEvent.EXTERNAL_FILL]


async def test_intent_of_a_later_lease_ends_the_watch() -> None:
    """Somebody took the account over, so nothing more may be written here."""
    room = await WatchedRoom.open()
    real = room.breaking.real
    assert await real.leases.acquire(room.fence.account, "before", 1_000) is not None
    successor = room.restarted()
    successor.fence = type(room.fence)(account=room.fence.account, epoch=room.fence.epoch + 1)
    life = await successor.prepare(sends=0, at_desk=False)
    with pytest.raises(Fenced, match=f"{life.cloid}, an intent of epoch 3; the lease of mainnet:0xab .* epoch 2"):
        await room.hears(order_told(life.cloid))
    assert room.halts == []
