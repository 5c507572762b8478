"""The database behind the commands: the configured one, or the embedded one."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_core.cli.services import Services
from agentic_core.errors import ConfigError, MigrationMismatch, StoreUnavailable
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.settings import database_dsn, home_folder

if TYPE_CHECKING:
    from agentic_core.store.postgres import PostgresStore

__all__ = ["as_a_setting", "open_database", "open_migrated", "reach_database"]

_MISSING = "this command keeps its records in PostgreSQL; pip install 'agentic-perps[embedded]'"


@contextmanager
def reach_database(
    services: Services, *, folder: Path | None = None, joins: bool = False
) -> Iterator[tuple[str, bool]]:
    """Yield the address of the database and whether it is the embedded one, which runs until the end.

    Args:
        services: the ports.
        folder: where the embedded database lives, whatever is configured; None for the user's own.
        joins: whether an embedded one that another process runs will do; it ends with that process.

    Raises:
        ConfigError: the settings are incomplete, or the packages are not installed.
        StoreUnavailable: the embedded database could not be started.
    """
    environment = services.environment.mapping()
    configured = None if folder is not None else database_dsn(environment)
    if configured is not None:
        yield configured, False
        return
    try:
        from agentic_core.store.embedded import open_embedded, running_embedded  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise ConfigError(_MISSING) from exc
    place = folder or home_folder(environment) / "postgres"
    running = running_embedded(place, processes=services.processes, files=services.files) if joins else None
    if running is not None:
        yield running, True
        return
    with open_embedded(
        place,
        processes=services.processes,
        files=services.files,
        clock=services.clock,
        environment=services.environment,
    ) as embedded:
        yield embedded.dsn, True


@contextmanager
def as_a_setting() -> Iterator[None]:
    """Treat a database that does not answer at the start as a setting that cannot be used; later it is an outage.

    Raises:
        ConfigError: it did not answer.
    """
    try:
        yield
    except StoreUnavailable as exc:
        raise ConfigError(str(exc)) from exc


@asynccontextmanager
async def open_database(services: Services, *, folder: Path | None = None) -> AsyncGenerator[RunnerStore]:
    """Open the store; the embedded database is migrated by itself, a configured one by `agentic db migrate` only.

    Raises:
        ConfigError: the settings are incomplete, the configured database does not answer, or packages are missing.
        MigrationMismatch: the configured database is not at this release's schema.
        StoreUnavailable: the embedded database could not be started.
    """
    try:
        from agentic_core.store.postgres import open_store  # noqa: PLC0415 - an extra
        from agentic_core.store.postgres.migrator import migrate  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise ConfigError(_MISSING) from exc
    with reach_database(services, folder=folder, joins=True) as (dsn, embedded):
        if embedded:
            await migrate(dsn)
        else:
            with as_a_setting():
                await _check_migrated(dsn)
        async with open_store(dsn) as store:
            yield store


@asynccontextmanager
async def open_migrated(dsn: str) -> AsyncGenerator["PostgresStore"]:
    """Open a configured database that was migrated.

    Raises:
        ConfigError: the address cannot be read, or packages are missing.
        MigrationMismatch: the database is not at this release's schema.
        StoreUnavailable: it does not answer.
    """
    try:
        from agentic_core.store.postgres import open_store  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise ConfigError(_MISSING) from exc
    await _check_migrated(dsn)
    async with open_store(dsn) as store:
        yield store


async def _check_migrated(dsn: str) -> None:
    from agentic_core.store.postgres.migrator import (  # noqa: PLC0415 - an extra
        applied_migrations,
        shipped_migrations,
        verify,
    )

    waiting = verify(shipped_migrations(), await applied_migrations(dsn))
    if waiting:
        message = f"the database lacks {len(waiting)} migration(s), first {waiting[0].file}; run: agentic db migrate"
        raise MigrationMismatch(message)
