"""Funding and transfers that the venue tells of are in the ledger once, whichever process is told of them."""

from decimal import Decimal

import pytest

from agentic_core.errors import StoreError
from agentic_core.logevents import LogEvent
from tests.support.watched_room import SINCE, UNTIL, WatchedRoom, funding_told, transfer_told

pytestmark = pytest.mark.anyio

HOUR = 3_600_000


async def test_funding_is_said_and_accounted_once_per_payment() -> None:
    """Told twice, and told again after a restart of what an earlier run took in, it changes nothing."""
    room = await WatchedRoom.open()
    await room.hears(funding_told(UNTIL + HOUR), funding_told(UNTIL + HOUR), funding_told(UNTIL + 2 * HOUR, "0.7"))
    later = room.restarted()
    await later.hears(funding_told(UNTIL + HOUR), funding_told(UNTIL + 2 * HOUR, "0.7"), funding_told(UNTIL + 3 * HOUR))
    assert [(each.time, each.amount) for each in later.paid] == [
        (UNTIL + HOUR, Decimal("-1.5")),
        (UNTIL + 2 * HOUR, Decimal("0.7")),
        (UNTIL + 3 * HOUR, Decimal("-1.5")),
    ]
    lines = [line for line in (*room.said, *later.said) if line.event is LogEvent.FUNDING_PAID]
    assert [line.facts["amount_usd"] for line in lines] == ["-1.5", "0.7", "-1.5"]
    assert lines[0].facts == {"symbol": "ETH", "amount_usd": "-1.5", "paid_at": UNTIL + HOUR}


async def test_money_from_before_the_account_was_ours_is_left_alone() -> None:
    """What was told too late for an earlier run is not: it is recorded, and said."""
    room = await WatchedRoom.open()
    await room.hears(funding_told(SINCE), transfer_told("old", "9", SINCE))
    assert (room.paid, room.moved, room.said) == ([], [], [])
    await room.hears(funding_told(SINCE + 1), transfer_told("late", "9", SINCE + 1))
    assert ([each.time for each in room.paid], [each.transfer_id for each in room.moved]) == ([SINCE + 1], ["late"])
    assert room.events == [LogEvent.FUNDING_PAID, LogEvent.TRANSFER_SEEN]


@pytest.mark.parametrize("broken", ["ledger.record_funding", "ledger.record_transfers"])
async def test_money_that_cannot_be_recorded_stays_in_the_queue(broken: str) -> None:
    """Nothing follows from it before it is recorded, and it is taken in once the store answers again."""
    room = await WatchedRoom.open()
    room.breaking.broken = broken
    with pytest.raises(StoreError):
        await room.hears(funding_told(UNTIL + HOUR), transfer_told("a", "5", UNTIL + HOUR))
    assert (LogEvent.TRANSFER_SEEN in room.events, room.transfers) == (False, [])
    room.breaking.broken = ""
    await room.watch.drain()
    assert (len(room.paid), len(room.moved), len(room.transfers)) == (1, 1, 1)
    assert room.events == [LogEvent.FUNDING_PAID, LogEvent.TRANSFER_SEEN]


async def test_transfer_moves_the_baseline_once() -> None:
    """By its signed amount at its own time, and it is said."""
    room = await WatchedRoom.open()
    await room.hears(transfer_told("a", "-500", UNTIL + 1), transfer_told("a", "-500", UNTIL + 1))
    assert room.transfers == [(Decimal(-500), UNTIL + 1)]
    assert room.only(LogEvent.TRANSFER_SEEN).facts == {"kind": "withdraw", "amount_usd": "-500", "transfer_id": "a"}
    assert room.halts == []


async def test_transfer_that_an_earlier_run_recorded_moves_the_baseline_of_the_new_one() -> None:
    """It is said no second time; one that the new book holds already moves nothing."""
    room = await WatchedRoom.open()
    await room.hears(transfer_told("held", "-70", UNTIL), transfer_told("a", "-500", UNTIL + 1))
    later = room.restarted()
    await later.hears(transfer_told("held", "-70", UNTIL), transfer_told("a", "-500", UNTIL + 1))
    assert later.transfers == [(Decimal(-500), UNTIL + 1)]
    assert later.said == []
    assert [each.transfer_id for each in later.moved] == ["held", "a"]
