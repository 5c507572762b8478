"""What executed on a paper account and the ledger may not have yet, and who is to be told of it."""

from collections.abc import Iterable
from typing import Final

from agentic_core.brokers.paper.folding import missing
from agentic_core.brokers.paper.keeping import Kept
from agentic_core.domain.account_events import AccountEvent, FillTold, FundingTold, LiquidationTold
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ledger import LedgerEntry
from agentic_core.domain.times import Instant
from agentic_core.ports.live_venue import TellAccount

__all__ = ["Pending"]


class Pending:
    """Executions, payments and liquidations until the ledger has them, and events until somebody hears them."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._entries: list[LedgerEntry] = []
        self._liquidations: list[LiquidationTold] = []
        self._unheard: Final[list[AccountEvent]] = []
        self.tell: TellAccount | None = None
        """Who hears of it; until there is somebody, it waits."""

    @property
    def fills(self) -> tuple[Fill, ...]:
        """Executions that may not be in the ledger."""
        return tuple(each for each in self._entries if isinstance(each, Fill))

    @property
    def payments(self) -> tuple[FundingPayment, ...]:
        """Payments that may not be there."""
        return tuple(each for each in self._entries if isinstance(each, FundingPayment))

    @property
    def liquidations(self) -> tuple[LiquidationTold, ...]:
        """Liquidations some of whose executions may not be there."""
        return tuple(self._liquidations)

    @property
    def oldest(self) -> Instant | None:
        """When the oldest of it happened; None where there is nothing."""
        times = [*(fill.time for fill in self.fills), *(payment.time for payment in self.payments)]
        return min(times, default=None)

    def hear(self, event: AccountEvent) -> None:
        """Take in something that happened; it is told by `flush`."""
        match event:
            case FillTold(fill=entry) | FundingTold(payment=entry):
                self._entries.append(entry)
            case LiquidationTold():
                self._liquidations.append(event)
            case _:
                pass
        self._unheard.append(event)

    def restore(self, kept: Kept, entries: Iterable[LedgerEntry]) -> None:
        """Take what an earlier process kept and the ledger does not have; it is told again."""
        lacking = missing((*kept.fills, *kept.payments), entries)
        times = {each.time for each in lacking if isinstance(each, Fill)}
        for liquidation in kept.liquidations:
            if liquidation.at in times:
                self.hear(liquidation)
        for each in lacking:
            match each:
                case Fill():
                    self.hear(FillTold(fill=each))
                case FundingPayment():
                    self.hear(FundingTold(payment=each))
                case _:
                    pass

    def booked(self, entries: Iterable[LedgerEntry]) -> None:
        """Let go of what the ledger has."""
        self._entries = list(missing(self._entries, entries))
        times = {fill.time for fill in self.fills}
        self._liquidations = [each for each in self._liquidations if each.at in times]

    def flush(self) -> None:
        """Tell what waits, if there is somebody to hear it."""
        if self.tell is None:
            return
        unheard = tuple(self._unheard)
        self._unheard.clear()
        for event in unheard:
            self.tell(event)
