"""`agentic hl`: check signatures, ask the venue what is only assumed, record candles."""

from pathlib import Path
from typing import Annotated

import anyio
import typer

from agentic_core.errors import InputError
from agentic_hl.cli import probing, recording
from agentic_hl.cli.console import say
from agentic_hl.cli.place import NetworkChoice, place_of
from agentic_hl.cli.place_options import NetworkOption, UrlOption
from agentic_hl.cli.services import Services
from agentic_hl.wire.vectors import VectorOutcome, check_vectors

__all__ = ["build"]

_HELP = "Check signatures against recorded ones, ask the venue what is only assumed, record candles."

_VectorsArgument = Annotated[Path, typer.Argument(metavar="FILE", help="JSON with a list of signing vectors.")]
_OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where the answers are written; by the network's name.")
]
_OnlyOption = Annotated[list[str] | None, typer.Option("--only", metavar="ID", help="Ask this alone; may be repeated.")]
_KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key-env", metavar="NAME", help="The environment variable with an owner's private key of the test network."
    ),
]
_LimitsOption = Annotated[
    bool, typer.Option("--use-up-limits", help="Also ask what exhausts this address for a minute.")
]
_ListOption = Annotated[bool, typer.Option("--list", help="Only show the questions and what they need.")]


def build(services: Services, open_sink: recording.OpenSink | None = None) -> typer.Typer:
    """Build the group; candles are recorded only where the host says how a folder takes them."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True, help=_HELP)

    @app.callback()
    def group() -> None:
        """Check signatures against recorded ones, ask the venue what is only assumed, record candles."""

    @app.command()
    def vectors(file: _VectorsArgument) -> None:
        """Compute every signature of a file of vectors anew, and show each that differs.

        Exit codes: 0 all are the same, 1 some differ, 2 it is no such file.
        """
        if _differing(_checked(services, file)):
            raise typer.Exit(1)

    @app.command()
    def probe(  # noqa: PLR0913 - one argument per option
        network: NetworkOption = NetworkChoice.TESTNET,
        url: UrlOption = None,
        out: _OutOption = None,
        only: _OnlyOption = None,
        key_env: _KeyOption = None,
        use_up_limits: _LimitsOption = False,  # noqa: FBT002 - a flag of the command line
        list_only: _ListOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Ask a network what this library assumes about it, and write the answers as a fixture.

        What needs a key is asked on the test network only, and only where one is given: it approves agent wallets and
        revokes them, and places orders of some 10 dollars. Exit codes: 0 nothing contradicts an assumption, 1 something
        does, 2 bad input, 3 the venue is unavailable.
        """
        order = probing.ProbeOrder(
            place=place_of(network, url), only=tuple(only or ()), out=out, key_env=key_env, limits=use_up_limits
        )
        if list_only:
            probing.show_questions(order)
        elif not anyio.run(probing.probe, services, order):
            raise typer.Exit(1)

    if open_sink is not None:
        recording.add_command(app, services, open_sink)
    return app


def _checked(services: Services, file: Path) -> tuple[VectorOutcome, ...]:
    try:
        content = services.files.read_bytes(file)
    except OSError as exc:
        message = f"{file}: {exc.strerror or exc}; name a file that can be read"
        raise InputError(message) from exc
    if content is None:
        message = f"{file}: there is no such file; name one that exists"
        raise InputError(message)
    try:
        return check_vectors(content)
    except InputError as exc:
        exc.add_note(str(file))
        raise


def _differing(outcomes: tuple[VectorOutcome, ...]) -> int:
    differing = [outcome for outcome in outcomes if outcome.differences]
    for outcome in differing:
        say(f"{outcome.name} ({outcome.kind}) differs")
        for difference in outcome.differences:
            say(f"  {difference.what}: expected {difference.expected}")
            say(f"  {' ' * len(difference.what)}  computed {difference.computed}")
    said = (
        f"{len(differing)} of {len(outcomes)} vectors differ" if differing else f"{len(outcomes)} vectors, all the same"
    )
    say(said)
    return len(differing)
