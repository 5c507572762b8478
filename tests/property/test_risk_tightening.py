"""A tighter limit never lets more pass."""

from decimal import Decimal

import msgspec
from hypothesis import given

from agentic_core.domain import Approved, RiskLimits, Usd, Verdict
from agentic_core.risk import process
from tests.support.dice import Dice, rolls
from tests.support.examples import thorough
from tests.support.risk_scenes import Scene, judge
from tests.support.rolled_scenes import BYTES, open_scenes

SMALLER = (
    "position_bps_max",
    "exposure_bps_max",
    "orders_per_day_max",
    "leverage_max",
    "cost_usd_month_max",
    "daily_loss_bps_max",
    "orders_per_minute_max",
    "collar_bps",
    "mark_age_ms_max",
    "account_age_ms_max",
)
"""Caps: less is tighter."""

LARGER = ("order_usd_min", "reserve_bps")
"""What must be reached or kept back: more is tighter."""

OTHERWISE = ("symbols_allowed", "venue_marks_only", "drawdown_bps_max", "stop_bps", "cost_usd_day_max")
"""Fewer symbols, only venue marks, a cap where there was none or a smaller one, a stop or one further away."""


def tightening(asked: Scene, dice: Dice) -> tuple[Scene, str, RiskLimits]:
    """Return a scene, the name of a limit, and the limits with it tightened by anything from nothing to all of it."""
    name = dice.any_of(*SMALLER, *LARGER, *OTHERWISE)
    limits = msgspec.structs.replace(asked.limits, cost_usd_month_max=Usd(Decimal(3)))
    now = getattr(limits, name)
    if name in SMALLER:
        # A step that is as small as the smallest difference of the limit is as likely as one of any size.
        change: object = max(now - dice.any_of(0, 1, dice.whole(0, 1 + int(now))), type(now)(0))
    elif name in LARGER:
        change = now + dice.any_of(Decimal(1), dice.number(0, 20_000)) if name == "order_usd_min" else now + _step(dice)
    elif name == "drawdown_bps_max":
        change = dice.whole(1, 10_000) if now is None else max(now - _step(dice), 0)
    elif name == "stop_bps":
        change = _step(dice) if now is None else now + _step(dice)
    elif name == "cost_usd_day_max":
        change = Usd(Decimal(dice.whole(0, 3)))
    else:
        change = True if name == "venue_marks_only" else frozenset(sorted(limits.symbols_allowed)[1:])
    return asked, name, msgspec.structs.replace(limits, **{name: change})


def _step(dice: Dice) -> int:
    return dice.any_of(0, 1, dice.whole(0, 10_000))


def passes(verdict: Verdict) -> bool:
    """Tell whether an open passes with all its legs."""
    return isinstance(verdict, Approved) and verdict.withheld is None


def test_tightening_covers_every_limit() -> None:
    """A new limit cannot be left out."""
    assert sorted((*SMALLER, *LARGER, *OTHERWISE)) == sorted(RiskLimits.__struct_fields__)


@thorough
@given(rolls(lambda dice: tightening(open_scenes(dice), dice), BYTES))
def test_process_with_one_limit_tightened_never_approves_what_was_denied(
    tightening: tuple[Scene, str, RiskLimits],
) -> None:
    """Whatever passes a tight set of caps passes a loose one, with the same plan."""
    asked, _, tight = tightening
    market = asked.market
    strict, loose = process(asked.action, asked.account(market), market, tight, asked.state), judge(asked)
    if passes(strict):
        assert passes(loose)
        assert isinstance(loose, Approved)
        assert isinstance(strict, Approved)
        assert loose.plan == strict.plan
