"""The official SDK opens and closes positions at the market; its answers and the venue's books tell the same."""

from decimal import Decimal

from tests.support.sdk_desk import BUY, GTC, SELL, Desk, done, filled, only, refused, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

D = Decimal


def test_market_open_takes_the_asks(room: VenueRoom, anna: Desk) -> None:
    """The SDK asks for the mid and buys up to five percent above it."""
    status = only(anna.exchange.market_open("BTC", BUY, 1.5))
    assert room.held(anna.address, "BTC") == D("1.5")
    order = room.order(anna.address, status["filled"]["oid"])
    assert values(order.limit_px, order.tif, order.reduce_only) == (99_750, "Ioc", False)
    assert filled(status) == (D("1.5"), D("95013.33333333"))


def test_market_open_with_a_price_sells_down_to_the_slippage(room: VenueRoom, anna: Desk) -> None:
    """One percent below 95,000 is the limit of the order."""
    status = only(anna.exchange.market_open("BTC", SELL, 0.25, px=95_000, slippage=0.01))
    assert (filled(status), room.held(anna.address, "BTC")) == ((D("0.25"), 94_990), D("-0.25"))
    assert room.order(anna.address, status["filled"]["oid"]).limit_px == 94_050


def test_market_close_ends_the_whole_position(room: VenueRoom, anna: Desk) -> None:
    """Long or short, what was held is sold or bought back by a reduce-only order."""
    for is_buy, price in ((True, 94_990), (False, 95_010)):
        anna.exchange.market_open("BTC", is_buy, 0.3)
        status = only(anna.exchange.market_close("BTC"))
        assert filled(status) == (D("0.3"), price)
        assert (room.position(anna.address, "BTC"), room.shape(anna.address).positions) == (None, 0)
        assert room.order(anna.address, status["filled"]["oid"]).reduce_only


def test_market_close_of_a_part_leaves_the_rest(room: VenueRoom, anna: Desk) -> None:
    """A tenth of three tenths."""
    anna.exchange.market_open("BTC", BUY, 0.3)
    assert filled(only(anna.exchange.market_close("BTC", sz=0.1))) == (D("0.1"), 94_990)
    assert room.held(anna.address, "BTC") == D("0.2")


def test_market_close_of_more_than_is_held_never_turns_it(room: VenueRoom, anna: Desk) -> None:
    """Reduce-only cuts the order to the position."""
    anna.exchange.market_open("BTC", BUY, 0.3)
    assert filled(only(anna.exchange.market_close("BTC", sz=0.9))) == (D("0.3"), 94_990)
    assert room.position(anna.address, "BTC") is None


def test_market_close_while_flat_sends_nothing(room: VenueRoom, anna: Desk) -> None:
    """The SDK returns nothing, and the venue heard of nothing."""
    assert anna.exchange.market_close("BTC") is None
    assert room.account(anna.address).requests_used == 0


def test_partial_close_below_ten_dollars_is_refused_and_a_whole_one_is_not(room: VenueRoom, anna: Desk) -> None:
    """Only the order that closes everything may be that small."""
    anna.exchange.market_open("BTC", BUY, 0.0002)
    room.set_price("BTC", "40000")
    refusal = only(anna.exchange.market_close("BTC", sz=0.0001))
    assert refusal == {"error": "Order must have minimum value of $10. asset=0"}
    assert filled(only(anna.exchange.market_close("BTC")))[0] == D("0.0002")
    assert room.position(anna.address, "BTC") is None


def test_opposite_order_turns_the_position(room: VenueRoom, anna: Desk) -> None:
    """Long half a coin, sold a whole one: short half a coin, and the fill says so."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    anna.exchange.market_open("BTC", SELL, 1)
    assert room.held(anna.address, "BTC") == D("-0.5")
    fill = anna.info.user_fills(anna.address)[0]
    assert (fill["dir"], fill["startPosition"], fill["closedPnl"]) == ("Long > Short", "0.5", "-10.0")


def test_reduce_only_order_shrinks_with_the_position_and_ends_with_it(room: VenueRoom, anna: Desk) -> None:
    """It rests for what is held; when nothing is held any more it is canceled."""
    anna.exchange.market_open("BTC", BUY, 0.5)
    oid = only(anna.exchange.order("BTC", SELL, 0.8, 96_000, GTC, reduce_only=True))["resting"]["oid"]
    order = room.order(anna.address, oid)
    assert (order.sz, order.orig_sz) == (D("0.5"), D("0.8"))
    anna.exchange.market_close("BTC", sz=0.2)
    assert room.order(anna.address, oid).sz == D("0.3")
    anna.exchange.market_close("BTC")
    assert room.order(anna.address, oid).status == "reduceOnlyCanceled"
    assert anna.info.query_order_by_oid(anna.address, oid)["order"]["status"] == "reduceOnlyCanceled"
    assert room.shape(anna.address).orders == 0


def test_leverage_is_set_for_cross_and_isolated(room: VenueRoom, anna: Desk) -> None:
    """The setting stands in the books while flat; a position then needs a fifth of its value."""
    assert done(anna.exchange.update_leverage(5, "BTC"))["type"] == "default"
    setting = room.account(anna.address).leverages[0]
    assert (setting.is_cross, setting.value) == (True, 5)
    anna.exchange.market_open("BTC", BUY, 1)
    assert anna.info.user_state(anna.address)["marginSummary"]["totalMarginUsed"] == "19000.0"
    assert done(anna.exchange.update_leverage(3, "ETH", is_cross=False))["type"] == "default"
    setting = room.account(anna.address).leverages[1]
    assert (setting.is_cross, setting.value) == (False, 3)


def test_leverage_beyond_the_market_is_refused(room: VenueRoom, anna: Desk) -> None:
    """BTC takes forty at most, HPOS is isolated only, and nothing takes none."""
    assert refused(anna.exchange.update_leverage(41, "BTC")) == "Invalid leverage value"
    assert refused(anna.exchange.update_leverage(0, "BTC")) == "Invalid leverage value"
    assert refused(anna.exchange.update_leverage(2, "HPOS")) == "Cross margin is not allowed for this asset."
    assert room.account(anna.address).leverages == {}


def test_leverage_type_of_an_open_position_cannot_be_switched(room: VenueRoom, anna: Desk) -> None:
    """Cross stays cross until the position is closed."""
    anna.exchange.market_open("BTC", BUY, 0.1)
    text = refused(anna.exchange.update_leverage(5, "BTC", is_cross=False))
    assert text == "Cannot switch leverage type with open position."
    position = room.position(anna.address, "BTC")
    assert position is not None
    assert position.isolated_usd is None


def test_isolated_margin_is_put_in_and_taken_out(room: VenueRoom, anna: Desk) -> None:
    """What is set apart grows by a hundred dollars and the account's cash shrinks by it; and back again."""
    anna.exchange.update_leverage(10, "BTC", is_cross=False)
    anna.exchange.market_open("BTC", BUY, 0.1)
    position, account = room.position(anna.address, "BTC"), room.account(anna.address)
    assert position is not None
    assert position.isolated_usd is not None
    apart, cash = position.isolated_usd, account.cash
    assert done(anna.exchange.update_isolated_margin(100, "BTC"))["type"] == "default"
    assert (position.isolated_usd, account.cash) == (apart + 100, cash - 100)
    assert done(anna.exchange.update_isolated_margin(-50.5, "BTC"))["type"] == "default"
    assert (position.isolated_usd, account.cash) == (apart + D("49.5"), cash - D("49.5"))
    (shown,) = anna.info.user_state(anna.address)["assetPositions"]
    leverage = shown["position"]["leverage"]
    assert (leverage["type"], leverage["value"], D(leverage["rawUsd"])) == ("isolated", 10, apart + D("49.5"))


def test_isolated_margin_of_a_cross_position_is_refused(room: VenueRoom, anna: Desk) -> None:
    """There is nothing set apart to change."""
    anna.exchange.market_open("BTC", BUY, 0.1)
    cash = room.account(anna.address).cash
    refused(anna.exchange.update_isolated_margin(100, "BTC"))
    assert (room.account(anna.address).cash, room.shape(anna.address)) == (cash, Shape(0, 1, 1))
