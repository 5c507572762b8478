"""Every account memory: what it remembers of the day, the peak and the orders that have not ended."""

from decimal import Decimal

import pytest

from agentic_core.domain import DayCounters, Instant, Usd
from agentic_core.domain.times import DAY_MS
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.runtime.orders import AccountBook

PORTS = ("agentic_core.ports.account_memory.AccountMemory",)

DAY = 20_000
"""The UTC day of these tests: 2024-10-04."""

MIDNIGHT = DAY * DAY_MS


def at(ms: int) -> Instant:
    """Return so long after the day began."""
    return Instant(MIDNIGHT + ms)


def usd(amount: int) -> Usd:
    """Return dollars."""
    return Usd(Decimal(amount))


@pytest.fixture(params=["book"])
def memory(request: pytest.FixtureRequest) -> AccountMemory:
    """Return a memory of an account that began the day with 1,000 dollars and sent five orders."""
    day = DayCounters(day=DAY, baseline=usd(1_000), orders=5, minute=MIDNIGHT // 60_000, minute_orders=2)
    made = {"book": AccountBook}[request.param]
    return made(day=day, peak=usd(1_200))


def test_memory_begins_with_what_it_was_given(memory: AccountMemory) -> None:
    """The counters and the peak of before; until orders are read, one counts as unresolved."""
    remembered = memory.recall(at(1), usd(1_100))
    assert (remembered.day.day, remembered.day.baseline, remembered.day.orders) == (DAY, usd(1_000), 5)
    assert (remembered.day.orders_in_minute(at(59_999)), remembered.day.orders_in_minute(at(60_000))) == (2, 0)
    assert remembered.peak == usd(1_200)
    assert (remembered.unresolved, remembered.open_intents) == (1, ())


def test_memory_keeps_the_highest_equity(memory: AccountMemory) -> None:
    """A new maximum counts at once, and stays when the equity falls."""
    assert memory.recall(at(1), usd(1_201)).peak == usd(1_201)
    assert memory.recall(at(2), usd(900)).peak == usd(1_201)
    assert memory.recall(at(2 * DAY_MS), usd(1_200)).peak == usd(1_201)


def test_memory_keeps_the_baseline_through_the_day(memory: AccountMemory) -> None:
    """Only the first equity of a day is its baseline."""
    for ms, equity in ((1, 900), (DAY_MS - 1, 1_500)):
        assert memory.recall(at(ms), usd(equity)).day.baseline == usd(1_000)


def test_memory_opens_a_day_with_its_first_equity(memory: AccountMemory) -> None:
    """At midnight UTC by the time of the read; no order of it was counted yet."""
    first = memory.recall(at(DAY_MS), usd(800)).day
    assert (first.day, first.baseline, first.orders) == (DAY + 1, usd(800), 0)
    assert memory.recall(at(DAY_MS + 1), usd(700)).day == first
    later = memory.recall(at(5 * DAY_MS), usd(600)).day
    assert (later.day, later.baseline) == (DAY + 5, usd(600))


def test_memory_takes_a_read_that_was_late_for_one_of_its_day(memory: AccountMemory) -> None:
    """A read of before midnight that arrives after it brings the old day back for nobody."""
    opened = memory.recall(at(DAY_MS), usd(800)).day
    assert memory.recall(at(DAY_MS - 1), usd(790)).day == opened


def test_memory_says_the_same_when_it_is_asked_twice(memory: AccountMemory) -> None:
    """Asking changes nothing by itself."""
    assert memory.recall(at(7), usd(1_300)) == memory.recall(at(7), usd(1_300))
