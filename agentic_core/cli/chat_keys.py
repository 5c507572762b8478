"""`agentic chat key`: a router's key for one deployment, with a monthly limit that the router itself enforces."""

from typing import Annotated

import anyio
import typer

from agentic_core.chat.provider.provider_keys import ProviderKey, ProviderKeys
from agentic_core.cli.console import say
from agentic_core.cli.database import open_database
from agentic_core.cli.deployed import DeploymentArgument, find_deployment
from agentic_core.cli.inputs import typed_number
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.money import Usd, plain
from agentic_core.errors import InputError
from agentic_core.settings import OPENROUTER_URL, management_key
from agentic_core.skills.validation import load_skill

__all__ = ["add_keys"]

_MonthOption = Annotated[
    str | None,
    typer.Option("--month", metavar="USD", help="What it may spend in a UTC month; the cap of the skill by default."),
]
_NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the router calls the key.")]


def add_keys(app: typer.Typer, services: Services, *, url: str = OPENROUTER_URL) -> None:
    """Add the commands to a group; `url` is the router's address."""
    keys = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Make a router's key for one deployment, and take it back.",
    )

    @keys.command()
    def create(deployment: DeploymentArgument, month: _MonthOption = None) -> None:
        """Make a key with a monthly limit, and print it once: give it to that runner as OPENROUTER_API_KEY.

        It needs OPENROUTER_MANAGEMENT_KEY, which no runner gets. Exit codes: 0 done, 2 the deployment, the limit or
        the management key was refused, 3 the router does not answer.
        """
        typed = None if month is None else _limit(month)
        found, limit, made = anyio.run(_create, services, url, deployment, typed)
        say(f"deployment {found} may spend {plain(limit)} USD a month with the key that the router calls {made.name}")
        say(made.reveal())

    @keys.command()
    def revoke(name: _NameArgument) -> None:
        """Take a key back; one that is gone already is no error.

        Exit codes: 0 done, 2 the management key was refused, 3 the router does not answer.
        """
        anyio.run(_revoke, services, url, name)
        say(f"the key {name} opens nothing any more")

    app.add_typer(keys, name="key")


def _limit(month: str) -> Usd:
    limit = typed_number(month, "--month", such_as="50")
    if limit <= 0:
        raise InputError(f"--month: {month} lets nothing be asked; give some dollars, such as 50")
    return Usd(limit)


async def _create(services: Services, url: str, typed: str, month: Usd | None) -> tuple[DeploymentId, Usd, ProviderKey]:
    from agentic_core.chat.provider.httpx_transport import HttpxTransport  # noqa: PLC0415 - slow to import, and few need it

    key = management_key(services.environment.mapping())
    async with open_database(services) as store:
        found = await find_deployment(store.deployments, typed)
        version = await store.skills.version(found.skill_id, found.skill_version)
    limit = month or load_skill(version.payload, source=f"deployment {found.id}").risk.max_monthly_cost_usd
    async with HttpxTransport(url, key=key) as transport:
        return found.id, limit, await ProviderKeys(transport).create(found.id, month_usd=limit)


async def _revoke(services: Services, url: str, name: str) -> None:
    from agentic_core.chat.provider.httpx_transport import HttpxTransport  # noqa: PLC0415 - slow to import, and few need it

    async with HttpxTransport(url, key=management_key(services.environment.mapping())) as transport:
        await ProviderKeys(transport).revoke(name)
