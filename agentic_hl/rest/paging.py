"""Everything since an instant, from a list that the venue shows in pages, oldest first."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from agentic_core.errors import VenueUnavailable

__all__ = ["FILL_PAGES", "LOG_PAGES", "PageLimits", "PagedLog"]

_T = TypeVar("_T")


class PageLimits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a list is shown."""

    size: int
    """Entries of a full page."""
    pages_max: int
    """After so many full pages, reading is given up."""


FILL_PAGES: Final = PageLimits(size=2_000, pages_max=5)
"""Of executions, of which the venue shows the last 10,000."""

LOG_PAGES: Final = PageLimits(size=500, pages_max=40)
"""Of funding and of movements of money."""


class PagedLog(Generic[_T]):
    """A list of entries with a time each, of which several may share a millisecond."""

    def __init__(
        self,
        what: str,
        *,
        ask: Callable[[int], Awaitable[Sequence[_T]]],
        time_of: Callable[[_T], int],
        key_of: Callable[[_T], Hashable],
        limits: PageLimits,
    ) -> None:
        """Take what asks for the page that begins at an instant, and what tells an entry's time and names it."""
        self._what: Final = what
        self._ask: Final = ask
        self._time_of: Final = time_of
        self._key_of: Final = key_of
        self._limits: Final = limits

    async def since(self, start: int) -> tuple[_T, ...]:
        """Return every entry from an instant on, oldest first, each once.

        Pages overlap by the millisecond they meet in, so that nothing which happened in it is missed.

        Raises:
            VenueUnavailable: a page cannot be had, or there are more entries than can be read through.
        """
        found: dict[Hashable, _T] = {}
        at = max(0, start)
        for _ in range(self._limits.pages_max):
            page = await self._ask(at)
            for entry in page:
                found.setdefault(self._key_of(entry), entry)
            if len(page) < self._limits.size:
                return tuple(sorted(found.values(), key=self._time_of))
            newest = max(map(self._time_of, page))
            if newest <= at:
                break
            at = newest
        message = f"there are more {self._what} since {start} than can be read through; ask for a later start"
        raise VenueUnavailable(message, retryable=False)
