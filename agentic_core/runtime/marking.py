"""What happens to a paper account at a mark, before anything is decided."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from agentic_core.brokers.paper import PaperBroker
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import plain
from agentic_core.domain.run import Halt
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason
from agentic_core.risk import find_halt

__all__ = ["MarkEvents", "Rates", "settle_mark"]

Rates = Callable[[Symbol, Instant], Decimal]
"""The hourly funding rate settled at an hour; raises where it is unknown."""


class MarkEvents(msgspec.Struct, frozen=True, kw_only=True):
    """What a mark brought."""

    funding: Sequence[FundingPayment]
    fills: Sequence[Fill]
    """Of orders that had rested."""
    liquidations: Sequence[Fill]
    halt: Halt | None


async def settle_mark(
    broker: PaperBroker, rates: Rates, limits: RiskLimits, *, previous: Instant, at: Instant, halted: bool
) -> MarkEvents:
    """Settle funding, let resting orders meet the mark, liquidate, open the day and look for a halt, in this order.

    Args:
        broker: the account; the market behind it already stands at this mark.
        rates: funding rates.
        limits: for the daily loss and the drawdown.
        previous: the mark settled before this one.
        at: this mark.
        halted: whether a halt is latched already; a second one is not reported.
    """
    ledger = broker.ledger
    payments = broker.settle_funding(rates, after=previous, until=at)
    fills = () if broker.is_idle else await broker.advance(at)
    ledger.as_of = at
    liquidations, halt = await _liquidate(broker, at)
    ledger.open_day(at)
    if halt is None:
        finding = find_halt(ledger.day, ledger.peak, ledger.equity, limits)
        if finding is not None:
            halt = Halt(time=at, reason=finding.reason, detail=finding.detail, numbers=finding.numbers)
    return MarkEvents(funding=payments, fills=fills, liquidations=liquidations, halt=None if halted else halt)


async def _liquidate(broker: PaperBroker, at: Instant) -> tuple[list[Fill], Halt | None]:
    found = await broker.enforce_margin()
    if not found:
        return [], None
    first = found[0]
    what = "equity" if first.isolated is None else f"the margin of {first.isolated}"
    detail = f"{what} {plain(first.equity)} USD fell below the maintenance margin {plain(first.maintenance)}"
    numbers: dict[str, Decimal] = {"equity": first.equity, "maintenance": first.maintenance}
    halt = Halt(time=at, reason=HaltReason.LIQUIDATION, detail=detail, numbers=numbers)
    return [fill for one in found for fill in one.fills], halt
