"""The loss bound against figures worked out by hand, and what is said where there is none.

With the default assumptions one execution at the collar costs 0.01 + 0.00045 × 1.01 = 0.0104545 of notional, and a gap
with its exit 0.1 + 1.1 × (0.001 + 0.0104545) = 0.11259995.
"""

import doctest
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from agentic_core.domain import (
    Bps,
    FeeSchedule,
    GapAssumptions,
    Instrument,
    LossBound,
    MarginTier,
    RiskLimits,
    Symbol,
    Unbounded,
    Usd,
)
from agentic_core.errors import UsageError
from agentic_core.risk.loss_bound import loss_bound

D = Decimal
BTC, ETH, DOGE = Symbol("BTC"), Symbol("ETH"), Symbol("DOGE")
INSTRUMENTS = {
    BTC: Instrument(symbol=BTC, size_decimals=5, leverage_max=40),
    ETH: Instrument(symbol=ETH, size_decimals=4, leverage_max=25),
    DOGE: Instrument(symbol=DOGE, size_decimals=0, leverage_max=3),
}
FREE = GapAssumptions(funding_bps=Bps(0), fees=FeeSchedule(taker_rate=D(0), maker_rate=D(0)))
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "loss-bound.md"


def limits(
    position: int = 2_000, exposure: int = 4_000, *, leverage: int = 1, daily: int = 500, drawdown: int | None = 2_500
) -> RiskLimits:
    """Return caps in basis points; only BTC may be opened."""
    return RiskLimits(
        position_bps_max=Bps(position),
        exposure_bps_max=Bps(exposure),
        orders_per_day_max=20,
        leverage_max=leverage,
        order_usd_min=Usd(D(10)),
        symbols_allowed=frozenset({BTC}),
        cost_usd_month_max=Usd(D(0)),
        daily_loss_bps_max=Bps(daily),
        drawdown_bps_max=None if drawdown is None else Bps(drawdown),
    )


def figures(caps: RiskLimits, assumed: GapAssumptions = GapAssumptions()) -> tuple[int, int, int]:  # noqa: B008 - frozen
    """Return order, day and deployment in basis points."""
    bound = loss_bound(caps, INSTRUMENTS, assumed)
    assert isinstance(bound, LossBound)
    return bound.order_bps, bound.day_bps, bound.deployment_bps


def refusal(caps: RiskLimits, assumed: GapAssumptions = GapAssumptions()) -> tuple[str, str]:  # noqa: B008 - frozen
    """Return the field and the reason with which caps are refused."""
    found = loss_bound(caps, INSTRUMENTS, assumed)
    assert isinstance(found, Unbounded)
    return found.path, found.reason


def test_bound_of_the_starter_skill() -> None:
    """Twenty percent in one symbol.

    Order 0.2 × 0.12305445 = 2.4610890 %. A turn takes 0.2 × 1.5 / 0.75 × 0.11259995 = 4.503998 % of equity, so a day
    1 - 0.95 × 0.95496002 = 9.2787981 %, and a deployment 1 - 0.75 × 0.95496002 = 28.3779985 %.
    """
    assert figures(limits()) == (247, 928, 2838)


def test_bound_without_costs_or_collar_is_gaps_alone() -> None:
    """A whole equity, a gap of a tenth, nothing carried: 10 %, 1 - 0.95 × 0.8666…, 1 - 0.75 × 0.8666…."""
    caps = msgspec.structs.replace(limits(10_000, 10_000), collar_bps=Bps(0))
    still = msgspec.structs.replace(FREE, carry_bps=Bps(0))
    assert figures(caps, still) == (1_000, 1_767, 3_500)
    assert figures(caps, msgspec.structs.replace(still, gap_bps=Bps(0))) == (0, 500, 2_500)


def test_bound_counts_what_has_grown_since_it_was_opened() -> None:
    """Carried to twice its notional, the gap takes twice as much: 1 - 0.75 × (1 - 2 × 0.1 / 0.75)."""
    caps = msgspec.structs.replace(limits(10_000, 10_000), collar_bps=Bps(0))
    doubled = msgspec.structs.replace(FREE, carry_bps=Bps(10_000))
    assert figures(caps, doubled) == (1_000, 3_034, 4_500)


def test_bound_counts_both_legs_of_a_turn_that_opens_the_other_side() -> None:
    """Where little is carried: 2 × 0.02 for the legs and 0.01 + 1.01 × 0.02 after them, 7.02 %, is the worst turn."""
    caps = msgspec.structs.replace(limits(10_000, 10_000, daily=100, drawdown=100), collar_bps=Bps(200))
    calm = msgspec.structs.replace(FREE, gap_bps=Bps(100), carry_bps=Bps(1_000))
    assert figures(caps, calm) == (502, 795, 795)


def test_bound_takes_the_narrowest_exposure() -> None:
    """Of the exposure cap, the leverage, what the symbols can hold together, and what the reserve leaves.

    Without a reserve a turn takes 3 × 1.5 / 0.99 × 0.11259995 of three times equity, and 1 - 0.99 × 0.488182 is lost.
    """
    both = msgspec.structs.replace(limits(2_000, 3_000), symbols_allowed=frozenset({BTC, ETH}))
    by_exposure = figures(both)
    assert by_exposure == (247, 1_142, 3_007)
    assert by_exposure[1:] == figures(limits(3_000, 3_000))[1:]
    wide = {"position": 30_000, "exposure": 50_000, "leverage": 5}
    assert figures(limits(20_000, 50_000, leverage=2))[1:] == figures(limits(20_000, 20_000, leverage=5))[1:]
    reserved = limits(**wide, daily=100, drawdown=100)
    assert figures(reserved) == figures(limits(20_000, 20_000, leverage=5, daily=100, drawdown=100))
    half = msgspec.structs.replace(reserved, reserve_bps=Bps(100))
    assert figures(half) == figures(limits(10_000, 10_000, leverage=5, daily=100, drawdown=100))
    free = msgspec.structs.replace(limits(30_000, 30_000, leverage=3, daily=100, drawdown=100), reserve_bps=Bps(0))
    assert figures(free) == (3_692, 5_167, 5_167)


def test_bound_of_a_symbol_ends_at_the_leverage_of_the_venue() -> None:
    """DOGE takes three times equity, with tiers their first; a symbol nobody knows is not held to any."""
    caps = msgspec.structs.replace(limits(40_000, 40_000, leverage=4, drawdown=500), symbols_allowed=frozenset({DOGE}))
    three = figures(limits(30_000, 30_000, leverage=4, drawdown=500))
    assert figures(caps) == three
    tiers = tuple(MarginTier(lower_bound=Usd(D(at)), leverage_max=most) for at, most in ((0, 3), (1_000, 1)))
    tiered = {DOGE: Instrument(symbol=DOGE, size_decimals=0, leverage_max=3, tiers=tiers)}
    found = loss_bound(caps, tiered)
    assert isinstance(found, LossBound)
    assert (found.order_bps, found.day_bps, found.deployment_bps) == three
    assert loss_bound(caps, {}) == loss_bound(limits(40_000, 40_000, leverage=4, drawdown=500), INSTRUMENTS)


def test_bound_of_a_skill_that_may_open_nothing_is_what_the_caps_let_happen() -> None:
    """Nothing can be lost by an order; the other two never say less than their caps."""
    caps = msgspec.structs.replace(limits(), symbols_allowed=frozenset())
    assert figures(caps) == (0, 500, 2_500)


def test_day_is_never_worse_than_the_deployment() -> None:
    """A drawdown cap below the daily one halts first."""
    assert figures(limits(daily=5_000, drawdown=1_000)) == figures(limits(daily=1_000, drawdown=1_000))


def test_bound_carries_what_it_assumes() -> None:
    """A figure without its assumptions would mean nothing."""
    found = loss_bound(limits(), INSTRUMENTS, FREE)
    assert isinstance(found, LossBound)
    assert found.assumptions == FREE


def test_no_drawdown_cap_is_unbounded_and_names_the_widest_that_is_not() -> None:
    """Nothing ends a slow loss; 96 % is still bounded with these caps, 97 % is not."""
    path, reason = refusal(limits(drawdown=None))
    assert path == "risk.maxDrawdownPct"
    assert reason == "is not set, and without it nothing ends a slow loss; write 96 or less"
    assert figures(limits(drawdown=9_600))[2] < 10_000
    refusal(limits(drawdown=9_700))


def test_exposure_too_wide_names_the_widest_that_is_not() -> None:
    """0.25 + 0.11259995 × 1.5 x reaches 1 at x = 4.4405: 444 % would be rounded up to everything, 443 % is not."""
    path, reason = refusal(limits(50_000, 50_000, leverage=5))
    assert path == "risk.maxTotalExposurePct"
    assert reason == (
        "was 500, with which one turn can take what the drawdown cap leaves; lower it to 443 or less, "
        "and risk.maxPositionPct with it; or lower risk.maxDrawdownPct to 15 or less"
    )
    assert figures(limits(44_300, 44_300, leverage=5))[2] < 10_000
    assert figures(limits(50_000, 50_000, leverage=5, drawdown=1_500))[2] < 10_000
    refusal(limits(50_000, 50_000, leverage=5, drawdown=1_600))


def test_largest_exposure_may_be_the_next_whole_percent() -> None:
    """0.2 + 0.11259995 × 1.5 x is rounded up to everything from x = 4.7359 on."""
    _, reason = refusal(limits(47_380, 47_380, leverage=5, drawdown=2_000))
    assert reason.startswith("was 473.8, with which")
    assert "; lower it to 473 or less, and risk.maxPositionPct with it; or" in reason


def test_exposure_alone_is_named_where_no_drawdown_would_do() -> None:
    """With gaps of 50 % even the twice equity that a drawdown of 1 % lets be opened is too much.

    0.25 + (0.5 + 1.5 × 0.0114545) × 1.5 x reaches 1 at x = 0.9668; the position cap is no wider than that.
    """
    rough = GapAssumptions(gap_bps=Bps(5_000))
    caps = msgspec.structs.replace(limits(9_600, 200_000, leverage=20), symbols_allowed=frozenset({BTC, ETH}))
    path, reason = refusal(caps, rough)
    assert (path, reason) == (
        "risk.maxTotalExposurePct",
        "was 2000, with which one turn can take what the drawdown cap leaves; lower it to 96 or less",
    )


def test_drawdown_too_wide_is_named_where_no_exposure_would_do() -> None:
    """Losing all of it is what a drawdown of 100 % allows, whatever may be held; the daily cap has to follow."""
    path, reason = refusal(limits(daily=10_000, drawdown=10_000))
    assert path == "risk.maxDrawdownPct"
    assert reason == (
        "was 100, which lets everything deposited be lost; write 96 or less, and risk.dailyLossHaltPct with it"
    )


def test_both_caps_are_named_where_neither_alone_would_do() -> None:
    """With gaps of 90 % twenty times equity is too much after any drawdown, and any exposure after 100 %.

    0.25 + (0.9 + 1.9 × 0.0114545) × 1.5 x reaches 1 at x = 0.542.
    """
    wild = GapAssumptions(gap_bps=Bps(9_000))
    path, reason = refusal(limits(200_000, 200_000, leverage=20, drawdown=10_000), wild)
    assert path == "risk.maxDrawdownPct"
    assert reason.endswith("; write 25, and lower risk.maxTotalExposurePct to 54 or less")
    assert figures(limits(5_400, 5_400, leverage=20), wild)[2] < 10_000
    refusal(limits(5_500, 5_500, leverage=20), wild)


def test_caps_that_cannot_be_narrow_enough_say_so() -> None:
    """Where a mark may rise a thousandfold, not even one percent of equity is bounded."""
    mad = GapAssumptions(gap_bps=Bps(5_000), carry_bps=Bps(10_000_000))
    path, reason = refusal(limits(200_000, 200_000, leverage=20, drawdown=None), mad)
    assert path == "risk.maxDrawdownPct"
    assert reason.startswith("is not set, and without it nothing ends a slow loss; ")
    assert reason.endswith("; no caps are narrow enough for what is assumed of the market")


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap_bps": -1},
        {"gap_bps": 10_000},
        {"carry_bps": -1},
        {"funding_bps": -1},
        {"fees": FeeSchedule(taker_rate=D("-0.1"), maker_rate=D(0))},
    ],
)
def test_assumptions_no_market_can_break_are_refused(wrong: dict[str, object]) -> None:
    """A bound that rests on them would be too small."""
    with pytest.raises(UsageError, match="must not be negative, and a gap is less than 10,000 bps; were"):
        msgspec.structs.replace(GapAssumptions(), **wrong)


def test_worked_example_of_the_documentation_holds() -> None:
    """The figures on the page are those of the code."""
    ran = doctest.testfile(str(DOCUMENT), module_relative=False)
    assert ran.attempted > 5
    assert ran.failed == 0
