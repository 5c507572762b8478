"""The official SDK changes and cancels orders at the venue; its answers and the venue's books tell the same."""

from decimal import Decimal

from hyperliquid.utils.types import Cloid

from tests.support.sdk_desk import BUY, GTC, SELL, Desk, desk_of, filled, only, statuses, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

MISSED = {"error": "Order was never placed, already canceled, or filled. asset=0"}
FIRST, SECOND = Cloid.from_int(1), Cloid.from_int(2)
D = Decimal


def rest(desk: Desk, price: float = 90_000, cloid: Cloid | None = None) -> int:
    """Let a tenth of a coin rest, and return its oid."""
    oid: int = only(desk.exchange.order("BTC", BUY, 0.1, price, GTC, cloid=cloid))["resting"]["oid"]
    return oid


def test_modify_by_oid_replaces_the_order_under_a_new_one(room: VenueRoom, anna: Desk) -> None:
    """The old order is canceled; the new one has a new oid, the new price and the same client's id."""
    old = rest(anna, cloid=FIRST)
    status = only(anna.exchange.modify_order(old, "BTC", BUY, 0.2, 91_000, GTC, cloid=FIRST))
    new = status["resting"]["oid"]
    assert (new != old, status["resting"]["cloid"]) == (True, FIRST.to_raw())
    assert room.order(anna.address, old).status == "canceled"
    (order,) = room.orders(anna.address)
    assert values(order.oid, order.sz, order.limit_px, order.cloid) == (new, D("0.2"), 91_000, FIRST.to_raw())


def test_modify_by_cloid_finds_the_order(room: VenueRoom, anna: Desk) -> None:
    """The client's id names the order to replace."""
    rest(anna, cloid=FIRST)
    status = only(anna.exchange.modify_order(FIRST, "BTC", BUY, 0.1, 92_000, GTC, cloid=FIRST))
    (order,) = room.orders(anna.address)
    assert values(order.oid, order.limit_px) == (status["resting"]["oid"], 92_000)


def test_modify_of_an_order_that_is_gone_places_nothing(room: VenueRoom, anna: Desk) -> None:
    """What was filled or canceled cannot be replaced, and no order comes of it."""
    oid = rest(anna)
    assert only(anna.exchange.cancel("BTC", oid)) == "success"
    status = only(anna.exchange.modify_order(oid, "BTC", BUY, 0.1, 92_000, GTC))
    assert status["error"].startswith("Cannot modify canceled or filled order")
    assert room.shape(anna.address) == Shape(0, 0, 0)


def test_batch_of_changes_is_answered_item_by_item(room: VenueRoom, anna: Desk) -> None:
    """One order is replaced, one is not there."""
    oid = rest(anna)
    order = {"coin": "BTC", "is_buy": True, "sz": 0.1, "limit_px": 91_000, "order_type": GTC, "reduce_only": False}
    changes = [{"oid": oid, "order": {**order, "cloid": None}}, {"oid": oid + 999, "order": {**order, "cloid": None}}]
    first, second = statuses(anna.exchange.bulk_modify_orders_new(changes))
    assert (set(first), set(second)) == ({"resting"}, {"error"})
    assert [order.limit_px for order in room.orders(anna.address)] == [91_000]


def test_cancel_takes_the_order_out_of_the_books(room: VenueRoom, anna: Desk) -> None:
    """The first cancel succeeds, the second finds nothing."""
    oid = rest(anna)
    assert only(anna.exchange.cancel("BTC", oid)) == "success"
    assert (room.order(anna.address, oid).status, room.shape(anna.address)) == ("canceled", Shape(0, 0, 0))
    assert only(anna.exchange.cancel("BTC", oid)) == MISSED
    assert anna.info.open_orders(anna.address) == []
    assert anna.info.query_order_by_oid(anna.address, oid)["order"]["status"] == "canceled"


def test_cancel_of_a_filled_order_finds_nothing(room: VenueRoom, anna: Desk) -> None:
    """The error is the same as for an order that never was."""
    oid = only(anna.exchange.order("BTC", BUY, 0.1, 95_010, GTC))["filled"]["oid"]
    assert only(anna.exchange.cancel("BTC", oid)) == MISSED
    assert only(anna.exchange.cancel("BTC", 12)) == MISSED
    assert room.order(anna.address, oid).status == "filled"


def test_cancel_of_somebody_elses_order_finds_nothing(room: VenueRoom, anna: Desk) -> None:
    """Who did not place it cannot cancel it."""
    oid = rest(anna)
    assert only(desk_of(room, "bert").exchange.cancel("BTC", oid)) == MISSED
    assert room.order(anna.address, oid).live


def test_cancel_by_cloid_takes_the_order_out_of_the_books(room: VenueRoom, anna: Desk) -> None:
    """The client's id is enough."""
    rest(anna, cloid=FIRST)
    assert only(anna.exchange.cancel_by_cloid("BTC", FIRST)) == "success"
    assert only(anna.exchange.cancel_by_cloid("BTC", FIRST)) == MISSED
    assert room.order(anna.address, FIRST.to_raw()).status == "canceled"


def test_batch_of_cancels_is_answered_item_by_item(room: VenueRoom, anna: Desk) -> None:
    """Two that are there and one that is not."""
    first, second = rest(anna), rest(anna, 91_000)
    cancels = [{"coin": "BTC", "oid": oid} for oid in (first, 5, second)]
    assert statuses(anna.exchange.bulk_cancel(cancels)) == ["success", MISSED, "success"]
    rest(anna, cloid=SECOND)
    named = [{"coin": "BTC", "cloid": cloid} for cloid in (FIRST, SECOND)]
    assert statuses(anna.exchange.bulk_cancel_by_cloid(named)) == [MISSED, "success"]
    assert room.shape(anna.address) == Shape(0, 0, 0)


def test_own_orders_do_not_meet(room: VenueRoom, anna: Desk) -> None:
    """The resting one ends, the crossing one goes on to the house."""
    oid = rest(anna, 95_000)
    status = only(anna.exchange.order("BTC", SELL, 0.1, 94_990, GTC))
    assert (room.order(anna.address, oid).status, filled(status)) == ("selfTradeCanceled", (D("0.1"), 94_990))
    assert room.shape(anna.address) == Shape(0, 1, 1)
