"""The arithmetic of an open: what it would lead to at the mark."""

from decimal import ROUND_FLOOR, Decimal, InvalidOperation

import msgspec

from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.side import Side
from agentic_core.risk.facts import Facts

__all__ = ["Measured", "is_usable_limit", "measure", "order_size"]

_BUY = Side.BUY
_NO_UNITS = Size(ZERO)
_DIGITS_MAX = 20
"""No price has more digits before its point; one that has could not be stored."""
_SIZE_MAX = Size(Decimal(10**21))
"""No account holds more units; a larger wish is measured as this, because exact sums of it would not fit a Decimal."""


class Measured(msgspec.Struct, frozen=True, gc=False):
    """What an open would lead to; made by place, as `Facts` is.

    Naming the unit of a result (`Size(…)`) costs as much as two multiplications, so the checker takes our word for it.
    """

    size: Size
    """Units, rounded down to what the venue takes."""
    opposed: Size
    """Units of an opposite position that a first leg closes."""
    order_usd: Decimal
    position_usd: Decimal
    exposure_usd: Decimal
    reserve_usd: Decimal


def measure(facts: Facts, instrument: Instrument, mark: Decimal) -> Measured:
    """Return what an open leads to, with every order that may still execute counted on its worse side."""
    action, held, buys, sells = facts.action, facts.held, facts.buys, facts.sells
    size = order_size(action, instrument, mark)
    order_usd = position_usd = size * mark
    opposed = _NO_UNITS
    if held or buys or sells:
        buying = action.side is _BUY
        along, against = (buys, sells) if buying else (sells, buys)
        if held and (held > ZERO) is not buying:
            opposed = Size(abs(held))
        else:
            along += abs(held)
        position_usd = max(along + size, against + opposed) * mark
    exposure_usd = facts.elsewhere_usd + position_usd
    return Measured(size, opposed, order_usd, position_usd, exposure_usd, exposure_usd * facts.limits.shares.reserve)


def is_usable_limit(limit: Decimal, instrument: Instrument) -> bool:
    """Tell whether the venue takes a limit price, and a store can hold it."""
    return limit.adjusted() < _DIGITS_MAX and instrument.is_legal_price(limit)


def order_size(action: ProposedAction, instrument: Instrument, mark: Decimal) -> Size:
    """Return the units an action names, rounded down to the instrument's step."""
    size = action.size
    if size is not None:
        try:
            return size.quantize(instrument.size_step, ROUND_FLOOR)  # type: ignore[return-value]  # see Measured
        except InvalidOperation:  # more digits than an exact number holds
            return _SIZE_MAX
    wanted = action.size_usd or ZERO
    if wanted >= _SIZE_MAX * mark:
        return _SIZE_MAX
    # Whole steps, because a quotient is rounded to the nearest digit and could come out as one step too many.
    step = instrument.size_step
    return Size(wanted // (mark * step) * step)
