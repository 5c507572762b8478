"""Looks for deployments whose runner has fallen silent: fences them first, then marks them, then says so.

Nothing is sent to a venue and no machine is touched. Who looks is not asked to be right at the first look: a database
that was away makes all runners look silent, so whoever seems lost is looked at again a little later, and a last time
under the fence.
"""

from typing import Final

import msgspec

from agentic_core.domain.ids import DeploymentId, TickId
from agentic_core.domain.operations import WatchedDeployment
from agentic_core.domain.records import LogLine
from agentic_core.domain.times import MINUTE_MS, Instant, Interval, show
from agentic_core.domain.trading import DeploymentStatus, Desired
from agentic_core.errors import AgenticError, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ops.outcomes import JobFigures
from agentic_core.ports.clock import Clock
from agentic_core.ports.units import UnitStore

__all__ = ["HeartbeatWatch", "is_silent", "last_sign", "silence_ms_max"]

_SILENCE_MS_MIN: Final = 15 * MINUTE_MS
_INTERVALS: Final = 3
_PROBE_MS: Final = 10_000
"""Longer than runners need to take their leases again once a database is back."""

_MS_PER_S: Final = 1_000


class _AliveAfterAll(Exception):
    # Leaves a unit so that nothing of it is written, and goes no further.
    pass


class _Lost(msgspec.Struct, frozen=True, kw_only=True):
    watched: WatchedDeployment
    heard_at: Instant
    now: Instant

    @property
    def text(self) -> str:
        allowed = silence_ms_max(self.watched.interval)
        silent = (self.now - self.heard_at) // MINUTE_MS
        return (
            f"heartbeat lost: no sign of life since {show(self.heard_at)}, for {silent} min; "
            f"{allowed // MINUTE_MS} min are allowed"
        )


def silence_ms_max(interval: Interval) -> int:
    """Return how long a deployment may be silent that decides so often.

    >>> silence_ms_max(Interval.H1) // MINUTE_MS
    180
    """
    return max(_INTERVALS * interval.ms, _SILENCE_MS_MIN)


def last_sign(watched: WatchedDeployment) -> Instant:
    """Return when a deployment was heard of last: its state, or that its runner took the lease."""
    lease = watched.lease
    if lease is None or lease.taken_at is None or lease.deployment != watched.deployment.id:
        return watched.heard_at
    return max(watched.heard_at, lease.taken_at)


def is_silent(watched: WatchedDeployment, now: Instant) -> bool:
    """Tell whether a deployment was silent for too long.

    One that never ran while another deployment's runner holds its account has no way to be heard, and is not. A live
    lease ends after the database's now: a clock that is further on than that is wrong, and must not end everybody.
    """
    lease = watched.lease
    if lease is not None and lease.is_live:
        if lease.deployment != watched.deployment.id and watched.deployment.status is DeploymentStatus.PROVISIONING:
            return False
        now = min(now, lease.expires_at)
    return now - last_sign(watched) > silence_ms_max(watched.interval)


class HeartbeatWatch:
    """Marks the deployments whose runner is gone, each in one transaction with its fence."""

    def __init__(self, store: UnitStore, clock: Clock, say: Say, *, probe_ms: int = _PROBE_MS) -> None:
        """Take the store of the jobs, and how long whoever seems lost is given to be heard."""
        self._store = store
        self._clock = clock
        self._say = say
        self._probe_ms = probe_ms

    async def sweep(self) -> JobFigures:
        """Look at all deployments that have not ended, and return how many were `checked` and `marked`.

        Raises:
            StoreUnavailable: the database was lost; what was marked before stays so.
        """
        watched = await self._store.watched.deployments()
        suspects = [one.deployment.id for one in watched if is_silent(one, self._clock.now())]
        if suspects:
            await self._clock.sleep(self._probe_ms / _MS_PER_S)
        marked = [await self._mark_if_lost(deployment) for deployment in suspects]
        return {"checked": len(watched), "marked": sum(marked)}

    async def _mark_if_lost(self, deployment: DeploymentId) -> bool:
        try:
            async with self._store.unit() as unit:
                line = await self._fence_and_mark(unit, deployment)
        except _AliveAfterAll:
            return False
        except StoreUnavailable:
            raise
        except AgenticError as error:  # of this one only: the others have to be looked at all the same
            message = f"deployment {deployment} fell silent and could not be marked: {error}"
            self._say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.ERROR, deployment=deployment)
            return False
        self._say(line.event, line.message, level=line.level, deployment=deployment, **line.data)
        return True

    async def _fence_and_mark(self, unit: UnitStore, deployment: DeploymentId) -> LogLine:
        before = await unit.watched.deployment(deployment)
        if before is None or not is_silent(before, self._clock.now()):
            raise _AliveAfterAll
        # Only this deployment shall stop: another one may wait for the same account, or trade it by now. A lease that
        # its owner took away stays taken away.
        await unit.deployments.set_desired(deployment, Desired.STOPPED)
        lease = before.lease
        epoch = None
        if lease is not None and (lease.deployment == deployment or not lease.is_live):
            epoch = await unit.leases.raise_epoch(lease.account, lease.epoch)
        # From here on it writes nothing more, so whatever it wrote is seen now.
        now = self._clock.now()
        after = await unit.watched.deployment(deployment)
        if after is None or not is_silent(after, now):
            raise _AliveAfterAll
        lost = _Lost(watched=before, heard_at=last_sign(after), now=now)
        return await self._mark(unit, lost, epoch)

    async def _mark(self, unit: UnitStore, lost: _Lost, epoch: int | None) -> LogLine:
        deployment, now = lost.watched.deployment.id, lost.now
        lease = lost.watched.lease
        expired = await unit.commands.expire_rest(deployment, lost.text, at=now)
        facts: dict[str, str | int | None] = {
            "status": lost.watched.deployment.status,
            "heard_at": show(lost.heard_at),
            "holder": None if lease is None else lease.holder,
            "fenced_at_epoch": epoch,
            "commands_expired": ", ".join(f"{command.seq} {command.kind}" for command in expired),
        }
        rest = "; it was fenced before it was marked, and whatever rests at the venue stays there"
        line = LogLine(
            deployment_id=deployment,
            ts=now,
            level=LogLevel.ERROR,
            event=LogEvent.HEARTBEAT_LOST,
            message=lost.text + rest,
            trace_id=TickId(deployment=deployment, mark=now, cause="heartbeat").trace,
            data=facts,
        )
        # The line first: a status of error points at the trace of the newest error line.
        await unit.logs.append([line])
        await unit.deployments.move(deployment, DeploymentStatus.ERROR, at=now, reason=lost.text)
        return line
