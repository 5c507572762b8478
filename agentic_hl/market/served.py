"""What a venue serves once a step of time: fetched page by page, mended, and kept."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeVar

import anyio

__all__ = ["AskPage", "ServedSeries"]

_T = TypeVar("_T")

AskPage = Callable[[int, int], Awaitable[Mapping[int, _T]]]
"""Asks for everything of the steps from one to another, both included, and returns it by its step."""


class ServedSeries(Generic[_T]):
    """One series of one venue, such as the five-minute candles of BTC.

    What was served once does not change, so it is asked for once; only the newest one known is asked for again with
    the next, because it may have been served a moment too early. Pages overlap by one step. Where something is missing
    between two that are there, the venue is asked a second time, and what it still leaves out is missing for good.
    """

    def __init__(self, ask: AskPage[_T], *, step: int, page: int, kept: int) -> None:
        """Start with nothing known.

        Args:
            ask: asks the venue for one page.
            step: milliseconds from one to the next; instants are its whole multiples.
            page: the most that is asked for at once, 2 at least.
            kept: how many steps back are remembered.
        """
        self._ask: Final = ask
        self._step: Final = step
        self._page_span: Final = (page - 1) * step
        self._kept_span: Final = kept * step
        self._items: Final[dict[int, _T]] = {}
        self._start: int | None = None
        self._lock: Final = anyio.Lock()

    async def load(self, first: int, last: int) -> dict[int, _T]:
        """Return what is served of the steps from first to last, both included, in their order."""
        async with self._lock:
            if first <= last:
                await self._cover(first, last)
            found = {at: self._items[at] for at in range(first, last + 1, self._step) if at in self._items}
            self._forget(last)
            return found

    async def _cover(self, first: int, last: int) -> None:
        newest = max(self._items, default=None)
        start = self._start
        if start is None or newest is None or first > newest + self._kept_span or first < start - self._kept_span:
            served = await self._fetch(first, last)
            self._items.clear()
            self._items.update(served)
            self._start = first
            return
        if first < start:
            self._items.update(await self._fetch(first, start))
            self._start = first
        if last > newest:
            self._items.update(await self._fetch(newest, last))

    async def _fetch(self, first: int, last: int) -> dict[int, _T]:
        # Nothing is kept before all of it is there and mended: an error half-way leaves no unmended hole behind.
        served: dict[int, _T] = {}
        at = first
        while at <= last:
            end = min(at + self._page_span, last)
            page = await self._page(at, end)
            served.update(page)
            newest = max(page, default=at)
            if newest >= last:
                break
            # Without anything new after `at`, the rest of this page is empty, however little one answer may hold.
            at = newest if newest > at else end + self._step
        await self._mend(served, first)
        return served

    async def _mend(self, served: dict[int, _T], first: int) -> None:
        if not served:
            return
        # Before the oldest one the venue most likely never had any, so only what is next to it is asked for again.
        start = max(first, min(served) - self._page_span)
        holes = [at for at in range(start, max(served), self._step) if at not in served]
        while holes:
            end = min(holes[0] + self._page_span, holes[-1])
            served.update(await self._page(holes[0], end))
            holes = [at for at in holes if at > end]

    async def _page(self, first: int, last: int) -> dict[int, _T]:
        answer = await self._ask(first, last)
        return {at: item for at, item in answer.items() if first <= at <= last and at % self._step == 0}

    def _forget(self, last: int) -> None:
        oldest = last - self._kept_span
        if self._start is not None and self._start < oldest:
            for at in [at for at in self._items if at < oldest]:
                del self._items[at]
            self._start = oldest
