"""The book of an account: orders counted by day, and transfers that are neither profit nor loss."""

from decimal import Decimal

import pytest

from agentic_core.domain import DayCounters, Instant, IntentState, Usd
from agentic_core.domain.times import DAY_MS, HOUR_MS
from agentic_core.runtime.orders import AccountBook
from tests.support.order_replies import accepted, lost
from tests.support.order_room import CLOSE, RESTING, STOP, OrderRoom, in_room

S = IntentState
DAY = 20_000
MIDNIGHT = DAY * DAY_MS


def at(ms: int) -> Instant:
    """Return so long after the day began."""
    return Instant(MIDNIGHT + ms)


def usd(amount: int) -> Usd:
    """Return dollars."""
    return Usd(Decimal(amount))


def book(*, baseline: int = 1_000, peak: int = 1_200, as_of: int = 0) -> AccountBook:
    """Return the book of an account; what happened until `as_of` is in it."""
    return AccountBook(day=DayCounters(day=DAY, baseline=usd(baseline)), peak=usd(peak), as_of=at(as_of))


def test_orders_are_counted_by_day_and_minute() -> None:
    """In UTC; a new minute starts at zero and the day goes on."""
    kept = book()
    for ms in (0, 59_999, 60_000):
        kept.count(at(ms))
    assert (kept.day.orders, kept.day.orders_in_minute(at(60_001)), kept.day.orders_in_minute(at(1))) == (3, 1, 0)


def test_order_of_a_day_that_has_no_equity_yet_is_counted_once_it_has() -> None:
    """Sent a moment after midnight, read a moment later; what was sent before midnight stays in its day."""
    kept = book()
    kept.count(at(DAY_MS - 1))
    kept.count(at(DAY_MS))
    kept.count(at(DAY_MS + 5))
    assert (kept.day.day, kept.day.orders) == (DAY, 1)
    kept.recall(at(DAY_MS + 10), usd(900))
    assert (kept.day.day, kept.day.orders, kept.day.baseline) == (DAY + 1, 2, usd(900))
    assert kept.day.orders_in_minute(at(DAY_MS + 20)) == 2


def test_orders_of_a_day_of_which_nothing_was_ever_read_are_forgotten_with_it() -> None:
    """They belong to no day that is counted."""
    kept = book()
    kept.count(at(DAY_MS + 1))
    kept.recall(at(2 * DAY_MS), usd(900))
    assert (kept.day.day, kept.day.orders) == (DAY + 2, 0)


@pytest.mark.parametrize(("amount", "baseline", "peak"), [(500, 1_500, 1_700), (-300, 700, 900)])
def test_transfer_moves_baseline_and_peak_with_it(amount: int, baseline: int, peak: int) -> None:
    """So that a deposit is no profit, and a withdrawal no loss; the orders of the day stay counted."""
    kept = book()
    kept.count(at(5))
    kept.transfer(usd(amount), at(10))
    assert (kept.day.baseline, kept.peak, kept.day.orders) == (usd(baseline), usd(peak), 1)
    assert kept.day.orders_in_minute(at(6)) == 1


def test_transfer_that_is_part_of_what_was_given_changes_nothing() -> None:
    """The runner before had taken it in already."""
    kept = book(as_of=100)
    kept.transfer(usd(500), at(100))
    assert (kept.day.baseline, kept.peak) == (usd(1_000), usd(1_200))
    kept.transfer(usd(500), at(101))
    assert (kept.day.baseline, kept.peak) == (usd(1_500), usd(1_700))


def test_transfer_told_after_the_equity_that_holds_it_is_not_added_to_that() -> None:
    """The peak of 1,800 was read with the deposit of 500 in it."""
    kept = book()
    kept.recall(at(20), usd(1_800))
    kept.transfer(usd(500), at(10))
    assert (kept.peak, kept.day.baseline) == (usd(1_800), usd(1_500))


def test_transfer_told_after_the_equity_still_lifts_a_peak_of_before() -> None:
    """1,200 before the deposit are 1,700 after it, more than the 1,600 that were read since."""
    kept = book()
    kept.recall(at(20), usd(1_600))
    kept.transfer(usd(500), at(10))
    assert kept.peak == usd(1_700)


def test_withdrawal_told_late_lowers_only_the_peaks_before_it() -> None:
    """2,000 before taking out 900, and 1,300 read after it."""
    kept = book()
    kept.recall(at(5), usd(2_000))
    kept.recall(at(20), usd(1_300))
    kept.transfer(usd(-900), at(10))
    assert kept.peak == usd(1_100)
    assert kept.recall(at(30), usd(1_300)).peak == usd(1_300)


def test_transfer_of_the_day_before_leaves_the_baseline_alone() -> None:
    """The first equity of the day was read with it."""
    kept = book()
    kept.recall(at(DAY_MS + 10), usd(1_500))
    kept.transfer(usd(500), at(DAY_MS + 9))
    assert kept.day.baseline == usd(1_500)
    kept.transfer(usd(100), at(DAY_MS + 11))
    assert kept.day.baseline == usd(1_600)


def test_peaks_of_the_last_hour_are_told_apart() -> None:
    """A transfer may be told up to an hour late; of what is older only the highest is kept."""
    kept = book()
    for minutes, equity in ((1, 1_300), (2, 1_400), (70, 1_500), (100, 1_600)):
        kept.recall(at(minutes * HOUR_MS // 60), usd(equity))
    kept.transfer(usd(1_000), at(90 * HOUR_MS // 60))
    assert kept.peak == usd(2_500)


def test_book_counts_what_the_desk_sends() -> None:
    """Orders that left, closes among them; no stop, no denied order, and no second send of the same one."""

    async def story(room: OrderRoom) -> None:
        await room.sent(1, accepted(S.RESTING), **RESTING)
        await room.sent(2, accepted(S.DEAD), **CLOSE)
        await room.desk.submit(await room.desk.assign(await room.prepare(3, **STOP)))
        denied = await room.prepare(4)
        await room.desk.submit(denied)
        assert room.book.day.orders == 2

    in_room(story)


def test_book_remembers_for_the_broker_what_the_desk_holds() -> None:
    """What is unresolved, and what may still execute."""

    async def story(room: OrderRoom) -> None:
        now = room.clock.now()
        assert room.book.recall(now, usd(10_000)).unresolved == 0
        rests = await room.sent(1, accepted(S.RESTING, "0.5", "0.5"), **RESTING)
        unknown = await room.sent(2, lost, **CLOSE)
        remembered = room.book.recall(now, usd(10_000))
        assert remembered.unresolved == 1
        assert [(one.cloid, one.size, one.resting) for one in remembered.open_intents] == [
            (rests.intent.cloid, Decimal("1.5"), True),
            (unknown.intent.cloid, Decimal(2), False),
        ]
        assert room.desk.worst_case() == remembered.open_intents

    in_room(story)


class _Counted(int):
    compared = 0

    def __eq__(self, other: object) -> bool:
        _Counted.compared += 1
        return int(self) == other

    def __le__(self, other: int) -> bool:
        _Counted.compared += 1
        return int(self) <= other

    def __gt__(self, other: int) -> bool:
        _Counted.compared += 1
        return int(self) > other

    def __hash__(self) -> int:
        return hash(int(self))


def test_reading_while_equity_rises_costs_little_for_each_maximum_kept() -> None:
    """An hour of it keeps thousands, and every reading of the account waits for this."""
    kept = book(peak=1_000)
    for second in range(1, 301):
        kept.recall(Instant(_Counted(at(second * 1_000))), usd(1_000 + second))
    _Counted.compared = 0
    kept.recall(at(301_000), usd(2_000))
    assert 300 <= _Counted.compared <= 1_200
