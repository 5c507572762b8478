"""However a thought is disturbed: nothing stays held, and the decision costs what its calls were settled at."""

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.domain import Instant, Usd
from agentic_core.metering import cost_of_calls
from agentic_core.ports.chat_model import CallFailure, CallOutcome
from agentic_core.simulation.world import World
from tests.support.thinking import failed, unreadable
from tests.support.thought_place import CENT, LOOKS, NOTHING, Place

MIDNIGHT = Instant(1_767_225_600_000)
OUTCOMES: st.SearchStrategy[CallOutcome] = (
    st.sampled_from([LOOKS, NOTHING, unreadable(CENT), unreadable(None)])
    | st.builds(failed, st.sampled_from(CallFailure), cost=st.none() | st.just(CENT))
    | st.just(failed(CallFailure.UNREACHABLE, never_left=True))
)
SCRIPTS = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 9.0, 31.0, 90.0]), OUTCOMES), min_size=14, max_size=14)
HOLDS = st.none() | st.floats(0, 60)
ENDS = st.floats(0.1, 120)


async def disturbed(
    world: World, script: list[tuple[float, CallOutcome]], looks_s: float, hold: float | None, end: float
) -> Place:
    """Play one turn that somebody may need, and that may be torn down."""
    place = Place(world, script, looks_s=looks_s)

    async def take() -> None:
        async with place.gate.turn():
            await place.turn()

    async def need(after: float) -> None:
        await place.clock.sleep(after)
        async with place.gate.held():
            pass

    with anyio.move_on_after(end):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(take)
            if hold is not None:
                tasks.start_soon(need, hold)
    return place


@given(SCRIPTS, st.sampled_from([0.0, 3.0, 60.0]), HOLDS, ENDS)
@settings(max_examples=150)
def test_thought_leaves_nothing_held_and_its_decision_costs_what_its_calls_do(
    script: list[tuple[float, CallOutcome]], looks_s: float, hold: float | None, end: float
) -> None:
    """Each call that was made has a cost, whoever broke it off; what is recorded is their sum, to the last digit."""

    async def main(world: World) -> None:
        place = await disturbed(world, script, looks_s, hold, end)
        settled, held = await place.spent()
        assert held == 0
        costs: list[Usd | None] = [one.usage.cost_usd for one in place.recorded]
        for decision in place.recorded:
            calls = await place.store.costs.calls(decision.decision_id)
            assert all(call.cost_usd is not None for call in calls)
            assert len(calls) >= len(place.chat_model.calls)
            assert decision.usage.cost_usd == cost_of_calls(calls)
        if place.chat_model.calls:
            assert costs == [settled]

    World(1, start=MIDNIGHT, shuffled=True).run(main)
