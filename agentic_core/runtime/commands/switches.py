"""Follows what the operator of the platform switched off for everybody."""

from typing import Final

import anyio

from agentic_core.domain.trading import Restriction
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.commands.ports import CommandPorts

__all__ = ["PlatformWatch"]

_MS_PER_S: Final = 1_000


class PlatformWatch:
    """Holds opens back while trading is switched off; a database that is away changes nothing."""

    def __init__(self, ports: CommandPorts) -> None:
        """Begin with nothing seen."""
        self._ports: Final = ports
        self._is_off = False
        self._looking: Final = anyio.Lock()

    async def look(self) -> None:
        """Look once.

        Raises:
            StoreError: the database refused.
        """
        async with self._looking:  # what has changed is said once, whoever saw it
            await self._compare()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self._ports.clock.sleep(self._ports.timings.switches_ms / _MS_PER_S)
            try:
                await self.look()
            except StoreUnavailable:
                continue

    async def _compare(self) -> None:
        standing, before = self._ports.standing, self._is_off
        self._is_off = (await self._ports.store.platform.switches()).trading_disabled
        if self._is_off:
            standing.hold(Restriction.PLATFORM_OFF)
        else:
            standing.lift(Restriction.PLATFORM_OFF)
        if self._is_off is not before:
            words = "trading was switched off" if self._is_off else "trading was switched on again"
            level = LogLevel.WARN if self._is_off else LogLevel.INFO
            self._ports.say(LogEvent.PLATFORM_SWITCHED, f"{words} for the whole platform", level=level)
