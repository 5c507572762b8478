"""The actions an account may still send, and what is kept of them for closes."""

import pytest

from agentic_hl.rest import AddressBudget, AddressDenied, AddressGranted, Purpose

EVERY = tuple(Purpose)


def learned(used: int, cap: int = 10_000, reserve: int = 500) -> AddressBudget:
    """Make a budget that has heard the venue's figures."""
    budget = AddressBudget(reserve=reserve)
    budget.learned(used=used, cap=cap)
    return budget


def test_nothing_opens_before_the_figures_are_known() -> None:
    """Closes and cancels go all the same."""
    budget = AddressBudget()
    verdicts = [budget.permits(purpose, 1, 0) for purpose in EVERY]
    assert [type(verdict) for verdict in verdicts] == [AddressDenied, AddressGranted, AddressGranted]
    assert (budget.figures, budget.remaining) == (None, None)


@pytest.mark.parametrize(
    ("used", "count", "is_granted"), [(9_499, 1, True), (9_500, 1, False), (9_490, 10, True), (9_490, 11, False)]
)
def test_reserve_is_kept_for_closes(used: int, count: int, is_granted: bool) -> None:
    """Of 10,000 the last 500 open nothing; to the very last they close."""
    budget = learned(used)
    assert isinstance(budget.permits(Purpose.OPEN, count, 0), AddressGranted) is is_granted
    assert budget.permits(Purpose.CLOSE, 10_000 - used, 0) == AddressGranted()


def test_denied_opening_says_how_many_are_left() -> None:
    """And no time, because waiting brings none back."""
    verdict = learned(9_800).permits(Purpose.OPEN, 1, 0)
    assert isinstance(verdict, AddressDenied)
    assert "200 of 10000" in verdict.message
    assert verdict.wait_ms is None


@pytest.mark.parametrize(("cap", "cancels"), [(10_000, 20_000), (100_000, 200_000), (500_000, 600_000)])
def test_cancels_have_a_larger_allowance(cap: int, cancels: int) -> None:
    """Twice the limit, and at most 100,000 more."""
    budget = learned(cancels - 1, cap=cap)
    assert budget.permits(Purpose.CANCEL, 1, 0) == AddressGranted()
    assert budget.permits(Purpose.CANCEL, 2, 0) != AddressGranted()


def test_exhausted_account_closes_once_in_ten_seconds() -> None:
    """One at a time; several together would be refused together."""
    budget = learned(10_000)
    assert budget.permits(Purpose.CLOSE, 1, 1_000) == AddressGranted(is_slow=True)
    several = budget.permits(Purpose.CLOSE, 3, 1_000)
    assert isinstance(several, AddressDenied)
    assert several.wait_ms == 0
    budget.sent(1, 1_000)
    early = budget.permits(Purpose.CLOSE, 1, 10_999)
    assert isinstance(early, AddressDenied)
    assert early.wait_ms == 1
    assert budget.permits(Purpose.CLOSE, 1, 11_000) == AddressGranted(is_slow=True)


def test_refusal_does_not_start_the_ten_seconds_anew() -> None:
    """A refused action counts nothing: the time runs from the last one that was taken."""
    budget = learned(10_000)
    budget.sent(1, 1_000)
    budget.sent(1, 9_000)
    budget.not_counted(1)
    budget.exhausted(9_000)
    assert budget.permits(Purpose.CLOSE, 1, 11_000) == AddressGranted(is_slow=True)


def test_word_of_the_venue_counts_more_than_our_count() -> None:
    """It says that all are used, whatever we thought; nothing opens, a close goes slowly."""
    budget = learned(3_000)
    budget.exhausted(5_000)
    assert budget.remaining == 0
    assert isinstance(budget.permits(Purpose.OPEN, 1, 5_000), AddressDenied)
    waits = budget.permits(Purpose.CLOSE, 1, 5_000)
    assert isinstance(waits, AddressDenied)
    assert waits.wait_ms == 10_000
    assert budget.permits(Purpose.CLOSE, 1, 15_000) == AddressGranted(is_slow=True)


def test_what_is_sent_while_the_figures_are_read_is_not_forgotten() -> None:
    """The answer may not hold it yet, so it is added."""
    budget = learned(100)
    budget.sent(5, 0)
    assert budget.remaining == 9_895
    budget.asked()
    budget.sent(7, 0)
    budget.learned(used=105, cap=10_050)
    assert budget.remaining == 10_050 - 112


def test_volume_that_was_traded_raises_the_cap() -> None:
    """And lets positions be opened again."""
    budget = learned(10_000)
    assert isinstance(budget.permits(Purpose.OPEN, 1, 0), AddressDenied)
    budget.learned(used=10_000, cap=12_000)
    assert budget.permits(Purpose.OPEN, 1, 0) == AddressGranted()


def test_taking_back_never_gives_more_than_there_was() -> None:
    """Not even where more is taken back than was sent."""
    budget = learned(3)
    budget.not_counted(50)
    assert budget.remaining == 10_000
