"""The money of one account: executions, funding and transfers, each counted once."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias, TypeVar

import msgspec

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.money import ZERO, Usd

__all__ = ["LedgerEntry", "LedgerTotals", "once_each"]

_Told = TypeVar("_Told")

LedgerEntry: TypeAlias = Fill | FundingPayment | Transfer


class LedgerTotals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the entries of a stretch of time add up to."""

    fills: int = 0
    closed_pnl_usd: Usd = Usd(ZERO)
    """Profit realised by what closed positions, before fees."""
    fees_usd: Usd = Usd(ZERO)
    """Paid; negative where rebates were more."""
    funding_usd: Usd = Usd(ZERO)
    """Received; negative means paid."""
    transfers_usd: Usd = Usd(ZERO)
    """Gained without trading; negative where money went."""

    @property
    def earned_usd(self) -> Usd:
        """What trading brought: closed profit and funding, less fees."""
        earned: Decimal = self.closed_pnl_usd + self.funding_usd - self.fees_usd
        return Usd(earned)


def once_each(told: Iterable[_Told], name: Callable[[_Told], str]) -> dict[str, _Told]:
    """Return what was told by its name, in order; of what was told twice the first.

    >>> once_each(["a1", "b1", "a2"], lambda text: text[0])
    {'a': 'a1', 'b': 'b1'}
    """
    once: dict[str, _Told] = {}
    for each in told:
        once.setdefault(name(each), each)
    return once
