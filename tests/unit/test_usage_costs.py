"""What a decision may be said to have cost."""

from decimal import Decimal

import pytest

from agentic_core.domain import Usage
from agentic_core.domain.money import Usd
from agentic_core.errors import UsageError


@pytest.mark.parametrize("cost", ["NaN", "sNaN", "Infinity", "-Infinity", "-0.01"])
def test_usage_with_a_cost_that_is_none_is_refused(cost: str) -> None:
    """It would make the sum of its month none, and the month's cap would never be reached."""
    with pytest.raises(UsageError, match="say None where the cost is not known"):
        Usage(cost_usd=Usd(Decimal(cost)))


@pytest.mark.parametrize("cost", [None, Usd(Decimal(0)), Usd(Decimal("12.5"))])
def test_usage_with_a_cost_or_without_one_is_taken(cost: Usd | None) -> None:
    """Unknown is said so, and is not zero."""
    assert Usage(cost_usd=cost).cost_usd == cost
