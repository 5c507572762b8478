"""What a platform's operator and jobs need."""

from collections.abc import Mapping

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.operations import JobRun, PlatformSwitch, PlatformSwitches, WatchedDeployment
from agentic_core.domain.records import DeploymentRecord, LeaseRecord
from agentic_core.domain.times import Instant
from agentic_core.errors import DatabaseRestored
from agentic_core.store.checks import CLOCKS_AGREE_MS, interval_named
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresJobRuns", "PostgresPlatform", "PostgresWatched"]


class PostgresPlatform:
    """What holds for everybody."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def switches(self) -> PlatformSwitches:
        """Return what is switched off."""
        (found,) = await self._database.rows("read_switches", PlatformSwitches, {})
        return found

    async def switch(self, name: PlatformSwitch, *, is_on: bool, at: Instant) -> PlatformSwitches:
        """Set one switch, as only the database's owner may, and return all of them.

        Raises:
            StoreError: this login is not the owner's.
        """
        async with self._database.transaction() as session:
            await session.run("set_switch", {"name": name, "is_on": is_on, "at": at})
            (found,) = await session.rows("read_switches", PlatformSwitches, {})
        return found


class _DifferenceRow(msgspec.Struct):
    difference: str | None


class _WatchedRow(msgspec.Struct):
    deployment: DeploymentRecord
    interval: str | None
    heard_at: Instant
    lease: LeaseRecord | None

    def watched(self) -> WatchedDeployment:
        return WatchedDeployment(
            deployment=self.deployment,
            interval=interval_named(self.interval),
            heard_at=self.heard_at,
            lease=self.lease,
        )


class PostgresWatched:
    """Deployments of all tenants that should be heard of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def deployments(self) -> tuple[WatchedDeployment, ...]:
        """Return those that have not ended, oldest first.

        Raises:
            DatabaseRestored: it is not the database it was, so what stands in it tells nothing of who runs.
        """
        (found,) = await self._database.rows("why_no_lease", _DifferenceRow, {})
        if found.difference is not None:
            message = f"the database was {found.difference}, so nobody can be heard in it; run: agentic db resolve"
            raise DatabaseRestored(message)
        rows = await self._database.rows("watched_deployments", _WatchedRow, {"deployment": None})
        return tuple(row.watched() for row in rows)

    async def deployment(self, deployment: DeploymentId) -> WatchedDeployment | None:
        """Return one of them as it is now, or None where it has ended or never was."""
        row = await self._database.row("watched_deployments", _WatchedRow, {"deployment": deployment})
        return None if row is None else row.watched()


class _JobRow(msgspec.Struct):
    name: str


class PostgresJobRuns:
    """When each job ran last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, name: str, *, due_before: Instant, at: Instant, holder: str) -> bool:
        """Begin a job, unless one of its runs began at `due_before` or later; of many that ask at once one may."""
        values = {
            "name": name,
            "holder": holder,
            "at": at,
            "due_before": due_before,
            "latest": at + CLOCKS_AGREE_MS,
        }
        return await self._database.row("begin_job", _JobRow, values) is not None

    async def finish(self, name: str, *, at: Instant, holder: str, outcome: Mapping[str, str | int | None]) -> None:
        """Say how the run ended that this holder began; nothing happens where somebody began a newer one."""
        values = {"name": name, "holder": holder, "at": at, "outcome": encode(dict(outcome))}
        await self._database.run("finish_job", values)

    async def runs(self) -> tuple[JobRun, ...]:
        """Return the newest run of each job, by name."""
        return await self._database.rows("job_runs", JobRun, {})
