"""Opens asked in both ways, the short one and the pipeline, and opens rolled so that many take the short one."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

import msgspec

from agentic_core.domain import Approved, Denied, Side
from agentic_core.risk.facts import gather
from agentic_core.risk.pipeline import judge
from agentic_core.risk.plain import approve_plain
from tests.support.dice import OFF_ON, Dice
from tests.support.risk_scenes import Scene
from tests.support.rolled_scenes import BYTES, open_scenes

__all__ = ["PLAINER_BYTES", "both", "near_plain", "short_way"]

PLAINER_BYTES = BYTES + 140
"""What `near_plain` needs."""

_MILLIONTH = Decimal("0.000001")


def short_way(asked: Scene) -> Approved | None:
    """Ask the short way alone."""
    market = asked.market
    return approve_plain(asked.action, asked.account(market), market, asked.limits, asked.state)


def both(asked: Scene) -> tuple[Approved | None, Approved | Denied]:
    """Return what the short way and the pipeline say."""
    market = asked.market
    account = asked.account(market)
    short = approve_plain(asked.action, account, market, asked.limits, asked.state)
    return short, judge(gather(asked.action, account, market, asked.limits, asked.state))


def near_plain(dice: Dice) -> Scene:
    """Roll an open of which nearly everything is plain, and some of it near a bound; the little that is not decides."""
    rough = open_scenes(dice)
    side = rough.side or Side.BUY
    calm = {name: value for name, value in _calm(dice, rough, side).items() if dice.whole(0, 99) >= 6}
    asked = _sized(dice, msgspec.structs.replace(rough, **calm))
    return _at_a_loss_cap(dice, asked)


def _calm(dice: Dice, rough: Scene, side: Side) -> Mapping[str, object]:
    instrument, mark = rough.instrument, rough.mark or Decimal(1)
    held = instrument.size_down(dice.number(0, 3_000) / mark)
    fine = mark >= instrument.price_fine_from
    legal = instrument.round_price(mark * (1 + dice.number(-150, 105) * side.sign / 10_000), up=side is Side.SELL)
    return {
        "open_intents": (),
        "tiers": dice.any_of((), rough.tiers),
        "venue_leverage": dice.any_of(40, 5),
        "leverage_max": dice.any_of(1, 2, 5),
        "stop_bps": dice.any_of(None, None, 200),
        "collar_bps": 100,
        "limit_price": dice.any_of(None, legal) if fine else legal,
        "held": dice.any_of(Decimal(0), held * side.sign),
        "elsewhere_usd": dice.number(-1_000, 1_000),
        "equity": dice.number(10_000_000_000, 12_000_000_000, places=6),
        "baseline": Decimal(10_000),
        "peak": Decimal(12_000),
        "orders": dice.whole(0, 10),
        "minute_orders": dice.whole(0, 10),
        "order_usd_min": dice.any_of(Decimal(10), Decimal("99.5")),
        "position_bps_max": 15_000,
        "exposure_bps_max": dice.any_of(20_000, 10_000),
        "venue_marks_only": dice.mostly(*OFF_ON),
        "mark_age_ms": dice.mostly(dice.any_of(0, 30_000), 30_001, -1),
        "account_age_ms": dice.mostly(dice.any_of(0, 60_000), 60_001, -1),
    }


def _sized(dice: Dice, asked: Scene) -> Scene:
    # Mostly a size in the middle, else a few steps around the largest that the caps or the smallest that the minimum
    # allows; now and then one that is no multiple of the step, or dollars.
    instrument, mark, step = asked.instrument, asked.mark or Decimal(1), asked.instrument.size_step
    most_usd = asked.equity * asked.limits.shares.tightest - asked.account(asked.market).exposure()
    middle = dice.number(100, 6_000)
    dollars = dice.any_of(middle, middle, middle, most_usd, max(asked.order_usd_min, Decimal(10)))
    steps = ((dollars if dollars > 0 else middle) / mark / step).to_integral_value(ROUND_FLOOR)
    size = (steps + dice.whole(-1, 1)) * step
    rougher = dice.mostly(size, size + step / 2, None)
    if rougher is None:
        return msgspec.structs.replace(asked, size=None, size_usd=dollars)
    full = instrument.size_down(size)
    named = dice.any_of(full, full, full, full.normalize()) if rougher is size else rougher
    return msgspec.structs.replace(asked, size=named, size_usd=None)


def _at_a_loss_cap(dice: Dice, asked: Scene) -> Scene:
    # A fifth of all scenes has just so much left, give or take a millionth, as one of the two loss caps asks for.
    cap = dice.whole(0, 9)
    if cap > 1 or asked.size is None or asked.mark is None:
        return asked
    shares = asked.limits.shares
    exposure_usd = asked.account(asked.market).exposure() + asked.size * asked.mark
    kept = shares.daily_kept if cap == 0 else shares.drawdown_kept
    if kept is None:
        return asked
    top = asked.baseline if cap == 0 else asked.peak
    equity = top * kept + exposure_usd * shares.reserve + dice.whole(-1, 2) * _MILLIONTH
    return msgspec.structs.replace(asked, equity=equity)
