"""Who knows the future by a name, a date or a price level is found out, and who reads how prices move is not.

Over twenty markets each. How often the verdict is wrong over more of them stands in docs/concepts/backtest-honesty.md.
"""

from collections import Counter
from collections.abc import Callable

import anyio
import pytest

from agentic_core.backtest.chat.study import study
from agentic_core.backtest.columns import CandleColumns
from agentic_core.domain.honesty import HonestyVerdict
from agentic_core.runtime.terms import Terms
from tests.support.foresight import (
    Opinion,
    asking,
    by_date,
    by_level,
    by_luck,
    by_momentum,
    by_name,
    by_shaky_momentum,
    market,
    plan_of,
    trial_of,
)

SEEDS = range(20)


def verdict_on(opinion: Opinion, columns: CandleColumns) -> HonestyVerdict:
    """Return what a study of a decider comes to."""

    async def studied() -> HonestyVerdict:
        made = await study(trial_of(columns), asking(opinion), Terms(), plan_of(random_runs=19))
        assert made.record.honesty is not None
        return made.record.honesty.verdict

    return anyio.run(studied)


def verdicts(opinion_on: Callable[[CandleColumns], Opinion]) -> Counter[HonestyVerdict]:
    """Count the verdicts on a decider over all markets."""
    markets = [market(seed) for seed in SEEDS]
    return Counter(verdict_on(opinion_on(columns), columns) for columns in markets)


@pytest.mark.parametrize("knowing", [by_name, by_date, by_level])
def test_decider_that_knows_the_future_is_flagged(knowing: Callable[[CandleColumns], Opinion]) -> None:
    """Whichever clue its memory hangs on, the disguise takes it away."""
    assert verdicts(knowing) == {HonestyVerdict.KNOWS_THE_FUTURE: 20}


@pytest.mark.parametrize("reading", [by_momentum, by_shaky_momentum])
def test_decider_that_reads_price_moves_is_not_flagged(reading: Opinion) -> None:
    """Neither a strict one nor, but for one in twenty, one that decides differently whenever it is asked."""
    found = verdicts(lambda _columns: reading)
    assert found[HonestyVerdict.KNOWS_THE_FUTURE] <= (0 if reading is by_momentum else 1)
    assert found[HonestyVerdict.HOLDS_UP] >= 15


def test_decider_that_guesses_is_no_better_than_chance() -> None:
    """Luck passes for skill once in twenty by the test's own words."""
    found = verdicts(lambda _columns: by_luck)
    assert found[HonestyVerdict.HOLDS_UP] <= 1
    assert found[HonestyVerdict.KNOWS_THE_FUTURE] == 0
    assert found[HonestyVerdict.NO_BETTER_THAN_CHANCE] >= 18
