"""What is served once a step of time, under any order of questions: nothing invented, nothing lost, little asked."""

from collections.abc import Mapping

import anyio
from hypothesis import given
from hypothesis import strategies as st

from agentic_hl.market.served import ServedSeries

STEP = 10
SPAN = 60
"""Steps that ever are."""

_steps = st.integers(0, SPAN - 1)


class Source:
    """A venue that has some of the steps up to now, and cuts its answers short."""

    def __init__(self, steps: set[int], answer_max: int) -> None:
        self.steps = steps
        self.answer_max = answer_max
        self.now = 0
        self.forgotten: set[int] = set()
        self.asked = 0

    async def ask(self, first: int, last: int) -> Mapping[int, str]:
        """Answer a page, oldest first; what is forgotten is left out once."""
        self.asked += 1
        there = [step for step in sorted(self.steps) if first <= step * STEP <= last and step <= self.now]
        shown = [step for step in there if step not in self.forgotten]
        self.forgotten -= set(there)
        return {step * STEP: f"item {step}" for step in shown[: self.answer_max]}

    def truth(self, first: int, last: int) -> dict[int, str]:
        """Return what there is of a range by now."""
        return {step * STEP: f"item {step}" for step in sorted(self.steps) if first <= step <= min(last, self.now)}


@given(
    steps=st.sets(_steps),
    answer_max=st.integers(2, 9),
    page=st.integers(2, 9),
    kept=st.integers(5, 2 * SPAN),
    moves=st.lists(st.tuples(_steps, _steps, st.integers(0, 8)), min_size=1, max_size=12),
)
def test_series_shows_what_its_source_has_of_any_range_in_any_order(
    steps: set[int], answer_max: int, page: int, kept: int, moves: list[tuple[int, int, int]]
) -> None:
    """Whatever was asked before, however short the answers and however little is remembered."""

    async def ask_all() -> None:
        source = Source(steps, answer_max)
        series = ServedSeries(source.ask, step=STEP, page=page, kept=kept)
        for start, length, pause in moves:
            source.now += pause
            last = min(start + length, source.now)
            assert await series.load(start * STEP, last * STEP) == source.truth(start, last)

    anyio.run(ask_all)


@given(
    steps=st.sets(_steps, min_size=3),
    forgotten=st.sets(_steps),
    answer_max=st.integers(2, SPAN),
    page=st.integers(2, 20),
)
def test_step_that_an_answer_left_out_is_found_where_others_lie_around_it(
    steps: set[int], forgotten: set[int], answer_max: int, page: int
) -> None:
    """Nothing that is not there is ever shown, and nothing between the ends of what was shown at first is lost."""

    async def ask_once() -> None:
        source = Source(steps, answer_max)
        source.now = SPAN
        shown_at_first = sorted(steps - forgotten)
        source.forgotten = set(forgotten)
        series = ServedSeries(source.ask, step=STEP, page=page, kept=SPAN)
        found = await series.load(0, (SPAN - 1) * STEP)
        assert found.items() <= source.truth(0, SPAN).items()
        if shown_at_first and answer_max >= page:
            inside = range(shown_at_first[0], shown_at_first[-1] + 1)
            assert {step for step in steps if step in inside} <= {at // STEP for at in found}

    anyio.run(ask_once)


@given(steps=st.sets(_steps, min_size=1), page=st.integers(2, 20), repeats=st.integers(1, 5))
def test_what_is_known_costs_no_question(steps: set[int], page: int, repeats: int) -> None:
    """Neither the whole range up to the newest one nor any part of it."""

    async def ask_again() -> None:
        source = Source(steps, SPAN)
        source.now = SPAN
        newest = max(steps)
        series = ServedSeries(source.ask, step=STEP, page=page, kept=2 * SPAN)
        await series.load(0, newest * STEP)
        asked = source.asked
        for number in range(repeats):
            await series.load(number * STEP, newest * STEP)
        assert source.asked == asked

    anyio.run(ask_again)
