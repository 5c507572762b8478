"""The process of the jobs: runs them at their times, and serves them to schedulers that call an address."""

import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol, TypeAlias

import anyio

from agentic_core.cli.database import open_migrated
from agentic_core.cli.exits import run_program
from agentic_core.cli.logs import sayer
from agentic_core.cli.services import Services
from agentic_core.errors import ConfigError
from agentic_core.logevents import LogEvent, Say
from agentic_core.ops.job_table import JobsStore, VenueDesk, job_table
from agentic_core.ops.jobs import Jobs
from agentic_core.ops.kept_open import KeptOpen
from agentic_core.ops.outcomes import JobFigures, RunJob
from agentic_core.ops.schedule import JobName
from agentic_core.ports.wallet import AgentWalletDesk
from agentic_core.settings import (
    cron_secrets,
    journal_key,
    journal_public_keys,
    listen_address,
    needed_dsn,
    refuse_wallet_keys,
)

try:
    from agentic_core.journal.checkpoints import CheckpointKey, PublicKey
except ImportError as exc:
    _MISSING = "the jobs need cryptography: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["OpenDesk", "ServeJobs", "make_jobs", "routes_of", "serve", "until_signalled"]

OpenDesk: TypeAlias = Callable[[Services], AbstractAsyncContextManager[tuple[AgentWalletDesk, str]]]
"""Opens what asks a venue about agent wallets, with the name of its network."""

_PROGRAM: Final = "jobs"
_ANSWERS: Final[Mapping[JobName, tuple[str, ...]]] = {
    JobName.HEARTBEATS: ("checked", "marked"),
    JobName.PENDING_WALLETS: ("deleted",),
}
"""The figures that are answered, for those jobs of which programs of others know the answer."""


class ServeJobs(Protocol):
    """Serves jobs by their paths until cancelled."""

    async def __call__(
        self,
        routes: Mapping[str, RunJob],
        secrets: Sequence[str],
        address: tuple[str, int],
        started: Callable[[int], None],
    ) -> None:
        """Serve; `started` hears the port."""


def serve(services: Services, open_desk: OpenDesk, serve_jobs: ServeJobs) -> int:
    """Run the jobs and serve them until SIGTERM, with JSON log lines on the output, and return the exit code.

    A database that is away is waited for; until it is there, callers are told so. 0 it was told to end, 1 the database
    is not of this release, 2 a setting is wrong.
    """
    return run_program(_PROGRAM, lambda: anyio.run(_Host(services, open_desk, serve_jobs).run))


def make_jobs(
    services: Services,
    venue: tuple[AgentWalletDesk, str],
    store: Callable[[], JobsStore],
    say: Say | None = None,
) -> Jobs:
    """Return the jobs as the environment has them: heads of journals are signed where it has a key.

    Raises:
        ConfigError: a key in the environment is none.
    """
    environment, clock = services.environment.mapping(), services.clock
    say = say or sayer(clock.now)
    seed = journal_key(environment)
    signing = None if seed is None else CheckpointKey(seed)
    trusted = [PublicKey.from_text(text) for text in journal_public_keys(environment)]
    if signing is not None:
        trusted.append(signing.public)
    desk, network = venue
    table = job_table(
        store,
        VenueDesk(desk=desk, network=network),
        clock,
        say,
        trusted={key.key_id: key for key in trusted},
        signing=signing,
    )
    return Jobs(table, lambda: store().jobs, clock, say, holder=f"{_PROGRAM}:{services.entropy.uuid()}")


def routes_of(jobs: Jobs) -> dict[str, RunJob]:
    """Return the addresses of the jobs, and what calling each of them does."""
    return {f"/api/jobs/{name}": _route(jobs, name) for name in jobs.names}


async def until_signalled(work: Callable[[], Awaitable[None]]) -> None:
    """Do something until it is done, or Ctrl-C or SIGTERM breaks it off."""

    async def do() -> None:
        await work()
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            tasks.start_soon(do)
            async for _ in signals:
                break
        tasks.cancel_scope.cancel()


def _route(jobs: Jobs, name: JobName) -> RunJob:
    async def run() -> JobFigures:
        figures = await jobs.run_now(name)
        return {figure: figures[figure] for figure in _ANSWERS.get(name, tuple(figures))}

    return run


class _Host:
    def __init__(self, services: Services, open_desk: OpenDesk, serve_jobs: ServeJobs) -> None:
        environment = services.environment.mapping()
        refuse_wallet_keys(environment)
        self._services = services
        self._open_desk = open_desk
        self._serve_jobs = serve_jobs
        self._say = sayer(services.clock.now, sys.stdout)
        self._dsn = needed_dsn(environment)
        self._secrets = cron_secrets(environment)
        self._address = listen_address(environment)

    async def run(self) -> int:
        store = KeptOpen(self._open_store, self._services.clock, self._say)
        async with self._open_desk(self._services) as venue:
            jobs = make_jobs(self._services, venue, store.get, self._say)

            async def keep() -> None:
                await store.opened()
                await jobs.keep()

            async def work() -> None:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(store.keep)
                    tasks.start_soon(keep)
                    await self._serve_jobs(routes_of(jobs), self._secrets, self._address, self._started)

            await until_signalled(work)
        self._say(LogEvent.JOBS_STOPPED, f"{_PROGRAM}: ended as told")
        return 0

    def _started(self, port: int) -> None:
        callers = f"{len(self._secrets)} secrets" if self._secrets else "nobody may call: CRON_SECRET is not set"
        message = f"{_PROGRAM}: serving at {self._address[0]}:{port}, {callers}"
        self._say(LogEvent.JOBS_STARTED, message, host=self._address[0], port=port)

    def _open_store(self) -> AbstractAsyncContextManager[JobsStore]:
        return open_migrated(self._dsn)
