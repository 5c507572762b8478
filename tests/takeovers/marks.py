"""What is written, each thing marked with the epoch it is written under."""

from decimal import Decimal

import msgspec

from agentic_core.domain import (
    Accepted,
    AccountDay,
    AgentStateRecord,
    Decision,
    DeploymentId,
    Fill,
    FillKind,
    FundingPayment,
    Instant,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Size,
    SkillId,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from tests.support.numbered_intents import stop
from tests.support.stored_values import AT, BTC, LIVE, MINUTE_MS, decision, fill, intent, state, uuid_of

__all__ = [
    "COST",
    "RESERVED",
    "RUN",
    "STALE",
    "accepted",
    "booked",
    "decided",
    "funded",
    "legs",
    "moved",
    "opened",
    "stated",
    "unasked",
]

RUN = DeploymentId(uuid_of("live"))
COST = Decimal("0.25")
"""Of each decision, so that the month's sum counts them."""

RESERVED = 1
"""The turn whose intents are there for stale writes only; before the first epoch."""

STALE = "stale"
"""Marks what may never be stored."""

_TURNS = 10_000
"""More than an epoch has, so that no two draw the same minute."""


def decided(skill: SkillId, epoch: int, turn: int) -> Decision:
    """Return a decision; a turn belongs to its epoch alone."""
    made = decision(skill, minute=_minute(epoch, turn), run=RUN, cost=COST, opens=True, text=f"turn {turn}")
    return msgspec.structs.replace(made, usage=msgspec.structs.replace(made.usage, prompt_tokens=epoch))


def legs(epoch: int, turn: int) -> tuple[OrderIntent, OrderIntent]:
    """Return an order of the turn and the stop that protects it."""
    minute = _minute(epoch, turn)
    order, protection = (intent(minute, leg=leg, account=LIVE, run=RUN) for leg in (0, 1))
    return order, msgspec.structs.replace(stop(minute, leg=1), cloid=protection.cloid)


def accepted(prepared: PreparedIntent, epoch: int) -> Accepted:
    """Return the venue's acceptance of an order, with a fill."""
    cloid = prepared.intent.cloid
    return Accepted(
        cloid=cloid, state=IntentState.FILLED, fills=(fill(f"{epoch}/{cloid}", cloid),), venue_order_id=str(epoch)
    )


def booked(mark: int | str, name: str, prepared: PreparedIntent) -> Fill:
    """Return a fill of an order."""
    return fill(f"{mark}/{name}", prepared.intent.cloid)


def unasked(mark: int | str, name: str) -> Fill:
    """Return a fill that nobody ordered."""
    return fill(f"{mark}/{name}", kind=FillKind.LIQUIDATION)


def stated(epoch: int) -> AgentStateRecord:
    """Return a state."""
    return msgspec.structs.replace(state("1000", deployment=RUN), day_pnl_usd=Usd(Decimal(epoch)))


def opened(epoch: int) -> AccountDay:
    """Return a day of the account."""
    equity = Usd(Decimal(epoch))
    return AccountDay(account=LIVE, day=1, baseline_usd=equity, opened_at=AT, peak_usd=equity, as_of=AT)


def funded(epoch: int, turn: int) -> FundingPayment:
    """Return a payment of funding."""
    at = Instant(AT + _minute(epoch, turn) * MINUTE_MS)
    return FundingPayment(symbol=BTC, time=at, size=Size(Decimal(1)), rate=Decimal(0), amount=Usd(Decimal(epoch)))


def moved(epoch: int, name: str) -> Transfer:
    """Return a deposit."""
    return Transfer(transfer_id=f"{epoch}/{name}", kind="deposit", amount=Usd(Decimal(epoch)), at=AT)


def _minute(epoch: int, turn: int) -> int:
    return epoch * _TURNS + turn
