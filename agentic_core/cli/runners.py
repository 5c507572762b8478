"""`agentic db enrol-runner` and `dismiss-runner`: the logins with which runners reach the database."""

import anyio
import typer

from agentic_core.cli.database import as_a_setting, reach_database
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import ConfigError

__all__ = ["RunnerCommands"]

try:
    from agentic_core.store.postgres.roles import dismiss_runner, enrol_runner
except ImportError as exc:
    _MISSING = "the database needs psycopg: pip install 'agentic-perps[embedded]', or [postgres] for a server of yours"
    raise ConfigError(_MISSING) from exc


class RunnerCommands:
    """What an operator does for the runners of deployments."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def enrol_runner(self, deployment: str) -> None:
        """Make a login that may run one deployment, and print the DATABASE_URL its runner is given; again renews it.

        The password is printed once and kept nowhere. Exit codes: 0 done, 2 there is no such deployment, the settings
        are wrong or the database does not answer, 3 the configured login may not create roles.
        """
        with as_a_setting(), reach_database(self._services) as (dsn, _):
            address = anyio.run(enrol_runner, dsn, DeploymentId(deployment), self._services.entropy)
        typer.echo(f"DATABASE_URL={address}")

    def dismiss_runner(self, deployment: str) -> None:
        """Take the login of a deployment's runner away.

        Exit codes: 0 done, 2 it has none, the settings are wrong or the database does not answer, 3 the configured
        login may not drop it.
        """
        with as_a_setting(), reach_database(self._services) as (dsn, _):
            role = anyio.run(dismiss_runner, dsn, DeploymentId(deployment))
        typer.echo(f"{role} is gone")
