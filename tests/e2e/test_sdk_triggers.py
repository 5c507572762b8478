"""The official SDK places stops and take-profits at the venue, alone and in groups."""

from decimal import Decimal
from typing import Any

from tests.support.sdk_desk import BUY, GTC, SELL, Desk, desk_of, done, filled, only, refused, statuses, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

D = Decimal


def trigger(price: float, kind: str, *, is_market: bool = True) -> dict[str, Any]:
    """Return the type of a trigger order."""
    return {"trigger": {"isMarket": is_market, "triggerPx": price, "tpsl": kind}}


def exits(size: float = 0.5) -> list[dict[str, Any]]:
    """Return a take-profit at 99,000 and a stop at 91,000 of a long."""
    one = {"coin": "BTC", "is_buy": False, "sz": size, "reduce_only": True}
    return [
        {**one, "limit_px": 95_000, "order_type": trigger(99_000, "tp")},
        {**one, "limit_px": 86_000, "order_type": trigger(91_000, "sl")},
    ]


def entry(price: float, size: float = 0.5) -> dict[str, Any]:
    """Return an order to buy."""
    return {"coin": "BTC", "is_buy": True, "sz": size, "limit_px": price, "order_type": GTC, "reduce_only": False}


def ended(desk: Desk) -> list[str]:
    """Return what became of an account's orders, the oldest first."""
    history = desk.info.historical_orders(desk.address)
    return [found["status"] for found in sorted(history, key=lambda found: int(found["order"]["oid"]))]


def test_lone_stop_waits_for_its_trigger(room: VenueRoom, anna: Desk) -> None:
    """The answer names no oid; the order is live, and shown with everything there is to it."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    assert (
        only(anna.exchange.order("BTC", SELL, 0.5, 86_000, trigger(91_000, "sl"), reduce_only=True))
        == "waitingForTrigger"
    )
    (order,) = room.orders(anna.address)
    assert order.trigger is not None
    assert values(order.trigger.px, order.trigger.tpsl, order.trigger.is_market) == (91_000, "sl", True)
    (shown,) = anna.info.frontend_open_orders(anna.address)
    assert (shown["isTrigger"], shown["triggerPx"], shown["orderType"]) == (True, "91000.0", "Stop Market")
    assert (shown["triggerCondition"], shown["reduceOnly"], shown["isPositionTpsl"]) == (
        "Price below 91000",
        True,
        False,
    )
    assert "triggerPx" not in anna.info.open_orders(anna.address)[0]


def test_stop_fires_on_the_mark(room: VenueRoom, anna: Desk) -> None:
    """A cent above nothing happens; at the price the position is sold to the book."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    anna.exchange.order("BTC", SELL, 0.5, 80_000, trigger(91_000, "sl"), reduce_only=True)
    room.set_price("BTC", "91001")
    assert room.held(anna.address, "BTC") == D("0.5")
    room.set_price("BTC", "91000")
    assert (room.position(anna.address, "BTC"), room.shape(anna.address)) == (None, Shape(0, 2, 0))
    assert room.account(anna.address).fills[-1].px == 90_990


def test_take_profit_limit_rests_once_it_was_triggered(room: VenueRoom, anna: Desk) -> None:
    """At the trigger it becomes a limit order, here above the market."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    anna.exchange.order("BTC", SELL, 0.5, 100_000, trigger(99_000, "tp", is_market=False), reduce_only=True)
    room.set_price("BTC", "99000")
    (order,) = room.orders(anna.address)
    assert values(order.limit_px, room.held(anna.address, "BTC")) == (100_000, D("0.5"))
    room.set_price("BTC", "100100")
    assert values(room.position(anna.address, "BTC"), room.account(anna.address).fills[-1].px) == (None, 100_000)


def test_trigger_on_the_wrong_side_is_refused(room: VenueRoom, anna: Desk) -> None:
    """A stop of a long above the mark would fire at once."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    error = only(anna.exchange.order("BTC", SELL, 0.5, 90_000, trigger(96_000, "sl"), reduce_only=True))
    assert error == {"error": "Invalid TP/SL price. asset=0"}
    assert room.shape(anna.address).orders == 0


def test_children_wait_for_their_parent(room: VenueRoom, anna: Desk) -> None:
    """The parent rests, both children wait for its fill, and neither is shown as open."""
    first, *rest = statuses(anna.exchange.bulk_orders([entry(92_000), *exits()], grouping="normalTpsl"))
    assert (set(first), rest) == ({"resting"}, ["waitingForFill", "waitingForFill"])
    assert [order.waiting_for_parent for order in room.orders(anna.address)] == [False, True, True]
    (shown,) = anna.info.frontend_open_orders(anna.address)
    assert (shown["oid"], len(shown["children"])) == (first["resting"]["oid"], 2)


def test_cancel_of_the_parent_drops_the_children(room: VenueRoom, anna: Desk) -> None:
    """Nothing of the group is left."""
    first, *_ = statuses(anna.exchange.bulk_orders([entry(92_000), *exits()], grouping="normalTpsl"))
    assert only(anna.exchange.cancel("BTC", first["resting"]["oid"])) == "success"
    assert room.shape(anna.address) == Shape(0, 0, 0)


def test_child_that_fills_ends_its_sibling(room: VenueRoom, anna: Desk) -> None:
    """The parent fills, the mark rises to the take-profit, and the stop ends with `siblingFilledCanceled`."""
    anna.exchange.bulk_orders([entry(94_000), *exits()], grouping="normalTpsl")
    room.set_price("BTC", "93900")
    assert room.held(anna.address, "BTC") == D("0.5")
    assert [order.waiting_for_parent for order in room.orders(anna.address)] == [False, False]
    room.set_price("BTC", "99000")
    assert (room.position(anna.address, "BTC"), room.shape(anna.address).orders) == (None, 0)
    assert ended(anna) == ["filled", "triggered", "siblingFilledCanceled", "filled"]


def test_group_whose_parent_fills_at_once_is_armed(room: VenueRoom, anna: Desk) -> None:
    """The position is there, and both exits watch the mark."""
    first, *_ = statuses(anna.exchange.bulk_orders([entry(95_010), *exits()], grouping="normalTpsl"))
    assert filled(first) == (D("0.5"), 95_010)
    assert room.shape(anna.address) == Shape(2, 1, 1)
    room.set_price("BTC", "90900")
    assert room.shape(anna.address) == Shape(0, 2, 0)


def test_exits_of_a_position_follow_its_size(room: VenueRoom, anna: Desk) -> None:
    """Doubled, the position still leaves whole at its stop."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    assert statuses(anna.exchange.bulk_orders(exits(), grouping="positionTpsl")) == ["waitingForTrigger"] * 2
    assert {order["isPositionTpsl"] for order in anna.info.frontend_open_orders(anna.address)} == {True}
    anna.exchange.market_open("BTC", BUY, 0.5)
    room.set_price("BTC", "91000")
    assert (room.position(anna.address, "BTC"), room.shape(anna.address).orders) == (None, 0)
    assert sum(fill.sz for fill in room.account(anna.address).fills if not fill.is_buy) == 1


def test_exits_of_a_position_end_with_it(room: VenueRoom, anna: Desk) -> None:
    """Closed by hand, nothing is left to fire."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    anna.exchange.bulk_orders(exits(), grouping="positionTpsl")
    anna.exchange.market_close("BTC")
    assert room.shape(anna.address) == Shape(0, 2, 0)


def test_scheduled_cancel_wants_a_million_of_volume(room: VenueRoom, anna: Desk) -> None:
    """A new account cannot use the dead-man's switch."""
    text = refused(anna.exchange.schedule_cancel(room.now + 60_000))
    required = "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0"
    assert text.startswith(required)
    assert room.account(anna.address).scheduled_cancel is None


def test_scheduled_cancel_fires_once_at_its_time(room: VenueRoom) -> None:
    """A second before, everything rests; then every order ends with `scheduledCancel`."""
    rich = desk_of(room, "cara", "10000000")
    rich.exchange.market_open("BTC", BUY, 11)
    assert room.account(rich.address).volume > 1_000_000
    oids = [only(rich.exchange.order("BTC", BUY, 0.1, price, GTC))["resting"]["oid"] for price in (90_000, 91_000)]
    at = room.now + 60_000
    assert done(rich.exchange.schedule_cancel(at))["type"] == "default"
    assert room.account(rich.address).scheduled_cancel == at
    room.pass_time(59_000)
    assert room.shape(rich.address).orders == 2
    room.pass_time(1_000)
    assert [room.order(rich.address, oid).status for oid in oids] == ["scheduledCancel"] * 2
    assert values(room.account(rich.address).scheduled_cancel, room.held(rich.address, "BTC")) == (None, 11)


def test_scheduled_cancel_is_unset_and_not_set_too_soon(room: VenueRoom) -> None:
    """Without a time there is none any more; less than five seconds ahead is refused."""
    rich = desk_of(room, "cara", "10000000")
    rich.exchange.market_open("BTC", BUY, 11)
    only(rich.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    done(rich.exchange.schedule_cancel(room.now + 5_000))
    done(rich.exchange.schedule_cancel(None))
    refused(rich.exchange.schedule_cancel(room.now + 4_999))
    room.pass_time(10_000)
    assert room.shape(rich.address).orders == 1
