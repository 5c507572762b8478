"""A thought of several calls in the present: one deadline for all of it, and every call is paid for."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import TypeVar

import anyio

from agentic_core.domain import Instant, Usd
from agentic_core.domain.chat import UnusableCause
from agentic_core.ports.chat_model import (
    CallFailure,
)
from agentic_core.runtime import Skipped, Turned
from agentic_core.simulation.world import World
from tests.support.thinking import failed
from tests.support.thought_place import CENT, ENDS_MS, LOOKS, NOTHING, Place

_Result = TypeVar("_Result")
D = Decimal
MIDNIGHT = Instant(1_767_225_600_000)


def played(main: Callable[[World], Coroutine[object, object, _Result]]) -> _Result:
    """Play something in a world whose time is its own."""
    return World(0, start=MIDNIGHT, shuffled=False).run(main)


def test_deadline_is_that_of_the_whole_thought() -> None:
    """Two calls of 20 seconds are in time, the third one is broken off five seconds later and counts as its bound."""

    async def main(world: World) -> None:
        place = Place(world, [(20, LOOKS), (20, LOOKS), (20, NOTHING)])
        outcome = (await place.turn()).outcome
        assert isinstance(outcome, Turned)
        assert outcome.unusable is UnusableCause.BROKEN_OFF
        assert place.clock.now() == MIDNIGHT + ENDS_MS
        assert len(place.chat_model.calls) == 3
        assert await place.spent() == (D("0.07"), 0)
        assert [one.usage.cost_usd for one in place.recorded] == [D("0.07")]

    played(main)


def test_thought_that_ends_in_time_is_heard_with_all_its_calls() -> None:
    """Its cost is the sum of them."""

    async def main(world: World) -> None:
        place = Place(world, [(20, LOOKS), (20, NOTHING)], looks_s=4)
        outcome = (await place.turn()).outcome
        assert isinstance(outcome, Turned)
        assert (outcome.unusable, outcome.decision.usage.cost_usd) == (None, D("0.02"))
        assert [step.tool for step in outcome.decision.steps] == [None, "look", None]
        assert await place.spent() == (D("0.02"), 0)

    played(main)


def test_tool_that_hangs_does_not_outlast_the_deadline() -> None:
    """The next question does not leave any more, and costs nothing."""

    async def main(world: World) -> None:
        place = Place(world, [(5, LOOKS), (5, NOTHING)], looks_s=3_600)
        outcome = (await place.turn()).outcome
        assert isinstance(outcome, Turned)
        assert outcome.unusable is UnusableCause.BROKEN_OFF
        assert place.clock.now() == MIDNIGHT + ENDS_MS
        assert len(place.chat_model.calls) == 1
        assert await place.spent() == (CENT, 0)
        assert outcome.decision.usage.cost_usd == CENT

    played(main)


def test_thought_between_two_calls_is_broken_off_for_whoever_holds_the_turns_back() -> None:
    """Within the same instant, though a tool is what it waits for."""

    async def main(world: World) -> None:
        place = Place(world, [(5, LOOKS), (5, NOTHING)], looks_s=30)

        async def whole_turn() -> None:
            async with place.gate.turn():
                await place.turn()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(whole_turn)
            await place.clock.sleep(10)
            async with place.gate.held():
                assert place.clock.now() == MIDNIGHT + 10_000
                assert [one.usage.cost_usd for one in place.recorded] == [CENT]
        assert await place.spent() == (CENT, 0)

    played(main)


def test_thought_that_is_torn_down_is_written_down_with_its_cost() -> None:
    """Also while it waits before a question that is sent again: that one never left."""

    async def main(world: World) -> None:
        overloaded = failed(CallFailure.OVERLOADED, cost=CENT)
        place = Place(world, [(5, overloaded), (5, NOTHING)])
        with anyio.move_on_after(5.2):
            await place.turn()
        assert [one.usage.cost_usd for one in place.recorded] == [CENT]
        assert len(place.chat_model.calls) == 1
        assert await place.spent() == (CENT, 0)

    played(main)


def test_thought_that_is_torn_down_while_money_is_held_is_written_down_with_its_cost() -> None:
    """What was held meanwhile is let go of, because the call never left."""

    async def main(world: World) -> None:
        place = Place(world, [(5, LOOKS), (5, NOTHING)], reserves_s=2)
        with anyio.move_on_after(8):
            await place.turn()
        assert [one.usage.cost_usd for one in place.recorded] == [CENT]
        assert len(place.chat_model.calls) == 1
        assert await place.spent() == (CENT, 0)

    played(main)


def test_question_that_failed_is_sent_again_after_a_while() -> None:
    """Each sending has its own call and its own cost."""

    async def main(world: World) -> None:
        place = Place(world, [(1, failed(CallFailure.RATE_LIMITED, cost=Usd(D(0)))), (1, NOTHING)])
        outcome = (await place.turn()).outcome
        assert isinstance(outcome, Turned)
        assert [(call.step, call.attempt) for call in place.chat_model.calls] == [(0, 0), (0, 1)]
        assert MIDNIGHT + 2_000 < place.clock.now() < MIDNIGHT + 4_000
        assert outcome.decision.usage.cost_usd == CENT

    played(main)


def test_turn_whose_first_call_is_not_paid_for_is_skipped_and_not_recorded() -> None:
    """Nobody was asked."""

    async def main(world: World) -> None:
        place = Place(world, [])
        outcome = (await place.turn(month="0.01")).outcome
        assert isinstance(outcome, Skipped)
        assert outcome.reason.startswith("cost_guard: ")
        assert (place.recorded, await place.spent()) == ([], (0, 0))

    played(main)
