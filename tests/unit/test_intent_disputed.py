"""What once was disputed about ends and books of order intents, as decided: nothing counts as booked before it is."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instant, IntentState, Size
from agentic_core.execution.evidence import (
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    Evidence,
    FillsBooked,
    FillSeen,
    OrderSeen,
    OrderStatus,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import RULES, Life
from agentic_core.execution.resolution import Book, Done, Observe, Step, WaitUntil, next_step, worst_case
from tests.support.intents import (
    DEADLINE,
    EPOCH,
    LOST,
    MADE,
    SEARCH,
    SENT,
    absence,
    contradicted,
    fresh,
    searched,
    size,
    told,
)

ONE = size("1")
FIRST_HALF = OrderSeen(status=OrderStatus.FILLED, filled=ONE)
"""The venue calls the order filled while its list of fills holds only the first unit of two."""
CLIPPED = (SENT, FillSeen(filled=ONE), OrderSeen(status=OrderStatus.FILLED))
"""The same, told by a fill and a status without a number; perhaps there was only one unit to close."""
FIRST = DEADLINE + 1


def open_units(life: Life) -> Decimal:
    """Return what the order may mean for the position beyond the books."""
    return sum((each.size for each in worst_case([life])), Decimal(0))


def step(life: Life, now: int) -> Step:
    """Return what comes next."""
    return next_step(life, Instant(now), RULES, epoch=EPOCH, can_burn=True)


# ── the end and the books, in any order ──────────────────────────────────────────────────────────────────────────────


def test_order_all_of_whose_fills_are_in_the_books_is_booked() -> None:
    """The ledger was first to know: everything that executed is in it, whoever told the intent, and how often."""
    booked = fresh(SENT, LOST, FillsBooked(filled=size("2")))
    assert booked == told(booked, FillsBooked(filled=size("2")))
    assert (booked.state, booked.ended_by) == (IntentState.BOOKED, Finding.EXECUTED_ALL)


@pytest.mark.parametrize("end", [OrderSeen(status=OrderStatus.CANCELED, filled=ONE), AnsweredFilled(filled=ONE)])
def test_end_and_books_in_either_order_are_booked(end: Evidence) -> None:
    """All fills of an ended order are in the ledger."""
    books = FillsBooked(filled=ONE)
    lives = [fresh(SENT, end, books), fresh(SENT, books, end)]
    assert [life.state for life in lives] == [IntentState.BOOKED, IntentState.BOOKED]
    assert lives[0] == lives[1]


def test_proof_that_the_rest_never_comes_books_what_the_ledger_held_before() -> None:
    """One unit executed and is in the books, and two reads show that it stays at that."""
    known = fresh(SENT, LOST, FillsBooked(filled=ONE), absence(FIRST, filled="1"))
    assert known.state is IntentState.UNKNOWN
    assert told(known, absence(FIRST + 2_000, filled="1")).state is IntentState.BOOKED


# ── called filled before its fills are listed ────────────────────────────────────────────────────────────────────────


def test_fills_listed_after_a_close_was_called_filled_contradict_nothing() -> None:
    """The venue told the truth: all of it executed, and the list of fills came later."""
    learned = learn(fresh(SENT, FIRST_HALF, style="close"), FillSeen(filled=size("2")))
    assert not isinstance(learned, Contradiction)
    assert (learned.life.state, learned.life.filled, learned.life.uncounted) == (IntentState.FILLED, Decimal(2), False)


def test_close_called_filled_before_its_fills_are_listed_still_counts() -> None:
    """One unit executed and is in no ledger yet."""
    life = fresh(SENT, FIRST_HALF, FillsBooked(filled=ONE), style="close")
    assert life.state is IntentState.FILLED
    assert sum(each.size for each in worst_case([life])) == Decimal(1)


@pytest.mark.parametrize("more", [FillsBooked(filled=size("2")), searched(MADE, size("2"))])
def test_close_called_filled_is_booked_when_all_of_its_size_is(more: Evidence) -> None:
    """No order executes more than its size, so nothing is left to wait for."""
    assert fresh(SENT, FIRST_HALF, more, style="close").state is IntentState.BOOKED


def test_close_called_filled_that_lists_more_than_its_size_contradicts() -> None:
    """What is open is how much of its size it was, not more."""
    found = contradicted(fresh(SENT, FIRST_HALF, style="close"), FillSeen(filled=size("2.5")))
    assert (found.finding, found.now.filled) == (Finding.OVERFILLED, Decimal("2.5"))


@pytest.mark.parametrize("style", ["close", "trim", "stop", "cover"])
def test_order_called_filled_without_any_fill_counts_as_a_whole(style: str) -> None:
    """It has executed something, so it landed; nobody knows yet how much."""
    life = fresh(SENT, OrderSeen(status=OrderStatus.FILLED), style=style)
    assert (life.state, life.filled, life.uncounted, life.landed) == (IntentState.FILLED, Decimal(0), True, True)
    assert (open_units(life), step(life, MADE)) == (Decimal(2), Book())
    assert told(life, searched(FIRST, size("0")), searched(FIRST + 2_000, size("0"))) == life
    assert contradicted(told(life, BurnBegan()), BurnAcknowledged()).finding is Finding.CLASH


def test_order_that_is_called_filled_after_a_proof_of_death_contradicts_it() -> None:
    """Also where the venue names no number yet."""
    dead = fresh(SENT, LOST, BurnBegan(), BurnAcknowledged(), style="close")
    found = contradicted(dead, OrderSeen(status=OrderStatus.FILLED))
    assert (found.finding, found.now.state, found.now.uncounted) == (Finding.CALLED_FILLED, IntentState.FILLED, True)
    assert open_units(found.now) == Decimal(2)


# ── a close that the venue clipped ───────────────────────────────────────────────────────────────────────────────────


def test_clipped_close_called_filled_without_a_number_is_not_booked_with_the_fills_listed_so_far() -> None:
    """The same is told where two units executed and one is listed, so one unit may be in no ledger yet."""
    life = told(fresh(*CLIPPED, style="close"), FillsBooked(filled=ONE))
    assert (life.state, life.uncounted, open_units(life)) == (IntentState.FILLED, True, Decimal(1))


def test_clipped_close_is_booked_after_two_searches_past_its_deadline() -> None:
    """It executed nothing after its expiry, and five seconds later every search shows all of it."""
    once = told(fresh(*CLIPPED, style="close"), searched(FIRST, ONE))
    assert (once.state, once.absent_at, open_units(once)) == (IntentState.FILLED, FIRST, Decimal(1))
    twice = told(once, searched(FIRST + 2_000, ONE))
    assert (twice.state, twice.uncounted, open_units(twice)) == (IntentState.BOOKED, False, Decimal(0))
    assert contradicted(twice, FillSeen(filled=size("2"))).now.state is IntentState.FILLED


@pytest.mark.parametrize(
    "searches",
    [
        [(FIRST, SEARCH), (FIRST + 1_999, SEARCH)],
        [(FIRST, SEARCH), (FIRST, SEARCH)],
        [(DEADLINE, SEARCH), (DEADLINE + 2_000, SEARCH)],
        [(FIRST, SEARCH + 1), (FIRST + 2_000, SEARCH + 1)],
    ],
    ids=["too-close", "the-same", "at-the-deadline", "from-too-late"],
)
def test_clipped_close_is_not_booked_by_searches_that_may_have_missed_a_fill(searches: list[tuple[int, int]]) -> None:
    """The boundaries are those of a proof of absence."""
    known = fresh(*CLIPPED, style="close")
    assert told(known, *(searched(at, ONE, since=since) for at, since in searches)).state is IntentState.FILLED


def test_search_that_finds_more_of_a_clipped_close_voids_the_one_before() -> None:
    """The first was too old to prove anything; half a unit more needs two searches of its own."""
    more = Size(Decimal("1.5"))
    life = told(fresh(*CLIPPED, style="close"), searched(FIRST, ONE), searched(FIRST + 2_000, more))
    assert (life.state, life.filled, life.absent_at) == (IntentState.FILLED, Decimal("1.5"), None)
    twice = told(life, searched(FIRST + 2_001, more), searched(FIRST + 4_001, more))
    assert (twice.state, twice.booked) == (IntentState.BOOKED, Decimal("1.5"))


def test_read_of_absence_before_it_was_called_filled_is_no_first_search() -> None:
    """It was read before anybody knew that anything was left to count."""
    known = fresh(SENT, LOST, FillSeen(filled=ONE), absence(FIRST, filled="1"), style="close")
    life = told(known, OrderSeen(status=OrderStatus.FILLED), searched(FIRST + 2_000, ONE))
    assert (life.state, life.absent_at) == (IntentState.FILLED, FIRST + 2_000)


@pytest.mark.parametrize("style", ["trim", "stop", "cover"])
def test_order_that_may_rest_is_counted_from_the_time_it_was_seen_filled(style: str) -> None:
    """Its expiry says only until when it may arrive; the earliest sighting with a time decides."""
    seen = [OrderSeen(status=OrderStatus.FILLED, filled=ONE, seen_at=Instant(at)) for at in (9_000_000, 8_000_000)]
    untimed = fresh(SENT, AnsweredResting(), FIRST_HALF, FillsBooked(filled=ONE), style=style)
    assert step(untimed, 9_000_000) == Observe(again_at=Instant(9_001_000))
    assert told(untimed, searched(9_000_000, ONE), searched(9_900_000, ONE)).state is IntentState.FILLED
    timed = told(untimed, *seen)
    assert timed.filled_at == Instant(8_000_000)
    assert step(timed, 8_005_000) == WaitUntil(at=Instant(8_005_001))
    once = told(timed, searched(8_005_000, ONE), searched(8_005_001, ONE))
    assert step(once, 8_005_002) == WaitUntil(at=Instant(8_007_001))
    assert step(once, 8_007_001) == Book()
    twice = told(once, searched(8_007_001, ONE))
    assert (twice.state, twice.filled_at, step(twice, 8_007_001)) == (IntentState.BOOKED, None, Done())


def test_clipped_close_waits_for_its_deadline_with_what_is_listed_in_the_books() -> None:
    """Before that no search counts; as long as a fill is listed that is not in the books, it is booked first."""
    life = fresh(*CLIPPED, style="close")
    assert step(life, MADE) == Book()
    booked = told(life, searched(MADE, ONE))
    assert step(booked, MADE) == WaitUntil(at=Instant(FIRST))
    assert step(booked, FIRST) == Book()


def test_clipped_close_is_called_the_same_in_either_order() -> None:
    """The answer names what executed, the status says that nothing is left: both are true."""
    answer, status = AnsweredFilled(filled=ONE), OrderSeen(status=OrderStatus.FILLED, filled=ONE)
    lives = [fresh(SENT, answer, status, style="close"), fresh(SENT, status, answer, style="close")]
    assert [(life.state, life.filled, life.uncounted) for life in lives] == [(IntentState.FILLED, ONE, False)] * 2
    assert [told(life, FillsBooked(filled=ONE)).state for life in lives] == [IntentState.BOOKED] * 2


def test_answer_below_the_fills_known_is_no_total() -> None:
    """One and a half units are listed, so an answer that names one leaves the rest open."""
    listed = fresh(SENT, FIRST_HALF, FillSeen(filled=Size(Decimal("1.5"))), style="close")
    assert told(listed, AnsweredFilled(filled=ONE)) == listed
    assert told(listed, AnsweredFilled(filled=size("0"))) == listed


def test_more_called_filled_than_the_total_known_contradicts_and_opens_the_total_again() -> None:
    """The answer named one unit and the venue lists one and a half of two."""
    known = fresh(SENT, AnsweredFilled(filled=ONE), FillsBooked(filled=ONE), style="close")
    found = contradicted(known, OrderSeen(status=OrderStatus.FILLED, filled=Size(Decimal("1.5"))))
    assert (found.now.state, found.now.uncounted, open_units(found.now)) == (IntentState.FILLED, True, Decimal(1))


def test_order_called_filled_and_then_canceled_with_more_contradicts() -> None:
    """Two ends of one order cannot both be true; the larger number counts."""
    life = fresh(SENT, FIRST_HALF, style="close")
    assert told(life, OrderSeen(status=OrderStatus.CANCELED, filled=ONE)) == life
    found = contradicted(life, OrderSeen(status=OrderStatus.CANCELED, filled=Size(Decimal("1.5"))))
    assert (found.now.state, found.now.filled) == (IntentState.PARTIAL, Decimal("1.5"))
