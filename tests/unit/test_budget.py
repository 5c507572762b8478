"""What one deployment may spend on chat models in a UTC month."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instant, Usd, parse_instant
from agentic_core.metering import MonthBudget

JANUARY = parse_instant("2022-01-31T23:59:59Z")
FEBRUARY = parse_instant("2022-02-01T00:00:00Z")


def usd(text: str) -> Usd:
    """Return an amount."""
    return Usd(Decimal(text))


def test_budget_lets_exactly_its_cap_be_reserved() -> None:
    """The last cent may be spent, one more may not, and the refusal names both amounts."""
    budget = MonthBudget(cap=usd("1.00"), spent=usd("0.40"))
    assert budget.reserve(usd("0.60"), JANUARY) is None
    assert budget.reserve(usd("0.01"), JANUARY) == "1.01 USD would be committed this month, the cap is 1"


def test_budget_counts_what_is_held_before_it_is_spent() -> None:
    """Two calls in flight cannot both use the same dollar."""
    budget = MonthBudget(cap=usd("1"))
    assert budget.reserve(usd("0.6"), JANUARY) is None
    assert budget.reserve(usd("0.6"), JANUARY) is not None
    budget.settle(usd("0.6"), usd("0.1"))
    assert budget.spent == usd("0.1")
    assert budget.reserve(usd("0.9"), JANUARY) is None


def test_budget_refusal_holds_nothing() -> None:
    """A call that is not made costs nothing."""
    budget = MonthBudget(cap=usd("1"))
    assert budget.reserve(usd("1.01"), JANUARY) is not None
    assert budget.reserve(usd("1"), JANUARY) is None


def test_budget_of_a_call_with_unknown_bound_refuses() -> None:
    """Unknown is not zero: what cannot be bounded is not asked, however much is left."""
    assert MonthBudget(cap=usd("1000000")).reserve(None, JANUARY) == "the cost of the call is unknown"


def test_budget_settles_an_unknown_cost_at_its_bound() -> None:
    """A call that may have been charged counts as charged in full."""
    budget = MonthBudget(cap=usd("1"))
    assert budget.reserve(usd("0.7"), JANUARY) is None
    budget.settle(usd("0.7"), None)
    assert budget.spent == usd("0.7")
    assert budget.reserve(usd("0.4"), JANUARY) is not None


def test_budget_of_nothing_allows_only_what_is_free() -> None:
    """A cap of zero lets no paid call pass."""
    budget = MonthBudget(cap=usd("0"))
    assert budget.reserve(usd("0.000001"), JANUARY) is not None
    assert budget.reserve(usd("0"), JANUARY) is None


def test_budget_starts_over_with_the_month() -> None:
    """Midnight UTC of the first opens the new month's budget."""
    budget = MonthBudget(cap=usd("1"))
    assert budget.reserve(usd("1"), JANUARY) is None
    budget.settle(usd("1"), usd("1"))
    assert budget.reserve(usd("0.1"), JANUARY) is not None
    assert budget.reserve(usd("1"), FEBRUARY) is None
    assert budget.spent == 0


def test_budget_keeps_what_was_spent_before_the_process_started() -> None:
    """A restart within the month does not hand out the budget again."""
    budget = MonthBudget(cap=usd("1"), spent=usd("1"))
    assert budget.reserve(usd("0.01"), FEBRUARY) is not None


@pytest.mark.parametrize("step_ms", [1, 3_600_000])
def test_budget_is_not_refilled_by_a_clock_that_steps_back_over_midnight(step_ms: int) -> None:
    """Back in January and forward again is still the same February."""
    budget = MonthBudget(cap=usd("1"))
    assert budget.reserve(usd("1"), FEBRUARY) is None
    budget.settle(usd("1"), usd("1"))
    assert budget.reserve(usd("0.1"), Instant(FEBRUARY - step_ms)) is not None
    assert budget.reserve(usd("0.1"), FEBRUARY) is not None
