"""The conditions of every rule, stage by stage; each function names the first rule of its stage that refuses.

They only compare. What a rule means and says stands in `rules` and `sentences`, under the same id.
"""

from decimal import Decimal

from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN, Instrument
from agentic_core.domain.money import BPS_ONE, ZERO, bps_of
from agentic_core.domain.side import Side
from agentic_core.domain.trading import TradingState
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import Measured, is_usable_limit

__all__ = [
    "close_misshapen",
    "equity_needed_at_stop",
    "maintenance_at_stop",
    "open_misshapen",
    "out_of_reach",
    "over_allowances",
    "over_caps",
    "refused_by_venue",
    "stale",
    "stop_too_late",
]

# A name of the module is found ten times faster than a member of an enum.
_ACTIVE, _HALTED, _BUY = TradingState.ACTIVE, TradingState.HALTED, Side.BUY


def open_misshapen(action: ProposedAction) -> str | None:
    """R1 of an open: a side, exactly one size above zero, and no limit price that is none."""
    if action.side is None:
        return "R1_SIDE_MISSING"
    size, size_usd = action.size, action.size_usd
    if (size is None) is (size_usd is None):
        return "R1_SIZE_AMBIGUOUS"
    wanted = size_usd if size is None else size
    # A NaN is asked about finiteness first, because it refuses to be compared.
    if wanted is None or not wanted.is_finite() or wanted <= ZERO:
        return "R1_SIZE_NOT_POSITIVE"
    if action.limit_price is not None and not _is_positive(action.limit_price):
        return "R1_LIMIT_PRICE_NOT_POSITIVE"
    return None


def close_misshapen(action: ProposedAction) -> str | None:
    """R1 of a close: no side, at most one size above zero, and no limit price that is none."""
    if action.side is not None:
        return "R1_CLOSE_HAS_SIDE"
    size, size_usd = action.size, action.size_usd
    if size is not None and size_usd is not None:
        return "R1_SIZE_AMBIGUOUS"
    named = size if size is not None else size_usd
    if named is not None and not _is_positive(named):
        return "R1_SIZE_NOT_POSITIVE"
    if action.limit_price is not None and not _is_positive(action.limit_price):
        return "R1_LIMIT_PRICE_NOT_POSITIVE"
    return None


def out_of_reach(facts: Facts) -> str | None:
    """R2 and R3: what may be traded at all, and whether trading is on."""
    if facts.action.symbol not in facts.limits.symbols_allowed:
        return "R2_SYMBOL_NOT_ALLOWED"
    if facts.instrument is None:
        return "R2_UNKNOWN_INSTRUMENT"
    if facts.state is not _ACTIVE:
        return "R3_HALTED" if facts.state is _HALTED else "R3_REDUCING"
    if facts.unresolved:
        return "R3_UNRESOLVED_ORDER"
    return None


def stale(facts: Facts) -> str | None:
    """R4: whether what is known is young enough to open on."""
    limits, age_ms = facts.limits, facts.mark_age_ms
    if facts.mark is None:
        return "R4_NO_MARK"
    if age_ms < 0:
        return "R4_MARK_AHEAD"
    if age_ms > limits.mark_age_ms_max:
        return "R4_STALE_MARK"
    if limits.venue_marks_only and not facts.venue_mark:
        return "R4_MARK_SOURCE"
    if not 0 <= facts.account_age_ms <= limits.account_age_ms_max:
        return "R4_STALE_ACCOUNT"
    return None


def over_caps(facts: Facts, measured: Measured, instrument: Instrument) -> str | None:
    """R5 and R6: shares of equity, the skill's smallest order, and leverage."""
    limits, equity, exposure_usd = facts.limits, facts.equity, measured.exposure_usd
    if equity <= ZERO:
        return "R5_NO_EQUITY"
    # No position is larger than all of them together, so what is within the tightest share is within each.
    rule = _over_share(facts, measured) if exposure_usd > equity * limits.shares.tightest else None
    if rule is not None or measured.order_usd < limits.order_usd_min:
        return rule or "R5_BELOW_ORDER_MINIMUM"
    # The venue's own leverage can only bind where it is lower than the skill's.
    if (instrument.tiers or instrument.leverage_max < limits.leverage_max) and (
        measured.position_usd > equity * instrument.leverage_at(measured.position_usd)
    ):
        return "R6_VENUE_LEVERAGE"
    return None


def _over_share(facts: Facts, measured: Measured) -> str | None:
    shares, equity, exposure_usd = facts.limits.shares, facts.equity, measured.exposure_usd
    if measured.position_usd > equity * shares.position:
        return "R5_POSITION_CAP"
    if exposure_usd > equity * shares.exposure:
        return "R5_EXPOSURE_CAP"
    if measured.order_usd < facts.limits.order_usd_min:
        return "R5_BELOW_ORDER_MINIMUM"
    if exposure_usd > equity * shares.leverage:
        return "R6_LEVERAGE_CAP"
    return None


def over_allowances(facts: Facts, measured: Measured, legs: int) -> str | None:
    """R7 and R8: the orders of a UTC day and minute, and what may be lost of the day's baseline and of the peak.

    The reserve counts as lost: it is what leaving all positions would cost.
    """
    limits, baseline = facts.limits, facts.baseline
    if facts.orders + legs > limits.orders_per_day_max:
        return "R7_ORDERS_PER_DAY"
    if facts.minute_orders + legs > limits.orders_per_minute_max:
        return "R7_ORDERS_PER_MINUTE"
    shares = limits.shares
    left = facts.equity - measured.reserve_usd
    if left <= baseline * shares.daily_kept or baseline <= ZERO:
        return "R8_DAILY_LOSS"
    kept = shares.drawdown_kept
    if kept is not None and left <= facts.peak * kept:
        return "R8_DRAWDOWN"
    return None


def refused_by_venue(facts: Facts, measured: Measured, instrument: Instrument, mark: Decimal) -> str | None:
    """R9 of the order: its lot, its least worth, its price steps, and the collar."""
    if measured.order_usd < VENUE_ORDER_USD_MIN:
        return "R9_BELOW_VENUE_MINIMUM" if measured.size else "R9_SIZE_ROUNDS_TO_ZERO"
    limit = facts.action.limit_price
    if limit is None:
        fine = mark >= instrument.price_fine_from and facts.limits.collar_bps > 0
        if fine or _collar_holds_a_price(facts, instrument, mark):
            return None
        return "R9_PRICE_STEP"
    if not is_usable_limit(limit, instrument):
        return "R9_PRICE_STEP"
    beyond = limit - mark if facts.action.side is _BUY else mark - limit
    return "R9_COLLAR" if beyond > mark * facts.limits.shares.collar else None


def stop_too_late(facts: Facts, measured: Measured, instrument: Instrument) -> str | None:
    """R9 of its stop: the account survives until the stop fires."""
    if facts.limits.stop_bps is not None and facts.equity < equity_needed_at_stop(facts, measured, instrument):
        return "R9_LIQUIDATION_BEFORE_STOP"
    return None


def equity_needed_at_stop(facts: Facts, measured: Measured, instrument: Instrument) -> Decimal:
    """Return the least equity with which the stop still fires before a liquidation.

    With the mark at the stop, equity has lost the stop's distance on the position and must cover all maintenance.
    """
    lost = bps_of(measured.position_usd, facts.limits.stop_bps or 0)
    return lost + maintenance_at_stop(facts, measured, instrument)


def maintenance_at_stop(facts: Facts, measured: Measured, instrument: Instrument) -> Decimal:
    """Return the maintenance margin of everything once the mark stands at the stop."""
    stop_bps = facts.limits.stop_bps or 0
    moved = BPS_ONE - stop_bps if facts.action.side is _BUY else BPS_ONE + stop_bps
    return instrument.maintenance(measured.position_usd * moved / BPS_ONE) + facts.elsewhere_maintenance


def _is_positive(number: Decimal | None) -> bool:
    # A NaN is asked about finiteness first, because it refuses to be compared.
    return number is not None and number.is_finite() and number > ZERO


def _collar_holds_a_price(facts: Facts, instrument: Instrument, mark: Decimal) -> bool:
    room = mark * facts.limits.shares.collar
    if facts.action.side is _BUY:
        return instrument.round_price(mark + room, up=False) >= mark
    return instrument.round_price(mark - room, up=True) <= mark
