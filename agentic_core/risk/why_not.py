"""Why a proposal was refused, as the smallest changes that together would let it pass.

Every refusal is answered by the change that cures it, the change is applied to the facts, and they are judged again,
until they pass or nothing more can be said: that a symbol may not be traded, that no mark is known, or that a cap is
zero. The size-dependent rules are answered at once: by the nearest size of the room there is, or, where there is none,
by the least equity at which the smallest legal order passes.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_core.domain.decision import ActionKind, Approved, Change, Denied, ProposedAction, Subject
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.side import Side
from agentic_core.domain.trading import TradingState
from agentic_core.risk.facts import Facts
from agentic_core.risk.measure import order_size
from agentic_core.risk.pipeline import closing_leg, judge
from agentic_core.risk.room import (
    EQUITY_STEP,
    equity_least,
    price_nearest,
    resized,
    size_least,
    size_most,
)
from agentic_core.risk.stages import close_misshapen

__all__ = ["apply", "apply_to_action", "changes_for_close", "why_not", "why_not_close"]

_Changes: TypeAlias = tuple[Change, ...]

_SIZE_LEAST = Size(Decimal("0.000001"))
"""The finest step of a size that a venue has."""


def why_not(facts: Facts, denied: Denied) -> tuple[Change, ...]:
    """Return the smallest changes that together would let an open pass, in the order of the rules they answer.

    Where nothing would, they go as far as can be said. A refusal of the gate has none: the next decision cures it.
    """
    found: list[Change] = []
    answered: set[str] = set()
    rule = denied.rule
    while rule in _CURES and rule not in answered:
        answered.add(rule)
        changes = _CURES[rule](facts)
        for change in changes:
            facts = apply(facts, change)
        found += changes
        verdict = judge(facts)
        if isinstance(verdict, Approved):
            break
        rule = verdict.rule
    return _smallest(found)


def why_not_close(action: ProposedAction) -> tuple[Change, ...]:
    """Return the smallest changes that together would let a misshapen close pass."""
    found: list[Change] = []
    while (rule := close_misshapen(action)) is not None:
        changes = changes_for_close(rule)
        for change in changes:
            action = apply_to_action(action, change)
        found += changes
    return _smallest(found)


def changes_for_close(rule: str) -> tuple[Change, ...]:
    """Return what cures one refusal of a misshapen close.

    A size that is none becomes the least one, and a limit price that is none is left out.
    """
    return _CLOSE_CURES[rule]


def apply(facts: Facts, change: Change) -> Facts:
    """Return the facts as they would be after a change.

    A symbol stays what it is, and so does a mark that is not known: what would take their place is nobody's to say. A
    side becomes the one that is held, or a buy.
    """
    subject = change.subject
    if subject in _COUNTED:
        return msgspec.structs.replace(facts, **{_COUNTED[subject]: change.to})
    match subject:
        case Subject.STATE:
            return msgspec.structs.replace(facts, state=TradingState.ACTIVE)
        case Subject.MARK:
            return msgspec.structs.replace(facts, venue_mark=True)
        case Subject.SYMBOL:
            return facts
        case Subject.SIDE:
            side = Side.SELL if facts.held < ZERO else Side.BUY
            return msgspec.structs.replace(facts, action=msgspec.structs.replace(facts.action, side=side))
        case _:
            return msgspec.structs.replace(facts, action=apply_to_action(facts.action, change))


def apply_to_action(action: ProposedAction, change: Change) -> ProposedAction:
    """Return a proposal after a change of its size or limit price, or of the side that a close must not have.

    A size in units wins over one in dollars.
    """
    match change.subject:
        case Subject.SIZE:
            return msgspec.structs.replace(action, size=change.to, size_usd=None)
        case Subject.SIZE_FORM:
            return msgspec.structs.replace(action, size_usd=None)
        case Subject.LIMIT_PRICE:
            return msgspec.structs.replace(action, limit_price=change.to)
        case Subject.SIDE if action.kind is ActionKind.CLOSE:
            return msgspec.structs.replace(action, side=None)
        case _:
            return action


def _smallest(found: list[Change]) -> _Changes:
    # Naming a new size also settles how it is named.
    if any(change.subject is Subject.SIZE for change in found):
        return tuple(change for change in found if change.subject is not Subject.SIZE_FORM)
    return tuple(found)


def _to(subject: Subject, number: Decimal | int | None = None) -> _Changes:
    return (Change(subject=subject, to=number),)


def _formed(facts: Facts) -> _Changes:
    return _sized(facts) if facts.action.size is None else _to(Subject.SIZE_FORM)


def _sized(facts: Facts) -> _Changes:
    instrument, mark = facts.instrument, facts.mark
    if instrument is None or mark is None:
        return _to(Subject.SIZE, _SIZE_LEAST if instrument is None else instrument.size_step)
    least = size_least(facts, instrument, mark)
    if least is None:
        return ()
    wanted = _wanted(facts.action, instrument, mark)
    found: _Changes = ()
    if facts.baseline <= ZERO:
        opened = Change(subject=Subject.BASELINE, to=EQUITY_STEP)
        facts, found = apply(facts, opened), (opened,)
    most = size_most(facts, instrument, mark, least)
    if most is None:
        equity = equity_least(resized(facts, least), instrument, mark)
        if equity is not None:
            paid_in = Change(subject=Subject.EQUITY, to=equity)
            most = size_most(apply(facts, paid_in), instrument, mark, least)
            found += (paid_in,)
    size = min(max(wanted, least), most or least)
    return found if size == wanted else found + _to(Subject.SIZE, size)


def _wanted(action: ProposedAction, instrument: Instrument, mark: Decimal) -> Decimal:
    # The units named; zero stands for a size that is none, so that the nearest one is the least.
    named = action.size_usd if action.size is None else action.size
    return ZERO if named is None or named.is_nan() or named <= ZERO else order_size(action, instrument, mark)


def _priced(facts: Facts) -> _Changes:
    # No number leaves the limit to the collar: what else it could be is not known.
    if facts.instrument is None or facts.mark is None:
        return _to(Subject.LIMIT_PRICE)
    nearest = price_nearest(facts, facts.instrument, facts.mark)
    if nearest is None and facts.action.limit_price is None:
        return ()
    return _to(Subject.LIMIT_PRICE, nearest)


def _account_aged(facts: Facts) -> _Changes:
    return _to(Subject.ACCOUNT_AGE_MS, max(0, min(facts.account_age_ms, facts.limits.account_age_ms_max)))


def _legs(facts: Facts) -> int:
    return 1 if closing_leg(facts) is None else 2


def _orders_today(facts: Facts) -> _Changes:
    return _to(Subject.ORDERS_TODAY, max(0, facts.limits.orders_per_day_max - _legs(facts)))


def _orders_this_minute(facts: Facts) -> _Changes:
    return _to(Subject.ORDERS_THIS_MINUTE, max(0, facts.limits.orders_per_minute_max - _legs(facts)))


_COUNTED: Mapping[Subject, str] = {
    Subject.UNRESOLVED: "unresolved",
    Subject.MARK_AGE_MS: "mark_age_ms",
    Subject.ACCOUNT_AGE_MS: "account_age_ms",
    Subject.EQUITY: "equity",
    Subject.BASELINE: "baseline",
    Subject.ORDERS_TODAY: "orders",
    Subject.ORDERS_THIS_MINUTE: "minute_orders",
}
"""Subjects to the number among the facts that they are."""

_CURES: Mapping[str, Callable[[Facts], _Changes]] = {
    "R1_SIDE_MISSING": lambda _: _to(Subject.SIDE),
    "R1_SIZE_AMBIGUOUS": _formed,
    "R1_SIZE_NOT_POSITIVE": _sized,
    "R1_LIMIT_PRICE_NOT_POSITIVE": _priced,
    "R2_SYMBOL_NOT_ALLOWED": lambda _: _to(Subject.SYMBOL),
    "R2_UNKNOWN_INSTRUMENT": lambda _: _to(Subject.SYMBOL),
    "R3_HALTED": lambda _: _to(Subject.STATE),
    "R3_REDUCING": lambda _: _to(Subject.STATE),
    "R3_UNRESOLVED_ORDER": lambda _: _to(Subject.UNRESOLVED, 0),
    "R4_NO_MARK": lambda _: _to(Subject.MARK),
    "R4_MARK_AHEAD": lambda _: _to(Subject.MARK_AGE_MS, 0),
    "R4_STALE_MARK": lambda facts: _to(Subject.MARK_AGE_MS, facts.limits.mark_age_ms_max),
    "R4_MARK_SOURCE": lambda _: _to(Subject.MARK),
    "R4_STALE_ACCOUNT": _account_aged,
    "R5_NO_EQUITY": _sized,
    "R5_POSITION_CAP": _sized,
    "R5_EXPOSURE_CAP": _sized,
    "R5_BELOW_ORDER_MINIMUM": _sized,
    "R6_LEVERAGE_CAP": _sized,
    "R6_VENUE_LEVERAGE": _sized,
    "R7_ORDERS_PER_DAY": _orders_today,
    "R7_ORDERS_PER_MINUTE": _orders_this_minute,
    "R8_DAILY_LOSS": _sized,
    "R8_DRAWDOWN": _sized,
    "R9_SIZE_ROUNDS_TO_ZERO": _sized,
    "R9_BELOW_VENUE_MINIMUM": _sized,
    "R9_PRICE_STEP": _priced,
    "R9_COLLAR": _priced,
    "R9_LIQUIDATION_BEFORE_STOP": _sized,
}
"""What answers each rule that refuses an open; those that only the gate asks have no answer here."""

_CLOSE_CURES: Mapping[str, _Changes] = {
    "R1_CLOSE_HAS_SIDE": _to(Subject.SIDE),
    "R1_SIZE_AMBIGUOUS": _to(Subject.SIZE_FORM),
    "R1_SIZE_NOT_POSITIVE": _to(Subject.SIZE, _SIZE_LEAST),
    "R1_LIMIT_PRICE_NOT_POSITIVE": _to(Subject.LIMIT_PRICE),
}
"""What answers each rule that refuses a close."""
