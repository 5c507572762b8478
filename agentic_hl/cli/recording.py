"""What `agentic hl record` does."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant, Interval, parse_instant, show
from agentic_core.errors import InputError
from agentic_core.ports.candle_sink import CandleSink, MissingCandles
from agentic_hl.cli.console import say, warn
from agentic_hl.cli.place import NetworkChoice, Place, place_of
from agentic_hl.cli.place_options import NetworkOption, UrlOption
from agentic_hl.cli.services import Services
from agentic_hl.market.candles import CANDLES_KEPT
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.recorder import CandleRecorder, HeldUp, Recorded, RecordedSeries
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.rest.ip_budget import IpBudget, weight_bucket
from agentic_hl.rest.memory_budgets import MemoryBudgets

__all__ = ["OpenSink", "RecordOrder", "add_command", "read_interval", "record_candles"]

OpenSink = Callable[[Path], CandleSink]
"""Makes what keeps candles in a folder."""


_SymbolsArgument = Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="Perpetuals, such as BTC.")]
_IntervalOption = Annotated[str, typer.Option("--interval", help="The length of the candles.")]
_FolderOption = Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the files go; it has to exist.")]
_SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Begin here; as far back as the venue keeps without.")
]
_OnceOption = Annotated[bool, typer.Option("--once", help="Catch up and end.")]


class RecordOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed."""

    place: Place
    symbols: tuple[str, ...]
    interval: Interval
    since: Instant | None
    once: bool


def add_command(app: typer.Typer, services: Services, open_sink: OpenSink) -> None:
    """Add the command to its group."""

    @app.command()
    def record(  # noqa: PLR0913 - one argument per option
        symbols: _SymbolsArgument,
        folder: _FolderOption,
        interval: _IntervalOption = "1m",
        network: NetworkOption = NetworkChoice.MAINNET,
        url: UrlOption = None,
        since: _SinceOption = None,
        once: _OnceOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Write closed candles into CSV files that a backtest takes, from where the folder ends.

        Runs until Ctrl-C. A hole that the venue does not fill begins a new file. Exit codes: 0 done, 2 bad input,
        3 the venue is unavailable.
        """
        order = RecordOrder(
            place=place_of(network, url),
            symbols=tuple(symbols),
            interval=read_interval(interval),
            since=None if since is None else parse_instant(since),
            once=once,
        )
        anyio.run(record_candles, services, order, open_sink(folder))


def read_interval(typed: str) -> Interval:
    """Read the length of candles.

    Raises:
        InputError: there are none of that length.
    """
    try:
        return Interval(typed)
    except ValueError as exc:
        message = f"--interval {typed}: no candle has this length; write one of {', '.join(Interval)}"
        raise InputError(message) from exc


async def record_candles(services: Services, order: RecordOrder, sink: CandleSink) -> None:
    """Record until a signal comes, or catch up once.

    Raises:
        InputError: a symbol cannot be recorded.
        VenueUnavailable: the venue does not answer at the start.
    """
    clock = services.clock
    async with HttpxTransport(order.place.rest_url) as http:
        budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("recorder"))
        feed = LiveMarketData(HyperliquidRest(http, clock, services.entropy, budget), clock)
        universe = (await feed.meta.listed()).universe
        series = [RecordedSeries(Symbol(universe.perp(name).name), order.interval) for name in order.symbols]
        since = order.since
        if since is None:
            step = order.interval.ms
            since = Instant(max(0, clock.now() // step - CANDLES_KEPT + 1) * step)
        recorder = CandleRecorder(feed, sink, clock)
        if order.once:
            for one in series:
                _tell(await recorder.catch_up(one, since=since))
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_cancel_on_signal, tasks.cancel_scope)
            await recorder.run(series, since=since, tell=_tell)


async def _cancel_on_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()


def _tell(told: Recorded | HeldUp) -> None:
    name = f"{told.series.symbol} {told.series.interval}"
    if isinstance(told, HeldUp):
        warn(f"{name}: {told.cause}; trying again at {show(told.next_try)}")
        return
    say(f"{name}: {told.written} new, complete until {show(told.until)}")
    for hole in told.missing:
        warn(f"{name}: {_hole(hole)}")


def _hole(hole: MissingCandles) -> str:
    return f"the venue has nothing from {show(hole.start)} to {show(hole.end)} ({hole.cause.replace('_', ' ')})"
