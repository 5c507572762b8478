"""Runners that die between any two steps, and everything that meets at one order: nothing is sent twice or lost."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.simulation.world import World
from tests.support.order_story import OrderRunner, OrderStory
from tests.support.order_venue import Trouble

SOMETIMES = st.sampled_from([Trouble.NONE, Trouble.NONE, *Trouble])
STEPS_OF_A_DAY = 37
"""Steps of one runner that opens, protects and closes without trouble; more never happen."""

WEATHERS: Sequence[tuple[Trouble, ...]] = (
    (),
    (Trouble.ANSWER_LOST,),
    (Trouble.LATE, Trouble.REQUEST_LOST),
    (Trouble.NEVER_LEFT, Trouble.ANSWER_LOST),
    (Trouble.NONE, Trouble.ANSWER_LOST, Trouble.LAGS, Trouble.NONE, Trouble.LATE),
)


def play(
    troubles: Sequence[Trouble], deaths: Sequence[int], *, seed: int = 0, at_once: int = 1, meddled: bool = False
) -> list[OrderRunner]:
    """Let runners trade one after the other, each dying at its step, and a last one that does not; then judge."""

    async def main(world: World) -> list[OrderRunner]:
        story, runners = OrderStory(world, troubles), []
        works = [OrderRunner.trade] * at_once + [OrderRunner.meddle] * meddled
        for dies_at in (*deaths, None):
            runners.append(await story.runner(dies_at))
            await runners[-1].live(*works)
        await (await story.runner()).live(OrderRunner.rest)
        await story.judge()
        return runners

    return World(seed).run(main)


def test_day_without_trouble_takes_its_steps_and_leaves_nothing() -> None:
    """What is tried below covers every one of them."""
    (runner,) = play((), ())
    assert runner.steps == STEPS_OF_A_DAY
    sent = [
        each.intent.kind.value for each in runner.story.prepared if each.intent.cloid in runner.story.venue.arrivals
    ]
    assert sent == ["order", "stop", "order", "cancel"]


@pytest.mark.parametrize("weather", range(len(WEATHERS)))
def test_runner_that_dies_at_any_step_leaves_what_its_successor_can_settle(weather: int) -> None:
    """Before and after every write and every call, in fair weather and foul."""
    died = 0
    for step in range(1, STEPS_OF_A_DAY + 20):
        first, *_ = play(WEATHERS[weather], [step])
        died += first.died
    assert died >= STEPS_OF_A_DAY - 10


@pytest.mark.parametrize("first", range(1, STEPS_OF_A_DAY, 3))
def test_successor_that_dies_as_well_leaves_no_less(first: int) -> None:
    """At any of the steps of its taking over."""
    for weather, second in product(WEATHERS[1:3], range(1, 16)):
        play(weather, [first, second])


@settings(max_examples=400)
@given(
    troubles=st.lists(SOMETIMES, max_size=40),
    deaths=st.lists(st.integers(min_value=1, max_value=60), max_size=3),
    seed=st.integers(min_value=0, max_value=2**32),
    at_once=st.integers(min_value=1, max_value=2),
)
def test_everything_that_meets_at_an_order_agrees_in_the_end(
    troubles: list[Trouble], deaths: list[int], seed: int, at_once: int
) -> None:
    """Attending, submitting again, streams, settling and looking interleave in every order, with runners that die."""
    play(troubles, deaths, seed=seed, at_once=at_once, meddled=True)
