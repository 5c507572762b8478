"""Reduce-only orders in the simulated venue: never larger than the position, never turning it."""

from agentic_hl.venue.entities import NonUserCancel, OrderChanged
from agentic_hl.venue.terms import Tif
from tests.support.venue_by_hand import ANNA, BERT, SOL, VenueByHand, ask_for, error_of, oid_of, plain


def _long_three() -> VenueByHand:
    venue = VenueByHand({ANNA: "1000000", BERT: "1000000"})
    venue.hold(ANNA, "3", "100", asset=SOL)
    return venue


def test_immediate_order_larger_than_the_position_fills_the_position() -> None:
    """Five asked for, three held: three are sold."""
    venue = _long_three()
    venue.quote(SOL, bid="100")
    status = venue.one(ANNA, ask_for("sell", "5", "100", asset=SOL, tif=Tif.IOC, reduce_only=True))
    assert status == {"filled": {"totalSz": "3.0", "avgPx": "100.0", "oid": oid_of(status)}}
    assert venue.position(ANNA, SOL).szi == 0


def test_resting_order_larger_than_the_position_rests_with_the_position() -> None:
    """`sz` is the position's, `origSz` what was asked for."""
    venue = _long_three()
    order = venue.order(ANNA, oid_of(venue.one(ANNA, ask_for("sell", "5", "110", asset=SOL, reduce_only=True))))
    assert (plain(order.sz, order.orig_sz), order.status) == ("3 5", "open")


def test_order_on_the_wrong_side_or_without_position_is_refused() -> None:
    """Buying more of a long position, and selling what is not held."""
    venue = _long_three()
    text = "Reduce only order would increase position. asset=5"
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "100", asset=SOL, reduce_only=True))) == text
    assert error_of(venue.one(BERT, ask_for("sell", "1", "100", asset=SOL, reduce_only=True))) == text
    assert venue.statuses(BERT) == ["reduceOnlyRejected"]


def test_resting_order_shrinks_with_the_position_and_ends_when_it_is_flat() -> None:
    """It ends `reduceOnlyCanceled` beside the closing fill, and not among the venue's cancels."""
    venue = _long_three()
    oid = oid_of(venue.one(ANNA, ask_for("sell", "3", "110", asset=SOL, reduce_only=True)))
    venue.hold(ANNA, "-1", "100", asset=SOL)
    assert plain(venue.order(ANNA, oid).sz, venue.order(ANNA, oid).orig_sz) == "2 3"
    venue.hold(ANNA, "-2", "100", asset=SOL)
    assert venue.order(ANNA, oid).status == "reduceOnlyCanceled"
    assert venue.engine.orders_of(ANNA) == []
    assert "reduceOnlyCanceled" in [change.status for change in venue.told(OrderChanged)]
    assert venue.told(NonUserCancel) == []


def test_resting_order_ends_when_the_position_turns() -> None:
    """A flip leaves nothing that it could reduce."""
    venue = _long_three()
    oid = oid_of(venue.one(ANNA, ask_for("sell", "3", "110", asset=SOL, reduce_only=True)))
    venue.hold(ANNA, "-5", "100", asset=SOL)
    assert venue.position(ANNA, SOL).szi == -2
    assert venue.order(ANNA, oid).status == "reduceOnlyCanceled"


def test_two_resting_orders_never_sell_more_than_is_held() -> None:
    """Both for three; when the first has sold two, one is left for the second."""
    venue = _long_three()
    first = oid_of(venue.one(ANNA, ask_for("sell", "3", "105", asset=SOL, reduce_only=True)))
    second = oid_of(venue.one(ANNA, ask_for("sell", "3", "106", asset=SOL, reduce_only=True)))
    venue.one(BERT, ask_for("buy", "2", "105", asset=SOL))
    assert plain(venue.order(ANNA, first).sz, venue.order(ANNA, second).sz) == "1 1"
    venue.one(BERT, ask_for("buy", "5", "106", asset=SOL))
    assert venue.position(ANNA, SOL).szi == 0
    assert venue.position(BERT, SOL).szi == 3
    assert (venue.order(ANNA, first).status, venue.order(ANNA, second).status) == ("filled", "reduceOnlyCanceled")


def test_order_needs_no_margin() -> None:
    """An account with all its margin in use may still leave."""
    venue = VenueByHand({ANNA: "16"})
    venue.hold(ANNA, "3", "100", asset=SOL)  # 15 of margin at the default of 20x
    assert error_of(venue.one(ANNA, ask_for("buy", "3", "90", asset=SOL))).startswith("Insufficient margin")
    assert "resting" in venue.one(ANNA, ask_for("sell", "3", "110", asset=SOL, reduce_only=True))


def test_order_of_a_liquidated_account_is_gone_even_where_nothing_could_be_sold() -> None:
    """Open orders end first; the book is empty, so the position stays."""
    venue = VenueByHand({ANNA: "20"})
    venue.hold(ANNA, "3", "100", asset=SOL)
    oid = oid_of(venue.one(ANNA, ask_for("sell", "3", "110", asset=SOL, reduce_only=True)))
    venue.mark(SOL, "95")  # 20 - 0.135 - 15 = 4.865, of a maintenance margin of 7.125
    assert venue.order(ANNA, oid).status == "liquidatedCanceled"
    assert plain(venue.position(ANNA, SOL).szi, venue.cash(ANNA)) == "3 -280.135"
