"""Where questions to the venue are put."""

from typing import Protocol, TypeVar

from agentic_hl.rest.failures import RestFailure
from agentic_hl.rest.queries import Query

__all__ = ["Queries"]

_T = TypeVar("_T")


class Queries(Protocol):
    """Puts questions to the venue, within its limits and again where that can help; `HyperliquidRest` is one."""

    async def query(self, query: Query[_T]) -> _T | RestFailure:
        """Ask one question."""
