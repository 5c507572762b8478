"""What happens to a paper account at a mark, before anything is decided."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from agentic_core.brokers.paper import PaperBroker
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment, funding_hours
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
    liquidations: Sequence[Fill]
    halt: Halt | None


def settle_mark(
    broker: PaperBroker, rates: Rates, limits: RiskLimits, *, previous: Instant, at: Instant, halted: bool
) -> MarkEvents:
    """Settle funding, liquidate, open the day and look for a halt, in this order.

    Args:
        broker: the account; the market behind it already stands at this mark.
        rates: funding rates.
        limits: for the daily loss.
        previous: the mark settled before this one.
        at: this mark.
        halted: whether a halt is latched already; a second one is not reported.
    """
    ledger = broker.ledger
    ledger.as_of = at
    payments = _settle_funding(broker, rates, previous, at)
    fills, halt = _liquidate(broker, at)
    ledger.open_day(at)
    if halt is None:
        finding = find_halt(ledger.day, ledger.peak, ledger.equity, limits)
        if finding is not None:
            halt = Halt(time=at, reason=finding.reason, detail=finding.detail, numbers=finding.numbers)
    return MarkEvents(funding=payments, liquidations=fills, halt=None if halted else halt)


def _settle_funding(broker: PaperBroker, rates: Rates, previous: Instant, at: Instant) -> list[FundingPayment]:
    ledger = broker.ledger
    payments = []
    for hour in funding_hours(previous, at):
        when = Instant(hour)
        for symbol, held in ledger.positions.items():
            price = ledger.price(symbol)
            payment = FundingPayment.settle(symbol, when, size=held.size, price=price, rate=rates(symbol, when))
            payments.append(payment)
            ledger.settle(payment)
    return payments


def _liquidate(broker: PaperBroker, at: Instant) -> tuple[list[Fill], Halt | None]:
    ledger = broker.ledger
    if not ledger.positions:
        return [], None
    equity, maintenance = ledger.equity, ledger.maintenance
    if equity >= maintenance:
        return [], None
    fills = [broker.liquidate(held, ledger.price(held.symbol)) for held in list(ledger.positions.values())]
    detail = f"equity {plain(equity)} USD fell below the maintenance margin {plain(maintenance)}"
    numbers: dict[str, Decimal] = {"equity": equity, "maintenance": maintenance}
    return fills, Halt(time=at, reason=HaltReason.LIQUIDATION, detail=detail, numbers=numbers)
