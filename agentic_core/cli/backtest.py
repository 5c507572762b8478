"""`agentic backtest`: a skill over recorded candles."""

from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.backtest.archive import save_backtest
from agentic_core.backtest.engine import run_backtest
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
        save: _SaveOption = False,  # noqa: FBT002 - a flag of the command line
        quiet: QuietOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Run a skill over recorded candles and report what happened and why.

        A skill whose caps let everything be lost can be tried out, but neither saved nor deployed. Exit codes: 0 done,
        2 the skill, the candles or an option were refused.
        """
        check_outputs(json=json, html=html)
        options = MarketOptions(candles=candles, symbol=symbol, funding_rate=funding_rate, funding=funding or ())
        work = _Work(inputs=prepare(skill, options, equity=equity, slippage_bps=slippage_bps), quiet=quiet)
        inputs = work.inputs
        if save:
            admit(inputs.skill, inputs.market.instruments, source=str(skill))
        record = anyio.run(_run_and_save, services, work) if save else _run(work, unstored_version(inputs.skill))
        say_bound(inputs.bound, quiet=quiet)
        deliver(record, inputs, json=json, html=html, quiet=quiet)

    return app


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    inputs: Prepared
    quiet: bool


def _run(work: _Work, version: SkillVersionRecord, run: DeploymentId | None = None) -> RunRecord:
    skill, market = work.inputs.skill, work.inputs.market
    dataset = market.dataset
    # Unless it is stored, the same skill over the same candles is the same run, down to its order ids.
    named = run or DeploymentId(derived_uuid("backtest", version.payload_hash, dataset.sha256))
    mandate = mandate_for(skill, version, named, chat_model=None)
    terms = work.inputs.terms
    with progress_bar(f"backtest {skill.slug}", quiet=work.quiet) as progress:
        return run_backtest(mandate, dataset, instruments=market.instruments, terms=terms, progress=progress)


async def _run_and_save(services: Services, work: _Work) -> RunRecord:
    async with open_database(services) as store:
        version = await save_skill(store, LOCAL_USER, work.inputs.skill, instruments=work.inputs.market.instruments)
        record = _run(work, version, DeploymentId(services.entropy.uuid()))
        await save_backtest(store, LOCAL_USER, version, record, at=services.clock.now())
        return record
