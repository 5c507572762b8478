"""`agentic paper`: a skill on a paper account, tick by tick, into PostgreSQL."""

import signal
from decimal import Decimal
from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.backtest.replay import Replay
from agentic_core.cli.chat_services import is_connected, open_chat
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
    typed_number,
)
from agentic_core.cli.logs import line_printer
from agentic_core.cli.reporting import check_outputs, console, deliver, progress_bar, say_bound
from agentic_core.cli.services import Services
from agentic_core.deployments import LOCAL_USER, admit, admit_paper, save_skill
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import CommandKind
from agentic_core.domain.run import RunRecord
from agentic_core.errors import InputError
from agentic_core.ports.repositories import Store
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.recorded_run import run_recorded
from agentic_core.runtime.stepped_session import SteppedMarket
from agentic_core.skills.sections import SkillMode

__all__ = ["build"]

_SPEED_MIN = Decimal("0.001")
_SPEED_MAX = Decimal(1_000_000)

_SpeedOption = Annotated[
    str | None,
    typer.Option("--speed", metavar="TIMES", help="How many times faster than life; as fast as it goes without."),
]

_LogsOption = Annotated[bool, typer.Option("--logs", help="Print every log line as JSON on the error stream.")]


def build(services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def paper(  # noqa: PLR0913 - one argument per option
        skill: SkillArgument,
        candles: CandlesOption,
        symbol: SymbolOption = None,
        funding_rate: FundingRateOption = None,
        funding: FundingFileOption = None,
        slippage_bps: SlippageOption = "2",
        equity: EquityOption = "10000",
        speed: _SpeedOption = None,
        json: JsonOption = None,
        html: HtmlOption = None,
        logs: _LogsOption = False,  # noqa: FBT002 - a flag of the command line
        quiet: QuietOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Run a skill on paper over recorded candles; every decision and its verdict is written to PostgreSQL.

        A skill whose caps let everything be lost is refused. Ctrl-C stops it like the stop command: the turn is
        finished and the record is complete. Exit codes: 0 done, 2 the skill, the candles or an option were refused,
        3 the database is unavailable.
        """
        check_outputs(json=json, html=html)
        times_faster = _speed(speed)
        options = MarketOptions(candles=candles, symbol=symbol, funding_rate=funding_rate, funding=funding or ())
        connected = is_connected(services)
        inputs = prepare(skill, options, equity=equity, slippage_bps=slippage_bps, is_connected=connected)
        admit(inputs.skill, inputs.market.instruments, source=str(skill))
        record = anyio.run(_paper, services, _Work(inputs=inputs, speed=times_faster, quiet=quiet, logs=logs))
        deliver(record, inputs, json=json, html=html, quiet=quiet)

    return app


def _speed(typed: str | None) -> float | None:
    if typed is None:
        return None
    times = typed_number(typed, "--speed", such_as="60")
    if not _SPEED_MIN <= times <= _SPEED_MAX:
        message = f"--speed: {typed} is outside {_SPEED_MIN} to {_SPEED_MAX}; 60 plays an hour in a minute"
        raise InputError(message)
    return float(times)


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    inputs: Prepared
    speed: float | None
    quiet: bool
    logs: bool


async def _paper(services: Services, work: _Work) -> RunRecord:
    skill, market = work.inputs.skill, work.inputs.market
    replay = Replay(market.dataset, market.instruments, clock=services.clock, speed=work.speed)
    venue = SteppedMarket(feed=replay, books=replay, pace=replay, funding_source=market.dataset.funding_source)
    marks = len(market.dataset)
    async with open_chat(services, asks=skill.mode is not SkillMode.RULES) as chat, open_database(services) as store:
        version = await save_skill(store, LOCAL_USER, skill, instruments=market.instruments)
        deployment = DeploymentId(services.entropy.uuid())
        setup = None if chat is None else chat.replayed(store, deployment)
        mandate = mandate_for(skill, version, deployment, setup)
        say_bound(work.inputs.bound, quiet=work.quiet)
        await admit_paper(store, LOCAL_USER, version, deployment=deployment, at=services.clock.now())
        if not work.quiet:
            console.print(f"deployment {deployment}", style="dim", highlight=False)
        with progress_bar(f"paper {skill.slug}", quiet=work.quiet) as progress:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_stop_on_signal, store, deployment, services)
                record = await run_recorded(
                    deployment,
                    mandate,
                    store=store,
                    venue=venue,
                    terms=work.inputs.terms,
                    clock=services.clock,
                    holder=f"paper:{services.entropy.uuid()}",
                    listener=line_printer() if work.logs else None,
                    on_mark=lambda _mark: progress(replay.index, marks),
                )
                tasks.cancel_scope.cancel()
        return record


async def _stop_on_signal(store: Store, deployment: DeploymentId, services: Services) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            reason = {"reason": f"signal {number.name}"}
            await store.commands.queue(deployment, CommandKind.STOP, payload=reason, at=services.clock.now())
