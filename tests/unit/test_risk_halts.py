"""The halts that the engine latches by itself, at their exact boundaries."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import Bps, DayCounters, HaltReason, RiskLimits, Usd
from agentic_core.risk import HaltFinding, find_halt
from tests.support.risk_scenes import Scene, approved, denied, scene

D = Decimal
DAY = DayCounters(day=1, baseline=Usd(D(10_000)))
LIMITS = scene(drawdown_bps_max=2_500).limits
"""A tenth of the day's baseline, a quarter of the peak."""


def found(equity: str, *, peak: str = "10000", limits: RiskLimits = LIMITS) -> HaltFinding | None:
    """Ask for the halt that is due."""
    return find_halt(DAY, D(peak), D(equity), limits)


@pytest.mark.parametrize(
    ("equity", "peak", "reason"),
    [
        ("9000.01", "10000", None),
        ("9000", "10000", HaltReason.DAILY_LOSS),
        ("-50", "10000", HaltReason.DAILY_LOSS),
        ("9500", "12666.66", None),
        ("9500", "12666.67", HaltReason.DRAWDOWN),
        ("9750", "13000", HaltReason.DRAWDOWN),
        ("9750.01", "13000", None),
        ("11000", "15000", HaltReason.DRAWDOWN),
        # Both at once are the daily loss.
        ("9000", "12000", HaltReason.DAILY_LOSS),
        ("9000", "20000", HaltReason.DAILY_LOSS),
        ("9000.01", "12000.02", HaltReason.DRAWDOWN),
        ("9000.01", "12000", None),
    ],
)
def test_halt_is_found_once_a_loss_reaches_its_cap(equity: str, peak: str, reason: HaltReason | None) -> None:
    """Reached is enough, a cent less is not; the loss of the day comes before the fall from the peak."""
    finding = found(equity, peak=peak)
    assert (None if finding is None else finding.reason) is reason


def test_halt_of_the_daily_loss_carries_its_numbers_and_words() -> None:
    """What was lost and what was allowed, in numbers and for people."""
    assert found("8900.50") == HaltFinding(
        reason=HaltReason.DAILY_LOSS,
        detail="lost 1099.5 USD since the day's first mark, the cap is 1000",
        numbers={"equity": D("8900.50"), "baseline": D(10_000), "loss": D("1099.50"), "allowed": D(1_000)},
    )


def test_halt_of_the_drawdown_carries_its_numbers_and_words() -> None:
    """The fall from the highest equity."""
    assert found("9500", peak="13000") == HaltFinding(
        reason=HaltReason.DRAWDOWN,
        detail="fell 3500 USD below the highest equity, the cap is 3250",
        numbers={"equity": D(9_500), "peak": D(13_000), "fall": D(3_500), "allowed": D(3_250)},
    )


def test_halt_of_the_drawdown_needs_a_cap() -> None:
    """Without one any fall is allowed, as long as the day's is."""
    assert found("9500", peak="1000000", limits=Scene().limits) is None
    ruinous = msgspec.structs.replace(LIMITS, drawdown_bps_max=Bps(10_000))
    assert found("9500", peak="1000000", limits=ruinous) is None


@pytest.mark.parametrize(
    ("equity", "halts"), [("9547.654321107", True), ("9547.654321108", False)], ids=["reached", "a-step-before"]
)
def test_halt_and_rule_agree_on_the_daily_loss_where_nothing_is_kept_back(equity: str, *, halts: bool) -> None:
    """Where the day's loss halts the deployment, the rule refuses opens, and one step before neither does."""
    asked = scene(
        equity=D(equity), baseline=D("9876.54321"), daily_loss_bps_max=333, reserve_bps=0, peak=D("9876.54321")
    )
    day = DayCounters(day=1, baseline=Usd(asked.baseline))
    assert (find_halt(day, asked.peak, asked.equity, asked.limits) is not None) is halts
    if halts:
        assert denied(asked).rule == "R8_DAILY_LOSS"
    else:
        assert approved(asked).withheld is None


@pytest.mark.parametrize(("equity", "halts"), [("9000", True), ("9000.000001", False)])
def test_halt_and_rule_agree_on_the_drawdown_where_nothing_is_kept_back(equity: str, *, halts: bool) -> None:
    """The same with the peak."""
    asked = scene(equity=D(equity), baseline=D(9_000), drawdown_bps_max=2_500, reserve_bps=0, peak=D(12_000))
    day = DayCounters(day=1, baseline=Usd(asked.baseline))
    assert (find_halt(day, asked.peak, asked.equity, asked.limits) is not None) is halts
    if halts:
        assert denied(asked).rule == "R8_DRAWDOWN"
    else:
        assert approved(asked).withheld is None
