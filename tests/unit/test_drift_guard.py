"""The whole account beside our books: what is missing is booked, what differs is said and believed, if it is newer."""

import pytest
from msgspec.structs import replace

from agentic_core.domain import ClientOrderId, Fill, FillKind, Instant
from agentic_core.domain.order import IntentState
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.drift import Aligned, Drifted, Weight
from agentic_core.execution.evidence import AnsweredResting, OrderSeen, OrderStatus
from agentic_core.execution.life import Life
from agentic_core.logevents import LogLevel
from tests.support.drift_room import RULES, DriftRoom, hand_order, listed
from tests.support.intents import LOST, told
from tests.support.markets import BTC, ETH
from tests.support.watched_room import UNTIL, WatchedRoom, execution, order_told, stranger

pytestmark = pytest.mark.anyio


def executed(number: int, at: int, *, cloid: ClientOrderId | None = None, units: str = "1") -> Fill:
    """Return an execution, which sold ETH."""
    return execution(number, cloid, at=at, units=units).fill


async def resting(room: WatchedRoom, number: int = 0) -> Life:
    """Let an order of ours rest; an order to buy 0.0026 BTC."""
    life = told(await room.prepare(number), AnsweredResting())
    room.desk.lives[life.cloid] = life
    return life


async def test_account_that_agrees_is_reconciled_in_so_many_words() -> None:
    """With positions and equity, each time it is looked at, also with nothing held."""
    place = await DriftRoom.open()
    assert (await place.guard.check()).drift == Aligned()
    place.executed = [executed(1, UNTIL + 1)]
    place.positions, place.equity = {ETH: "-1"}, "4999.1"
    place.clock.freeze(60_000)
    found = await place.guard.check()
    assert found.drift == Aligned()
    assert not place.guard.is_drifted
    first, second = place.reconciled()
    assert (first.message, first.level) == ("positions=0, equity=5000 USD; 0 field(s) differed", LogLevel.INFO)
    assert first.facts == {
        "positions": 0, "equity_usd": "5000", "drifted": 0, "undecided": 0, "clock_offset_ms": 0,
    }  # fmt: skip
    assert second.message == "positions=1 (-1 ETH), equity=4999.1 USD; 0 field(s) differed"
    assert second.facts["positions"] == 1


async def test_execution_that_nobody_told_of_is_booked_and_is_no_drift() -> None:
    """By the list of fills, ours to the desk and others to the ledger."""
    place = await DriftRoom.open()
    life = await place.room.prepare()
    place.executed = [executed(1, UNTIL + 1, cloid=life.cloid), executed(2, UNTIL + 2)]
    place.positions = {ETH: "-2"}
    place.clock.freeze(60_000)
    del place.room.desk.lives[life.cloid]
    found = await place.guard.check()
    assert isinstance(found.drift, Aligned)
    assert place.room.desk.learned == [(life.cloid, None, ("ETH:1:1",))]
    assert [fill.kind for fill in await place.room.booked()] == [FillKind.ORDER, FillKind.EXTERNAL]
    assert place.drifts() == []


async def test_position_that_no_execution_explains_is_drift_and_then_believed() -> None:
    """Said once, field by field; the next check agrees with it, also after further executions."""
    place = await DriftRoom.open()
    place.positions = {ETH: "3", BTC: "-1"}
    found = await place.guard.check()
    assert isinstance(found.drift, Drifted)
    verdicts = [place.guard.is_drifted]
    assert place.drifts() == [("BTC.size", "0", "-1"), ("ETH.size", "0", "3")]
    (line,) = place.reconciled()
    assert line.facts["drifted"] == 2
    place.executed, place.positions = [executed(1, place.venue_time)], {ETH: "2", BTC: "-1"}
    place.clock.freeze(60_000)
    again = await place.guard.check()
    assert again.drift == Aligned()
    assert [*verdicts, place.guard.is_drifted] == [True, False]
    assert len(place.drifts()) == 2


async def test_difference_that_is_gone_a_moment_later_is_not_said() -> None:
    """The position lagged behind the list of fills."""
    place = await DriftRoom.open()
    place.executed = [executed(1, UNTIL - 10)]
    place.positions = {}
    looks: list[int] = []

    def catch_up() -> None:
        looks.append(1)
        if len(looks) == 2:
            place.positions = {ETH: "-1"}
        place.meanwhile["account"] = catch_up

    place.meanwhile["account"] = catch_up
    found = await place.guard.check()
    assert (len(looks), found.drift, place.drifts()) == (2, Aligned(), [])
    assert place.clock.now() - UNTIL == RULES.confirm_ms


async def test_older_reading_never_wins() -> None:
    """The account that was read is from before the execution that was told: it stays open, and is not believed."""
    place = await DriftRoom.open()
    place.positions = {}
    place.as_of = UNTIL + 10
    place.executed = [executed(1, UNTIL + 10)]
    found = await place.guard.check()
    assert isinstance(found.drift, Aligned)
    assert [(each.field, each.weight) for each in found.drift.open] == [("ETH.size", Weight.TOO_OLD)]
    assert place.reconciled()[0].facts["undecided"] == 1
    place.as_of = UNTIL + 11
    again = await place.guard.check()
    assert isinstance(again.drift, Drifted)
    assert place.drifts() == [("ETH.size", "-1", "0")]


async def test_word_of_a_stream_is_newer_than_the_reading_before_it() -> None:
    """An order or an execution that is told while the venue is read leaves nothing to judge in its symbol."""
    place = await DriftRoom.open()
    place.positions = {ETH: "5", BTC: "1"}

    def tell() -> None:
        place.room.watch.heard(order_told(None, at=place.venue_time + 1))

    place.meanwhile["orders"] = tell
    found = await place.guard.check()
    assert isinstance(found.drift, Drifted)
    assert place.drifts() == [("BTC.size", "0", "1")]
    await place.guard.check()
    assert place.drifts() == [("BTC.size", "0", "1"), ("ETH.size", "0", "5")]


async def test_nothing_is_judged_in_a_symbol_in_which_an_order_is_under_way() -> None:
    """Its fate is not known, so the position may be right and we not yet."""
    place = await DriftRoom.open()
    life = told(await place.room.prepare(), LOST)
    place.room.desk.lives[life.cloid] = life
    place.positions = {BTC: "0.0026"}
    found = await place.guard.check()
    assert isinstance(found.drift, Aligned)
    assert [(each.field, each.weight) for each in found.drift.open] == [("BTC.size", Weight.UNDER_WAY)]
    assert not place.guard.is_drifted


async def test_order_about_which_something_is_learned_meanwhile_is_not_judged() -> None:
    """It was looked at before and after."""
    place = await DriftRoom.open()
    life = await resting(place.room)
    place.positions = {BTC: "0.0026"}
    place.meanwhile["fills"] = lambda: place.room.desk.lives.update({life.cloid: replace(life, state=IntentState.DEAD)})
    found = await place.guard.check()
    assert isinstance(found.drift, Aligned)
    assert [each.weight for each in found.drift.open] == [Weight.UNDER_WAY]


async def test_resting_order_that_is_not_listed_is_asked_about() -> None:
    """Absence proves nothing, so it is told as drift and left to the desk."""
    place = await DriftRoom.open()
    life = await resting(place.room)
    await place.guard.check()
    assert place.drifts() == [(f"order.{life.cloid}.state", "resting", "absent")]
    assert set(place.room.desk.looked) == {life.cloid}
    assert place.room.desk.learned == []


async def test_order_of_ours_that_rests_unknown_to_us_is_learned() -> None:
    """The desk hears that it is there, as of the read."""
    place = await DriftRoom.open()
    life = told(await place.room.prepare(), LOST)
    place.room.desk.lives[life.cloid] = life
    place.resting = [listed(life)]
    await place.guard.check()
    assert place.room.desk.learned[0] == (
        life.cloid,
        OrderSeen(status=OrderStatus.RESTING, seen_at=Instant(UNTIL)),
        (),
    )


async def test_resting_order_that_is_as_it_was_is_nothing_new() -> None:
    """Ours with all of it left, and a person's beside it."""
    place = await DriftRoom.open()
    life = await resting(place.room)
    place.resting = [listed(life), hand_order()]
    found = await place.guard.check()
    assert (found.drift, place.room.desk.learned, place.room.halts) == (Aligned(), [], [])
    place.resting = [listed(life, left="0.001")]
    await place.guard.check()
    assert place.drifts() == [(f"order.{life.cloid}.left", "0.0026", "0.001")]


async def test_resting_order_of_a_stranger_halts() -> None:
    """The list is looked through for second writers, so one is found without any stream."""
    place = await DriftRoom.open()
    place.resting = [replace(hand_order(), cloid=stranger())]
    await place.guard.check()
    await place.guard.check()
    assert [reason for reason, _ in place.room.halts] == [HaltReason.SECOND_WRITER]
    assert "a resting order to buy 1 ETH" in place.room.halts[0][1]
