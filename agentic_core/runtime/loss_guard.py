"""Halts for losses between the marks: whenever an equity is known, whoever asked for it."""

from collections.abc import Awaitable, Callable
from typing import Final, NoReturn, TypeAlias

import anyio

from agentic_core.domain.account import AccountSnapshot, AccountView, DayCounters
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import Usd
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.risk import HaltFinding, find_halt

__all__ = ["LossGuard", "ReadAfresh"]

ReadAfresh: TypeAlias = Callable[[], Awaitable[AccountSnapshot]]
"""Takes in what came or went without trading, then reads the account; raises `VenueUnavailable`."""

_CONFIRM_S: Final = 1.0
_TRIES: Final = 5
_PAUSE_S: Final = 30.0


class LossGuard:
    """Believes no loss before money that was taken out has been looked for: it is told of apart from the equity."""

    def __init__(
        self,
        limits: RiskLimits,
        read: ReadAfresh,
        halt: Callable[[HaltReason, str], Awaitable[None]],
        is_halted: Callable[[], bool],
        clock: Clock,
    ) -> None:
        """Guard one account.

        Args:
            limits: for the daily loss and the drawdown.
            read: reads the account afresh.
            halt: latches a halt.
            is_halted: whether one is latched.
            clock: for waiting.
        """
        self._limits: Final = limits
        self._read: Final = read
        self._halt: Final = halt
        self._is_halted: Final = is_halted
        self._clock: Final = clock
        self._due: HaltFinding | None = None
        self._arrival = anyio.Event()

    def hear(self, day: DayCounters, peak: Usd, equity: Usd) -> None:
        """Hear what the account is worth."""
        found = find_halt(day, peak, equity, self._limits)
        if found is not None:
            self._due = found
            self._arrival.set()

    async def settled(self, account: AccountSnapshot) -> AccountSnapshot:
        """Return an account that shows no loss only because money was taken out; it is read again where it might.

        Raises:
            VenueUnavailable: it could not be read.
        """
        return account if self._find(account) is None else await self._read()

    async def run(self) -> NoReturn:
        """Latch each halt that is due, until cancelled.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        while True:
            await self._arrival.wait()
            self._arrival = anyio.Event()
            found = None if self._is_halted() else await self._confirmed()
            if found is not None:
                await self._halt(found.reason, found.detail)
            if found is not None or self._is_halted():
                await self._clock.sleep(_PAUSE_S)

    async def _confirmed(self) -> HaltFinding | None:
        for _ in range(_TRIES):
            await self._clock.sleep(_CONFIRM_S)
            try:
                account = await self._read()
            except VenueUnavailable:
                continue
            return self._find(account)
        return self._due  # what cannot be looked at any more is believed as it was told last

    def _find(self, account: AccountView) -> HaltFinding | None:
        return find_halt(account.day, account.peak, account.equity, self._limits)
