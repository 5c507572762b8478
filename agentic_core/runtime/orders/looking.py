"""Asking the venue about an order: where time presses, again while an answer that may be lost is still waited for."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from agentic_core.domain.order import PreparedIntent
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Observation
from agentic_core.ports.clock import Clock

__all__ = ["look"]

_Observe: TypeAlias = Callable[[PreparedIntent], Awaitable[Observation]]

_PATIENCE_MS = 750
"""How long one question is waited for alone; its answer usually takes a third of that."""

_AT_ONCE = 4


async def look(observe: _Observe, clock: Clock, prepared: PreparedIntent, *, presses: bool) -> Observation:
    """Return what the venue shows of an order, by the first answer that comes.

    Args:
        observe: asks the venue.
        clock: for waiting.
        prepared: the order.
        presses: whether the question is put a second, third and fourth time beside the first while that takes long.

    Raises:
        VenueUnavailable: none was answered.
    """
    if not presses:
        return await observe(prepared)
    race = _Race(observe, prepared)
    async with anyio.create_task_group() as tasks:
        for _ in range(_AT_ONCE):
            tasks.start_soon(race.ask, tasks.cancel_scope)
            await clock.sleep(_PATIENCE_MS / 1_000)
    return race.result()


class _Race:
    def __init__(self, observe: _Observe, prepared: PreparedIntent) -> None:
        self._observe = observe
        self._prepared = prepared
        self._asked = self._failed = 0
        self._seen: Observation | None = None
        self._error: Exception | None = None

    async def ask(self, others: anyio.CancelScope) -> None:
        self._asked += 1
        try:
            self._seen = await self._observe(self._prepared)
            others.cancel()
        except VenueUnavailable as error:
            self._failed += 1
            self._error = error
            if self._failed == self._asked:  # nobody is waited for, so whoever asked may ask again later
                others.cancel()
        except Exception as error:  # noqa: BLE001 - raised by `result`, alone instead of wrapped in a group
            self._error = error
            others.cancel()

    def result(self) -> Observation:
        if self._seen is not None:
            return self._seen
        assert self._error is not None, "every question was answered or failed"
        raise self._error
