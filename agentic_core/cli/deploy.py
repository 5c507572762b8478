"""`agentic deploy`: admit a skill to run."""

from collections.abc import Mapping
from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.backtest.instruments import instrument_for
from agentic_core.cli.bounds import in_words
from agentic_core.cli.chat_catalogue import catalogue_of
from agentic_core.cli.chat_services import is_connected
from agentic_core.cli.console import JsonFlag, say
from agentic_core.cli.database import open_database
from agentic_core.cli.inputs import SkillArgument, check_runnable, read_skill
from agentic_core.cli.services import Services
from agentic_core.deployments import LOCAL_USER, admit, admit_paper, save_skill
from agentic_core.deployments.platform import check_deployable, missing_for_mainnet
from agentic_core.deployments.pricing import check_priced
from agentic_core.domain.bounds import LossBound
from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.trading import BrokerKind
from agentic_core.errors import ConfigError, Conflict, InputError
from agentic_core.runtime.terms import PAPER_EQUITY
from agentic_core.skills.schema import Skill

__all__ = ["build"]


class _Deployed(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-deploy/1"):
    deployment: DeploymentRecord
    loss_bound: LossBound


_PaperOption = Annotated[bool, typer.Option("--paper", help="Trade a paper account on the live market.")]
_MainnetOption = Annotated[bool, typer.Option("--mainnet", help="Trade money.")]


def build(services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def deploy(
        skill: SkillArgument,
        paper: _PaperOption = False,  # noqa: FBT002 - a flag of the command line
        mainnet: _MainnetOption = False,  # noqa: FBT002 - a flag of the command line
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Store a skill and admit it to run; `agentic runner` then runs it.

        A skill whose caps let everything be lost is refused. Exit codes: 0 done, 1 this skill runs already, 2 the skill
        was refused, a setting is wrong, or something for mainnet is missing, 3 the database became unavailable.
        """
        if paper == mainnet:
            raise InputError("say where it shall trade: --paper or --mainnet")
        if mainnet:
            anyio.run(_refuse_mainnet, services)
        parsed = read_skill(skill, PAPER_EQUITY)
        check_runnable(parsed, is_connected=is_connected(services))
        if parsed.chat_model is not None:
            check_priced(parsed, catalogue_of(services), source=str(skill))
        instruments = {symbol: instrument_for(symbol) for symbol in parsed.symbols}
        bound = admit(parsed, instruments, source=str(skill))
        record = anyio.run(_deploy, services, parsed, instruments)
        if as_json:
            say(msgspec.json.encode(_Deployed(deployment=record, loss_bound=bound)).decode())
            return
        say(in_words(bound))
        say(f"deployment {record.id}")
        say(f"run it: agentic runner {record.id}")

    return app


async def _deploy(services: Services, skill: Skill, instruments: Mapping[Symbol, Instrument]) -> DeploymentRecord:
    async with open_database(services) as store:
        await check_deployable(store, services.environment)
        version = await save_skill(store, LOCAL_USER, skill, instruments=instruments)
        for other in await store.deployments.occupying(LOCAL_USER, version.skill_id, BrokerKind.PAPER):
            ended = f"agentic command {other.id} stop"
            raise Conflict(f"{skill.slug} is deployed already: {other.id} is {other.status}; end that first: {ended}")
        deployment = DeploymentId(services.entropy.uuid())
        return await admit_paper(store, LOCAL_USER, version, deployment=deployment, at=services.clock.now())


async def _refuse_mainnet(services: Services) -> None:
    async with open_database(services) as store:
        missing = await missing_for_mainnet(store, LOCAL_USER, services.environment)
    raise ConfigError("\n".join(("nothing was deployed on mainnet, because:", *(f"- {each}" for each in missing))))
