"""`agentic backtest`: a skill over recorded candles."""

from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.backtest.archive import save_backtest
from agentic_core.backtest.engine import run_backtest
from agentic_core.cli.chat_backtest import (
    AtOnceOption,
    ChatPlan,
    MaxCostOption,
    PlainOnlyOption,
    TapeOption,
    run_chat_skill,
)
from agentic_core.cli.chat_services import is_connected
from agentic_core.cli.database import open_database
from agentic_core.cli.inputs import (
    CandlesOption,
    EquityOption,
    FundingFileOption,
    FundingRateOption,
    HtmlOption,
    JsonOption,
    MarketOptions,
    Prepared,
    QuietOption,
    SkillArgument,
    SlippageOption,
    SymbolOption,
    prepare,
    unstored_version,
)
from agentic_core.cli.reporting import check_outputs, deliver, progress_bar, say_bound
from agentic_core.cli.services import Services
from agentic_core.deployments import LOCAL_USER, admit, save_skill
from agentic_core.domain.ids import DeploymentId, derived_uuid
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.domain.run import RunRecord
from agentic_core.runtime.mandates import mandate_for

__all__ = ["build"]


_SaveOption = Annotated[bool, typer.Option("--save", help="Also keep the run and its decisions in PostgreSQL.")]


def build(services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def backtest(  # noqa: PLR0913 - one argument per option
        skill: SkillArgument,
        candles: CandlesOption,
        symbol: SymbolOption = None,
        funding_rate: FundingRateOption = None,
        funding: FundingFileOption = None,
        slippage_bps: SlippageOption = "2",
        equity: EquityOption = "10000",
        json: JsonOption = None,
        html: HtmlOption = None,
        tape: TapeOption = None,
        max_cost: MaxCostOption = None,
        plain_only: PlainOnlyOption = False,  # noqa: FBT002 - a flag of the command line
        at_once: AtOnceOption = 2,
        save: _SaveOption = False,  # noqa: FBT002 - a flag of the command line
        quiet: QuietOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Run a skill over recorded candles and report what happened and why.

        A skill that asks a chat model needs --tape: what is on it is replayed, and what is not is asked only as far as
        --max-cost goes. Unless --plain-only is given, the chat model is asked a second time about the same market in
        disguise. A skill whose caps let everything be lost can be tried out, but neither saved nor deployed. Exit
        codes: 0 done, 1 the tape or the money did not reach, or the run is void because too few turns were answered,
        2 the skill, the candles or an option were refused, 3 the provider does not answer.
        """
        check_outputs(json=json, html=html)
        options = MarketOptions(candles=candles, symbol=symbol, funding_rate=funding_rate, funding=funding or ())
        has_way = tape is not None or is_connected(services)
        inputs = prepare(skill, options, equity=equity, slippage_bps=slippage_bps, is_connected=has_way)
        plan = ChatPlan.of(inputs, tape=tape, max_cost=max_cost, plain_only=plain_only, at_once=at_once)
        if save:
            admit(inputs.skill, inputs.market.instruments, source=str(skill))
        record = anyio.run(_run_and_save if save else _run, services, _Work(inputs=inputs, quiet=quiet, chat=plan))
        say_bound(inputs.bound, quiet=quiet)
        deliver(record, inputs, json=json, html=html, quiet=quiet)
        if record.coverage is not None and record.coverage.is_void:
            raise typer.Exit(1)

    return app


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    inputs: Prepared
    quiet: bool
    chat: ChatPlan | None
    """None where rules decide."""


async def _run(services: Services, work: _Work) -> RunRecord:
    version = unstored_version(work.inputs.skill)
    # Unless it is stored, the same skill over the same candles is the same run, down to its order ids.
    named = DeploymentId(derived_uuid("backtest", version.payload_hash, work.inputs.market.dataset.sha256))
    return await _run_as(services, work, version, named)


async def _run_and_save(services: Services, work: _Work) -> RunRecord:
    async with open_database(services) as store:
        version = await save_skill(store, LOCAL_USER, work.inputs.skill, instruments=work.inputs.market.instruments)
        record = await _run_as(services, work, version, DeploymentId(services.entropy.uuid()))
        await save_backtest(store, LOCAL_USER, version, record, at=services.clock.now())
        return record


async def _run_as(services: Services, work: _Work, version: SkillVersionRecord, named: DeploymentId) -> RunRecord:
    inputs = work.inputs
    if work.chat is not None:
        return await run_chat_skill(services, inputs, work.chat, version, named, quiet=work.quiet)
    mandate = mandate_for(inputs.skill, version, named)
    with progress_bar(f"backtest {inputs.skill.slug}", quiet=work.quiet) as progress:
        return run_backtest(
            mandate,
            inputs.market.dataset,
            instruments=inputs.market.instruments,
            terms=inputs.terms,
            progress=progress,
        )
