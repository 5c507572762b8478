"""`agentic platform`: the operator's switches for everybody."""

from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.cli.console import JsonFlag, say
from agentic_core.cli.database import open_database
from agentic_core.cli.services import Services
from agentic_core.domain.operations import PlatformSwitch, PlatformSwitches

__all__ = ["build"]


class _Switched(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-platform/1"):
    trading_disabled: bool
    deployments_disabled: bool


_DeploymentsOption = Annotated[
    bool, typer.Option("--deployments", help="The switch for new deployments in place of the one for trading.")
]


def build(services: Services) -> typer.Typer:
    """Build the group."""
    commands = _Commands(services)
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Switch trading or new deployments off for everybody, and on again.",
    )
    for command in (commands.show, commands.off, commands.on):
        app.command()(command)
    return app


class _Commands:
    def __init__(self, services: Services) -> None:
        self._services = services

    def show(self, as_json: JsonFlag = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Show what is switched off.

        Exit codes: 0 done, 2 the settings are wrong or the database does not answer.
        """
        _tell(anyio.run(_read, self._services), as_json=as_json)

    def off(
        self,
        deployments: _DeploymentsOption = False,  # noqa: FBT002 - a flag of the command line
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Switch trading off: running deployments open nothing more, and still close and protect what they hold.

        Exit codes: 0 done, 2 the settings are wrong or the database does not answer, 3 the login may not.
        """
        self._switch(_named(deployments=deployments), is_on=True, as_json=as_json)

    def on(
        self,
        deployments: _DeploymentsOption = False,  # noqa: FBT002 - a flag of the command line
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Switch trading on again; what is paused or halted stays so.

        Exit codes: 0 done, 2 the settings are wrong or the database does not answer, 3 the login may not.
        """
        self._switch(_named(deployments=deployments), is_on=False, as_json=as_json)

    def _switch(self, name: PlatformSwitch, *, is_on: bool, as_json: bool) -> None:
        _tell(anyio.run(_write, self._services, name, is_on), as_json=as_json)


def _named(*, deployments: bool) -> PlatformSwitch:
    return PlatformSwitch.DEPLOYMENTS_DISABLED if deployments else PlatformSwitch.TRADING_DISABLED


async def _read(services: Services) -> PlatformSwitches:
    async with open_database(services) as store:
        return await store.platform.switches()


async def _write(services: Services, name: PlatformSwitch, is_on: bool) -> PlatformSwitches:  # noqa: FBT001 - anyio.run
    async with open_database(services) as store:
        return await store.platform.switch(name, is_on=is_on, at=services.clock.now())


def _tell(switches: PlatformSwitches, *, as_json: bool) -> None:
    if as_json:
        said = _Switched(trading_disabled=switches.trading_disabled, deployments_disabled=switches.deployments_disabled)
        say(msgspec.json.encode(said).decode())
        return
    say(f"trading: {'OFF, nothing is opened' if switches.trading_disabled else 'on'}")
    say(f"new deployments: {'OFF' if switches.deployments_disabled else 'on'}")
