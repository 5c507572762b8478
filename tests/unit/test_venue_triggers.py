"""Triggers and groups in the simulated venue: they wait for the mark, for a parent, and for each other."""

import msgspec
import pytest

from agentic_hl.venue.entities import OrderChanged
from agentic_hl.venue.terms import Grouping, Tif
from tests.support.venue_by_hand import ANNA, BERT, SOL, VenueByHand, ask_for, error_of, exit_at, oid_of, plain, units

TPSL = Grouping.NORMAL_TPSL
POSITION = Grouping.POSITION_TPSL


def _long_three() -> VenueByHand:
    venue = VenueByHand({ANNA: "1000000", BERT: "1000000"})
    venue.hold(ANNA, "3", "100", asset=SOL)
    return venue


def _entry(venue: VenueByHand, price: str = "99", *, size: str = "2") -> tuple[int, int, int]:
    """Place a buy with a stop at 95 and a take-profit at 110 and return the three ids."""
    exits = (exit_at("sell", size, "95", asset=SOL), exit_at("sell", size, "110", tpsl="tp", asset=SOL))
    statuses = venue.place(ANNA, ask_for("buy", size, price, asset=SOL), *exits, grouping=TPSL)
    assert statuses[1:] == ["waitingForFill", "waitingForFill"]
    first = oid_of(statuses[0])
    return first, first + 1, first + 2


@pytest.mark.parametrize(
    ("side", "tpsl", "trigger", "short_of", "reached"),
    [
        ("sell", "sl", "95", "95.001", "95"),
        ("sell", "tp", "110", "109.99", "110"),
        ("buy", "sl", "105", "104.99", "105.01"),
        ("buy", "tp", "90", "90.001", "89.9"),
    ],
)
def test_trigger_fires_when_the_mark_has_reached_it(
    side: str, tpsl: str, trigger: str, short_of: str, reached: str
) -> None:
    """Stops lie behind the price and take-profits ahead; at the trigger price itself they fire."""
    venue = VenueByHand({ANNA: "1000000"})
    venue.hold(ANNA, "3" if side == "sell" else "-3", "100", asset=SOL)
    order = exit_at(side, "3", trigger, tpsl=tpsl, limit=trigger, asset=SOL)
    assert venue.one(ANNA, order) == "waitingForTrigger"
    venue.mark(SOL, short_of)
    assert venue.statuses(ANNA)[-1] == "open"
    venue.mark(SOL, reached)
    assert venue.statuses(ANNA)[-2:] == ["triggered", "open"]


def test_oracle_and_last_price_fire_nothing() -> None:
    """Only the mark counts."""
    venue = _long_three()
    venue.one(ANNA, exit_at("sell", "3", "95", asset=SOL))
    venue.engine.set_price(SOL, oracle=units("90"), mark=units("100"), levels=0)
    assert venue.statuses(ANNA)[-1] == "open"


def test_market_trigger_sells_down_to_its_limit_price() -> None:
    """It becomes a new order with its own oid and the same cloid."""
    venue = _long_three()
    cloid = "0x" + "34" * 16
    stop = msgspec.structs.replace(exit_at("sell", "3", "95", asset=SOL), limit_px=units("90"), cloid=cloid)
    venue.one(ANNA, stop)
    waiting = venue.engine.orders_of(ANNA)[0]
    venue.one(BERT, ask_for("buy", "2", "94", asset=SOL))
    venue.one(BERT, ask_for("buy", "2", "91", asset=SOL))
    venue.mark(SOL, "94.5")
    assert venue.order(ANNA, waiting.oid).status == "triggered"
    fired = venue.engine.orders_of(ANNA, live_only=False)[-1]
    assert fired.oid != waiting.oid
    assert (fired.cloid, fired.status, fired.tif) == (cloid, "filled", Tif.FRONTEND_MARKET)
    assert [plain(fill.px, fill.sz) for fill in venue.fills(ANNA)[1:]] == ["94 2", "91 1"]
    assert venue.engine.order(ANNA, cloid) is fired


def test_limit_trigger_rests_when_it_finds_nothing() -> None:
    """The new order is a limit order at its own price."""
    venue = _long_three()
    venue.one(ANNA, exit_at("sell", "3", "95", limit="96", asset=SOL))
    venue.mark(SOL, "94")
    (resting,) = venue.engine.orders_of(ANNA)
    assert (resting.tif, plain(resting.limit_px, resting.sz)) == (Tif.GTC, "96 3")
    assert venue.statuses(ANNA)[-2:] == ["triggered", "open"]


def test_trigger_that_would_fire_at_once_is_refused() -> None:
    """A stop above the mark of a long position, a take-profit below it."""
    venue = _long_three()
    for order in (exit_at("sell", "3", "100", asset=SOL), exit_at("sell", "3", "99", tpsl="tp", asset=SOL)):
        assert error_of(venue.one(ANNA, order)) == "Invalid TP/SL price. asset=5"
    assert venue.statuses(ANNA)[-1] == "badTriggerPxRejected"


def test_children_wait_until_their_parent_is_filled() -> None:
    """While the parent rests a mark beyond them does nothing; its fill lets them watch the mark."""
    venue = _long_three()
    parent, stop, profit = _entry(venue)
    venue.mark(SOL, "111")
    assert [venue.order(ANNA, oid).status for oid in (stop, profit)] == ["open", "open"]
    venue.mark(SOL, "100")
    venue.one(BERT, ask_for("sell", "2", "99", asset=SOL))
    assert venue.order(ANNA, parent).status == "filled"
    venue.one(BERT, ask_for("buy", "2", "95", asset=SOL))
    venue.mark(SOL, "95")
    assert venue.order(ANNA, stop).status == "triggered"
    assert venue.position(ANNA, SOL).szi == 3


def test_child_that_fills_ends_its_sibling() -> None:
    """The take-profit ends `siblingFilledCanceled` once the stop has sold."""
    venue = _long_three()
    _, stop, profit = _entry(venue)
    venue.one(BERT, ask_for("sell", "2", "99", asset=SOL))
    venue.one(BERT, ask_for("buy", "2", "95", asset=SOL))
    venue.mark(SOL, "95")
    assert [venue.order(ANNA, oid).status for oid in (stop, profit)] == ["triggered", "siblingFilledCanceled"]
    assert venue.engine.orders_of(ANNA) == []


def test_child_that_fires_and_finds_nothing_leaves_its_sibling() -> None:
    """Nothing was sold, so the take-profit still stands."""
    venue = _long_three()
    _, stop, profit = _entry(venue)
    venue.one(BERT, ask_for("sell", "2", "99", asset=SOL))
    venue.mark(SOL, "95")
    assert venue.order(ANNA, stop).status == "triggered"
    assert venue.order(ANNA, profit).live
    assert "marketOrderNoLiquidityRejected" in venue.statuses(ANNA)


def test_cancelled_parent_takes_its_children_along_even_when_partly_filled() -> None:
    """A user who takes the parent back drops the exits."""
    for filled in (None, "1"):
        venue = _long_three()
        parent, stop, profit = _entry(venue)
        if filled is not None:
            venue.one(BERT, ask_for("sell", filled, "99", asset=SOL))
        assert venue.engine.cancel(ANNA, [(SOL, parent)]) == ["success"]
        assert [venue.order(ANNA, oid).status for oid in (stop, profit)] == ["canceled", "canceled"]


def test_parent_that_the_venue_cancels_for_margin_after_a_partial_fill_leaves_its_children() -> None:
    """One of four was bought at 99 before the margin was gone: the exits go to work for it."""
    venue = VenueByHand({ANNA: "30", BERT: "1000000"})
    exits = (exit_at("sell", "4", "90", asset=SOL), exit_at("sell", "4", "120", tpsl="tp", asset=SOL))
    statuses = venue.place(ANNA, ask_for("buy", "4", "99", asset=SOL), *exits, grouping=TPSL)
    parent = oid_of(statuses[0])
    venue.one(BERT, ask_for("sell", "1", "99", asset=SOL))
    venue.mark(SOL, "91")  # 30 - 8 is left, less a fee; three more at 99 would cost 24 of it
    venue.one(BERT, ask_for("sell", "3", "91", asset=SOL))
    assert venue.order(ANNA, parent).status == "marginCanceled"
    assert venue.position(ANNA, SOL).szi == 1
    assert [venue.order(ANNA, parent + place).live for place in (1, 2)] == [True, True]
    venue.one(BERT, ask_for("buy", "1", "90", asset=SOL))
    venue.mark(SOL, "90")
    assert venue.position(ANNA, SOL).szi == 0


def test_refused_parent_refuses_its_children() -> None:
    """Statuses stay aligned: each carries the parent's refusal."""
    venue = VenueByHand({ANNA: "1000000"})
    statuses = venue.place(
        ANNA, ask_for("buy", "2", "99.0001", asset=SOL), exit_at("sell", "2", "95", asset=SOL), grouping=TPSL
    )
    assert statuses == [{"error": "Price must be divisible by tick size. asset=5"}] * 2
    assert venue.engine.orders_of(ANNA) == []


def test_position_exit_follows_the_position() -> None:
    """Its size grows and shrinks with what is held, and it ends with it."""
    venue = _long_three()
    exits = (exit_at("sell", "3", "95", asset=SOL), exit_at("sell", "3", "110", tpsl="tp", asset=SOL))
    assert venue.place(ANNA, *exits, grouping=POSITION) == ["waitingForTrigger", "waitingForTrigger"]
    venue.hold(ANNA, "4", "100", asset=SOL)
    assert [plain(order.sz) for order in venue.engine.orders_of(ANNA)] == ["7", "7"]
    venue.hold(ANNA, "-6", "100", asset=SOL)
    assert [plain(order.sz) for order in venue.engine.orders_of(ANNA)] == ["1", "1"]
    venue.hold(ANNA, "-1", "100", asset=SOL)
    assert venue.engine.orders_of(ANNA) == []
    assert venue.statuses(ANNA).count("reduceOnlyCanceled") == 2


def test_position_exit_that_fills_ends_the_other() -> None:
    """Take-profit sells the whole position at 110; the stop is over with it."""
    venue = _long_three()
    venue.place(
        ANNA,
        exit_at("sell", "3", "95", asset=SOL),
        exit_at("sell", "3", "110", tpsl="tp", asset=SOL),
        grouping=POSITION,
    )
    venue.one(BERT, ask_for("buy", "3", "110", asset=SOL))
    venue.mark(SOL, "110")
    assert venue.position(ANNA, SOL).szi == 0
    assert venue.engine.orders_of(ANNA) == []
    assert plain(venue.fills(ANNA)[-1].closed_pnl) == "30"


def test_triggered_order_is_told_before_the_order_it_becomes() -> None:
    """`triggered`, then `filled` of the new oid."""
    venue = _long_three()
    venue.one(ANNA, exit_at("sell", "3", "95", asset=SOL))
    venue.one(BERT, ask_for("buy", "3", "95", asset=SOL))
    before = len(venue.told(OrderChanged))
    venue.mark(SOL, "95")
    changes = [change for change in venue.told(OrderChanged)[before:] if change.user == ANNA]
    assert [change.status for change in changes] == ["triggered", "filled"]
    assert changes[0].order.oid != changes[1].order.oid


def test_triggers_claim_no_margin() -> None:
    """A stop entry for more than the account can carry waits, and is refused only when it fires."""
    venue = VenueByHand({ANNA: "10"})
    entry = msgspec.structs.replace(exit_at("buy", "3", "105", asset=SOL), reduce_only=False)
    assert venue.one(ANNA, entry) == "waitingForTrigger"
    assert plain(venue.engine.margin(ANNA).withdrawable) == "10"
    venue.quote(SOL, ask="105")
    venue.engine.set_price(SOL, oracle=units("105"), levels=0)
    assert venue.statuses(ANNA) == ["triggered", "perpMarginRejected"]
