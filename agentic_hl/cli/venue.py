"""`agentic venue`: a simulated Hyperliquid on this machine, and a look into its books."""

import signal
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.domain.times import MINUTE_MS
from agentic_core.errors import ConfigError
from agentic_hl.cli.console import say, warn
from agentic_hl.cli.services import Services
from agentic_hl.cli.venue_inputs import SignedFor, VenueInputs, options_of, read_deposits, read_sources
from agentic_hl.cli.venue_show import fetch_overview, overview_lines

__all__ = ["build"]

_HELP = "Run a simulated Hyperliquid that any bot can trade on: no key, no network, no money."

_PortOption = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where it listens; 0 takes a free one.")]
_HostOption = Annotated[str, typer.Option("--host", help="Which address of this machine it listens on.")]
_SeedOption = Annotated[int, typer.Option("--seed", help="What the prices are drawn from.")]
_DepositOption = Annotated[
    list[str] | None,
    typer.Option("--deposit", metavar="ADDRESS=USD", help="Open an account with money; may be repeated."),
]
_CandlesOption = Annotated[
    list[str] | None,
    typer.Option("--candles", metavar="[COIN=]FILE", help="Play recorded 1m candles; BTC without a coin."),
]
_HistoryOption = Annotated[int, typer.Option("--history", min=0, help="How many candles lie in the past at the start.")]
_StillOption = Annotated[bool, typer.Option("--still", help="Prices stand until they are moved by hand.")]
_LimitsOption = Annotated[bool, typer.Option("--limits", help="Limit weight, requests and sockets as the venue does.")]
_BlockOption = Annotated[int, typer.Option("--block-ms", min=0, help="How long a block collects actions; 0 is none.")]
_WebOption = Annotated[bool, typer.Option("--web-data2", help="Still offer the old webData2 stream.")]
_SignedOption = Annotated[SignedFor, typer.Option("--signed-for", help="For which network actions have to be signed.")]
_UrlOption = Annotated[str, typer.Option("--url", help="Where the venue runs.")]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]

_PORT = 3001


def build(services: Services) -> typer.Typer:
    """Build the group."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, help=_HELP)
    _add_run(app, services)
    _add_show(app)
    return app


def _add_run(app: typer.Typer, services: Services) -> None:
    @app.callback(invoke_without_command=True)
    def run(  # noqa: PLR0913 - one argument per option
        context: typer.Context,
        port: _PortOption = _PORT,
        host: _HostOption = "127.0.0.1",
        seed: _SeedOption = 7,
        deposit: _DepositOption = None,
        candles: _CandlesOption = None,
        history: _HistoryOption = 500,
        still: _StillOption = False,  # noqa: FBT002 - a flag of the command line
        limits: _LimitsOption = False,  # noqa: FBT002 - a flag of the command line
        block_ms: _BlockOption = 0,
        web_stream: _WebOption = False,  # noqa: FBT002 - a flag of the command line
        signed_for: _SignedOption = SignedFor.BOTH,
    ) -> None:
        """Run a simulated Hyperliquid until Ctrl-C: its URL takes the place of the real one.

        Exit codes: 0 ended, 2 an option or a file was refused.
        """
        if context.invoked_subcommand is None:
            inputs = VenueInputs(
                seed=seed,
                deposits=read_deposits(deposit or ()),
                sources=read_sources(candles or ()),
                history=history,
                still=still,
                limits=limits,
                block_ms=block_ms,
                web_stream=web_stream,
                signed_for=signed_for,
            )
            anyio.run(_serve, services, inputs, host, port)


def _add_show(app: typer.Typer) -> None:
    @app.command()
    def show(
        url: _UrlOption = f"http://127.0.0.1:{_PORT}",
        as_json: _JsonOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show the accounts and the books of a simulated venue that runs.

        Exit codes: 0 shown, 2 it is none, 3 nobody answers.
        """
        overview = fetch_overview(url)
        if as_json:
            say(msgspec.json.encode(overview).decode())
        else:
            for line in overview_lines(overview):
                say(line)


async def _serve(services: Services, inputs: VenueInputs, host: str, port: int) -> None:
    from agentic_hl.venue.server import Server, serve  # noqa: PLC0415 - uvicorn is an extra
    from agentic_hl.venue.venue import Venue  # noqa: PLC0415 - with it

    now = services.clock.now()
    # From the beginning of a minute, so that a recorded candle is played whole.
    venue = Venue(seed=inputs.seed, now=now - now % MINUTE_MS, options=options_of(inputs, services.files, now))
    venue.advance(now)
    for address, usd in inputs.deposits:
        venue.deposit(address, usd, now)

    def started(bound: int) -> None:
        say(f"simulated venue at http://{host}:{bound} (websocket ws://{host}:{bound}/ws), seed {inputs.seed}")
        _tell_deposits(inputs.deposits)

    async def run() -> None:
        try:
            await serve(Server(venue, services.clock), host=host, port=port, started=started)
        except OSError as exc:
            message = f"cannot listen on {host}:{port}: {exc.strerror or exc}; name another --port"
            raise ConfigError(message) from exc

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                break
        tasks.cancel_scope.cancel()


def _tell_deposits(deposits: Sequence[tuple[str, Decimal]]) -> None:
    for address, usd in deposits:
        say(f"  {address} has {usd} USD")
    if not deposits:
        warn("no account has money; --deposit ADDRESS=USD opens one")
