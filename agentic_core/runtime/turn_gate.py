"""One turn at a time, and none while somebody holds the turns back."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final, TypeVar

import anyio
import msgspec

from agentic_core.ports.clock import Clock

__all__ = ["BrokenOff", "TurnGate"]

_Result = TypeVar("_Result")

_HELD_BACK: Final = "the turns are held back by a command, or because the process ends"


class BrokenOff(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something was not waited for to its end."""

    cause: str


class TurnGate:
    """Whoever holds the turns back waits until the turn under way has ended, and shortens what may be broken off."""

    def __init__(self, clock: Clock) -> None:
        """Begin with no turn under way."""
        self._clock = clock
        self._holders = 0
        self._is_busy = False
        self._changed = anyio.Event()
        self._waiting: anyio.CancelScope | None = None
        self._cause = _HELD_BACK
        self._carried_out: anyio.CancelScope | None = None
        self._is_cut = False

    @property
    def is_held(self) -> bool:
        """Whether somebody holds the turns back now."""
        return self._holders > 0

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the turns back; inside, none is under way."""
        self._holders += 1
        if self._waiting is not None:
            self._break_off(_HELD_BACK)
        try:
            while self._is_busy:
                await self._changed.wait()
            yield
        finally:
            self._holders -= 1
            self._tell()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Take a turn as soon as nobody holds them back."""
        while self._holders:
            await self._changed.wait()
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
            self._tell()

    async def breakable(
        self, work: Callable[[], Awaitable[_Result]], *, within_ms: int | None = None
    ) -> _Result | BrokenOff:
        """Do something that is broken off when the turns are held back, or when its time is over.

        What is broken off while it ends all the same has ended.
        """
        if self._holders:
            return BrokenOff(cause=_HELD_BACK)
        done: list[_Result] = []
        failed: list[Exception] = []
        async with anyio.create_task_group() as tasks:
            self._waiting = tasks.cancel_scope
            if within_ms is not None:
                tasks.start_soon(partial(self._limit, within_ms))
            try:
                done.append(await work())
            except Exception as error:  # noqa: BLE001 - raised below, alone instead of in a group
                failed.append(error)
            finally:
                self._waiting = None
            tasks.cancel_scope.cancel()
        if failed:
            raise failed[0]
        return done[0] if done else BrokenOff(cause=self._cause)

    @contextmanager
    def carried_out(self) -> Iterator[None]:
        """Do something to its end though the task is cancelled meanwhile, unless or until `cut` is called."""
        with anyio.CancelScope(shield=not self._is_cut) as self._carried_out:
            yield

    def cut(self) -> None:
        """Let go of what is being carried out: the process ends, and may be killed before that has."""
        self._is_cut = True
        if self._carried_out is not None:
            self._carried_out.shield = False

    async def _limit(self, within_ms: int) -> None:
        await self._clock.sleep(max(0, within_ms) / 1_000)
        self._break_off(f"there was no answer within {within_ms / 1_000:g} s")

    def _break_off(self, cause: str) -> None:
        if self._waiting is not None:
            self._cause = cause
            self._waiting.cancel()

    def _tell(self) -> None:
        # Everybody looks again; an event cannot be unset, so there is a new one each time.
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
