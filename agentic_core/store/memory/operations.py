"""What a platform's operator and jobs need, in memory."""

from collections.abc import Mapping

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.operations import JobRun, PlatformSwitch, PlatformSwitches, WatchedDeployment
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.store.checks import CLOCKS_AGREE_MS, interval_of
from agentic_core.store.memory.decisions import MemoryStates
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.leases import MemoryLeases
from agentic_core.store.memory.skills import MemorySkills

__all__ = ["MemoryJobRuns", "MemoryPlatform", "MemoryWatched"]


class MemoryPlatform:
    """What holds for everybody."""

    def __init__(self) -> None:
        self._switches: dict[PlatformSwitch, bool] = {}

    async def switches(self) -> PlatformSwitches:
        """Return what is switched off."""
        return PlatformSwitches(
            trading_disabled=self._switches.get(PlatformSwitch.TRADING_DISABLED, False),
            deployments_disabled=self._switches.get(PlatformSwitch.DEPLOYMENTS_DISABLED, False),
        )

    async def switch(self, name: PlatformSwitch, *, is_on: bool, at: Instant) -> PlatformSwitches:
        """Set one switch and return all of them."""
        self._switches[name] = is_on
        return await self.switches()


class MemoryWatched:
    """Deployments that should be heard of."""

    def __init__(
        self, skills: MemorySkills, deployments: MemoryDeployments, states: MemoryStates, leases: MemoryLeases
    ) -> None:
        self._skills = skills
        self._deployments = deployments
        self._states = states
        self._leases = leases

    async def deployments(self) -> tuple[WatchedDeployment, ...]:
        """Return those that have not ended, oldest first."""
        return tuple([await self._watched(row) for row in self._deployments.unended()])

    async def deployment(self, deployment: DeploymentId) -> WatchedDeployment | None:
        """Return one of them as it is now, or None where it has ended or never was."""
        rows = [row for row in self._deployments.unended() if row.id == deployment]
        return await self._watched(rows[0]) if rows else None

    async def _watched(self, row: DeploymentRecord) -> WatchedDeployment:
        version = await self._skills.version(row.skill_id, row.skill_version)
        state = await self._states.read(row.id)
        began = row.created_at if row.started_at is None else row.started_at
        return WatchedDeployment(
            deployment=row,
            interval=interval_of(version.payload),
            heard_at=began if state is None else state.updated_at,
            lease=await self._leases.read(row.account_key),
        )


class MemoryJobRuns:
    """When each job ran last."""

    def __init__(self) -> None:
        self._runs: dict[str, JobRun] = {}

    async def begin(self, name: str, *, due_before: Instant, at: Instant, holder: str) -> bool:
        """Begin a job, unless one of its runs began at `due_before` or later."""
        known = self._runs.get(name)
        if known is not None and due_before <= known.started_at <= at + CLOCKS_AGREE_MS:
            return False
        self._runs[name] = JobRun(name=name, holder=holder, started_at=at)
        return True

    async def finish(self, name: str, *, at: Instant, holder: str, outcome: Mapping[str, str | int | None]) -> None:
        """Say how the run ended that this holder began; nothing happens where somebody began a newer one."""
        known = self._runs.get(name)
        if known is not None and known.holder == holder and known.finished_at is None:
            self._runs[name] = JobRun(
                name=name, holder=holder, started_at=known.started_at, finished_at=at, outcome=dict(outcome)
            )

    async def runs(self) -> tuple[JobRun, ...]:
        """Return the newest run of each job, by name."""
        return tuple(run for _, run in sorted(self._runs.items()))
