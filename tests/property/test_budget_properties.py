"""A month's budget over any sequence of calls: what is spent and held never exceeds the cap."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given

from agentic_core.domain import DAY_MS, ZERO, Instant, Usd, parse_instant
from agentic_core.metering import MonthBudget
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough

BYTES = 256
START = parse_instant("2022-01-27T00:00:00Z")


class Step(NamedTuple):
    """A call that asks for money, or the oldest call of those under way that comes back."""

    asks: bool
    bound: Usd | None
    """None is unknown."""
    share: Decimal | None
    """Of the bound, what a call that comes back has cost; None is unknown."""
    days: int
    """How many days pass before it."""


def steps(dice: Dice) -> tuple[Usd, list[Step]]:
    """Roll a cap and up to twenty steps."""
    made = [
        Step(
            asks=dice.any_of(1, 1, 0) == 1,
            bound=dice.mostly(Usd(dice.number(0, 60, places=2)), None),
            share=dice.any_of(dice.number(0, 100, places=2), None),
            days=dice.mostly(0, 1, 5),
        )
        for _ in range(dice.whole(1, 20))
    ]
    return Usd(dice.number(0, 150, places=2)), made


@thorough
@given(rolls(steps, BYTES))
def test_budget_spent_and_held_never_exceed_the_cap(rolled: tuple[Usd, Sequence[Step]]) -> None:
    """At every step, of calls that cost at most their bound; what fits is granted, and the unknown never is."""
    cap, script = rolled
    budget, under_way, now = MonthBudget(cap=cap), list[Usd](), START
    for step in script:
        now = Instant(now + step.days * DAY_MS)
        before = budget.spent + sum(under_way, ZERO)
        if step.asks:
            refusal = budget.reserve(step.bound, now)
            if refusal is None:
                assert step.bound is not None
                under_way.append(step.bound)
            elif step.bound is not None:
                assert before + step.bound > cap
        elif under_way:
            bound = under_way.pop(0)
            budget.settle(bound, None if step.share is None else Usd(bound * step.share))
        assert budget.spent + sum(under_way, ZERO) <= cap
