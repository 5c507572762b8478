"""A paper account put together again from what is written down of it."""

from collections.abc import Callable, Iterable, Mapping

from agentic_core.brokers.paper.ledger import PaperLedger
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.ledger import LedgerEntry, once_each
from agentic_core.domain.market import Mark
from agentic_core.domain.money import ZERO, Usd
from agentic_core.domain.times import Instant

__all__ = ["fold", "missing"]


def fold(
    entries: Iterable[LedgerEntry],
    *,
    instruments: Mapping[Symbol, Instrument],
    marks: Callable[[Symbol], Mark | None],
    leverage: int,
    at: Instant,
) -> PaperLedger:
    """Return the account that these transfers, executions and payments make; each is counted once.

    Args:
        entries: in any order.
        instruments: rules of every symbol that may be held.
        marks: the newest mark of a symbol.
        leverage: what the account is set to.
        at: where it stands.
    """
    once = list(once_each(entries, _name).values())
    paid_in = sum((each.amount for each in once if isinstance(each, Transfer)), ZERO)
    ledger = PaperLedger(starting_equity=Usd(paid_in), instruments=instruments, marks=marks, leverage=leverage, at=at)
    for fill in sorted((each for each in once if isinstance(each, Fill)), key=_by_time):
        position, _ = ledger.position(fill.symbol).after(fill.side, fill.size, fill.price)
        ledger.book(fill, position)
    for each in once:
        if isinstance(each, FundingPayment):
            ledger.settle(each)
    return ledger


def missing(told: Iterable[LedgerEntry], entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Return what of the things told is not among the entries, in its order."""
    known = {_name(each) for each in entries}
    return tuple(each for each in told if _name(each) not in known)


def _name(entry: LedgerEntry) -> str:
    match entry:
        case Fill():
            return f"fill {entry.fill_id}"
        case FundingPayment():
            return f"payment {entry.payment_id}"
        case _:
            return f"transfer {entry.transfer_id}"


def _by_time(fill: Fill) -> tuple[Instant, str, int]:
    # Executions of one order carry one time, and their number behind the last colon.
    name, _, number = fill.fill_id.rpartition(":")
    return fill.time, name, int(number) if number.isdecimal() else 0
