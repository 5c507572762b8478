"""`agentic backtest`: a skill over recorded candles."""

import typer

from agentic_core.backtest.engine import run_backtest
from agentic_core.cli.inputs import (
    CandlesOption,
    EquityOption,
    FundingFileOption,
    FundingRateOption,
    HtmlOption,
    JsonOption,
    MarketOptions,
    QuietOption,
    SkillArgument,
    SlippageOption,
    SymbolOption,
    load_market,
    read_skill,
    terms_for,
    unstored_version,
)
from agentic_core.cli.reporting import deliver, progress_bar
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DeploymentId, derived_uuid
from agentic_core.runtime.mandates import mandate_for

__all__ = ["build"]


def build(_services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(_backtest)
    return app


def _backtest(  # noqa: PLR0913 - one argument per option
    skill: SkillArgument,
    candles: CandlesOption,
    symbol: SymbolOption = None,
    funding_rate: FundingRateOption = None,
    funding: FundingFileOption = None,
    slippage_bps: SlippageOption = "2",
    equity: EquityOption = "10000",
    json: JsonOption = None,
    html: HtmlOption = None,
    quiet: QuietOption = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Run a skill over recorded candles and report what happened and why.

    Exit codes: 0 done, 2 the skill, the candles or an option were refused.
    """
    terms = terms_for(equity=equity, slippage_bps=slippage_bps)
    parsed = read_skill(skill, terms.starting_equity)
    version = unstored_version(parsed)
    market = load_market(
        parsed, MarketOptions(candles=candles, symbol=symbol, funding_rate=funding_rate, funding=funding or ())
    )
    # The same skill over the same candles is the same run, down to its order ids.
    run = DeploymentId(derived_uuid("backtest", version.payload_hash, market.dataset.sha256))
    mandate = mandate_for(parsed, version, run, chat_model=None)
    with progress_bar(f"backtest {parsed.slug}", quiet=quiet) as progress:
        record = run_backtest(mandate, market.dataset, instruments=market.instruments, terms=terms, progress=progress)
    deliver(record, json=json, html=html, quiet=quiet)
