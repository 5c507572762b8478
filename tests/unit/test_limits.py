"""The caps of a skill as exact factors."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import Bps
from agentic_core.domain.limits import Shares
from tests.support.risk_scenes import scene

D = Decimal
LIMITS = scene(
    position_bps_max=5_001,
    exposure_bps_max=10_002,
    leverage_max=3,
    daily_loss_bps_max=1_003,
    drawdown_bps_max=2_504,
    reserve_bps=55,
    stop_bps=306,
    collar_bps=107,
).limits


def test_shares_are_the_caps_as_factors_of_an_amount() -> None:
    """A basis point is a ten-thousandth; what must be kept is the rest of one."""
    assert LIMITS.shares == Shares(
        position=D("0.5001"),
        exposure=D("1.0002"),
        leverage=D(3),
        tightest=D("0.5001"),
        reserve=D("0.0055"),
        daily_kept=D("0.8997"),
        drawdown_kept=D("0.7496"),
        # The stop's distance, and half of a short that has grown by it.
        stop_at_worst=D("0.0306") + D("0.5153"),
        collar=D("0.0107"),
    )


@pytest.mark.parametrize(
    ("changes", "tightest"),
    [
        ({"position_bps_max": 20_000}, "1.0002"),
        ({"position_bps_max": 50_000, "exposure_bps_max": 40_000}, "3"),
        ({"exposure_bps_max": 1}, "0.0001"),
    ],
)
def test_tightest_share_is_the_least_of_position_exposure_and_leverage(changes: dict[str, Bps], tightest: str) -> None:
    """Whichever it is."""
    assert msgspec.structs.replace(LIMITS, **changes).shares.tightest == D(tightest)


def test_shares_without_a_drawdown_cap_or_a_stop() -> None:
    """Nothing must be kept of the peak, and a stop at the mark needs half of a notional at worst."""
    loose = msgspec.structs.replace(LIMITS, drawdown_bps_max=None, stop_bps=None)
    assert (loose.shares.drawdown_kept, loose.shares.stop_at_worst) == (None, D("0.5"))


def test_shares_are_computed_once() -> None:
    """Limits do not change, so neither do their factors."""
    assert LIMITS.shares is LIMITS.shares
