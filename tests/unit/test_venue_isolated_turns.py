"""Isolated margin is paid in cash: what an account does not have, it cannot set apart in the simulated venue."""

from decimal import Decimal

from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.terms import Tif
from tests.support.venue_by_hand import ANNA, SOL, VenueByHand, ask_for, error_of, plain


def _isolated(deposit: str, leverage: int) -> VenueByHand:
    venue = VenueByHand({ANNA: deposit}, options=Options(levels=0, print_usd=Decimal(0)))
    venue.engine.update_leverage(ANNA, SOL, is_cross=False, value=leverage)
    return venue


def test_turn_needs_the_margin_that_the_old_position_has_lost() -> None:
    """10 long at 20x put 50 apart; at 98 they are worth 30. Turning to 10 short takes 49, and 0.85 is left beside."""
    venue = _isolated("51.3", 20)
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.mark(SOL, "98")
    venue.quote(SOL, bid="98")
    text = "Insufficient margin to place order. asset=5"
    assert error_of(venue.one(ANNA, ask_for("sell", "20", "98", asset=SOL, tif=Tif.IOC))) == text
    assert plain(venue.position(ANNA, SOL).szi) == "10"
    assert "filled" in venue.one(ANNA, ask_for("sell", "15", "98", asset=SOL, tif=Tif.IOC))
    assert plain(venue.position(ANNA, SOL).szi) == "-5"
    assert venue.cash(ANNA) > 0


def test_fee_of_an_isolated_fill_has_to_be_there_besides_its_margin() -> None:
    """100 dollars at 1x buy 0.99 SOL at 100 with their fee of 0.04455, not a whole one."""
    venue = _isolated("100", 1)
    venue.quote(SOL, ask="100", size="1")
    text = "Insufficient margin to place order. asset=5"
    assert error_of(venue.one(ANNA, ask_for("buy", "1", "100", asset=SOL, tif=Tif.IOC))) == text
    assert "filled" in venue.one(ANNA, ask_for("buy", "0.99", "100", asset=SOL, tif=Tif.IOC))
    assert plain(venue.cash(ANNA)) == "0.95545"


def test_limit_order_that_its_account_cannot_pay_does_not_rest_against_the_book() -> None:
    """Margin is judged at the mark of 100; at the 104 asked it does not reach, so the book is never crossed."""
    venue = _isolated("101", 1)
    venue.quote(SOL, bid="99", ask="104")
    status = venue.one(ANNA, ask_for("buy", "1", "105", asset=SOL))
    assert error_of(status) == "Insufficient margin to place order. asset=5"
    assert venue.statuses(ANNA) == ["perpMarginRejected"]
    bids, asks = venue.engine.book(SOL)
    assert (plain(bids[0].px), plain(asks[0].px)) == ("99", "104")


def test_limit_order_that_runs_out_of_cash_while_it_fills_is_over() -> None:
    """A second price level is too dear: what filled stays, the rest ends `marginCanceled`."""
    venue = _isolated("205", 1)
    asks = [(Decimal(100), Decimal(1)), (Decimal(110), Decimal(5))]
    venue.engine.set_house(SOL, [], asks)
    assert "filled" in venue.one(ANNA, ask_for("buy", "2", "110", asset=SOL))
    assert venue.statuses(ANNA) == ["marginCanceled"]
    assert plain(venue.position(ANNA, SOL).szi, venue.cash(ANNA)) == "1 104.955"


def test_leverage_of_a_market_without_position_may_be_lowered_by_an_account_short_of_margin() -> None:
    """Nothing more is claimed, so nothing has to be there."""
    venue = VenueByHand({ANNA: "51"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.mark(SOL, "98.5")  # worth 35.55; the initial margin would be 49.25
    venue.engine.update_leverage(ANNA, 0, is_cross=True, value=2)
    account = venue.engine.account(ANNA)
    assert account is not None
    assert account.leverages[0].value == 2
