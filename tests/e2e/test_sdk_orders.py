"""The official SDK places orders at the venue; its answers and the venue's books tell the same."""

from decimal import Decimal
from typing import Any

import pytest
from hyperliquid.utils.types import Cloid

from agentic_hl.venue.terms import Tif
from tests.support.sdk_desk import BUY, GTC, SELL, Desk, desk_of, done, filled, only, refused, statuses, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

IOC = {"limit": {"tif": "Ioc"}}
ALO = {"limit": {"tif": "Alo"}}
CLOID = Cloid.from_int(0xC0FFEE)
D = Decimal


def test_construction_learns_the_universe(room: VenueRoom) -> None:
    """Names become the ids of the universe, and sizes have its decimals."""
    desk = desk_of(room)
    assert [desk.info.name_to_asset(name) for name in ("BTC", "ETH", "SOL", "kPEPE")] == [0, 1, 5, 7]
    assert [desk.info.asset_to_sz_decimals[asset] for asset in (0, 1, 5, 7)] == [5, 4, 2, 0]


def test_construction_with_dexes_named_finds_the_main_one(room: VenueRoom) -> None:
    """The SDK asks for the list of dexes, whose first entry is null."""
    assert Desk(room, desk_of(room).wallet, perp_dexs=[""]).info.name_to_asset("ETH") == 1


def test_order_below_the_market_rests_in_the_books(room: VenueRoom, anna: Desk) -> None:
    """The answer names the order that the books hold as it was asked for."""
    status = only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    assert set(status) == {"resting"}
    order = room.order(anna.address, status["resting"]["oid"])
    assert values(order.asset, order.is_buy, order.limit_px, order.sz, order.orig_sz) == (
        0,
        True,
        90_000,
        D("0.1"),
        D("0.1"),
    )
    assert (order.tif, order.reduce_only, order.status, order.live) == (Tif.GTC, False, "open", True)
    assert (order.timestamp, room.shape(anna.address)) == (room.now, Shape(1, 0, 0))


def test_order_through_the_market_fills_at_the_book(room: VenueRoom, anna: Desk) -> None:
    """Half a coin at 95,010 costs a taker's fee of 21.37725; nothing rests."""
    status = only(anna.exchange.order("BTC", BUY, 0.5, 95_010, GTC))
    oid = status["filled"]["oid"]
    assert (set(status), filled(status)) == ({"filled"}, (D("0.5"), 95_010))
    assert (room.order(anna.address, oid).status, room.shape(anna.address)) == ("filled", Shape(0, 1, 1))
    position, account = room.position(anna.address, "BTC"), room.account(anna.address)
    assert position is not None
    assert (position.szi, position.entry_ntl) == (D("0.5"), D("47505"))
    assert account.cash == D("100000") - D("47505") - D("21.37725")


def test_order_over_two_levels_fills_at_their_average(room: VenueRoom, anna: Desk) -> None:
    """One at 95,010 and one at 95,020 make two at 95,015; the books have two fills of one order."""
    status = only(anna.exchange.order("BTC", BUY, 2, 95_020, GTC))
    assert filled(status) == (2, 95_015)
    fills = room.account(anna.address).fills
    assert [values(fill.px, fill.sz, fill.oid) for fill in fills] == [
        (95_010, 1, status["filled"]["oid"]),
        (95_020, 1, status["filled"]["oid"]),
    ]


def test_order_that_fills_in_part_rests_with_the_remainder(room: VenueRoom, anna: Desk) -> None:
    """Of two coins one is to be had at the limit; the other stands in the book at the limit."""
    assert filled(only(anna.exchange.order("BTC", BUY, 2, 95_010, GTC))) == (1, 95_010)
    (order,) = room.orders(anna.address)
    assert values(order.sz, order.orig_sz, order.limit_px) == (1, 2, 95_010)
    assert only(anna.exchange.cancel("BTC", order.oid)) == "success"
    ended = room.order(anna.address, order.oid)
    assert values(ended.status, ended.sz, ended.orig_sz) == ("canceled", 1, 2)


def test_ioc_that_fills_in_part_leaves_nothing_behind(room: VenueRoom, anna: Desk) -> None:
    """The rest of the order is gone without a word: only the size tells."""
    status = only(anna.exchange.order("BTC", BUY, 5, 95_010, IOC))
    assert filled(status) == (1, 95_010)
    assert values(room.shape(anna.address), room.held(anna.address, "BTC")) == (Shape(0, 1, 1), 1)


def test_post_only_order_that_rests_is_a_maker(room: VenueRoom, anna: Desk) -> None:
    """Somebody who takes it pays the taker's rate, and the maker 0.015 %."""
    oid = only(anna.exchange.order("BTC", BUY, 0.5, 95_000, ALO))["resting"]["oid"]
    bert = desk_of(room, "bert")
    assert filled(only(bert.exchange.order("BTC", SELL, 0.5, 95_000, IOC))) == (D("0.5"), 95_000)
    (made,), (taken,) = room.account(anna.address).fills, room.account(bert.address).fills
    assert (made.oid, made.crossed, made.fee) == (oid, False, D("7.125"))
    assert (taken.crossed, taken.fee, taken.tid, taken.px) == (True, D("21.375"), made.tid, made.px)
    assert (room.held(anna.address, "BTC"), room.held(bert.address, "BTC")) == (D("0.5"), D("-0.5"))


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "tick": ({"limit_px": 90_000.5}, "Price must be divisible by tick size."),
    "size": ({"sz": 0.123456}, "Order has invalid size."),
    "zero": ({"sz": 0}, "Order has zero size."),
    "minimum": ({"sz": 0.0001}, "Order must have minimum value of $10."),
    "margin": ({"sz": 100}, "Insufficient margin to place order."),
    "reduce-only": ({"reduce_only": True}, "Reduce only order would increase position."),
    "ioc": ({"order_type": IOC}, "Order could not immediately match against any resting orders."),
    "alo": (
        {"order_type": ALO, "limit_px": 95_010},
        "Post only order would have immediately matched, bbo was 94990@95010.",
    ),
    "band": ({"limit_px": 18_000}, "Order price cannot be more than 80% away from the reference price"),
    "builder": ({"builder": {"b": "0x" + "B1" * 20, "f": 10}}, "Builder fee has not been approved."),
    "trigger": (
        {"order_type": {"trigger": {"isMarket": True, "triggerPx": 0, "tpsl": "sl"}}},
        "Invalid TP/SL price.",
    ),
}
"""What an order of a coin's tenth at 90,000 is changed by, and the venue's words for it."""


@pytest.mark.parametrize("case", REFUSALS)
def test_order_that_breaks_a_rule_is_refused_in_the_venues_words(room: VenueRoom, anna: Desk, case: str) -> None:
    """The one status is the text, with the asset behind it or without, and the books are as they were."""
    changes, text = REFUSALS[case]
    order = {"name": "BTC", "is_buy": True, "sz": 0.1, "limit_px": 90_000, "order_type": GTC, **changes}
    error = only(anna.exchange.order(**order))["error"]
    assert error.removesuffix(" asset=0") == text
    assert values(room.shape(anna.address), room.account(anna.address).cash) == (Shape(0, 0, 0), 100_000)


def test_builder_order_is_taken_once_the_fee_was_approved(room: VenueRoom, anna: Desk) -> None:
    """A tenth of a percent covers an order of ten tenths of a basis point, and not one of more than that."""
    builder = {"b": "0x" + "B1" * 20, "f": 100}
    assert done(anna.exchange.approve_builder_fee(builder["b"], "0.1%"))["type"] == "default"
    assert "resting" in only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC, builder=dict(builder)))
    greedy = only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC, builder={**builder, "f": 101}))
    assert greedy == {"error": "Builder fee has not been approved. asset=0"}
    assert room.shape(anna.address) == Shape(1, 0, 0)


def test_cloid_is_echoed_kept_and_found(room: VenueRoom, anna: Desk) -> None:
    """The client's own id stands in the answer, in the books and in every query."""
    status = only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC, cloid=CLOID))
    oid = status["resting"]["oid"]
    assert status == {"resting": {"oid": oid, "cloid": CLOID.to_raw()}}
    assert room.order(anna.address, CLOID.to_raw()).oid == oid
    (shown,) = anna.info.open_orders(anna.address)
    assert (shown["oid"], shown["cloid"]) == (oid, CLOID.to_raw())
    found = anna.info.query_order_by_cloid(anna.address, CLOID)
    assert (found["status"], found["order"]["order"]["oid"], found["order"]["status"]) == ("order", oid, "open")
    filled = only(anna.exchange.order("BTC", BUY, 0.1, 95_010, GTC, cloid=Cloid.from_int(2)))
    assert filled["filled"]["cloid"] == "0x00000000000000000000000000000002"


def test_batch_is_answered_item_by_item(room: VenueRoom, anna: Desk) -> None:
    """One rests, one is refused, one fills: three statuses in the order of the request."""
    one = {"coin": "BTC", "is_buy": True, "sz": 0.1, "limit_px": 90_000, "order_type": GTC, "reduce_only": False}
    answer = anna.exchange.bulk_orders([one, {**one, "sz": 0.0001}, {**one, "limit_px": 95_010}])
    first, second, third = statuses(answer)
    assert (set(first), second, set(third)) == (
        {"resting"},
        {"error": "Order must have minimum value of $10. asset=0"},
        {"filled"},
    )
    assert room.shape(anna.address) == Shape(1, 1, 1)


def test_batch_of_more_than_200_is_refused_whole(room: VenueRoom, anna: Desk) -> None:
    """Two hundred are taken, one more is not."""
    one = {"coin": "BTC", "is_buy": True, "sz": 0.001, "limit_px": 90_000, "order_type": GTC, "reduce_only": False}
    text = refused(anna.exchange.bulk_orders([one] * 201))
    assert (text, room.shape(anna.address).orders) == ("Signed action over weight limit of 200.", 0)
    assert len(statuses(anna.exchange.bulk_orders([one] * 200))) == 200
    assert room.shape(anna.address).orders == 200
