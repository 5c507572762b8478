"""Going round all orders: many at once, so that none waits for the answer about another."""

from collections.abc import Awaitable, Callable, Iterable

import anyio
from anyio.abc import TaskGroup

from agentic_core.domain.ids import ClientOrderId

__all__ = ["Rounds"]

_AT_ONCE = 8
"""How many orders are asked about at the same moment."""


class Rounds:
    """Lets a step be taken for each of some orders, unless one is under way."""

    def __init__(self, step: Callable[[ClientOrderId], Awaitable[None]]) -> None:
        """Take the step; what it raises ends the round."""
        self._step = step
        self._under_way: set[ClientOrderId] = set()
        self._places: anyio.CapacityLimiter | None = None
        self._failure: Exception | None = None

    async def go(self, due: Iterable[ClientOrderId]) -> None:
        """Take one step for each, and wait for all of them."""
        async with anyio.create_task_group() as tasks:
            self._start(due, tasks)
        self._raise()

    async def keep_going(
        self, due: Callable[[], Iterable[ClientOrderId]], pause: Callable[[], Awaitable[None]]
    ) -> None:
        """Take steps for whatever is due after each pause, without waiting for those under way; ends by raising."""
        async with anyio.create_task_group() as tasks:
            while self._failure is None:
                self._start(due(), tasks)
                await pause()
            tasks.cancel_scope.cancel()
        self._raise()

    def _start(self, due: Iterable[ClientOrderId], tasks: TaskGroup) -> None:
        for cloid in due:
            if cloid not in self._under_way:
                self._under_way.add(cloid)
                tasks.start_soon(self._take, cloid)

    async def _take(self, cloid: ClientOrderId) -> None:
        self._places = self._places or anyio.CapacityLimiter(_AT_ONCE)
        try:
            async with self._places:
                if self._failure is None:  # otherwise the runner is about to end
                    await self._step(cloid)
        except Exception as error:  # noqa: BLE001 - raised by whoever waits, alone instead of wrapped in a group
            self._failure = self._failure or error
        finally:
            self._under_way.discard(cloid)

    def _raise(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
