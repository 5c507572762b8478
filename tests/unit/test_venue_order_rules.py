"""What orders the simulated venue takes: prices, sizes, minimum value, bands and caps, in its own words."""

from decimal import Decimal

import msgspec
import pytest

from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.terms import Phase, Refused, Tif
from tests.support.venue_by_hand import (
    ANNA,
    BERT,
    BTC,
    ETH,
    HPOS,
    MATIC,
    SOL,
    VenueByHand,
    ask_for,
    error_of,
    oid_of,
    units,
)

BIG = {ANNA: "100000000", BERT: "100000000"}


@pytest.mark.parametrize(
    ("asset", "price", "is_taken"),
    [
        (BTC, "50000", True),  # szDecimals 5: one decimal, five figures
        (BTC, "50123", True),
        (BTC, "50123.5", False),  # six figures
        (BTC, "123456", False),  # legal, but beyond the band
        (ETH, "1999.9", True),
        (ETH, "1999.95", False),  # six figures
        (SOL, "99.123", True),
        (SOL, "99.1234", False),
        (SOL, "100.01", True),
        (SOL, "99.1230", True),  # a trailing zero is no decimal
        (7, "0.012345", True),  # szDecimals 0: six decimals, five figures
        (7, "0.0123451", False),
        (7, "0.000123", False),  # legal, but beyond the band
    ],
)
def test_price_of_at_most_five_figures_and_six_decimals_less_size_decimals_is_taken(
    asset: int, price: str, *, is_taken: bool
) -> None:
    """At most five significant figures and 6 - szDecimals decimals."""
    venue = VenueByHand(BIG)
    status = venue.one(ANNA, ask_for("buy", "5000" if asset == 7 else "1", price, asset=asset))
    assert isinstance(status, dict)
    assert ("resting" in status) is is_taken


def test_price_off_the_tick_is_refused_in_the_venues_words() -> None:
    """The refused order is kept with its status."""
    venue = VenueByHand(BIG)
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "50000.15"))) == "Price must be divisible by tick size. asset=0"
    assert venue.statuses(ANNA) == ["tickRejected"]


def test_whole_price_of_six_figures_is_taken() -> None:
    """Integers are legal whatever their digits."""
    venue = VenueByHand(BIG)
    venue.mark(BTC, "123456")
    assert "resting" in venue.one(ANNA, ask_for("buy", "1", "123457"))
    assert "Price must be divisible" in error_of(venue.one(ANNA, ask_for("buy", "1", "123457.5")))


@pytest.mark.parametrize(
    ("size", "price", "text"),
    [
        ("0", "50000", "Order has zero size. asset=0"),
        ("0.000001", "50000", "Order has invalid size. asset=0"),
        ("-1", "50000", "Order has invalid size. asset=0"),
        ("1", "0", "Order has invalid price. asset=0"),
        ("1", "-5", "Order has invalid price. asset=0"),
    ],
)
def test_size_or_price_that_is_none_is_refused(size: str, price: str, text: str) -> None:
    """BTC takes five decimals of size, and prices above zero."""
    assert error_of(VenueByHand(BIG).one(ANNA, ask_for("buy", size, price))) == text


def test_order_worth_less_than_ten_dollars_is_refused() -> None:
    """0.0999 SOL at 100 is 9.99; a tenth is enough."""
    venue = VenueByHand(BIG)
    text = "Order must have minimum value of $10. asset=5"
    assert error_of(venue.one(ANNA, ask_for("buy", "0.09", "100", asset=SOL))) == text
    assert venue.statuses(ANNA) == ["minTradeNtlRejected"]
    assert "resting" in venue.one(ANNA, ask_for("buy", "0.1", "100", asset=SOL))


def test_partial_close_below_ten_dollars_is_refused_even_reduce_only() -> None:
    """The only exemption is an order that closes the whole position."""
    venue = VenueByHand(BIG)
    venue.hold(ANNA, "0.15", "100", asset=SOL)
    venue.quote(SOL, bid="100", ask="101")
    part = ask_for("sell", "0.05", "100", asset=SOL, tif=Tif.IOC, reduce_only=True)
    assert error_of(venue.one(ANNA, part)) == "Order must have minimum value of $10. asset=5"


@pytest.mark.parametrize(("tif", "reduce_only"), [(Tif.IOC, False), (Tif.IOC, True), (Tif.GTC, True)])
def test_close_of_a_whole_small_position_is_taken_immediate_or_reduce_only(tif: Tif, *, reduce_only: bool) -> None:
    """15 dollars of SOL, worth 9 at a mark of 60, go in one piece."""
    venue = VenueByHand(BIG)
    venue.hold(ANNA, "0.15", "100", asset=SOL)
    venue.mark(SOL, "60")
    venue.quote(SOL, bid="60", ask="61")
    status = venue.one(ANNA, ask_for("sell", "0.15", "60", asset=SOL, tif=tif, reduce_only=reduce_only))
    assert status == {"filled": {"totalSz": "0.15", "avgPx": "60.0", "oid": oid_of(status)}}
    assert venue.position(ANNA, SOL).szi == 0


def test_resting_close_of_a_small_position_that_is_not_reduce_only_is_refused() -> None:
    """A limit order which may rest is no close."""
    venue = VenueByHand(BIG)
    venue.hold(ANNA, "0.15", "100", asset=SOL)
    venue.mark(SOL, "60")
    assert "minimum value of $10" in error_of(venue.one(ANNA, ask_for("sell", "0.15", "60", asset=SOL)))


def test_price_more_than_eighty_percent_from_the_mark_is_refused() -> None:
    """At a mark of 100 the band reaches from 20 to 180."""
    venue = VenueByHand(BIG)
    text = "Order price cannot be more than 80% away from the reference price"
    assert "resting" in venue.one(ANNA, ask_for("buy", "1", "20", asset=SOL))
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "19.99", asset=SOL))) == text
    assert "resting" in venue.one(BERT, ask_for("sell", "1", "180", asset=SOL))
    assert error_of(venue.one(BERT, ask_for("sell", "1", "180.01", asset=SOL))) == text


@pytest.mark.parametrize(
    ("asset", "tif", "most", "price"),
    [
        (BTC, Tif.IOC, "600", "50000"),  # 40x: 30 million at once
        (BTC, Tif.GTC, "6000", "50000"),
        (SOL, Tif.IOC, "50000", "100"),  # 20x: 5 million
        (SOL, Tif.GTC, "500000", "100"),
        (7, Tif.IOC, "200000000", "0.01"),  # 10x: 2 million
        (HPOS, Tif.IOC, "10000000", "0.05"),  # 3x: half a million
    ],
)
def test_order_above_the_largest_notional_is_refused(asset: int, tif: Tif, most: str, price: str) -> None:
    """Immediate orders have a cap by the asset's leverage, limit orders ten times as much."""
    venue = VenueByHand({ANNA: "10000000000"})
    venue.engine.update_leverage(ANNA, asset, asset != HPOS, 1)
    more = str(Decimal(most) + 1)
    assert error_of(venue.one(ANNA, ask_for("buy", more, price, asset=asset, tif=tif))).startswith("Order has invalid")
    allowed = venue.one(ANNA, ask_for("buy", most, price, asset=asset, tif=tif))
    assert "Order has invalid" not in str(allowed)


def test_halted_venue_takes_no_order_but_cancels() -> None:
    """Cancels work while trading is halted."""
    venue = VenueByHand(BIG)
    oid = oid_of(venue.one(ANNA, ask_for("buy", "1", "49000")))
    venue.engine.set_phase(Phase.HALTED)
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "49000"))) == "Trading is halted."
    assert venue.engine.cancel(ANNA, [(BTC, oid)]) == ["success"]


def test_venue_right_after_an_upgrade_takes_post_only_orders_alone() -> None:
    """ALO rests, everything else is refused until trading is open again."""
    venue = VenueByHand(BIG)
    venue.engine.set_phase(Phase.POST_ONLY)
    text = "Only post-only orders allowed immediately after a network upgrade"
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "49000"))) == text
    assert "resting" in venue.one(ANNA, ask_for("buy", "1", "49000", tif=Tif.ALO))
    venue.engine.set_phase(Phase.TRADING)
    assert "resting" in venue.one(ANNA, ask_for("buy", "1", "49000"))


def test_delisted_market_and_unknown_asset_are_refused() -> None:
    """MATIC is delisted; there is no asset 99, which refuses the whole action."""
    venue = VenueByHand(BIG)
    assert "error" in venue.one(ANNA, ask_for("buy", "100", "1", asset=MATIC))
    with pytest.raises(Refused):
        venue.place(ANNA, ask_for("buy", "1", "49000"), ask_for("buy", "1", "49000", asset=99))
    assert venue.statuses(ANNA) == ["rejected"]


def test_address_without_account_is_told_to_deposit() -> None:
    """The text names the address."""
    with pytest.raises(Refused, match=f"^Must deposit before performing actions. User: {BERT}$"):
        VenueByHand({ANNA: "100"}).one(BERT, ask_for("buy", "1", "49000"))


def test_batch_is_answered_order_by_order() -> None:
    """A refused order does not stop the ones after it."""
    venue = VenueByHand(BIG)
    good, bad = ask_for("buy", "1", "49000"), ask_for("buy", "1", "49000.55")
    first, second, third = venue.place(ANNA, good, bad, good)
    assert error_of(second).startswith("Price must be divisible")
    assert oid_of(third) > oid_of(first)


def test_thousandth_open_order_is_the_last_for_an_account_without_volume() -> None:
    """1,000 orders may be open; from then on reduce-only and trigger orders are refused too."""
    venue = VenueByHand(BIG)
    venue.hold(ANNA, "1", "50000")
    low = ask_for("buy", "1", "20", asset=SOL)
    for _ in range(10):
        assert all(isinstance(status, dict) and "resting" in status for status in venue.place(ANNA, *[low] * 100))
    assert error_of(venue.one(ANNA, low)) == "Too many open orders"
    close = ask_for("sell", "1", "60000", reduce_only=True)
    assert error_of(venue.one(ANNA, close)) == "Too many open orders"
    oldest = venue.engine.orders_of(ANNA)[0]
    assert venue.engine.cancel(ANNA, [(SOL, oldest.oid)]) == ["success"]
    assert "resting" in venue.one(ANNA, close)


def test_five_million_of_volume_buy_one_more_open_order() -> None:
    """Limits grow by one order for each 5,000,000 dollars traded."""
    venue = VenueByHand({ANNA: "100000000"})
    venue.hold(ANNA, "100", "50000")
    low = ask_for("buy", "1", "20", asset=SOL)
    for _ in range(10):
        venue.place(ANNA, *[low] * 100)
    assert "resting" in venue.one(ANNA, low)
    assert error_of(venue.one(ANNA, low)) == "Too many open orders"


def test_open_interest_at_its_cap_lets_nobody_grow() -> None:
    """Growing and flipping are refused, closing is not; a price beyond the oracle is too aggressive."""
    options = Options(levels=0, oi_caps={SOL: units("1000")})
    venue = VenueByHand(BIG, options=options)
    venue.hold(ANNA, "10", "100", asset=SOL)
    assert venue.engine.at_open_interest_cap() == [SOL]
    text = "Order would increase open interest while open interest is capped"
    assert error_of(venue.one(BERT, ask_for("buy", "1", "100", asset=SOL))) == text
    assert error_of(venue.one(ANNA, ask_for("sell", "25", "100", asset=SOL))) == text
    assert venue.statuses(BERT) == ["positionIncreaseAtOpenInterestCapRejected"]
    assert venue.statuses(ANNA)[-1] == "positionFlipAtOpenInterestCapRejected"
    lower = ask_for("sell", "5", "99", asset=SOL)
    text = "Order rejected due to price more aggressive than oracle while at open interest cap"
    assert error_of(venue.one(ANNA, lower)) == text
    assert "resting" in venue.one(ANNA, msgspec.structs.replace(lower, limit_px=units("100")))
