"""What ends the counting of an order that was called filled, one condition at a time."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instant, IntentState, Size
from agentic_core.execution.evidence import (
    AnsweredFilled,
    AnsweredResting,
    Evidence,
    FillsBooked,
    OrderSeen,
    OrderStatus,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.life import RULES
from tests.support.intents import DEADLINE, SEARCH, SENT, contradicted, fresh, searched, size, told

ONE = size("1")
CALLED = OrderSeen(status=OrderStatus.FILLED, filled=ONE)
FIRST = DEADLINE + 1


@pytest.mark.parametrize(
    "half", [FillsBooked(filled=ONE, read_at=Instant(FIRST)), FillsBooked(filled=ONE, searched_from=SEARCH)]
)
def test_search_without_both_of_its_ends_is_none(half: Evidence) -> None:
    """When it was read says nothing without from when on, and the other way round."""
    life = told(fresh(SENT, CALLED, style="close"), FillsBooked(filled=ONE))
    assert told(life, half) == life


@pytest.mark.parametrize("status", [OrderStatus.RESTING, OrderStatus.CANCELED])
def test_time_at_which_it_was_seen_otherwise_is_not_that_of_being_filled(status: OrderStatus) -> None:
    """Only a sighting of FILLED tells since when it was."""
    seen = OrderSeen(status=OrderStatus.FILLED, filled=ONE, seen_at=Instant(9_000_000))
    life = fresh(SENT, AnsweredResting(), seen, style="trim")
    again = told(life, OrderSeen(status=status, filled=ONE, seen_at=Instant(8_000_000)))
    assert again.filled_at == Instant(9_000_000)


def test_earlier_of_deadline_and_sighting_is_when_all_is_listed() -> None:
    """An immediate order has its deadline; being seen filled before it can only be sooner."""
    early, late = (
        fresh(SENT, OrderSeen(status=OrderStatus.FILLED, filled=ONE, seen_at=Instant(at)), style="close")
        for at in (1_000_500, 9_000_000)
    )
    assert early.lists_all_after(RULES) == Instant(1_005_500)
    assert late.lists_all_after(RULES) == DEADLINE


def test_answer_of_an_order_that_may_rest_is_no_total() -> None:
    """It filled so much at once; the rest is in the book and may fill later."""
    life = fresh(SENT, CALLED, style="trim")
    assert told(life, AnsweredFilled(filled=ONE)).uncounted


def test_answer_without_any_fill_is_no_total() -> None:
    """Of an order that was called filled, something executed."""
    life = fresh(SENT, OrderSeen(status=OrderStatus.FILLED), style="close")
    assert told(life, AnsweredFilled(filled=size("0"))).uncounted


def test_books_of_an_order_that_may_still_execute_are_not_its_end() -> None:
    """All that executed so far is in the ledger, and half of the order rests."""
    life = fresh(SENT, AnsweredResting(filled=ONE), FillsBooked(filled=ONE), style="trim")
    assert (life.state, life.all_booked) == (IntentState.RESTING, False)


def test_order_called_filled_beyond_a_death_is_called_so_and_not_news_of_a_part() -> None:
    """It ended with one unit by its own answer; the word says the same."""
    known = fresh(SENT, AnsweredFilled(filled=ONE), style="close")
    assert told(known, CALLED).state is IntentState.FILLED
    assert not told(known, CALLED).uncounted


def test_order_that_two_searches_book_was_ended_by_being_called_filled() -> None:
    """The searches only count what had ended before."""
    life = told(fresh(SENT, CALLED, style="close"), searched(FIRST, ONE), searched(FIRST + 2_000, ONE))
    assert (life.state, life.ended_by) == (IntentState.BOOKED, Finding.CALLED_FILLED)


@pytest.mark.parametrize("status", [OrderStatus.CANCELED, OrderStatus.REJECTED])
def test_other_end_with_more_executed_contradicts_the_word(status: OrderStatus) -> None:
    """Two ends of one order cannot both be true; the larger number counts."""
    found = contradicted(fresh(SENT, CALLED, style="close"), OrderSeen(status=status, filled=Size(Decimal("1.5"))))
    assert (found.now.state, found.now.filled) == (IntentState.PARTIAL, Decimal("1.5"))


def test_order_that_rests_with_more_listed_is_older_news_of_a_filled_one() -> None:
    """It rested before it was filled; only the number is new."""
    more = OrderSeen(status=OrderStatus.RESTING, filled=Size(Decimal("1.5")))
    life = told(fresh(SENT, CALLED, style="trim"), more)
    assert (life.state, life.filled, life.uncounted) == (IntentState.FILLED, Decimal("1.5"), True)


def test_order_seen_filled_before_its_sending_is_known_has_that_time() -> None:
    """A store that kept no sending still learns when."""
    seen = OrderSeen(status=OrderStatus.FILLED, filled=ONE, seen_at=Instant(8_000_000))
    assert fresh(seen, style="trim").filled_at == Instant(8_000_000)


def test_search_that_shows_nothing_new_counts_from_its_read() -> None:
    """The earliest one is kept."""
    life = told(fresh(SENT, CALLED, style="close"), searched(FIRST + 5, ONE), searched(FIRST + 1, ONE))
    assert life.absent_at == FIRST + 1
