"""The turns of an epoch, also before there is anybody who takes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.records import AgentStateRecord
from agentic_core.runtime.turns import Turns

__all__ = ["EpochTurns"]


class EpochTurns:
    """Who suspends turns before the first one holds back whoever comes to take them."""

    def __init__(self) -> None:
        """Begin with nobody who takes turns."""
        self._turns: Turns | None = None
        self._holds = 0
        self._freed = anyio.Event()

    @asynccontextmanager
    async def suspended(self) -> AsyncIterator[None]:
        """Let no turn begin meanwhile, and end the one that is being taken as `Turns` says."""
        self._holds += 1
        try:
            if self._turns is None:
                yield
            else:
                async with self._turns.suspended():
                    yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._freed.set()

    def state(self) -> AgentStateRecord | None:
        """Return what is known of the deployment now; None before the first look at its account."""
        return None if self._turns is None else self._turns.state()

    def heard(self, account: AccountSnapshot) -> None:
        """Pass on what somebody else has read of the account."""
        if self._turns is not None:
            self._turns.heard(account)

    def attach(self, turns: Turns) -> None:
        """Name who takes the turns from now on."""
        self._turns = turns

    async def free(self) -> None:
        """Wait until nobody who suspended turns before there were any still does."""
        while self._holds:
            self._freed = anyio.Event()
            await self._freed.wait()
