"""How orders meet in the simulated venue: price, then time; what an order answers, and what its fills say."""

import msgspec

from agentic_hl.venue.entities import NonUserCancel, OrderChanged, PublicPrint
from agentic_hl.venue.terms import Tif
from tests.support.venue_by_hand import (
    ANNA,
    BERT,
    BTC,
    CARA,
    DAVE,
    SOL,
    VenueByHand,
    ask_for,
    error_of,
    oid_of,
    plain,
)

ALL = {ANNA: "1000000", BERT: "1000000", CARA: "1000000", DAVE: "1000000"}


def test_best_price_fills_first_and_the_older_order_before_the_younger() -> None:
    """A buy of 5 takes 2 at 99, then the older 2 at 100, then 1 of the younger 2."""
    venue = VenueByHand(ALL)
    older = oid_of(venue.one(ANNA, ask_for("sell", "2", "100", asset=SOL)))
    younger = oid_of(venue.one(BERT, ask_for("sell", "2", "100", asset=SOL)))
    best = oid_of(venue.one(CARA, ask_for("sell", "2", "99", asset=SOL)))
    status = venue.one(DAVE, ask_for("buy", "5", "101", asset=SOL, tif=Tif.IOC))
    assert status == {"filled": {"totalSz": "5.0", "avgPx": "99.6", "oid": oid_of(status)}}  # (198 + 200 + 100) / 5
    assert [plain(fill.px, fill.sz) for fill in venue.fills(DAVE)] == ["99 2", "100 2", "100 1"]
    assert venue.order(CARA, best).status == venue.order(ANNA, older).status == "filled"
    assert venue.order(BERT, younger).sz == 1
    assert venue.order(BERT, younger).status == "open"


def test_execution_is_at_the_resting_price() -> None:
    """A buy up to 105 pays the 100 that somebody asks."""
    venue = VenueByHand(ALL)
    venue.one(ANNA, ask_for("sell", "1", "100", asset=SOL))
    venue.one(BERT, ask_for("buy", "1", "105", asset=SOL))
    assert [fill.px for fill in venue.fills(BERT)] == [100]


def test_limit_order_that_fills_in_part_rests_with_what_remains() -> None:
    """`sz` remains, `origSz` is what was asked for; the answer is that it filled."""
    venue = VenueByHand(ALL)
    venue.one(ANNA, ask_for("sell", "2", "100", asset=SOL))
    status = venue.one(BERT, ask_for("buy", "5", "100", asset=SOL))
    assert status == {"filled": {"totalSz": "2.0", "avgPx": "100.0", "oid": oid_of(status)}}
    order = venue.order(BERT, oid_of(status))
    assert plain(order.sz, order.orig_sz) == "3 5"
    assert (order.status, order.live) == ("open", True)
    bids, asks = venue.engine.book(SOL)
    assert [(plain(level.px, level.sz), level.n) for level in bids] == [("100 3", 1)]
    assert asks == []


def test_immediate_order_that_fills_in_part_is_over() -> None:
    """The rest of it is cancelled silently: status `canceled`, `sz` is what did not fill."""
    venue = VenueByHand(ALL)
    venue.one(ANNA, ask_for("sell", "2", "100", asset=SOL))
    status = venue.one(BERT, ask_for("buy", "5", "100", asset=SOL, tif=Tif.IOC))
    order = venue.order(BERT, oid_of(status))
    assert (plain(order.sz), order.status, order.live) == ("3", "canceled", False)
    assert venue.engine.book(SOL) == ([], [])


def test_immediate_order_without_a_counterpart_is_refused() -> None:
    """An IOC finds nothing at its price; a market order finds no liquidity at all."""
    venue = VenueByHand(ALL)
    venue.one(ANNA, ask_for("sell", "2", "101", asset=SOL))
    text = "Order could not immediately match against any resting orders. asset=5"
    assert error_of(venue.one(BERT, ask_for("buy", "1", "100", asset=SOL, tif=Tif.IOC))) == text
    text = "No liquidity available for market order. asset=5"
    assert error_of(venue.one(BERT, ask_for("buy", "1", "100", asset=SOL, tif=Tif.FRONTEND_MARKET))) == text
    assert venue.statuses(BERT) == ["iocCancelRejected", "marketOrderNoLiquidityRejected"]


def test_post_only_order_that_would_match_is_refused_and_names_the_best_prices() -> None:
    """At its own side of the book it rests."""
    venue = VenueByHand(ALL)
    venue.quote(SOL, bid="99.5", ask="100.5")
    text = "Post only order would have immediately matched, bbo was 99.5@100.5. asset=5"
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "100.5", asset=SOL, tif=Tif.ALO))) == text
    assert "resting" in venue.one(ANNA, ask_for("buy", "1", "100.4", asset=SOL, tif=Tif.ALO))
    assert venue.statuses(ANNA) == ["badAloPxRejected", "open"]


def test_order_that_meets_one_of_its_own_account_ends_the_resting_one() -> None:
    """The maker ends `selfTradeCanceled`, nothing is traded with oneself, and the order goes on to the next."""
    venue = VenueByHand(ALL)
    own = oid_of(venue.one(ANNA, ask_for("sell", "1", "99", asset=SOL)))
    venue.one(BERT, ask_for("sell", "1", "100", asset=SOL))
    status = venue.one(ANNA, ask_for("buy", "1", "100", asset=SOL))
    assert status == {"filled": {"totalSz": "1.0", "avgPx": "100.0", "oid": oid_of(status)}}
    assert venue.order(ANNA, own).status == "selfTradeCanceled"
    assert [cancel.oid for cancel in venue.told(NonUserCancel)] == [own]


def test_house_quotes_come_after_orders_at_the_same_price_and_are_used_up() -> None:
    """Quotes of 3 at 100 and an order of 1: the order fills first."""
    venue = VenueByHand(ALL)
    venue.quote(SOL, ask="100", size="3")
    venue.one(ANNA, ask_for("sell", "1", "100", asset=SOL))
    assert [(plain(level.px, level.sz), level.n) for level in venue.engine.book(SOL)[1]] == [("100 4", 2)]
    venue.one(BERT, ask_for("buy", "1", "100", asset=SOL, tif=Tif.IOC))
    assert venue.position(ANNA, SOL).szi == -1
    venue.one(BERT, ask_for("buy", "9", "100", asset=SOL, tif=Tif.IOC))
    assert venue.position(BERT, SOL).szi == 4
    assert venue.engine.book(SOL) == ([], [])


def test_house_that_quotes_beyond_a_resting_order_fills_it_at_its_own_price() -> None:
    """The mid falls through a bid of 95: the bidder gets 95, as maker."""
    venue = VenueByHand(ALL)
    venue.one(ANNA, ask_for("buy", "2", "95", asset=SOL))
    venue.quote(SOL, bid="93", ask="94")
    (fill,) = venue.fills(ANNA)
    assert not fill.crossed
    assert plain(fill.px, fill.sz, fill.fee) == "95 2 0.0285"  # 190 at 0.015 %


def test_both_sides_of_an_execution_are_told_alike() -> None:
    """One tid and one hash, opposite sides, taker and maker fee, start positions and directions; one public trade."""
    venue = VenueByHand(ALL)
    venue.one(ANNA, ask_for("sell", "2", "100", asset=SOL))
    venue.one(BERT, ask_for("buy", "2", "100", asset=SOL))
    (sold,), (bought,) = venue.fills(ANNA), venue.fills(BERT)
    assert (sold.tid, sold.hash) == (bought.tid, bought.hash)
    assert (sold.dir, bought.dir) == ("Open Short", "Open Long")
    assert (sold.is_buy, bought.is_buy) == (False, True)
    assert (sold.crossed, bought.crossed) == (False, True)
    assert plain(sold.fee, bought.fee) == "0.03 0.09"
    (public,) = venue.told(PublicPrint)
    assert (public.tid, public.is_buy, public.buyer, public.seller) == (sold.tid, True, BERT, ANNA)
    assert venue.engine.recent_prints(SOL) == [public]


def test_closing_and_flipping_say_so_and_realise_profit_before_fees() -> None:
    """Long 4 at 100; sells 1 at 110 (+10), then 5 at 90 (-30 on 3), which leaves 2 short at 90."""
    venue = VenueByHand(ALL)
    venue.hold(ANNA, "4", "100", asset=SOL, against=BERT)
    venue.hold(ANNA, "-1", "110", asset=SOL, against=BERT)
    venue.hold(ANNA, "-5", "90", asset=SOL, against=BERT)
    shown = [(fill.dir, plain(fill.start_position, fill.closed_pnl)) for fill in venue.fills(ANNA)]
    assert shown == [("Open Long", "0 0"), ("Close Long", "4 10"), ("Long > Short", "3 -30")]
    position = venue.position(ANNA, SOL)
    assert plain(position.szi, position.entry_ntl) == "-2 -180"
    assert [fill.dir for fill in venue.fills(BERT)] == ["Open Short", "Close Short", "Short > Long"]


def test_resting_order_announces_open_and_then_filled() -> None:
    """Partial fills tell `open` again with less; an order that fills at once is only `filled`."""
    venue = VenueByHand(ALL)
    resting = oid_of(venue.one(ANNA, ask_for("sell", "2", "100", asset=SOL)))
    for size in ("0.5", "1.5"):
        venue.one(BERT, ask_for("buy", size, "100", asset=SOL, tif=Tif.IOC))
    changes = [change for change in venue.told(OrderChanged) if change.order.oid == resting]
    assert [f"{each.status} {plain(each.order.sz)}" for each in changes] == ["open 2", "open 1.5", "filled 0"]
    assert [change.status for change in venue.told(OrderChanged) if change.user == BERT] == ["filled", "filled"]


def test_cancel_succeeds_once() -> None:
    """After that, and for other assets, other owners and unknown ids, there is nothing to cancel."""
    venue = VenueByHand(ALL)
    oid = oid_of(venue.one(ANNA, ask_for("buy", "1", "49000")))
    missed = {"error": "Order was never placed, already canceled, or filled. asset=0"}
    assert venue.engine.cancel(BERT, [(BTC, oid)]) == [missed]
    wrong_asset = {"error": "Order was never placed, already canceled, or filled. asset=5"}
    assert venue.engine.cancel(ANNA, [(SOL, oid)]) == [wrong_asset]
    assert venue.engine.cancel(ANNA, [(BTC, oid), (BTC, oid), (BTC, 1)]) == ["success", missed, missed]
    assert venue.order(ANNA, oid).status == "canceled"
    assert venue.told(NonUserCancel) == []


def test_cloid_is_echoed_and_cancels() -> None:
    """The answer carries it beside the oid."""
    venue = VenueByHand(ALL)
    cloid = "0x" + "12" * 16
    order = msgspec.structs.replace(ask_for("buy", "1", "49000"), cloid=cloid)
    status = venue.one(ANNA, order)
    assert status == {"resting": {"oid": oid_of(status), "cloid": cloid}}
    assert venue.engine.cancel_by_cloid(ANNA, [(BTC, cloid)]) == ["success"]
    assert "error" in venue.engine.cancel_by_cloid(ANNA, [(BTC, cloid)])[0]


def test_modified_order_has_a_new_oid_the_same_cloid_and_loses_its_place() -> None:
    """It stands behind the order that was younger before; the old oid ends `canceled`."""
    venue = VenueByHand(ALL)
    cloid = "0x" + "12" * 16
    order = msgspec.structs.replace(ask_for("buy", "1", "100", asset=SOL), cloid=cloid)
    old = oid_of(venue.one(ANNA, order))
    venue.one(BERT, ask_for("buy", "1", "100", asset=SOL))
    (status,) = venue.engine.modify(ANNA, [(old, ask_for("buy", "2", "100", asset=SOL))])
    new = oid_of(status)
    assert new != old
    assert venue.order(ANNA, old).status == "canceled"
    assert (venue.order(ANNA, new).cloid, plain(venue.order(ANNA, new).sz)) == (cloid, "2")
    venue.one(CARA, ask_for("sell", "1", "100", asset=SOL, tif=Tif.IOC))
    assert venue.position(BERT, SOL).szi == 1
    assert venue.position(ANNA, SOL).szi == 0


def test_modify_of_an_order_that_is_gone_is_refused() -> None:
    """There is nothing to replace."""
    venue = VenueByHand(ALL)
    (status,) = venue.engine.modify(ANNA, [(77, ask_for("buy", "2", "100", asset=SOL))])
    assert error_of(status).startswith("Cannot modify canceled or filled order")


def test_two_thousand_ended_orders_are_kept() -> None:
    """The 2,001st pushes out the oldest; its fills stay."""
    venue = VenueByHand(ALL)
    venue.quote(SOL, ask="100")
    first = oid_of(venue.one(ANNA, ask_for("buy", "1", "100", asset=SOL)))
    low = ask_for("buy", "1", "90", asset=SOL)
    for _ in range(20):
        oids = [oid_of(status) for status in venue.place(ANNA, *[low] * 100)]
        venue.engine.cancel(ANNA, [(SOL, oid) for oid in oids])
    assert venue.engine.order(ANNA, first) is None
    assert len(venue.engine.orders_of(ANNA, live_only=False)) == 2_000
    assert [fill.oid for fill in venue.fills(ANNA)] == [first]


def test_maker_without_margin_is_cancelled_instead_of_filled() -> None:
    """Anna's bid needs 450 of her 600 besides 100; after she lost 300 it ends `marginCanceled`."""
    venue = VenueByHand({**ALL, ANNA: "600"})
    venue.hold(ANNA, "20", "100", asset=SOL)  # 100 of margin
    bid = oid_of(venue.one(ANNA, ask_for("buy", "90", "88", asset=SOL)))
    venue.mark(SOL, "85")
    venue.one(BERT, ask_for("sell", "90", "88", asset=SOL, tif=Tif.IOC))
    assert venue.order(ANNA, bid).status == "marginCanceled"
    assert venue.position(ANNA, SOL).szi == 20
