"""How much of an open would pass: the sizes, the least equity and the limit prices that the rules leave room for.

Given that the rules about everything else pass, the sizes that do are the multiples of the step from `size_least` to
`size_most`; where there is no such most, there are none.

`solved` says about where an end must lie; the conditions of `stages` themselves decide where it is, so that no rounding
can come between what is promised here and what the engine approves. That works because they are monotone: a larger
size never lowers the position, the exposure, the reserve or the maintenance margin, nor raises what the venue lends on
it, so a cap that refuses one size refuses every larger one; only a minimum refuses the smaller ones. In the same way
more equity never makes a cap refuse.
"""

from decimal import ROUND_CEILING, Decimal

import msgspec

from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.side import Side
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import measure
from agentic_core.risk.search import last_where
from agentic_core.risk.solved import equity_usd_least, position_usd_most
from agentic_core.risk.stages import over_allowances, over_caps, stop_too_late

__all__ = [
    "EQUITY_STEP",
    "equity_least",
    "price_nearest",
    "price_worst",
    "resized",
    "size_least",
    "size_most",
]

EQUITY_STEP = Decimal("0.000001")
"""US dollars; the least difference of equity that is told."""

_BUY = Side.BUY
_MOST = Decimal(10**21)
"""No size and no equity beyond this is looked for: exact sums of it would not fit a Decimal."""
_EQUITY_STEPS_MAX = int(_MOST / EQUITY_STEP)
_LOSSES = frozenset({"R8_DAILY_LOSS", "R8_DRAWDOWN"})
_PRICE_LEAST = Decimal("0.000001")


def resized(facts: Facts, size: Decimal) -> Facts:
    """Return the same open in so many units."""
    action: ProposedAction = msgspec.structs.replace(facts.action, size=Size(size), size_usd=None)
    return msgspec.structs.replace(facts, action=action)


def size_least(facts: Facts, instrument: Instrument, mark: Decimal) -> Size | None:
    """Return the smallest size that no minimum refuses, or None where the mark makes every size worth too little."""
    step, order_usd_min = instrument.size_step, max(facts.limits.order_usd_min, VENUE_ORDER_USD_MIN)
    if mark * _MOST < order_usd_min:
        return None
    steps = order_usd_min // (mark * step)
    return Size((steps + (steps * step * mark < order_usd_min)) * step)


def size_most(facts: Facts, instrument: Instrument, mark: Decimal, least: Size) -> Size | None:
    """Return the largest size that no cap refuses, or None where they refuse even the least there may be."""

    def passes(steps_more: int) -> bool:
        return not _is_capped(resized(facts, least + steps_more * instrument.size_step), instrument, mark)

    along, closed = _units_before(facts)
    most_usd = position_usd_most(facts, instrument)
    guess = 0 if closed * mark > most_usd else int((most_usd / mark - along - least) / instrument.size_step)
    last = last_where(passes, guess, int(_MOST / instrument.size_step))
    return None if last < 0 else Size(least + last * instrument.size_step)


def equity_least(facts: Facts, instrument: Instrument, mark: Decimal) -> Usd | None:
    """Return the least equity, in whole `EQUITY_STEP`s, at which no cap refuses an open that no minimum refuses.

    None where no equity is enough, as with a cap of zero.
    """
    guess_usd = equity_usd_least(facts, measure(facts, instrument, mark), instrument)
    if guess_usd is None:
        return None

    def refused(steps: int) -> bool:
        return _is_capped(msgspec.structs.replace(facts, equity=steps * EQUITY_STEP), instrument, mark)

    guess = int((guess_usd / EQUITY_STEP).to_integral_value(ROUND_CEILING))
    last = last_where(refused, guess - 1, _EQUITY_STEPS_MAX)
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
    inside = max(min(limit, worst), _PRICE_LEAST) if buying else max(limit, worst)
    low, high = instrument.round_price(inside, up=False), instrument.round_price(inside, up=True)
    if low <= ZERO:
        return high
    below, above = inside - low, high - inside
    return low if below < above or (buying and below == above) else high


def _is_capped(facts: Facts, instrument: Instrument, mark: Decimal) -> bool:
    # Whether a rule refuses a size that is not too small for being too large. No orders are left to count, because R7
    # stands before the losses in its stage and would hide them.
    measured = measure(facts, instrument, mark)
    no_orders = -max(facts.orders, facts.minute_orders)
    return (
        over_caps(facts, measured, instrument) is not None
        or over_allowances(facts, measured, no_orders) in _LOSSES
        or stop_too_late(facts, measured, instrument) is not None
    )


def _units_before(facts: Facts) -> tuple[Decimal, Decimal]:
    # What `measure` adds to the size, and the least it puts in the place of both.
    held, buying = facts.held, facts.action.side is _BUY
    along, against = (facts.buys, facts.sells) if buying else (facts.sells, facts.buys)
    ahead = held if buying else -held
    along, against = along + max(ahead, ZERO), against + max(-ahead, ZERO)
    return along, max(along, against)
