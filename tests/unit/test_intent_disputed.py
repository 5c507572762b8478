"""Where the protocol and the state machine of order intents disagree; each entry goes when one of them yields."""

from decimal import Decimal

import pytest

from agentic_core.domain import IntentState
from agentic_core.execution.evidence import AnsweredFilled, FillsBooked, FillSeen, OrderSeen, OrderStatus
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.resolution import worst_case
from tests.support.intents import LOST, SENT, fresh, size, told

FIRST_HALF = OrderSeen(status=OrderStatus.FILLED, filled=size("1"))
"""The venue calls the order filled while its list of fills holds only the first unit of two."""


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="books that bring the news have to be told twice")
def test_order_all_of_whose_fills_are_in_the_books_is_booked() -> None:
    """The ledger was first to know: everything that executed is in it, whoever told the intent, and how often."""
    booked = fresh(SENT, LOST, FillsBooked(filled=size("2")))
    assert booked == told(booked, FillsBooked(filled=size("2")))


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="BOOKED depends on which came last, the end or the books")
def test_end_and_books_in_either_order_are_booked() -> None:
    """All fills of an ended order are in the ledger."""
    ended, books = OrderSeen(status=OrderStatus.CANCELED, filled=size("1")), FillsBooked(filled=size("1"))
    assert fresh(SENT, ended, books).state is fresh(SENT, books, ended).state


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a status ahead of the list of fills passes for a total")
def test_fills_listed_after_a_close_was_called_filled_contradict_nothing() -> None:
    """The venue told the truth: all of it executed, and the list of fills came later."""
    learned = learn(fresh(SENT, FIRST_HALF, style="close"), FillSeen(filled=size("2")))
    assert not isinstance(learned, Contradiction)


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a status ahead of the list of fills passes for a total")
def test_close_called_filled_before_its_fills_are_listed_still_counts() -> None:
    """One unit executed and is in no ledger yet."""
    life = fresh(SENT, FIRST_HALF, FillsBooked(filled=size("1")), style="close")
    assert life.state is not IntentState.BOOKED
    assert sum(each.size for each in worst_case([life])) == Decimal(1)


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="an unstated total of a clipped close counts as its size")
def test_clipped_close_called_filled_without_a_number_is_booked_with_its_fills() -> None:
    """One unit of two was there to close, it executed, and it is in the books."""
    life = fresh(SENT, FillSeen(filled=size("1")), OrderSeen(status=OrderStatus.FILLED), style="close")
    assert told(life, FillsBooked(filled=size("1"))).state is IntentState.BOOKED


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="FILLED or PARTIAL depends on which was told first")
def test_clipped_close_is_called_the_same_in_either_order() -> None:
    """The answer names what executed, the status says that nothing is left: both are true."""
    answer, status = AnsweredFilled(filled=size("1")), OrderSeen(status=OrderStatus.FILLED, filled=size("1"))
    assert fresh(SENT, answer, status, style="close").state is fresh(SENT, status, answer, style="close").state
