"""How much of an open would pass: the sizes, the least equity and the limit prices that the rules leave room for.

Closed forms say where an end must lie; the conditions of `stages` themselves decide where it is, so that no rounding
can come between what is promised here and what the engine approves. That works because they are monotone: a larger
size never lowers the position, the exposure, the reserve or the maintenance margin, nor raises what the venue lends on
it, so a cap that refuses one size refuses every larger one; only a minimum refuses the smaller ones. In the same way
more equity never makes a cap refuse.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal

import msgspec

from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.money import BPS_ONE, ZERO, Price, Size, Usd
from agentic_core.domain.side import Side
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import Measured, measure
from agentic_core.risk.stages import (
    equity_needed_at_stop,
    over_allowances,
    over_caps,
    refused_by_venue,
    stop_too_late,
)

__all__ = [
    "EQUITY_STEP",
    "equity_least",
    "price_nearest",
    "price_worst",
    "resized",
    "room",
    "size_least",
    "size_most",
]

EQUITY_STEP = Decimal("0.000001")
"""US dollars; the least difference of equity that is told."""

_BUY = Side.BUY
_MOST = Decimal(10**21)
"""No size and no equity beyond this is looked for: exact sums of it would not fit a Decimal."""
_EQUITY_STEPS_MAX = int(_MOST / EQUITY_STEP)
_TOO_LITTLE = frozenset({"R5_BELOW_ORDER_MINIMUM", "R9_BELOW_VENUE_MINIMUM", "R9_SIZE_ROUNDS_TO_ZERO"})
_LOSSES = frozenset({"R8_DAILY_LOSS", "R8_DRAWDOWN"})
_NONE_FITS = Decimal(-1)
_PRICE_LEAST = Decimal("0.000001")


def room(facts: Facts) -> tuple[Size, Size] | None:
    """Return the smallest and the largest size of which every multiple of the step between them passes R5, R6, R8, R9.

    The size that the action names does not matter. None where no size passes, or without a mark or an instrument.
    """
    instrument, mark = facts.instrument, facts.mark
    least = None if instrument is None or mark is None else size_least(facts, instrument, mark)
    if least is None or instrument is None or mark is None:
        return None
    most = size_most(facts, instrument, mark)
    return (least, most) if least <= most else None


def resized(facts: Facts, size: Decimal) -> Facts:
    """Return the same open in so many units."""
    action: ProposedAction = msgspec.structs.replace(facts.action, size=Size(size), size_usd=None)
    return msgspec.structs.replace(facts, action=action)


def size_least(facts: Facts, instrument: Instrument, mark: Decimal) -> Size | None:
    """Return the smallest size that no minimum refuses, or None where the mark makes every size worth too little."""
    step, needed = instrument.size_step, max(facts.limits.order_usd_min, VENUE_ORDER_USD_MIN)
    step_usd = mark * step
    most = _steps_max(instrument)
    if step_usd * most < needed:
        return None

    def refused(steps: int) -> bool:
        asked = resized(facts, steps * step)
        measured = measure(asked, instrument, mark)
        rule = refused_by_venue(asked, measured, instrument, mark)
        return measured.order_usd < facts.limits.order_usd_min or rule in _TOO_LITTLE

    guess = int((needed / step_usd).to_integral_value(ROUND_CEILING))
    return Size((_last(refused, guess - 1, most) + 1) * step)


def size_most(facts: Facts, instrument: Instrument, mark: Decimal) -> Size:
    """Return the largest size that no cap refuses; zero where the caps are reached without any."""
    step = instrument.size_step
    most_usd = _position_usd_most(facts, instrument)
    if measure(resized(facts, ZERO), instrument, mark).position_usd > most_usd:
        return Size(ZERO)

    def passes(steps: int) -> bool:
        return not _is_capped(resized(facts, steps * step), instrument, mark)

    guess = int((most_usd / mark - _along(facts)) / step)
    return Size(max(0, _last(passes, guess, _steps_max(instrument))) * step)


def equity_least(facts: Facts, instrument: Instrument, mark: Decimal) -> Usd | None:
    """Return the least equity, in whole `EQUITY_STEP`s, at which no cap refuses the open as it is.

    None where no equity is enough, as with a cap of zero.
    """
    guess_usd = _equity_usd_least(facts, instrument, mark)
    if guess_usd is None:
        return None

    def refused(steps: int) -> bool:
        return _is_capped(msgspec.structs.replace(facts, equity=steps * EQUITY_STEP), instrument, mark)

    guess = int((guess_usd / EQUITY_STEP).to_integral_value(ROUND_CEILING))
    last = _last(refused, guess - 1, _EQUITY_STEPS_MAX)
    return None if last == _EQUITY_STEPS_MAX else Usd((last + 1) * EQUITY_STEP)


def price_worst(facts: Facts, instrument: Instrument, mark: Decimal) -> Price | None:
    """Return the legal price furthest inside the collar, or None where the collar ends below every legal price."""
    distance = mark * facts.limits.shares.collar
    if facts.action.side is _BUY:
        highest = instrument.round_price(mark + distance, up=False)
        return highest if highest > ZERO else None
    return instrument.round_price(max(mark - distance, _PRICE_LEAST), up=True)


def price_nearest(facts: Facts, instrument: Instrument, mark: Decimal) -> Price | None:
    """Return the legal price inside the collar that is nearest to the limit named, or None where there is none.

    Where no limit is named, or no number, it is the worst one.
    """
    limit, worst = facts.action.limit_price, price_worst(facts, instrument, mark)
    if worst is None or limit is None or not limit.is_finite():
        return worst
    buying = facts.action.side is _BUY
    if limit >= worst if buying else limit <= worst:
        return worst
    inside = max(limit, _PRICE_LEAST)
    low, high = instrument.round_price(inside, up=False), instrument.round_price(inside, up=True)
    if low <= ZERO:
        return high
    below, above = inside - low, high - inside
    return low if below < above or (buying and below == above) else high


def _is_capped(facts: Facts, instrument: Instrument, mark: Decimal) -> bool:
    # Whether a rule refuses the size for being too large. A minimum may hide a cap, from smaller sizes only.
    measured = measure(facts, instrument, mark)
    rule = over_caps(facts, measured, instrument)
    return (
        (rule is not None and rule not in _TOO_LITTLE)
        or over_allowances(_with_orders_left(facts), measured, 0) in _LOSSES
        or stop_too_late(facts, measured, instrument) is not None
    )


def _position_usd_most(facts: Facts, instrument: Instrument) -> Decimal:
    # Every cap solved for the notional of the symbol; a rounding away from where it refuses.
    equity, shares = facts.equity, facts.limits.shares
    left = equity - _equity_kept(facts)
    if equity <= ZERO or facts.baseline <= ZERO or left <= ZERO:
        return _NONE_FITS
    exposure = equity * min(shares.exposure, shares.leverage)
    if shares.reserve > ZERO:
        exposure = min(exposure, left / shares.reserve)
    most = min(equity * shares.position, exposure - facts.elsewhere_usd, _lent_usd(instrument, equity))
    return most if facts.limits.stop_bps is None else min(most, _survivable_usd(facts, instrument))


def _equity_usd_least(facts: Facts, instrument: Instrument, mark: Decimal) -> Decimal | None:
    # Every cap solved for the equity; a rounding away from where it refuses.
    measured, shares = measure(facts, instrument, mark), facts.limits.shares
    share = min(shares.exposure, shares.leverage)
    if shares.position <= ZERO or share <= ZERO:
        return None
    lent = instrument.leverage_at(measured.position_usd)
    bounds = [
        ZERO,
        measured.position_usd / min(shares.position, Decimal(lent)),
        measured.exposure_usd / share,
        measured.reserve_usd + _equity_kept(facts),
    ]
    if facts.limits.stop_bps is not None:
        bounds.append(equity_needed_at_stop(facts, measured, instrument))
    return max(bounds)


def _equity_kept(facts: Facts) -> Decimal:
    # What the loss caps do not let go of.
    shares = facts.limits.shares
    kept = facts.baseline * shares.daily_kept
    return kept if shares.drawdown_kept is None else max(kept, facts.peak * shares.drawdown_kept)


def _lent_usd(instrument: Instrument, equity: Decimal) -> Decimal:
    # In each tier up to its own leverage, and up to the tier above; a tier that cannot be entered ends the climb.
    if not instrument.tiers:
        return equity * instrument.leverage_max
    lent = ZERO
    ends = [tier.lower_bound for tier in instrument.tiers[1:]]
    for at, tier in enumerate(instrument.tiers):
        most = equity * tier.leverage_max
        if most < tier.lower_bound:
            break
        lent = min(most, ends[at]) if at < len(ends) else most
    return lent


def _survivable_usd(facts: Facts, instrument: Instrument) -> Decimal:
    # The maintenance margin is the highest of its tiers' lines, so the least of their solutions is the solution.
    stop = Decimal(facts.limits.stop_bps or 0) / BPS_ONE
    moved = 1 - stop if facts.action.side is _BUY else 1 + stop
    free = facts.equity - facts.elsewhere_maintenance
    lines = [(tier.maintenance_rate, tier.lower_bound) for tier in instrument.tiers]
    return min(
        (free + start * rate - instrument.maintenance(start)) / (stop + rate * moved)
        for rate, start in lines or [(instrument.maintenance_rate, Usd(ZERO))]
    )


def _along(facts: Facts) -> Decimal:
    # Units in the direction of the open that `measure` adds to its size.
    held = facts.held
    if facts.action.side is _BUY:
        return facts.buys + max(held, ZERO)
    return facts.sells + max(-held, ZERO)


def _steps_max(instrument: Instrument) -> int:
    return _UNITS_MAX * 10**instrument.size_decimals


def _last(holds: Callable[[int], bool], guess: int, most: int) -> int:
    # The last of 0 to `most` at which something holds that stops holding once and for all, or -1: out from the guess
    # in growing strides until both sides are seen, then by halves. A guess that is right costs two questions.
    low = min(max(guess, 0), most)
    high, stride = low + 1, 1
    while low >= 0 and not holds(low):
        low, high, stride = low - stride, low, 2 * stride
    stride = 1
    while high <= most and holds(high):
        low, high, stride = high, high + stride, 2 * stride
    low, high = max(low, -1), min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
