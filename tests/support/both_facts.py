"""What is to be equal between the shipped account and the reference, as exact numbers in the reference's units."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from agentic_core.brokers.paper import OrderStatus
from agentic_core.domain import (
    ActionKind,
    Bps,
    Denied,
    Noop,
    Price,
    ProposedAction,
    RiskLimits,
    Side,
    Size,
    Symbol,
    Usd,
    Verdict,
)
from tests.oracle.reference_ledger import DAY, MINUTE
from tests.oracle.reference_rules import Action, Caps, Scene
from tests.oracle.reference_rules import Verdict as ReferenceVerdict
from tests.support.both_ledgers import BothLedgers, exactly

__all__ = [
    "facts_of_reference",
    "facts_shipped",
    "limits_of",
    "numbers_shipped",
    "proposal_of",
    "scene_of",
    "verdict_shipped",
]

_USD = 24
_PLACES = {"mark": 6, "size": 8, "orders_after": 0, "minute_orders_after": 0}


def whole(value: Decimal | int, places: int) -> int:
    """Return a decimal as a count of 10^-places, of which it must be a multiple."""
    count: Fraction = Fraction(value) * 10**places
    assert count.denominator == 1, f"{value} is finer than 10^-{places}"
    return count.numerator


def _signed(side: Side) -> int:
    return 1 if side is Side.BUY else -1


def facts_shipped(both: BothLedgers) -> dict[str, object]:
    """Lay out the shipped account."""
    ledger, broker = both.ledger, both.broker
    taken = set(both.taken)
    events = [(int(event.cloid, 16), event.status) for event in broker.history()]
    return {
        "cash": whole(ledger.cash, _USD),
        "positions": {
            str(name): (whole(one.size, 8), whole(one.entry_cost, _USD)) for name, one in ledger.positions.items()
        },
        "equity": Fraction(ledger.equity) * 10**_USD,
        "cross equity": Fraction(ledger.cross_equity) * 10**_USD,
        "margin used": Fraction(ledger.margin_used) * 10**_USD,
        "maintenance": Fraction(ledger.maintenance) * 10**_USD,
        "fills": [
            (
                str(one.symbol),
                whole(one.signed_size, 8),
                whole(one.price, 6),
                whole(one.fee, _USD),
                whole(one.closed_pnl, _USD),
            )
            for one in broker.fills
        ],
        "open": {
            (int(one.cloid, 16), str(one.symbol), _signed(one.side), whole(one.size, 8), whole(one.limit_price, 6))
            for one in ledger.open_intents
        },
        "reducing": {int(one.cloid, 16) for one in ledger.open_intents if one.reduce_only},
        "ends": [(name, status.value) for name, status in events if name in taken and status is not OrderStatus.OPEN],
        "day": (ledger.day.orders, ledger.day.orders_in_minute(ledger.as_of), whole(ledger.day.baseline, _USD)),
        "peak": whole(ledger.peak, _USD),
        "unresolved": ledger.unresolved,
    }


def facts_of_reference(both: BothLedgers) -> dict[str, object]:
    """Lay out the reference in the same shape."""
    account = both.reference
    orders = account.orders.values()
    margins = [
        Fraction(account.pot(name)) if name in account.pocket else account.initial(name, held)
        for name, held in account.held.items()
    ]
    return {
        "cash": account.cash,
        "positions": {name: (held, account.cost[name]) for name, held in account.held.items()},
        "equity": account.equity(),
        "cross equity": account.cross_equity(),
        "margin used": sum(margins),
        "maintenance": account.maintenance(account.held),
        "fills": account.fills,
        "open": {(one.name, one.symbol, one.side, one.size, one.limit) for one in orders},
        "reducing": {one.name for one in orders if one.reduces},
        "ends": account.ends,
        "day": (account.count(DAY), account.count(MINUTE), account.baseline),
        "peak": account.peak,
        "unresolved": 0,
    }


def scene_of(both: BothLedgers, state: str) -> Scene:
    """Return what the rules see of the reference."""
    account = both.reference
    return Scene(
        now=account.now,
        account_time=account.now,
        state=state,
        equity=account.equity(),
        baseline=account.baseline,
        peak=account.peak,
        day_orders=account.count(DAY),
        minute_orders=account.count(MINUTE),
        unresolved=0,
        held=account.held,
        orders=list(account.orders.values()),
        marks={name: (price, account.now, True) for name, price in account.marks.items()},
        contracts=account.contracts,
    )


def verdict_shipped(verdict: Verdict) -> ReferenceVerdict:
    """Lay out a shipped verdict as the reference does."""
    if isinstance(verdict, Noop):
        return "noop", "", (), ()
    if isinstance(verdict, Denied):
        return "denied", verdict.rule, (), ()
    legs = tuple(
        (
            str(leg.symbol),
            _signed(leg.side),
            whole(leg.size, 8),
            leg.reduce_only,
            None if leg.limit_price is None else whole(leg.limit_price, 6),
        )
        for leg in verdict.plan
    )
    return "approved", "" if verdict.withheld is None else verdict.withheld.rule, legs, verdict.adjusted


def numbers_shipped(verdict: Verdict, names: Iterable[str]) -> dict[str, Fraction]:
    """Return those numbers of a verdict that are known, in the reference's units."""
    if isinstance(verdict, Noop):
        return {}
    figures = verdict.numbers if isinstance(verdict, Denied) else (verdict.withheld or verdict).numbers
    known: dict[str, Decimal | int | None] = {name: getattr(figures, name) for name in names}
    return {name: Fraction(value) * 10 ** _PLACES.get(name, _USD) for name, value in known.items() if value is not None}


def proposal_of(action: Action) -> ProposedAction:
    """Return the shipped form of an action."""
    return ProposedAction(
        kind=ActionKind(action.kind),
        symbol=Symbol(action.symbol),
        side=None if action.side is None else Side.BUY if action.side > 0 else Side.SELL,
        size=None if action.size is None else Size(exactly(action.size, 8)),
        size_usd=None if action.usd is None else Usd(exactly(action.usd, 6)),
        limit_price=None if action.limit is None else Price(exactly(action.limit, 6)),
    )


def limits_of(caps: Caps) -> RiskLimits:
    """Return the shipped form of caps."""
    return RiskLimits(
        position_bps_max=Bps(caps.position),
        exposure_bps_max=Bps(caps.exposure),
        orders_per_day_max=caps.day_orders,
        orders_per_minute_max=caps.minute_orders,
        leverage_max=caps.leverage,
        order_usd_min=Usd(exactly(caps.order_usd, 6)),
        symbols_allowed=frozenset(map(Symbol, caps.symbols)),
        cost_usd_month_max=Usd(Decimal(0)),
        daily_loss_bps_max=Bps(caps.daily_loss),
        drawdown_bps_max=None if caps.drawdown is None else Bps(caps.drawdown),
        stop_bps=None if caps.stop is None else Bps(caps.stop),
        reserve_bps=Bps(caps.reserve),
        collar_bps=Bps(caps.collar),
        mark_age_ms_max=caps.mark_age,
        account_age_ms_max=caps.account_age,
        venue_marks_only=caps.venue_marks,
    )
