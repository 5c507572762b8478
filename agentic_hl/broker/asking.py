"""Questions that somebody cannot go on without, with one priority and one deadline each."""

from typing import Final, TypeVar

from agentic_hl.rest.failures import answered
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.ip_budget import Priority
from agentic_hl.rest.queries import Query

__all__ = ["Asking"]

_T = TypeVar("_T")


class Asking:
    """Puts questions; before those that can wait, unless said otherwise."""

    def __init__(
        self, venue: HyperliquidRest, deadline_ms: int | None, *, priority: Priority = Priority.URGENT
    ) -> None:
        """Take where to ask, how long an answer may take, repetitions included, and who goes first."""
        self._venue: Final = venue
        self._deadline_ms: Final = deadline_ms
        self._priority: Final = priority

    async def ask(self, query: Query[_T]) -> _T:
        """Return the answer.

        Raises:
            VenueUnavailable: there is none.
        """
        answer = await self._venue.query(query, priority=self._priority, deadline_ms=self._deadline_ms)
        return answered(answer)
