"""Runs one deployment until it is stopped, however often it loses its lease, its database or its venue meanwhile."""

from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import Final

import anyio
import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import AgenticError, StoreError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.epoch import Epoch
from agentic_core.runtime.epoch_ends import (
    Broken,
    Drained,
    EpochEnd,
    Gravity,
    MarketOver,
    Settled,
    gravity_of,
    place_of,
    sole_error,
)
from agentic_core.runtime.lease_keeping import LeaseKeeper
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.standby import NothingToRun, Standby, Taken, pause
from agentic_core.runtime.together import first_of
from agentic_core.store.journal_copy import JournalCopy

__all__ = ["EndReason", "Ended", "run_until_stopped"]

_MS_PER_S: Final = 1_000
_CLOSING_MS: Final = 1_000
"""How long giving the lease back and writing the last lines may take."""

_CALL_EVERY_MS: Final = 60_000


class EndReason(StrEnum):
    """Why a runner ended."""

    STOPPED = "stopped"
    """The deployment is stopped, or shall be."""
    DRAINED = "drained"
    """This process was told to end; the next one goes on."""
    FAILED = "failed"
    """The deployment cannot run like this; its status says so wherever that could be written."""
    OVER = "over"
    """The recorded market has come to its end."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a runner ended."""

    reason: EndReason
    detail: str
    error: Exception | None = None
    """What it failed of."""


async def run_until_stopped(deployment: DeploymentId, ports: RunnerPorts, *, stop: anyio.Event) -> Ended:
    """Run a deployment until it is stopped, fails for good, or `stop` is set; return which of them it was.

    Where the lease or the database is lost nothing more is sent, and this runner waits for both and begins again as a
    new process would. Nothing it meets outside is raised.
    """
    return await _Runner(deployment, ports).run(stop)


class _Runner:
    def __init__(self, deployment: DeploymentId, ports: RunnerPorts) -> None:
        self._deployment = deployment
        self._ports = ports
        clock = ports.clock
        self._diary = Diary(
            deployment,
            ports.store.logs,
            now=ports.said_at or clock.now,
            listener=ports.listener,
            process=f"{ports.holder}:{clock.now()}:{clock.boottime_ms()}",
        )
        self._standby = Standby(deployment, ports, self._diary)
        self._copy: JournalCopy | None = None
        self._keeper: LeaseKeeper | None = None
        self._breakdowns = 0
        self._outages = 0
        self._called_ms: int | None = None

    async def run(self, stop: anyio.Event) -> Ended:
        diary = self._diary
        diary.say(LogEvent.RUNNER_STARTED, f"live-runner: booting deployment {self._deployment}")
        found: list[Ended] = []
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(diary.keep, self._ports.clock)
                found.append(await self._live(stop))
                tasks.cancel_scope.cancel()
        except Exception as group:  # noqa: BLE001 - said, and returned as how it ended
            error = sole_error(group)
            found.append(self._failed(error))
        finally:
            with anyio.CancelScope(shield=True):
                await self._close(found)
        return found[0]

    async def _live(self, stop: anyio.Event) -> Ended:
        open_after_ms = 0
        while True:
            taken = await self._standby.wait(stop, self._copy)
            if taken is None:
                return Ended(reason=EndReason.DRAINED, detail="told to end while it waited for the trading lease")
            if isinstance(taken, NothingToRun):
                return Ended(reason=EndReason.STOPPED, detail=taken.detail)
            epoch = self._begin(taken, open_after_ms)
            end = await epoch.run(stop)
            ended = await self._judge(epoch, end)
            if ended is not None:
                return ended
            if stop.is_set():
                return Ended(reason=EndReason.DRAINED, detail="told to end while something else went wrong")
            open_after_ms = await self._next(stop)

    def _begin(self, taken: Taken, open_after_ms: int) -> Epoch:
        lease = taken.keeper.lease
        self._copy, self._keeper = taken.copy, taken.keeper
        self._diary.say(LogEvent.LEASE_TAKEN, f"lease of {lease.account} taken", epoch=lease.epoch)
        return Epoch(taken, self._ports, self._diary, open_after_ms=open_after_ms)

    async def _judge(self, epoch: Epoch, end: EpochEnd) -> Ended | None:
        match end:
            case Settled():
                detail = f"the deployment is {epoch.standing.status}"
                return Ended(reason=EndReason.STOPPED, detail=detail)
            case MarketOver():
                await epoch.end("the recorded market came to its end")
                return Ended(reason=EndReason.OVER, detail="the recorded market came to its end")
            case Drained(left=left):
                detail = f"still under way: {'; '.join(left)}" if left else "nothing is under way"
                return Ended(reason=EndReason.DRAINED, detail=detail)
            case Broken(error=error):
                return await self._broken(epoch, error)

    async def _broken(self, epoch: Epoch, error: Exception) -> Ended | None:
        if epoch.lived_ms >= self._ports.timings.healthy_ms:
            self._breakdowns = self._outages = 0
        gravity = gravity_of(error)
        if gravity is not Gravity.FATAL and epoch.keeper.is_expired():
            gravity = Gravity.LOST
        match gravity:
            case Gravity.LOST:
                self._lose(epoch.keeper, error)
            case Gravity.OUTAGE:
                self._outages += 1
                self._say_again(LogEvent.RECONCILE_FAILED, LogLevel.WARN, str(error), error)
                if epoch.control.closes:
                    self._call(str(error))
            case Gravity.BREAKDOWN if self._breakdowns + 1 < self._ports.timings.breakdowns_max:
                self._breakdowns += 1
                of = f"breakdown {self._breakdowns} of {self._ports.timings.breakdowns_max}"
                self._say_again(LogEvent.TICK_FAILED, LogLevel.ERROR, f"{of}: {type(error).__name__}: {error}", error)
            case Gravity.BREAKDOWN | Gravity.FATAL:
                return await self._give_up(epoch, error)
        return None

    def _lose(self, keeper: LeaseKeeper, error: Exception) -> None:
        # Whatever is in the database by now has to be compared again before the next lease is taken.
        self._diary.say(LogEvent.LEASE_LOST, str(error), level=LogLevel.WARN, epoch=keeper.lease.epoch)
        self._keeper = None
        self._close_copy()

    def _say_again(self, event: LogEvent, level: LogLevel, why: str, error: Exception) -> None:
        seconds = self._again_ms() / _MS_PER_S
        message = f"{why}; the account is opened again in {seconds:g} s"
        self._diary.say(event, message, level=level, raised_in=place_of(error))

    def _call(self, why: str) -> None:
        # Nobody but a human can close anything meanwhile, so one is called at once and every minute.
        now = self._ports.clock.boottime_ms()
        if self._called_ms is None or now - self._called_ms >= _CALL_EVERY_MS:
            self._called_ms = now
            words = f"what is held by deployment {self._deployment} shall be closed, and cannot be: {why}"
            self._diary.say(LogEvent.HUMAN_NEEDED, words, level=LogLevel.ERROR)
            self._ports.page(words)

    async def _next(self, stop: anyio.Event) -> int:
        # Where the lease was lost, the wait is before it is asked for; else it is kept, and commands are obeyed.
        if self._keeper is None:
            await pause(self._ports, self._ports.timings.standby_ms, stop)
            return 0
        return self._again_ms()

    def _again_ms(self) -> int:
        timings, times = self._ports.timings, max(1, self._breakdowns + self._outages)
        return int(min(timings.again_ms_max, timings.again_ms * 2 ** min(times - 1, 16)))

    async def _give_up(self, epoch: Epoch, error: Exception) -> Ended:
        ended = self._failed(error)
        try:
            await epoch.fail(ended.detail)
        except AgenticError as refusal:
            self._diary.say(LogEvent.RUNNER_FATAL, f"status error was not stored: {refusal}", level=LogLevel.ERROR)
        return ended

    def _failed(self, error: Exception) -> Ended:
        detail = f"{type(error).__name__}: {error}"
        self._diary.say(LogEvent.RUNNER_FATAL, detail, level=LogLevel.ERROR, raised_in=place_of(error))
        self._ports.page(f"deployment {self._deployment} is not run any more: {detail}")
        return Ended(reason=EndReason.FAILED, detail=detail, error=error)

    def _close_copy(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    async def _close(self, found: list[Ended]) -> None:
        self._close_copy()
        # A database that is away keeps no process from ending: the lease runs out by itself.
        with suppress(StoreError):
            await first_of(partial(self._say_goodbye, found), lambda: self._ports.clock.sleep(_CLOSING_MS / _MS_PER_S))

    async def _release(self, keeper: LeaseKeeper) -> None:
        lease = keeper.lease
        await keeper.release()
        self._diary.say(LogEvent.LEASE_RELEASED, f"lease of {lease.account} released", epoch=lease.epoch)

    async def _say_goodbye(self, found: list[Ended]) -> None:
        if self._keeper is not None:
            with suppress(StoreError):
                await self._release(self._keeper)
        for ended in found[:1]:
            self._diary.say(LogEvent.RUNNER_STOPPED, f"live-runner: {ended.reason}: {ended.detail}")
        await self._diary.flush()
