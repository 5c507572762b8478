"""When the guard looks, how far back it reads, and what it learns of the venue's clock on the way."""

import anyio
import pytest

from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from tests.support.clocks import settle
from tests.support.drift_room import RULES, DriftRoom
from tests.support.markets import ETH
from tests.support.watched_room import SINCE, UNTIL, execution

pytestmark = pytest.mark.anyio


async def test_clock_of_the_venue_is_measured_with_each_check() -> None:
    """How far it is ahead of ours, whichever of the two was set."""
    place = await DriftRoom.open()
    place.ahead_ms = 4_200
    assert (await place.guard.check()).clock_offset_ms == 4_200
    place.ahead_ms = -300
    assert (await place.guard.check()).clock_offset_ms == -300
    assert [line.facts["clock_offset_ms"] for line in place.reconciled()] == [4_200, -300]


@pytest.mark.parametrize("travel_ms", [100, 1_000])
async def test_half_of_the_time_a_question_takes_is_taken_off(travel_ms: int) -> None:
    """The venue looked at its clock at some time in between."""
    place = await DriftRoom.open()
    place.ahead_ms, place.travel_ms = 50, travel_ms
    assert (await place.guard.check()).clock_offset_ms == 50


async def test_executions_are_read_from_before_the_last_that_is_known() -> None:
    """They are listed late, so what was read is read again for a while; the first search goes back to the ledger."""
    place = await DriftRoom.open()
    await place.guard.check()
    assert place.searches == [SINCE - RULES.overlap_ms]
    place.clock.freeze(60_000)
    await place.guard.check()
    assert place.searches[1:] == [UNTIL - RULES.overlap_ms]
    place = DriftRoom(place.room)
    await place.room.hears(execution(1, at=UNTIL + 500))
    place.positions = {ETH: "-1"}
    await place.guard.check()
    assert place.searches[0] == UNTIL + 500 - RULES.overlap_ms


@pytest.mark.parametrize("question", ["now", "account", "orders", "fills"])
async def test_check_that_cannot_read_believes_nothing(question: str) -> None:
    """Not a part of it either: it raises, and nothing is called reconciled."""
    place = await DriftRoom.open()
    place.positions, place.unanswered = {ETH: "3"}, {question}
    with pytest.raises(VenueUnavailable):
        await place.guard.check()
    assert place.room.said == []
    assert not place.guard.is_drifted
    place.unanswered = set()
    await place.guard.check()
    assert place.drifts() == [("ETH.size", "0", "3")]


async def test_search_that_failed_is_made_again_from_where_the_last_ended() -> None:
    """A hole in what was read is never stepped over."""
    place = await DriftRoom.open()
    await place.guard.check()
    place.clock.freeze(60_000)
    place.unanswered = {"fills"}
    with pytest.raises(VenueUnavailable):
        await place.guard.check()
    place.unanswered = set()
    place.clock.freeze(60_000)
    await place.guard.check()
    assert place.searches[1:] == [UNTIL - RULES.overlap_ms] * 2


async def test_checks_follow_each_other_by_the_rules() -> None:
    """Each after a while; after a failure, a difference or an open field sooner."""
    place = await DriftRoom.open(ends_at=UNTIL + 205_000)
    at: list[int] = []

    def note() -> None:
        at.append(place.clock.now() - UNTIL)
        place.unanswered = {"account"} if len(at) == 2 else set()
        place.positions = {ETH: "1"} if len(at) >= 4 else {}
        place.meanwhile["now"] = note

    place.meanwhile["now"] = note
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place.guard.run)
        for _ in range(20):
            await settle()
        tasks.cancel_scope.cancel()
    # Whole, failed, whole, differing twice within one check, and then the first after it.
    assert at == [60_000, 120_000, 130_000, 190_000, 192_000, 202_000]


async def test_check_that_left_a_field_open_is_repeated_soon() -> None:
    """What could not be judged is judged after the shorter wait."""
    place = await DriftRoom.open(ends_at=UNTIL + 75_000)
    place.executed, place.as_of = [execution(1, at=UNTIL + 5).fill], UNTIL + 5
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place.guard.run)
        for _ in range(10):
            await settle()
        tasks.cancel_scope.cancel()
    assert [line.facts["undecided"] for line in place.reconciled()] == [1, 1]
    assert place.clock.now() - UNTIL == 60_000 + RULES.again_ms


async def test_check_that_failed_is_said() -> None:
    """As a warning, with when it is tried again."""
    place = await DriftRoom.open(ends_at=UNTIL + 65_000)
    place.unanswered = {"account"}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place.guard.run)
        await settle()
        tasks.cancel_scope.cancel()
    line = place.room.only(LogEvent.RECONCILE_FAILED)
    assert line.level is LogLevel.WARN
    assert line.message == "the account could not be read: no answer about account; it is tried again in 10 s"
