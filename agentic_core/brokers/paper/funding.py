"""Hourly funding of one paper account."""

from collections.abc import Callable
from decimal import Decimal

from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.domain.funding import FundingPayment, funding_hours
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant

__all__ = ["settle_funding"]


def settle_funding(
    ledger: PaperLedger,
    rates: Callable[[Symbol, Instant], Decimal],
    *,
    after: Instant,
    until: Instant,
    oracle: Callable[[Symbol], Decimal] | None = None,
) -> tuple[FundingPayment, ...]:
    """Settle every whole hour in (after, until] on what is held now.

    Args:
        ledger: the account.
        rates: the hourly rate of a symbol settled at an hour; raises where it is unknown.
        after: the instant settled before this one.
        until: this instant.
        oracle: the price notionals are taken at, as the venue does; without one it is the mark.
    """
    price = oracle or ledger.price
    payments = []
    for hour in funding_hours(after, until):
        when = Instant(hour)
        for symbol, held in ledger.positions.items():
            rate = rates(symbol, when)
            payment = FundingPayment.settle(symbol, when, size=held.size, price=price(symbol), rate=rate)
            ledger.settle(payment)
            payments.append(payment)
    return tuple(payments)
