"""A runner as a process of its own, the shipped one but for its clock: `python -m tests.drills.runner SETUP`."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from agentic_core import system
from agentic_core.cli.database import open_migrated
from agentic_core.cli.logs import complainer
from agentic_core.cli.runner_process import RunnerParts, serve
from agentic_core.cli.services import Services
from agentic_core.domain import AccountKey, DeploymentId, Desired
from agentic_core.domain.records import Lease
from agentic_core.ports.budgets import Bucket, BudgetLedger
from agentic_core.ports.venue_door import DoorOf, VenueDoor
from agentic_core.runtime.timings import TIMINGS, Timings
from agentic_core.store.postgres import PostgresStore
from agentic_core.store.postgres.leases import PostgresLeases
from agentic_hl.cli.venue_doors import hyperliquid_doors
from agentic_hl.rest import MemoryBudgets
from tests.drills.pace import Pace, ScaledClock
from tests.drills.restless import restless_mandates

__all__ = ["RunnerSetup"]


class RunnerSetup(msgspec.Struct, frozen=True, kw_only=True):
    """How the process of a drill differs from the shipped one."""

    pace: Pace
    timings: Timings = TIMINGS
    is_restless: bool = True
    """Whether it orders something at every mark, whatever the skill's rules say."""
    counts_weight: bool = False
    """Whether it keeps to the venue's limits, which know nothing of a faster clock."""


class _Plenty(MemoryBudgets):
    # The venue of a drill counts nothing.
    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        return 0


class _ScaledLeases(PostgresLeases):
    # The server's clock runs as in life, so a lease of the drill's seconds is that much shorter.
    def __init__(self, shipped: PostgresLeases, factor: int) -> None:
        super().__init__(shipped._database)  # noqa: SLF001 - the connection of its own that leases have
        self._factor = factor

    async def acquire(
        self,
        account: AccountKey,
        holder: str,
        ttl_ms: int,
        *,
        deployment: DeploymentId | None = None,
        desired: Desired = Desired.RUNNING,
    ) -> Lease | None:
        ttl = max(1, ttl_ms // self._factor)
        return await super().acquire(account, holder, ttl, deployment=deployment, desired=desired)


def _parts(setup: RunnerSetup) -> RunnerParts:
    @asynccontextmanager
    async def opened(dsn: str) -> AsyncGenerator[PostgresStore]:
        async with open_migrated(dsn) as store:
            store.leases = _ScaledLeases(store.leases, setup.pace.factor)
            yield store

    if setup.is_restless:
        return RunnerParts(timings=setup.timings, open_database=opened, mandates=restless_mandates)
    return RunnerParts(timings=setup.timings, open_database=opened)


def _door(services: Services, setup: RunnerSetup) -> DoorOf:
    shipped = hyperliquid_doors(services, complainer(sys.stdout))

    def door_of(shared: BudgetLedger) -> VenueDoor:
        return shipped(shared if setup.counts_weight else _Plenty(services.clock))

    return door_of


def _main(setup: RunnerSetup) -> int:
    system.install_decimal_traps()
    services = Services(
        clock=ScaledClock(setup.pace),
        entropy=system.SystemEntropy(),
        environment=system.SystemEnvironment(),
        processes=system.SystemProcesses(),
        files=system.SystemFiles(),
    )
    return serve(services, _door(services, setup), _parts(setup))


if __name__ == "__main__":
    sys.exit(_main(msgspec.json.decode(sys.argv[1], type=RunnerSetup)))
