"""The facts of one open, set number by number, for what the risk engine says beyond yes and no."""

from decimal import Decimal

import msgspec

from agentic_core.domain import (
    ActionKind,
    Approved,
    Bps,
    Change,
    Denied,
    Instrument,
    MarginTier,
    ProposedAction,
    RiskLimits,
    Side,
    Size,
    TradingState,
    Usd,
)
from agentic_core.risk.facts import Facts
from agentic_core.risk.pipeline import judge
from agentic_core.risk.why_not import apply, why_not
from tests.support.markets import BTC

__all__ = ["LIMITS", "LISTED", "after", "answers", "facts", "tiers", "wide"]

D = Decimal

LIMITS = RiskLimits(
    position_bps_max=Bps(5_000),
    exposure_bps_max=Bps(10_000),
    orders_per_day_max=10,
    leverage_max=2,
    order_usd_min=Usd(D(10)),
    symbols_allowed=frozenset({BTC}),
    cost_usd_month_max=Usd(D(0)),
    daily_loss_bps_max=Bps(1_000),
)
WIDE = msgspec.structs.replace(
    LIMITS,
    position_bps_max=Bps(1_000_000),
    exposure_bps_max=Bps(1_000_000),
    leverage_max=100,
    daily_loss_bps_max=Bps(10_000),
)
"""Caps that leave the word to the venue's leverage, the loss caps and the stop."""

LISTED = Instrument(symbol=BTC, size_decimals=5, leverage_max=40)
FACTS = Facts(
    action=ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size=Size(D("0.01"))),
    limits=LIMITS,
    state=TradingState.ACTIVE,
    instrument=LISTED,
    mark=D(50_000),
    mark_age_ms=0,
    venue_mark=True,
    account_age_ms=0,
    unresolved=0,
    equity=D(10_000),
    held=Size(D(0)),
    buys=D(0),
    sells=D(0),
    elsewhere_usd=D(0),
    elsewhere_maintenance=D(0),
    orders=0,
    minute_orders=0,
    baseline=D(10_000),
    peak=D(10_000),
)


def facts(**changes: object) -> Facts:
    """Return the open of 0.01 BTC at 50,000 on 10,000 dollars, which passes, with some facts, caps or words changed."""
    known, caps = set(Facts.__struct_fields__), set(RiskLimits.__struct_fields__)
    limits = {name: value for name, value in changes.items() if name in caps}
    words = {name: value for name, value in changes.items() if name not in caps | known}
    base = msgspec.structs.replace(FACTS, **{name: value for name, value in changes.items() if name in known})
    return msgspec.structs.replace(
        base,
        limits=msgspec.structs.replace(base.limits, **limits),
        action=msgspec.structs.replace(base.action, **words),
    )


def wide(**changes: object) -> Facts:
    """Return the same open under caps so wide that the venue, the losses and the stop have their say."""
    return facts(**{"limits": WIDE, **changes})


def tiers(**leverages: int) -> tuple[MarginTier, ...]:
    """Return margin tiers by their lower bound, such as `tiers(usd_0=40, usd_150000=20)`."""
    return tuple(
        MarginTier(lower_bound=Usd(D(name.removeprefix("usd_"))), leverage_max=leverage)
        for name, leverage in leverages.items()
    )


def answers(asked: Facts) -> list[tuple[str, Decimal | int | None]]:
    """Return what why-not says about an open that is refused, as subjects and numbers."""
    return [(str(change.subject), change.to) for change in _changes(asked)]


def after(asked: Facts) -> str:
    """Return the rule that refuses an open once all changes are made, or `approved`."""
    for change in _changes(asked):
        asked = apply(asked, change)
    verdict = judge(asked)
    return "approved" if isinstance(verdict, Approved) else verdict.rule


def _changes(asked: Facts) -> tuple[Change, ...]:
    verdict = judge(asked)
    assert isinstance(verdict, Denied), verdict
    return why_not(asked, verdict)
