"""The memory of an account as a session keeps it: of this process, and written back so that it outlives it."""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import anyio

from agentic_core.domain.account import DayCounters
from agentic_core.domain.account_days import AccountDay
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.money import Usd
from agentic_core.domain.order import Fence
from agentic_core.domain.times import DAY_MS, Instant, day_of
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.account_memory import Remembered
from agentic_core.ports.clock import Clock
from agentic_core.ports.units import UnitStore
from agentic_core.runtime.orders import AccountBook

__all__ = ["DayKeeper", "HearEquity"]

HearEquity: TypeAlias = Callable[[DayCounters, Usd, Usd], None]
"""Hears the day, the peak and the equity each time an equity is known; must not wait."""

_WRITE_EVERY_S: Final = 5.0


class DayKeeper:
    """An `AccountMemory` over a book.

    A transfer and the baseline that it moves are stored together, so that a stored day holds exactly the transfers of
    the ledger since it was opened, whenever they were told of.
    """

    def __init__(
        self,
        store: UnitStore,
        fence: Fence,
        deployment: DeploymentId,
        remembered: AccountDay | None,
        now: Callable[[], Instant],
    ) -> None:
        """Go on from the newest stored day; None begins with nothing."""
        self.book: Final = AccountBook.of(remembered)
        self.remembered: Final = remembered
        self._store: Final = store
        self._fence: Final = fence
        self._deployment: Final = deployment
        self._now: Final = now
        self._hear: HearEquity = _hear_nothing
        self._written = remembered
        self._as_of = Instant(0) if remembered is None else remembered.as_of
        self._turn: Final = anyio.Lock()

    def listen(self, hear: HearEquity) -> None:
        """Tell somebody of each equity from now on."""
        self._hear = hear

    def recall(self, as_of: Instant, equity: Usd) -> Remembered:
        """Return what is remembered as of an instant at which the account had this value."""
        known = self.book.recall(as_of, equity)
        self._as_of = max(self._as_of, as_of)
        self._hear(known.day, known.peak, equity)
        return known

    async def count_orders(self, at: Instant) -> None:
        """Take over how many orders were sent on the day of an instant by whoever ran before."""
        day = day_of(at)
        since, until = Instant(day * DAY_MS), Instant((day + 1) * DAY_MS)
        self.book.resume(day, await self._store.days.orders(self._fence.account, since, until))

    async def keep(self, transfers: Sequence[Transfer]) -> tuple[Transfer, ...]:
        """Record transfers and move the baseline and the peak with those that are new, which are returned.

        Raises:
            Fenced: the lease is lost; nothing was written.
            StoreError: the database refused; nothing was moved.
        """
        fresh: tuple[Transfer, ...] = ()
        async with self._turn:
            with anyio.CancelScope(shield=True):  # what is stored is known here
                fresh = await self._keep(transfers)
        return fresh

    async def _keep(self, transfers: Sequence[Transfer]) -> tuple[Transfer, ...]:
        written = None
        async with self._store.unit(self._fence) as unit:
            fresh = await unit.ledger.record_transfers(self._fence, self._deployment, transfers, at=self._now())
            if fresh and self.book.is_open:
                written = self.book.after(fresh).remembered(self._fence.account, self._as_of)
                await unit.days.write(self._fence, written)
        for transfer in fresh:
            self.book.transfer(transfer.amount, transfer.at)
        self._written = written or self._written
        return fresh

    @property
    def is_day_stored(self) -> bool:
        """Whether the day that losses are counted from is stored."""
        return self._written is not None and self._written.day == self.book.day.day

    async def write(self) -> None:
        """Store the day where it changed.

        Raises:
            Fenced: the lease is lost; nothing was written.
            StoreError: the database refused.
        """
        async with self._turn:
            row = self.book.remembered(self._fence.account, self._as_of)
            if not self.book.is_open or _is_same(row, self._written):
                return
            await self._store.days.write(self._fence, row)
            self._written = row

    async def run(self, clock: Clock) -> None:
        """Store what changed every few seconds, for ever; a database that does not answer is asked again.

        Raises:
            Fenced: the lease is lost.
        """
        while True:
            await clock.sleep(_WRITE_EVERY_S)
            try:
                await self.write()
            except StoreUnavailable:
                continue


def _hear_nothing(_day: DayCounters, _peak: Usd, _equity: Usd) -> None:
    pass


def _is_same(row: AccountDay, written: AccountDay | None) -> bool:
    if written is None:
        return False
    return (row.day, row.baseline_usd, row.peak_usd) == (written.day, written.baseline_usd, written.peak_usd)
