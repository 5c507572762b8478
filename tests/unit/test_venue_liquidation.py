"""How the simulated venue liquidates: through the book and in stages, by the backstop, and at the winners' expense."""

import pytest

from agentic_hl.venue.entities import LedgerMoved, Liquidated, NonUserCancel, OrderChanged
from tests.support.venue_by_hand import (
    ANNA,
    BERT,
    BTC,
    CARA,
    DAVE,
    ETH,
    SOL,
    VenueByHand,
    ask_for,
    oid_of,
    plain,
    units,
)

RICH = {BERT: "100000000", CARA: "100000000", DAVE: "100000000"}


def test_account_at_its_maintenance_margin_stands_and_below_it_is_sold() -> None:
    """10 SOL at 20x: maintenance is 2.5 %. With 50.45 dollars raw is -950: 950 / (10 x 0.975) = 97.43589..."""
    venue = VenueByHand({**RICH, ANNA: "50.45"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.one(BERT, ask_for("buy", "10", "97.4", asset=SOL))
    venue.mark(SOL, "97.436")
    assert venue.position(ANNA, SOL).szi == 10
    venue.mark(SOL, "97.435")
    assert venue.position(ANNA, SOL).szi == 0
    fill = venue.fills(ANNA)[-1]
    assert plain(fill.px, fill.sz, fill.fee) == "97.4 10 0.4383"  # the usual taker fee and no other
    assert (fill.dir, fill.liquidated_user, fill.liquidation_method) == ("Liquidated Cross Long", ANNA, "market")
    assert fill.liquidation_mark == units("97.435")
    assert plain(venue.cash(ANNA)) == "23.5617"


def test_liquidation_is_told_with_what_was_held() -> None:
    """An event, and a ledger entry of type `liquidation`."""
    venue = VenueByHand({**RICH, ANNA: "50.45"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.one(BERT, ask_for("buy", "10", "97", asset=SOL))
    venue.mark(SOL, "97")
    (told,) = venue.told(Liquidated)
    assert (told.user, told.is_cross, told.method) == (ANNA, True, "market")
    assert plain(told.account_value, told.ntl_pos) == "20 970"
    assert told.positions == ((SOL, units("10")),)
    delta = [moved.delta for moved in venue.told(LedgerMoved) if moved.delta["type"] == "liquidation"]
    assert delta == [
        {
            "type": "liquidation",
            "liquidatedNtlPos": "970.0",
            "accountValue": "20.0",
            "leverageType": "Cross",
            "liquidatedPositions": [{"coin": "SOL", "szi": "10.0"}],
        }
    ]


def test_position_above_a_hundred_thousand_dollars_goes_by_a_fifth_and_whole_after_thirty_seconds() -> None:
    """3 BTC at 48,000 are 144,000 dollars: 0.6 go at once; 30 seconds later the other 2.4."""
    venue = VenueByHand({**RICH, ANNA: "7567.5"})  # 67.5 is the fee
    venue.hold(ANNA, "3", "50000")
    venue.one(BERT, ask_for("buy", "10", "48000"))
    venue.mark(BTC, "48000")  # 1,500 of value, 1,800 of maintenance
    assert plain(venue.position(ANNA).szi) == "2.4"
    venue.mark(BTC, "47980")  # 1,426 of value, 1,439.4 of maintenance
    venue.wait(29_999)
    assert plain(venue.position(ANNA).szi) == "2.4"
    venue.wait(1)
    assert venue.position(ANNA).szi == 0
    assert [plain(fill.sz) for fill in venue.fills(ANNA)[1:]] == ["0.6", "2.4"]


def test_position_that_a_fifth_rescued_is_kept() -> None:
    """1,487.04 of value carry 2.4 BTC (1,440); after the cooldown nothing more is sold."""
    venue = VenueByHand({**RICH, ANNA: "7567.5"})
    venue.hold(ANNA, "3", "50000")
    venue.one(BERT, ask_for("buy", "10", "48000"))
    venue.mark(BTC, "48000")
    venue.wait(60_000)
    assert plain(venue.position(ANNA).szi, venue.engine.margin(ANNA).account_value) == "2.4 1487.04"


def test_account_below_two_thirds_of_maintenance_passes_to_the_backstop_with_all_its_money() -> None:
    """Positions leave at mark without a fee; the liquidator has them and the margin."""
    venue = VenueByHand({**RICH, ANNA: "50.45"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.one(BERT, ask_for("buy", "10", "96.5", asset=SOL))
    venue.mark(SOL, "96.6")  # 16 of value; 24.15 of maintenance, two thirds are 16.1
    fill = venue.fills(ANNA)[-1]
    assert plain(fill.px, fill.sz, fill.fee) == "96.6 10 0"
    assert fill.liquidation_method == "backstop"
    assert plain(venue.cash(ANNA), venue.position(ANNA, SOL).szi) == "0 0"
    assert plain(venue.engine.books()["liquidator"]) == "-950"  # 16 of margin, less 966 for ten SOL
    assert venue.position(BERT, SOL).szi == 0


def test_account_at_two_thirds_of_maintenance_is_still_sold_in_the_market() -> None:
    """At 80 a fortieth is 2: of 10 SOL 20; 13.34 of value are just above two thirds."""
    venue = VenueByHand({**RICH, ANNA: "213.79"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.one(BERT, ask_for("buy", "10", "80", asset=SOL))
    venue.mark(SOL, "80")
    assert venue.fills(ANNA)[-1].liquidation_method == "market"


def test_open_orders_end_when_their_account_is_liquidated() -> None:
    """All of a cross account, in every market; the venue says that it cancelled them."""
    venue = VenueByHand({**RICH, ANNA: "60.45"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    oid = oid_of(venue.one(ANNA, ask_for("buy", "0.01", "1000", asset=ETH)))
    venue.mark(SOL, "96.4")  # 24 of value, 24.1 of maintenance
    assert venue.order(ANNA, oid).status == "liquidatedCanceled"
    assert oid in [cancel.oid for cancel in venue.told(NonUserCancel)]
    assert "liquidatedCanceled" in [change.status for change in venue.told(OrderChanged)]


def test_isolated_position_is_liquidated_alone() -> None:
    """It loses its 50 dollars of margin; the ETH position and the other 9,899.1 stay untouched."""
    venue = VenueByHand({**RICH, ANNA: "10000"})
    venue.engine.update_leverage(ANNA, SOL, is_cross=False, value=20)
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.hold(ANNA, "1", "2000", asset=ETH)
    order = oid_of(venue.one(ANNA, ask_for("buy", "1", "1900", asset=ETH)))
    before = venue.engine.margin(ANNA).cross_account_value
    venue.mark(SOL, "96")
    assert plain(venue.position(ANNA, SOL).szi, venue.position(ANNA, ETH).szi) == "0 1"
    assert venue.fills(ANNA)[-1].dir == "Liquidated Isolated Long"
    assert plain(before, venue.engine.margin(ANNA).cross_account_value) == "9948.65 9948.65"
    assert venue.order(ANNA, order).live


def test_isolated_position_sold_in_the_market_pays_from_its_own_margin() -> None:
    """At 97.4 its 50 dollars are down to 24 of 24.35; sold at 97.4 less the fee 23.5617 come back."""
    venue = VenueByHand({**RICH, ANNA: "10000"})
    venue.engine.update_leverage(ANNA, SOL, is_cross=False, value=20)
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.one(BERT, ask_for("buy", "10", "97.4", asset=SOL))
    venue.mark(SOL, "97.4")
    assert plain(venue.cash(ANNA)) == "9973.1117"  # 10,000 - 0.45 - 50 + 23.5617


def test_loss_beyond_isolated_margin_falls_to_the_liquidator() -> None:
    """A gap to 90 costs 100 dollars of a margin of 50; the account loses 50."""
    venue = VenueByHand({ANNA: "10000"})
    venue.engine.update_leverage(ANNA, SOL, is_cross=False, value=20)
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.mark(SOL, "90")
    assert plain(venue.cash(ANNA), venue.position(ANNA, SOL).szi) == "9949.55 0"


def test_bankrupt_account_is_closed_against_the_winner_of_profit_times_leverage() -> None:
    """Anna, long 10 with 50 dollars, is worth -50 at 90. Both shorts are 100 in profit; Cara's leverage is higher."""
    venue = VenueByHand({**RICH, ANNA: "50.45"})
    venue.engine.update_leverage(BERT, SOL, is_cross=True, value=5)
    venue.engine.update_leverage(CARA, SOL, is_cross=True, value=10)
    venue.hold(DAVE, "10", "100", asset=SOL, against=BERT)
    venue.hold(ANNA, "10", "100", asset=SOL, against=CARA)
    venue.mark(SOL, "90")
    assert plain(venue.position(ANNA, SOL).szi, venue.cash(ANNA)) == "0 0"
    assert plain(venue.position(CARA, SOL).szi, venue.position(BERT, SOL).szi) == "0 -10"
    fill = venue.fills(CARA)[-1]
    assert fill.dir == "Auto-Deleveraging"
    assert (
        plain(fill.px, fill.sz, fill.fee, fill.closed_pnl) == "95 10 0 50"
    )  # the price at which Anna is worth nothing
    assert fill.liquidated_user is None


def test_more_profit_goes_before_the_same_leverage() -> None:
    """Bert sold at 110, Cara at 100: Bert's profit is larger, so he is closed first, and Cara for the rest."""
    venue = VenueByHand({**RICH, ANNA: "101"})
    venue.hold(DAVE, "12", "110", asset=SOL, against=BERT)
    venue.hold(ANNA, "20", "100", asset=SOL, against=CARA)
    venue.mark(SOL, "90")
    assert plain(venue.position(BERT, SOL).szi, venue.position(CARA, SOL).szi) == "0 -12"
    assert venue.position(DAVE, SOL).szi == 12
    assert sum(venue.engine.books().values()) == 0


def test_deleveraging_of_a_short_closes_longs_below_the_mark() -> None:
    """Short 10 from 100 with 50 dollars at a mark of 112: worth -70, closed at 105."""
    venue = VenueByHand({**RICH, ANNA: "50.45"})
    venue.hold(ANNA, "-10", "100", asset=SOL, against=BERT)
    venue.mark(SOL, "112")
    fill = venue.fills(BERT)[-1]
    assert plain(fill.px, fill.closed_pnl, venue.cash(ANNA)) == "105 50 0"


@pytest.mark.parametrize("is_cross", [True, False])
def test_value_of_exactly_the_maintenance_margin_is_enough(*, is_cross: bool) -> None:
    """Raw USD of -936 and 10 SOL at 96 are 24, which is 2.5 % of 960; a thousandth lower it is not."""
    venue = VenueByHand({**RICH, ANNA: "64.45"})
    venue.engine.update_leverage(ANNA, SOL, is_cross=is_cross, value=20)
    venue.hold(ANNA, "10", "100", asset=SOL)
    if not is_cross:
        venue.engine.update_isolated_margin(ANNA, SOL, units("14"))
    venue.one(BERT, ask_for("buy", "10", "95.9", asset=SOL))
    oid = oid_of(venue.one(ANNA, ask_for("sell", "10", "110", asset=SOL, reduce_only=True)))
    venue.mark(SOL, "96")
    assert plain(venue.position(ANNA, SOL).szi) == "10"
    assert venue.order(ANNA, oid).live
    venue.mark(SOL, "95.999")
    assert plain(venue.position(ANNA, SOL).szi) == "0"


@pytest.mark.parametrize(("mark", "method"), [("96", "market"), ("95.999", "backstop")])
def test_value_of_exactly_two_thirds_goes_to_the_market(mark: str, method: str) -> None:
    """Raw USD of -944 and 10 SOL at 96 are 16, two thirds of 24."""
    venue = VenueByHand({**RICH, ANNA: "56.45"})
    venue.hold(ANNA, "10", "100", asset=SOL)
    venue.one(BERT, ask_for("buy", "10", "95.9", asset=SOL))
    venue.mark(SOL, mark)
    assert venue.fills(ANNA)[-1].liquidation_method == method


def test_position_of_exactly_a_hundred_thousand_dollars_goes_at_once() -> None:
    """1,000 SOL short at 100, worth 2,000 where 2,500 are needed: all are bought back."""
    venue = VenueByHand({**RICH, ANNA: "5043.65"})
    venue.mark(SOL, "97")
    venue.hold(ANNA, "-1000", "97", asset=SOL)
    venue.one(BERT, ask_for("sell", "1000", "100", asset=SOL))
    venue.mark(SOL, "100")
    assert [plain(fill.sz) for fill in venue.fills(ANNA)[1:]] == ["1000"]
