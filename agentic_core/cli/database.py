"""The database behind the commands: the configured one, or the embedded one."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from agentic_core.cli.services import Services
from agentic_core.errors import ConfigError, MigrationMismatch, StoreUnavailable
from agentic_core.ports.repositories import Store
from agentic_core.settings import database_dsn, home_folder

__all__ = ["as_a_setting", "open_database", "reach_database"]

_MISSING = "this command keeps its records in PostgreSQL; pip install 'agentic-perps[embedded]'"


@contextmanager
def reach_database(services: Services, *, folder: Path | None = None) -> Iterator[tuple[str, bool]]:
    """Yield the address of the database and whether it is the embedded one, which runs until the end.

    Args:
        services: the ports.
        folder: where the embedded database lives, whatever is configured; None for the user's own.

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
        from agentic_core.store.embedded import open_embedded  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise ConfigError(_MISSING) from exc
    with open_embedded(
        folder or home_folder(environment) / "postgres",
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
async def open_database(services: Services, *, folder: Path | None = None) -> AsyncGenerator[Store]:
    """Open the store; the embedded database is migrated by itself, a configured one by `agentic db migrate` only.

    Raises:
        ConfigError: the settings are incomplete, the configured database does not answer, or packages are missing.
        MigrationMismatch: the configured database is not at this release's schema.
        StoreUnavailable: the embedded database could not be started.
    """
    try:
        from agentic_core.store.postgres import open_store  # noqa: PLC0415 - an extra
        from agentic_core.store.postgres.migrator import (  # noqa: PLC0415 - an extra
            applied_migrations,
            migrate,
            shipped_migrations,
            verify,
        )
    except ImportError as exc:
        raise ConfigError(_MISSING) from exc
    with reach_database(services, folder=folder) as (dsn, embedded):
        if embedded:
            await migrate(dsn)
        else:
            with as_a_setting():
                waiting = verify(shipped_migrations(), await applied_migrations(dsn))
            if waiting:
                message = (
                    f"the database lacks {len(waiting)} migration(s), first {waiting[0].file}; run: agentic db migrate"
                )
                raise MigrationMismatch(message)
        async with open_store(dsn) as store:
            yield store
