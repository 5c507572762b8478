"""Where questions to the venue are put."""

from typing import Final, Protocol, TypeVar

from agentic_hl.rest.failures import RestFailure
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.ip_budget import Priority
from agentic_hl.rest.queries import Query

__all__ = ["Queries", "UrgentQueries"]

_T = TypeVar("_T")

_URGENT_MS: Final = 5_000


class Queries(Protocol):
    """Puts questions to the venue, within its limits and again where that can help; `HyperliquidRest` is one."""

    async def query(self, query: Query[_T]) -> _T | RestFailure:
        """Ask one question."""


class UrgentQueries:
    """Puts questions that a close waits for: before all others, and not for long."""

    def __init__(self, rest: HyperliquidRest, *, deadline_ms: int = _URGENT_MS) -> None:
        """Take where to ask, and how long an answer may take, repetitions included."""
        self._rest: Final = rest
        self._deadline_ms: Final = deadline_ms

    async def query(self, query: Query[_T]) -> _T | RestFailure:
        """Ask one question."""
        return await self._rest.query(query, priority=Priority.URGENT, deadline_ms=self._deadline_ms)
