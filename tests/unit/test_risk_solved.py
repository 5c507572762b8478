"""The caps solved for the position that reaches them and for the equity that is reached by it."""

from decimal import Decimal

import pytest

from agentic_core.domain import Bps, Instrument, Side
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import measure
from agentic_core.risk.solved import equity_usd_least, position_usd_most
from tests.support.markets import BTC
from tests.support.open_facts import facts, tiers, wide

D = Decimal
TIERED = Instrument(
    symbol=BTC, size_decimals=5, leverage_max=40, tiers=tiers(usd_0=40, usd_100000=20, usd_300000=10, usd_900000=5)
)


def most(asked: Facts, instrument: Instrument | None = None) -> Decimal:
    """Return the solved position to the sixth decimal."""
    listed = instrument or asked.instrument
    assert listed is not None
    return position_usd_most(asked, listed).quantize(D("0.000001"))


def equity(asked: Facts, instrument: Instrument | None = None) -> Decimal | None:
    """Return the solved equity to the sixth decimal."""
    listed = instrument or asked.instrument
    assert listed is not None
    found = equity_usd_least(asked, measure(asked, listed, D(50_000)), listed)
    return None if found is None else found.quantize(D("0.000001"))


@pytest.mark.parametrize(
    ("asked", "usd"),
    [
        pytest.param(facts(), 5_000, id="half of the equity in one symbol"),
        pytest.param(facts(elsewhere_usd=D(7_000)), 3_000, id="the exposure left by other symbols"),
        pytest.param(facts(leverage_max=1, elsewhere_usd=D(9_000), exposure_bps_max=Bps(20_000)), 1_000, id="leverage"),
        pytest.param(facts(elsewhere_usd=D(12_000)), -2_000, id="more held elsewhere than allowed"),
        pytest.param(facts(equity=D(9_010)), 2_000, id="the day's loss with the reserve"),
        pytest.param(facts(equity=D(9_010), elsewhere_usd=D(1_500)), 500, id="the reserve of other symbols"),
        pytest.param(facts(equity=D(9_520), drawdown_bps_max=Bps(500)), 4_000, id="the fall from the peak"),
        pytest.param(facts(equity=D(9_010), drawdown_bps_max=Bps(5_000)), 2_000, id="the day before the peak"),
        pytest.param(facts(equity=D(9_010), reserve_bps=Bps(0)), 4_505, id="no reserve"),
        pytest.param(facts(equity=D(9_000)), -1, id="all that may be lost is lost"),
        pytest.param(facts(equity=D(0), baseline=D(-5)), -1, id="no equity"),
        pytest.param(facts(baseline=D(0)), -1, id="a day that opened with nothing"),
        pytest.param(wide(), 400_000, id="what the venue lends"),
        pytest.param(wide(elsewhere_maintenance=D(9_999)), 400_000, id="no stop, so no maintenance margin"),
    ],
)
def test_solved_position_is_where_the_first_cap_refuses(asked: Facts, usd: int) -> None:
    """Each cap in turn is the one that binds."""
    assert most(asked) == usd


@pytest.mark.parametrize(
    ("owned", "usd"),
    [(2_000, 80_000), (2_500, 100_000), (5_000, 100_000), (7_000, 140_000), (20_000, 300_000), (31_000, 310_000)],
)
def test_solved_position_by_tiers_ends_where_the_next_one_does_not_lend_enough(owned: int, usd: int) -> None:
    """Within a tier its own leverage counts; a tier that cannot be entered ends the position at its lower bound."""
    assert most(wide(equity=D(owned), baseline=D(owned)), TIERED) == usd


@pytest.mark.parametrize(
    ("side", "elsewhere", "usd"),
    [
        (Side.BUY, 0, "89887.640449"),
        (Side.SELL, 0, "87912.087912"),
        (Side.BUY, 1_100, "80000.000000"),
    ],
)
def test_solved_position_with_a_stop_survives_until_it_fires(side: Side, elsewhere: int, usd: str) -> None:
    """A tenth is lost at the stop, and a margin of an eightieth is left on what the position is worth then."""
    assert most(wide(side=side, stop_bps=Bps(1_000), elsewhere_maintenance=D(elsewhere))) == D(usd)


@pytest.mark.parametrize(
    ("owned", "usd"),
    [
        (10_000, "89887.640449"),
        (20_000, "173469.387755"),
        (50_000, "405172.413793"),
    ],
)
def test_solved_position_with_a_stop_and_tiers_solves_the_tier_it_ends_in(owned: int, usd: str) -> None:
    """Tiers from 100,000 on ask a fortieth and from 300,000 on a twentieth, less what the tiers below ask less."""
    asked = wide(equity=D(owned), baseline=D(owned), stop_bps=Bps(1_000))
    assert most(asked, TIERED) == D(usd)


@pytest.mark.parametrize(
    ("asked", "usd"),
    [
        pytest.param(facts(), "9002.500000", id="the day's loss with the reserve of 500 dollars"),
        pytest.param(facts(drawdown_bps_max=Bps(500)), "9502.500000", id="the fall from the peak"),
        pytest.param(facts(baseline=D(0), size=D("0.2")), "20000.000000", id="a position of half the equity"),
        pytest.param(facts(baseline=D(0), elsewhere_usd=D(5_000)), "5500.000000", id="all positions"),
        pytest.param(
            facts(baseline=D(0), elsewhere_usd=D(5_500), exposure_bps_max=Bps(50_000)), "3000.000000", id="leverage 2"
        ),
        pytest.param(wide(baseline=D(0), size=D(2)), "2500.000000", id="what the venue lends"),
        pytest.param(
            wide(baseline=D(0), size=D(2), elsewhere_maintenance=D(9_999)), "2500.000000", id="no maintenance margin"
        ),
        pytest.param(wide(baseline=D(0), stop_bps=Bps(1_000), size=D(2)), "11125.000000", id="a stop"),
        pytest.param(wide(baseline=D(-9), reserve_bps=Bps(0), size=D("0.00001")), "0.012500", id="next to nothing"),
    ],
)
def test_solved_equity_is_where_the_last_cap_lets_go(asked: Facts, usd: str) -> None:
    """Each cap in turn is the one that binds."""
    assert equity(asked) == D(usd)


def test_solved_equity_by_tiers_takes_the_leverage_of_the_position() -> None:
    """The venue lends twenty times on 150,000 dollars."""
    assert equity(wide(baseline=D(0), size=D(3)), TIERED) == 7_500


@pytest.mark.parametrize("cap", ["position_bps_max", "exposure_bps_max", "leverage_max"])
def test_solved_equity_under_a_cap_of_zero_is_none(cap: str) -> None:
    """No amount is enough."""
    assert equity(facts(**{cap: 0})) is None
