"""Orders about which the paper account and its reference once differed, found by random runs, with what is right."""

from decimal import Decimal

import pytest

from agentic_core.domain import Accepted, Rejected, Symbol
from tests.oracle.reference_rules import Order
from tests.support.both_facts import facts_of_reference, facts_shipped
from tests.support.both_ledgers import BothLedgers, agree

DEEP = {1: [(100_000_000, 10**12)], -1: [(100_000_000, 10**12)]}
"""Ten thousand units at 100 dollars on either side."""


def holding(units: int) -> BothLedgers:
    """Return an account that bought so many 10^-8 units of ETH at 100 dollars, whose price is 99.8 now."""
    both = BothLedgers()
    both.set_book("ETH", DEEP)
    for name, side, size in ((1, 1, 10**8), (2, -1, 10**8 - units)):
        answer, reasons = both.place(Order(name, "ETH", side, size, 100_000_000))
        assert (type(answer), reasons) == (Accepted, set())
    both.set_book("ETH", {1: [], -1: [(99_800_000, 10**12)]})
    return both


def test_small_order_that_turns_a_smaller_position_is_refused_in_both() -> None:
    """Selling 0.1 ETH at 99.80 is worth 9.98 dollars; with 0.01 held it opens 0.09 the other way, so it is no close."""
    both = holding(1_000_000)
    answer, reasons = both.place(Order(3, "ETH", -1, 10_000_000, 99_000_000))
    assert isinstance(answer, Rejected)
    assert answer.reason == "Order must have minimum value of $10. asset=ETH"
    assert reasons == {"Order must have minimum"}
    assert facts_shipped(both) == facts_of_reference(both)
    assert both.reference.held == {"ETH": 1_000_000}


def test_small_order_that_closes_all_that_is_held_passes_in_both() -> None:
    """The same order where exactly 0.1 ETH are held."""
    both = holding(10_000_000)
    answer, reasons = both.place(Order(3, "ETH", -1, 10_000_000, 99_000_000))
    assert (type(answer), reasons) == (Accepted, set())
    assert facts_shipped(both) == facts_of_reference(both)
    assert both.reference.held == {}


def test_small_reduce_only_order_larger_than_the_position_passes_in_both() -> None:
    """It is shrunk to the 0.01 ETH that are held, and closes them."""
    both = holding(1_000_000)
    answer, reasons = both.place(Order(3, "ETH", -1, 10_000_000, 99_000_000, reduces=True))
    assert (type(answer), reasons) == (Accepted, set())
    assert facts_shipped(both) == facts_of_reference(both)
    assert both.reference.held == {}


def test_stop_that_would_leave_its_margin_tier_ends_by_that_in_both() -> None:
    """19.79 BTC at 101 dollars are 1,998.79; a quarter more is beyond the 2,000 up to which 40 times are allowed."""
    both = BothLedgers(cash=200, leverage=20)
    both.set_book("BTC", DEEP)
    answer, reasons = both.place(Order(1, "BTC", 1, 1_979_000_000, 100_000_000))
    assert (type(answer), reasons) == (Accepted, set())
    answer, reasons = both.set_leverage("BTC", 40, isolated=False)
    assert (type(answer), reasons) == (Accepted, set())
    stop = Order(2, "BTC", 1, 25_000_000, 104_000_000, trigger=101_000_000, waits=True)
    answer, reasons = both.place(stop)
    assert (type(answer), reasons) == (Accepted, set())
    both.set_mark("BTC", 101_000_000)
    both.set_book("BTC", {1: [(101_000_000, 10**9)], -1: [(100_000_000, 10**9)]})
    both.wait(1_000, 0)
    assert both.reference.ends == [(1, "filled"), (2, "triggered"), (2, "perpMaxPositionRejected")]
    assert facts_shipped(both) == facts_of_reference(both)


def spent_pocket() -> BothLedgers:
    """Return an account whose 1.2 BTC, bought at 100 with 12 dollars of their own margin, are worth 14.40 less at 88.

    A sale of 1.8 rests at 110; after it 0.6 would be short, which needs 5.28 at ten times. Held as they are they need
    nothing, for their pocket is 2.40 below zero. Equity is 60 - 0.054 - 14.40 = 45.546.
    """
    both = BothLedgers(cash=60, leverage=2)
    both.set_book("BTC", DEEP)
    both.set_leverage("BTC", 10, isolated=True)
    orders = (Order(1, "BTC", 1, 120_000_000, 100_000_000), Order(2, "BTC", -1, 180_000_000, 110_000_000, how="gtc"))
    for order in orders:
        answer, reasons = both.place(order)
        assert (type(answer), reasons) == (Accepted, set())
    both.set_mark("BTC", 88_000_000)
    both.set_book("DOGE", {1: [(1_000_000, 10**12)], -1: []})
    return both


def test_resting_order_that_turns_a_spent_isolated_position_needs_its_margin_in_both() -> None:
    """90 DOGE at twice need 45 beside the 5.28, more than 45.546 less the fee of 0.0405."""
    both = spent_pocket()
    answer, reasons = both.place(Order(3, "DOGE", 1, 90 * 10**8, 1_000_000))
    assert isinstance(answer, Rejected)
    assert (answer.reason, reasons) == ("Insufficient margin to place order. asset=DOGE", {"Insufficient margin"})
    assert facts_shipped(both) == facts_of_reference(both)


def test_resting_order_that_turns_a_spent_isolated_position_leaves_the_rest_in_both() -> None:
    """80 DOGE need 40 beside the 5.28, and 45.546 less the fee of 0.036 is enough."""
    both = spent_pocket()
    answer, reasons = both.place(Order(3, "DOGE", 1, 80 * 10**8, 1_000_000))
    assert (type(answer), reasons) == (Accepted, set())
    assert facts_shipped(both) == facts_of_reference(both)


def raised_beyond_a_tier() -> BothLedgers:
    """Return an account that sold 19 BTC at 100 with 190 dollars of their own margin, and then set them to 40 times.

    A sale of 5 rests at 101. With it 2,400 dollars would be sold, of which the venue lends 20 times. Equity is
    1,000 - 0.855, and 809.145 of it without the 190.
    """
    both = BothLedgers(leverage=2)
    both.set_book("BTC", DEEP)
    both.set_book("ETH", DEEP)
    both.set_leverage("BTC", 10, isolated=True)
    orders = (Order(1, "BTC", -1, 1_900_000_000, 100_000_000), Order(2, "BTC", -1, 500_000_000, 101_000_000, how="gtc"))
    for order in orders:
        answer, reasons = both.place(order)
        assert (type(answer), reasons) == (Accepted, set())
    answer, reasons = both.set_leverage("BTC", 40, isolated=True)
    assert (type(answer), reasons) == (Accepted, set())
    return both


def test_isolated_position_that_grows_into_a_tier_moves_margin_at_the_leverage_of_the_tier_in_both() -> None:
    """505 dollars at 20 times, not at the 40 that are set: 25.25 go to the 190."""
    both = raised_beyond_a_tier()
    both.set_book("BTC", {1: [], -1: [(101_000_000, 10**12)]})
    both.wait(1_000, 0)
    assert both.reference.pocket == {"BTC": 21_525 * 10**22}
    assert both.ledger.margins.pockets[Symbol("BTC")].raw_usd == Decimal("2620.25")
    assert facts_shipped(both) == facts_of_reference(both)


@pytest.mark.parametrize(("tenths", "passes"), [(156, True), (157, False)])
def test_resting_order_of_an_isolated_position_asks_for_what_it_would_move_in_both(
    tenths: int, *, passes: bool
) -> None:
    """500 dollars at 20 times are 25, which leave 784.145: 15.6 ETH fit at twice with their fee, 15.7 do not."""
    both = raised_beyond_a_tier()
    answer, reasons = both.place(Order(3, "ETH", 1, tenths * 10**7, 100_000_000))
    assert reasons == (set() if passes else {"Insufficient margin"})
    assert agree(answer, reasons)
    assert facts_shipped(both) == facts_of_reference(both)


@pytest.mark.parametrize(("leverage", "passes"), [(25, True), (20, False)])
def test_lower_leverage_needs_the_margin_of_what_rests_in_both(leverage: int, *, passes: bool) -> None:
    """18.5 ETH at twice need 925 of 969.0325; 1,000 dollars of BTC that rest add 40 at 25 times and 50 at 20.

    The three BTC that are held have 30 dollars, more than they need.
    """
    both = BothLedgers(leverage=2)
    both.set_book("BTC", DEEP)
    both.set_book("ETH", DEEP)
    both.set_leverage("BTC", 10, isolated=True)
    both.place(Order(1, "BTC", -1, 300_000_000, 100_000_000))
    both.set_leverage("BTC", 40, isolated=True)
    both.place(Order(2, "BTC", -1, 1_000_000_000, 101_000_000, how="gtc"))
    both.place(Order(3, "ETH", 1, 1_850_000_000, 100_000_000))
    answer, reasons = both.set_leverage("BTC", leverage, isolated=True)
    assert reasons == (set() if passes else {"Isolated position does not have"})
    assert agree(answer, reasons)
    assert both.ledger.cross_equity == Decimal("969.0325")
    assert facts_shipped(both) == facts_of_reference(both)


def test_order_that_ended_for_want_of_margin_keeps_none_from_the_trigger_after_it_in_both() -> None:
    """At 101 the 1.1 ETH that rest need 11.11 beside the 188.10 of 18.81 BTC, more than 199.15355; a quarter fits."""
    both = BothLedgers(cash=200, leverage=10)
    both.set_book("BTC", DEEP)
    stop = Order(3, "ETH", 1, 25_000_000, 104_000_000, trigger=101_000_000, waits=True)
    orders = (
        Order(1, "BTC", -1, 1_881_000_000, 100_000_000),
        Order(2, "ETH", 1, 110_000_000, 101_000_000, how="gtc"),
        stop,
    )
    for order in orders:
        answer, reasons = both.place(order)
        assert (type(answer), reasons) == (Accepted, set())
    both.set_mark("ETH", 101_000_000)
    both.set_book("ETH", {1: [(101_000_000, 10**12)], -1: []})
    both.wait(1_000, 0)
    assert both.reference.ends == [(1, "filled"), (2, "marginCanceled"), (3, "triggered"), (3, "filled")]
    assert facts_shipped(both) == facts_of_reference(both)
