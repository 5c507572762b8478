"""The staleness gate."""

import pytest

from agentic_core.domain import Instant
from agentic_core.execution import Fresh, Stale, check_mark
from tests.support.markets import AT, BTC, MarketByHand


@pytest.mark.parametrize("age_ms", [0, 29_999, 30_000])
def test_mark_up_to_the_limit_is_fresh(age_ms: int) -> None:
    """A mark that is exactly as old as allowed may be used."""
    market = MarketByHand()
    market.set(BTC, "100", age_ms=age_ms)
    assert check_mark(market.mark(BTC), AT, 30_000) == Fresh()


def test_mark_one_millisecond_over_the_limit_is_stale() -> None:
    """The answer says how old it is and how old it may be."""
    market = MarketByHand()
    market.set(BTC, "100", age_ms=30_001)
    stale = check_mark(market.mark(BTC), AT, 30_000)
    assert stale == Stale(detail="the mark of BTC is 30001 ms old, more than 30000 ms", age_ms=30_001)


def test_mark_that_is_missing_is_stale_at_an_unknown_age() -> None:
    """Unknown is None, never zero."""
    assert check_mark(None, Instant(0), 30_000) == Stale(detail="no mark is known", age_ms=None)
