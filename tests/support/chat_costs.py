"""Calls of chat models and what they may cost, for tests of the ledger."""

from decimal import Decimal

from agentic_core.domain import Bps, DeploymentId, Instant, TickId, Usd
from agentic_core.domain.chat import CallId, CostCaps, CostStanding
from tests.support.stored_values import AT, DEPLOYMENT, MINUTE_MS

__all__ = ["call", "caps", "standing", "usd"]


def usd(text: str) -> Usd:
    """Return an amount."""
    return Usd(Decimal(text))


def call(minute: int = 0, *, step: int = 0, attempt: int = 0, run: DeploymentId = DEPLOYMENT) -> CallId:
    """Return a call of the turn of a minute."""
    tick = TickId(deployment=run, mark=Instant(AT + minute * MINUTE_MS))
    return CallId(deployment=run, decision=tick.decision, step=step, attempt=attempt)


def caps(month: str = "10", day: str | None = None, *, protected: int = 2_000, repairs: int = 1_000) -> CostCaps:
    """Return what may be spent, shares in basis points."""
    return CostCaps(
        month_usd=usd(month),
        day_usd=None if day is None else usd(day),
        protected_bps=Bps(protected),
        repair_bps=Bps(repairs),
    )


def standing(
    *, settled: str = "0", held: str = "0", day_settled: str = "0", day_held: str = "0", repairs: str = "0"
) -> CostStanding:
    """Return what was spent and is held."""
    return CostStanding(
        month_settled=usd(settled),
        month_held=usd(held),
        day_settled=usd(day_settled),
        day_held=usd(day_held),
        repair_committed=usd(repairs),
    )
