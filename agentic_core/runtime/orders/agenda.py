"""When something is to be done about which order, and that two tasks never do it at once."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

import anyio

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.times import Instant

__all__ = ["Agenda"]

_TAKEN_MS = 1_000
"""When to look again for an order that another task is busy with."""

_KEEP_MS = 600_000
"""How long what is done stays here for late news."""


class Agenda:
    """The venue times of the next steps, and who is taking one."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        """Start empty."""
        self._now = now
        self._due: dict[ClientOrderId, Instant | None] = {}
        self._put_at: dict[ClientOrderId, Instant] = {}
        self._turns: dict[ClientOrderId, anyio.Lock] = {}
        self._again: set[ClientOrderId] = set()
        # Hastened while somebody was busy with them: what is under way may have begun before the news.

    def __contains__(self, cloid: ClientOrderId) -> bool:
        """Tell whether it was put here."""
        return cloid in self._due

    @asynccontextmanager
    async def turn(self, cloid: ClientOrderId) -> AsyncIterator[None]:
        """Be the only one who does something about an order; others wait."""
        async with self._turns.setdefault(cloid, anyio.Lock()):
            yield

    def put(self, cloid: ClientOrderId, due: Instant | None) -> None:
        """Say when its next step is; None says that nothing is left to do."""
        self._put_at[cloid] = now = self._now()
        self._due[cloid] = now if due is not None and cloid in self._again else due
        self._again.discard(cloid)

    def hasten(self, cloid: ClientOrderId, every_ms: int = 0) -> None:
        """Bring its next step forward, to so long after the last one."""
        if not every_ms and self._is_taken(cloid):
            self._again.add(cloid)
        due = self._due.get(cloid)
        sooner = Instant(self._put_at.get(cloid, self._now()) + every_ms) if every_ms else self._now()
        self._due[cloid] = sooner if due is None else min(due, sooner)

    def of_these_due(self, cloids: Iterable[ClientOrderId]) -> tuple[ClientOrderId, ...]:
        """Return those whose step is due and that nobody is busy with."""
        now = self._now()
        dues = ((cloid, self._due.get(cloid)) for cloid in cloids)
        return tuple(cloid for cloid, due in dues if due is not None and due <= now and not self._is_taken(cloid))

    def next_due(self) -> Instant | None:
        """Return when to look again; None where nothing is left to do about any."""
        soon = Instant(self._now() + _TAKEN_MS)
        dues = ((cloid, due) for cloid, due in self._due.items() if due is not None)
        return min((max(due, soon) if self._is_taken(cloid) else due for cloid, due in dues), default=None)

    def drop_old(self) -> tuple[ClientOrderId, ...]:
        """Let go of what has been done for long, and return it."""
        before = self._now() - _KEEP_MS
        done = (cloid for cloid, due in self._due.items() if due is None and self._put_at[cloid] < before)
        old = tuple(cloid for cloid in done if not self._is_taken(cloid))
        for cloid in old:
            del self._due[cloid], self._put_at[cloid]
            self._turns.pop(cloid, None)
        return old

    def _is_taken(self, cloid: ClientOrderId) -> bool:
        turn = self._turns.get(cloid)
        return turn is not None and turn.locked()
