"""Margin in the simulated venue: what positions and orders claim, leverage, tiers, isolated margin, what may leave."""

from decimal import Decimal

import pytest

from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.terms import Market, Mode, Pocket, Refused, Side, Tier
from tests.support.venue_by_hand import ANNA, BTC, ETH, HPOS, SOL, VenueByHand, ask_for, error_of, exit_at, plain, units


def _tiered(*rungs: tuple[str, int]) -> VenueByHand:
    tiers = tuple(Tier(lower_bound=Decimal(bound), max_leverage=leverage) for bound, leverage in rungs)
    market = Market(
        index=0, name="T", sz_decimals=2, max_leverage=tiers[0].max_leverage, margin_table_id=99, tiers=tiers
    )
    options = Options(levels=0, print_usd=Decimal(0), default_leverage=5)
    venue = VenueByHand({ANNA: "100000"}, options=options, markets=[market])
    venue.mark(0, "100")
    return venue


def test_account_value_is_raw_usd_plus_units_at_mark() -> None:
    """2 BTC long at 50,000 with 20,000 dollars, less a fee of 45: raw -80,045, worth 19,955 and 21,955 at 51,000."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    margin = venue.engine.margin(ANNA)
    assert plain(margin.total_raw_usd, margin.account_value, margin.total_ntl_pos) == "-80045 19955 100000"
    venue.mark(BTC, "51000")
    margin = venue.engine.margin(ANNA)
    assert plain(margin.account_value, margin.positions[0].unrealized_pnl) == "21955 2000"


def test_initial_margin_is_size_times_mark_over_leverage() -> None:
    """At the default 20x 2 BTC need 5,000; resting buys of 1 add 2,500; 20x is the default of the venue."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    venue.one(ANNA, ask_for("buy", "1", "49000"))
    margin = venue.engine.margin(ANNA)
    assert plain(margin.cross_margin_used, margin.order_margin, margin.free) == "5000 2500 14955"
    assert margin.positions[0].leverage.value == 20


def test_withdrawable_keeps_initial_margin_with_resting_orders_or_a_tenth_of_the_notional() -> None:
    """19,955 less 7,500 of orders and position; without the order less a tenth of 100,000."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    assert plain(venue.engine.margin(ANNA).withdrawable) == "9955"
    venue.one(ANNA, ask_for("buy", "1", "49000"))
    assert plain(venue.engine.margin(ANNA).withdrawable) == "9955"  # 7,500 is less than 10,000
    venue.one(ANNA, ask_for("buy", "2", "49000"))
    assert plain(venue.engine.margin(ANNA).withdrawable) == "7455"  # 12,500 is more


def test_more_than_is_withdrawable_cannot_leave() -> None:
    """The last micro-dollar may, the next one not."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    delta = {"type": "withdraw"}
    with pytest.raises(Refused, match=r"^Insufficient balance"):
        venue.engine.move(Pocket(address=ANNA), None, units("9955.000001"), delta=delta)
    venue.engine.move(Pocket(address=ANNA), None, units("9954"), delta=delta, fee=units("1"))
    assert plain(venue.engine.margin(ANNA).withdrawable) == "0"
    assert plain(venue.engine.books()["withdrawn"], venue.engine.books()["fees"]) == "9954 46"


def test_order_beyond_the_margin_is_refused() -> None:
    """1,000 dollars at 20x carry 0.4 BTC and not a step more."""
    venue = VenueByHand({ANNA: "1000"})
    text = "Insufficient margin to place order. asset=0"
    assert error_of(venue.one(ANNA, ask_for("buy", "0.40001", "50000"))) == text
    assert venue.statuses(ANNA) == ["perpMarginRejected"]
    assert "resting" in venue.one(ANNA, ask_for("buy", "0.4", "50000"))
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "100", asset=SOL))) == text.replace("asset=0", "asset=5")


def test_resting_orders_of_both_sides_claim_the_larger_side() -> None:
    """Buys of 0.4 and sells of 0.4 cannot both fill; the margin of one is enough."""
    venue = VenueByHand({ANNA: "1000"})
    assert "resting" in venue.one(ANNA, ask_for("buy", "0.4", "49000"))
    assert "resting" in venue.one(ANNA, ask_for("sell", "0.4", "51000"))
    assert plain(venue.engine.margin(ANNA).order_margin) == "1000"


def test_resting_sells_claim_margin_as_buys_do() -> None:
    """Of 1 long at 20x, sells of 3 could leave 2 short: 5,000 instead of 2,500."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "1", "50000")
    venue.one(ANNA, ask_for("sell", "3", "51000"))
    assert plain(venue.engine.margin(ANNA).order_margin) == "2500"


def test_isolated_margin_is_rounded_up_to_a_millionth_of_a_dollar() -> None:
    """10.90353 at 7x are 1.557647142...; the raw USD follows."""
    venue = VenueByHand({ANNA: "100"})
    venue.engine.update_leverage(ANNA, SOL, is_cross=False, value=7)
    venue.hold(ANNA, "0.11", "99.123", asset=SOL)
    assert venue.engine.margin(ANNA).positions[0].raw_usd == units("1.557648") - units("10.90353")


def test_leverage_may_be_raised_to_the_maximum_and_lowered_as_far_as_margin_goes() -> None:
    """2 BTC with 19,955 dollars: 10x needs 10,000, 5x would need 20,000."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    for leverage in (40, 20, 10, 6):
        venue.engine.update_leverage(ANNA, BTC, is_cross=True, value=leverage)
    with pytest.raises(Refused, match=r"^Cross .*does not have sufficient margin available to decrease leverage"):
        venue.engine.update_leverage(ANNA, BTC, is_cross=True, value=5)
    assert venue.engine.margin(ANNA).positions[0].leverage.value == 6
    for wrong in (0, 41, -1):
        with pytest.raises(Refused, match=r"^Invalid leverage value"):
            venue.engine.update_leverage(ANNA, BTC, is_cross=True, value=wrong)


def test_margin_mode_cannot_change_with_an_open_position() -> None:
    """Flat, it can."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    with pytest.raises(Refused, match=r"^Cannot switch leverage type with open position\.$"):
        venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=20)
    venue.engine.update_leverage(ANNA, ETH, is_cross=False, value=20)


def test_market_that_is_isolated_only_refuses_cross_margin_and_keeps_what_it_got() -> None:
    """HPOS: 3x at most, isolated, and its margin cannot be taken out."""
    venue = VenueByHand({ANNA: "1000"})
    with pytest.raises(Refused, match=r"^Cross margin is not allowed for this asset\.$"):
        venue.engine.update_leverage(ANNA, HPOS, is_cross=True, value=3)
    venue.hold(ANNA, "3000", "0.05", asset=HPOS)
    assert plain(venue.engine.margin(ANNA).positions[0].margin_used) == "50"
    venue.engine.update_isolated_margin(ANNA, HPOS, units("7"))
    with pytest.raises(Refused):
        venue.engine.update_isolated_margin(ANNA, HPOS, units("-1"))
    assert plain(venue.engine.margin(ANNA).positions[0].margin_used) == "57"


def test_isolated_position_has_margin_of_its_own() -> None:
    """1 BTC at 10x: 5,000 are set apart; raw USD + units at mark is what it is worth; profit stays with it."""
    venue = VenueByHand({ANNA: "20000"})
    venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=10)
    venue.hold(ANNA, "1", "50000")
    venue.mark(BTC, "51000")
    margin = venue.engine.margin(ANNA)
    assert margin.positions[0].raw_usd == units("-45000")
    assert plain(margin.positions[0].margin_used, margin.cross_account_value) == "6000 14977.5"
    assert plain(margin.account_value, margin.withdrawable) == "20977.5 14977.5"
    assert plain(margin.total_margin_used, margin.cross_margin_used) == "6000 0"


def test_isolated_margin_may_be_added_and_taken_down_to_the_initial_margin() -> None:
    """At 20x a BTC needs 2,500, but a tenth of its notional must stay: 5,000."""
    venue = VenueByHand({ANNA: "20000"})
    venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=20)
    venue.hold(ANNA, "1", "50000")
    venue.engine.update_isolated_margin(ANNA, BTC, units("4000"))
    assert plain(venue.engine.margin(ANNA).positions[0].margin_used) == "6500"
    with pytest.raises(Refused):
        venue.engine.update_isolated_margin(ANNA, BTC, units("-1500.000001"))
    venue.engine.update_isolated_margin(ANNA, BTC, units("-1500"))
    assert plain(venue.engine.margin(ANNA).positions[0].margin_used) == "5000"
    with pytest.raises(Refused):
        venue.engine.update_isolated_margin(ANNA, BTC, units("15000"))


def test_closing_an_isolated_position_frees_all_its_margin() -> None:
    """Half of it closed at 51,000 frees half of the 6,000 it is worth; the rest comes with the rest."""
    venue = VenueByHand({ANNA: "20000"})
    venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=10)
    venue.hold(ANNA, "1", "50000")
    venue.mark(BTC, "51000")
    venue.hold(ANNA, "-0.5", "51000")
    assert plain(venue.engine.margin(ANNA).positions[0].margin_used) == "3000"
    venue.hold(ANNA, "-0.5", "51000")
    assert plain(venue.cash(ANNA)) == "20954.55"  # 21,000 less fees of 22.5 and 22.95
    assert venue.engine.margin(ANNA).positions == ()


def test_lowering_leverage_of_an_isolated_position_needs_its_margin() -> None:
    """The text is the venue's."""
    venue = VenueByHand({ANNA: "20000"})
    venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=20)
    venue.hold(ANNA, "1", "50000")
    text = "^Isolated position does not have sufficient margin available to decrease leverage"
    with pytest.raises(Refused, match=text):
        venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=10)
    venue.engine.update_isolated_margin(ANNA, BTC, units("2500"))
    venue.engine.update_leverage(ANNA, BTC, is_cross=False, value=10)


@pytest.mark.parametrize(
    ("size", "maintenance"),
    [
        ("10", "50"),  # 1,000 at 10x: 5 %
        ("30", "150"),  # the bound of the second tier
        ("40", "250"),  # 4,000 x 10 % - 3,000 x 5 %
        ("-40", "250"),
        ("60", "450"),  # the bound of the third tier
        ("100", "1450"),  # 10,000 x 25 % - (150 + 6,000 x 15 %)
    ],
)
def test_maintenance_margin_by_tier(size: str, maintenance: str) -> None:
    """10x up to 3,000 dollars, 5x up to 6,000, 2x above: half the initial margin, less what lower tiers ask less."""
    venue = _tiered(("0", 10), ("3000", 5), ("6000", 2))
    venue.engine.update_leverage(ANNA, 0, is_cross=True, value=2)
    venue.hold(ANNA, size, "100", asset=0)
    assert plain(venue.engine.margin(ANNA).cross_maintenance_margin_used) == maintenance
    assert plain(venue.engine.margin(ANNA).positions[0].maintenance) == maintenance


def test_order_into_a_tier_below_the_leverage_set_is_refused() -> None:
    """At 5x a position of 6,000 dollars is one too many; at 2x it is taken."""
    venue = _tiered(("0", 10), ("3000", 5), ("6000", 2))
    text = "Order would cause position to exceed margin tier limit at current leverage asset=0"
    assert error_of(venue.one(ANNA, ask_for("buy", "60", "100", asset=0))) == text
    assert venue.statuses(ANNA) == ["perpMaxPositionRejected"]
    assert "resting" in venue.one(ANNA, ask_for("buy", "59", "100", asset=0))


@pytest.mark.parametrize(
    ("deposit", "size", "price"),
    [
        # 2 BTC at 50,000 with 10,000 dollars and a fee of 45: (100,000 - 9,955) / (2 x (1 - 1/80))
        ("10000", "2", "45592.40506329113924050632911"),
        ("10000", "-2", "54298.76543209876543209876543"),  # (100,000 + 9,955) / (2 x (1 + 1/80))
        ("200000", "2", None),  # worth more than it cost: no price above zero liquidates
    ],
)
def test_liquidation_price_of_a_cross_position(deposit: str, size: str, price: str | None) -> None:
    """The mark at which the account value is down to the maintenance margin."""
    venue = VenueByHand({ANNA: deposit})
    venue.hold(ANNA, size, "50000")
    found = venue.engine.margin(ANNA).positions[0].liquidation_px
    assert (found is None) if price is None else (found == Decimal(price))


def test_liquidation_price_in_the_tier_that_holds_there() -> None:
    """100 units short at 100 with 2x above 6,000: 10,000 + 19,995.5 = p x 100 x 1.25 - 1,050 at p = 248.364."""
    venue = _tiered(("0", 10), ("3000", 5), ("6000", 2))
    venue.engine.update_leverage(ANNA, 0, is_cross=True, value=2)
    venue.engine.move(Pocket(address=ANNA), None, units("80000"), delta={"type": "withdraw"})
    venue.hold(ANNA, "-100", "100", asset=0)
    assert venue.engine.margin(ANNA).positions[0].liquidation_px == units("248.364")


def test_unified_account_trades_on_its_one_balance() -> None:
    """Spot USDC is collateral: total = settled dollars, hold = margin; withdrawable no more than total less hold."""
    venue = VenueByHand({ANNA: "1000"})
    pocket = Pocket(address=ANNA, side=Side.SPOT)
    venue.engine.move(Pocket(address=ANNA), pocket, units("1000"), delta={"type": "accountClassTransfer"})
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "100", asset=SOL))).startswith("Insufficient margin")
    venue.engine.set_mode(ANNA, Mode.UNIFIED)
    venue.hold(ANNA, "100", "100", asset=SOL)
    venue.mark(SOL, "102")
    margin = venue.engine.margin(ANNA)
    assert plain(margin.usdc_total, margin.usdc_hold) == "995.5 510"
    assert plain(margin.account_value, margin.withdrawable) == "1195.5 175.5"  # 1,195.5 - 10 % of 10,200


def test_triggers_and_reduce_only_orders_claim_nothing() -> None:
    """Exits rest without margin."""
    venue = VenueByHand({ANNA: "20000"})
    venue.hold(ANNA, "2", "50000")
    venue.one(ANNA, ask_for("sell", "2", "55000", reduce_only=True))
    venue.one(ANNA, exit_at("sell", "2", "45000"))
    assert plain(venue.engine.margin(ANNA).order_margin) == "0"
