"""What a platform's operator and jobs need of the database; every method is one transaction."""

from collections.abc import Mapping
from typing import Protocol

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.operations import JobRun, PlatformSwitch, PlatformSwitches, WatchedDeployment
from agentic_core.domain.times import Instant

__all__ = ["JobRunStore", "PlatformStore", "WatchedStore"]


class PlatformStore(Protocol):
    """What holds for everybody."""

    async def switches(self) -> PlatformSwitches:
        """Return what is switched off."""

    async def switch(self, name: PlatformSwitch, *, is_on: bool, at: Instant) -> PlatformSwitches:
        """Set one switch, as only the database's owner may, and return all of them."""


class WatchedStore(Protocol):
    """Deployments of all tenants that should be heard of."""

    async def deployments(self) -> tuple[WatchedDeployment, ...]:
        """Return those that have not ended, oldest first.

        Raises:
            DatabaseRestored: it is not the database it was, so what stands in it tells nothing of who runs.
        """

    async def deployment(self, deployment: DeploymentId) -> WatchedDeployment | None:
        """Return one of them as it is now, or None where it has ended or never was."""


class JobRunStore(Protocol):
    """When each job ran last, so that of several schedulers one runs it."""

    async def begin(self, name: str, *, due_before: Instant, at: Instant, holder: str) -> bool:
        """Begin a job, unless one of its runs began at `due_before` or later; of many that ask at once one may.

        A beginning more than an hour after `at` is some wrong clock's, and holds nobody up.
        """

    async def finish(self, name: str, *, at: Instant, holder: str, outcome: Mapping[str, str | int | None]) -> None:
        """Say how the run ended that this holder began; nothing happens where somebody began a newer one."""

    async def runs(self) -> tuple[JobRun, ...]:
        """Return the newest run of each job, by name."""
