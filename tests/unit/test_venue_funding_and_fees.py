"""Funding and fees of the simulated venue: hourly at the oracle price, and by volume, side and discount."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from agentic_hl.venue.engine.fees import FeeSchedule, fee_rates
from agentic_hl.venue.engine.funding import hourly_rate
from agentic_hl.venue.engine.options import Options
from agentic_hl.venue.entities import FundingPaid
from agentic_hl.venue.terms import Tif
from tests.support.venue_by_hand import ANNA, BERT, BTC, OPENED, SOL, VenueByHand, ask_for, plain, units

HOUR = 3_600_000
TO_THE_HOUR = HOUR - OPENED % HOUR
RICH = {ANNA: "100000000", BERT: "100000000"}


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        ("0", "0.0000125"),  # 0.01 % in eight hours
        ("0.0001", "0.0000125"),
        ("-0.0004", "0.0000125"),  # the interest makes up for as much as 0.05 %
        ("0.0006", "0.0000125"),
        ("0.0016", "0.0001375"),  # (0.0016 - 0.0005) / 8
        ("-0.0014", "-0.0001125"),  # (-0.0014 + 0.0005) / 8
        ("1", "0.04"),
        ("-1", "-0.04"),
    ],
)
def test_hourly_rate_is_an_eighth_of_premium_and_clamped_interest(premium: str, rate: str) -> None:
    """F = premium + clamp(0.0001 - premium, -0.0005, 0.0005), of eight hours; at most 4 % in one."""
    assert hourly_rate(Decimal(premium)) == Decimal(rate)


def test_funding_is_paid_on_the_hour_at_the_oracle_price() -> None:
    """Rate 0.0001 on 10 SOL at an oracle of 98: a long pays 0.098, the short gets it; the mark does not matter."""
    venue = VenueByHand(RICH)
    venue.hold(ANNA, "10", "100", asset=SOL, against=BERT)
    venue.mark(SOL, "101", oracle="98")
    venue.engine.set_funding(SOL, units("0.0001"))
    long, short = venue.cash(ANNA), venue.cash(BERT)
    venue.wait(TO_THE_HOUR - 1)
    assert venue.told(FundingPaid) == []
    venue.wait(1)
    assert plain(venue.cash(ANNA) - long, venue.cash(BERT) - short) == "-0.098 0.098"
    paid = venue.told(FundingPaid)
    assert sorted((each.user, plain(each.usdc, each.szi, each.rate)) for each in paid) == [
        (ANNA, "-0.098 10 0.0001"),
        (BERT, "0.098 -10 0.0001"),
    ]
    venue.wait(2 * HOUR)
    assert plain(venue.cash(ANNA) - long) == "-0.294"
    assert [plain(hour.rate) for hour in venue.engine.funding_history(SOL, 0, venue.now)] == ["0.0001"] * 3


def test_shorts_pay_when_the_rate_is_negative() -> None:
    """The signs turn round."""
    venue = VenueByHand(RICH)
    venue.hold(ANNA, "10", "100", asset=SOL, against=BERT)
    venue.engine.set_funding(SOL, units("-0.0001"))
    venue.wait(TO_THE_HOUR)
    assert sorted(plain(each.usdc) for each in venue.told(FundingPaid)) == ["-0.1", "0.1"]


def test_isolated_position_pays_funding_from_its_own_margin() -> None:
    """The cash beside it stays; the position figures count what was paid."""
    venue = VenueByHand(RICH)
    venue.engine.update_leverage(ANNA, SOL, is_cross=False, value=10)
    venue.hold(ANNA, "10", "100", asset=SOL)
    cash = venue.cash(ANNA)
    venue.engine.set_funding(SOL, units("0.001"))
    venue.wait(TO_THE_HOUR)
    position = venue.engine.margin(ANNA).positions[0]
    assert (plain(position.margin_used), venue.cash(ANNA)) == ("99", cash)
    assert plain(position.funding_all_time, position.funding_since_open, position.funding_since_change) == "1 1 1"


@pytest.mark.parametrize(
    ("bid", "ask", "premium"),
    [
        ("99.9", "100.1", "0"),  # the oracle lies between the impact prices
        ("100.2", "100.4", "0.002"),
        ("99.5", "99.7", "-0.003"),
    ],
)
def test_premium_is_the_distance_of_the_impact_prices_from_the_oracle(bid: str, ask: str, premium: str) -> None:
    """max(impact bid - oracle, 0) - max(oracle - impact ask, 0), as a part of the oracle of 100."""
    venue = VenueByHand(RICH)
    venue.quote(SOL, bid=bid, ask=ask)
    assert venue.engine.context(SOL).premium == Decimal(premium)


def test_impact_price_is_the_average_of_what_six_thousand_dollars_meet() -> None:
    """30 at 99 (2,970), 30 at 98 (2,940), the last 90 dollars at 90 (1 unit): 6,000 / 61; ETH and BTC take 20,000."""
    venue = VenueByHand(RICH)
    bids = [(units("99"), units("30")), (units("98"), units("30")), (units("90"), units("30"))]
    venue.engine.set_house(SOL, bids, [(units("101"), units("1000"))])
    assert venue.engine.context(SOL).impact_pxs == (units("98.360656"), units("101"))
    venue.engine.set_house(BTC, [(units("50000"), units("0.3"))], [(units("50001"), units("1"))])
    assert venue.engine.context(BTC).impact_pxs is None


def test_premium_is_averaged_over_the_hour() -> None:
    """Half an hour at 0.2 %, half at 0.4 %: the average of 720 samples is 0.3 %, the rate 0.0025 / 8."""
    venue = VenueByHand(RICH)
    venue.wait(TO_THE_HOUR)
    venue.quote(SOL, bid="100.2", ask="100.4")
    venue.wait(HOUR // 2)
    venue.quote(SOL, bid="100.4", ask="100.6")
    venue.wait(HOUR // 2)
    hour = venue.engine.funding_history(SOL, 0, venue.now)[-1]
    assert plain(hour.premium, hour.rate) == "0.003 0.0003125"


@pytest.mark.parametrize(
    ("volume", "rates"),
    [
        ("5000000", "0.00045 0.00015"),
        ("5000000.01", "0.0004 0.00012"),
        ("25000001", "0.00035 0.00008"),
        ("100000001", "0.0003 0.00004"),
        ("500000001", "0.00028 0"),
        ("2000000001", "0.00026 0"),
        ("7000000001", "0.00024 0"),
    ],
)
def test_rates_fall_with_volume(volume: str, rates: str) -> None:
    """Taker and maker, above each bound."""
    assert plain(*fee_rates(FeeSchedule(), Decimal(volume))) == rates


@pytest.mark.parametrize(
    ("terms", "rates"),
    [
        ({"maker_share": "0.005"}, "0.00045 0.00015"),
        ({"maker_share": "0.0051"}, "0.00045 -0.00001"),
        ({"maker_share": "0.016"}, "0.00045 -0.00002"),
        ({"maker_share": "0.031"}, "0.00045 -0.00003"),
        ({"discount": "0.1"}, "0.000405 0.000135"),
        ({"discount": "0.4", "maker_share": "0.031"}, "0.00027 -0.00003"),
    ],
)
def test_makers_earn_rebates_and_discounts_lower_fees(terms: Mapping[str, str], rates: str) -> None:
    """By the share of all maker volume; a discount leaves a rebate as it is."""
    given = {name: Decimal(value) for name, value in terms.items()}
    assert plain(*fee_rates(FeeSchedule(), Decimal(0), **given)) == rates


def test_volume_of_past_days_lowers_the_fee() -> None:
    """Six million on one day: the day after, both sides pay the next tier's rates; two weeks later no more."""
    venue = VenueByHand(RICH)
    for _ in range(2):
        venue.hold(ANNA, "30000", "100", asset=SOL, against=BERT)
    assert plain(*venue.engine.fee_rates(ANNA)) == "0.00045 0.00015"
    venue.wait(24 * HOUR)
    assert plain(*venue.engine.fee_rates(ANNA)) == "0.0004 0.00012"
    venue.hold(ANNA, "-1", "100", asset=SOL, against=BERT)
    assert plain(venue.fills(ANNA)[-1].fee, venue.fills(BERT)[-1].fee) == "0.04 0.012"
    venue.wait(14 * 24 * HOUR)
    assert plain(*venue.engine.fee_rates(ANNA)) == "0.00045 0.00015"


def test_fee_is_rounded_up_to_a_millionth_of_a_dollar() -> None:
    """USDC has six decimals: 0.11 at 99.123 cost 0.00490658... as taker and 0.00163552... as maker."""
    venue = VenueByHand(RICH)
    venue.one(BERT, ask_for("sell", "0.11", "99.123", asset=SOL))
    venue.one(ANNA, ask_for("buy", "0.11", "99.123", asset=SOL, tif=Tif.IOC))
    assert plain(venue.fills(ANNA)[0].fee, venue.fills(BERT)[0].fee) == "0.004907 0.001636"


def test_rebate_is_rounded_down_to_a_millionth_of_a_dollar() -> None:
    """0.11 at 99.123 earn 0.00032710..."""
    venue = VenueByHand(RICH)
    account = venue.engine.account(BERT)
    assert account is not None
    account.maker_share = units("0.04")
    venue.one(BERT, ask_for("sell", "0.11", "99.123", asset=SOL))
    venue.one(ANNA, ask_for("buy", "0.11", "99.123", asset=SOL, tif=Tif.IOC))
    assert plain(venue.fills(BERT)[0].fee) == "-0.000327"
    assert plain(venue.engine.books()["fees"]) == "0.00458"  # 0.004907 of the taker


def test_house_pays_no_fee() -> None:
    """What accounts pay is all that the pot of fees holds."""
    options = msgspec.structs.replace(Options(), print_usd=Decimal(0))
    venue = VenueByHand(RICH, options=options)
    venue.one(ANNA, ask_for("buy", "1", "101", asset=SOL, tif=Tif.IOC))
    assert venue.engine.books()["fees"] == venue.fills(ANNA)[0].fee
