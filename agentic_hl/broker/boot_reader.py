"""Reads what has to be clear before a process may trade."""

from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

import anyio

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.clock import Clock
from agentic_hl.broker.boot import (
    BootFacts,
    ClockReading,
    LeverageWanted,
    ListingRead,
    Unread,
)
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.rest.failures import RestFailure
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.queries import (
    Query,
    approved_wallets,
    exchange_status,
    user_abstraction,
    user_role,
)
from agentic_hl.wire.addresses import Address

__all__ = ["BootReader"]

_T = TypeVar("_T")

_MS_PER_S: Final = 1_000
_CLOCK_READS: Final = 3
_QUICK_MS: Final = 500
_LATE: Final = Unread(cause="there was no time left to ask")


class BootReader:
    """Asks everything once, within one deadline; what has no answer by then is unread."""

    def __init__(
        self, venue: HyperliquidRest, metas: MetaCache, clock: Clock, *, deadline_ms: int = 2 * MINUTE_MS
    ) -> None:
        """Take where to ask; the questions weigh at most 122."""
        self._venue: Final = venue
        self._metas: Final = metas
        self._clock: Final = clock
        self._deadline_ms: Final = deadline_ms

    async def read(self, account: Address, wallet: Address, wanted: Mapping[Symbol, LeverageWanted]) -> BootFacts:
        """Read the facts of an account, of the wallet that signs for it and of what is listed."""
        ends = self._clock.boottime_ms() + self._deadline_ms
        clock = await self._read_clock(ends)
        role = await self._ask(user_role(wallet), ends)
        mode = await self._ask(user_abstraction(account), ends)
        wallets = await self._ask(approved_wallets(account), ends)
        listing = await self._within(self._read_listing(), ends)
        return BootFacts(
            account=account,
            wallet=wallet,
            role=role,
            mode=mode,
            wallets=wallets,
            clock=clock,
            listing=listing,
            wanted=wanted,
        )

    async def _read_clock(self, ends: int) -> ClockReading | Unread:
        # A question that was repeated, or had to wait for weight, passes for a slow way to the venue; the quickest of a
        # few tells the most.
        readings: list[ClockReading] = []
        for _ in range(_CLOCK_READS):
            asked_at = self._clock.now()
            status = await self._ask(exchange_status(), ends)
            answered_at = self._clock.now()
            if isinstance(status, Unread):
                return min(readings, key=_doubt) if readings else status
            readings.append(ClockReading(venue_time=Instant(status.time), asked_at=asked_at, answered_at=answered_at))
            if _doubt(readings[-1]) <= (False, _QUICK_MS):
                break
        return min(readings, key=_doubt)

    async def _read_listing(self) -> ListingRead | Unread:
        try:
            listed = await self._metas.listed()
        except VenueUnavailable as exc:
            return Unread(cause=str(exc))
        most = {symbol: one.leverage_max for symbol, one in listed.instruments.items()}
        return ListingRead(version=listed.version, leverage_max=most)

    async def _ask(self, query: Query[_T], ends: int) -> _T | Unread:
        left = ends - self._clock.boottime_ms()
        if left <= 0:
            return _LATE
        answer = await self._venue.query(query, deadline_ms=left)
        return Unread(cause=answer.message) if isinstance(answer, RestFailure) else answer

    async def _within(self, work: Awaitable[_T | Unread], ends: int) -> _T | Unread:
        with anyio.move_on_after(max(0, ends - self._clock.boottime_ms()) / _MS_PER_S):
            return await work
        return _LATE


def _doubt(reading: ClockReading) -> tuple[bool, int]:
    # One during which our own clock was set back tells nothing.
    span = reading.answered_at - reading.asked_at
    return span < 0, span
