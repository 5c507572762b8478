"""`agentic simulate`: the world of faults, and the check of the order protocol."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from agentic_core.cli.console import JsonFlag, say
from agentic_core.cli.services import Services
from agentic_core.errors import InputError
from agentic_core.ports.clock import Clock
from agentic_core.simulation.protocol import (
    Ablation,
    Budget,
    CheckResult,
    Config,
    Report,
    ablation_pages,
    check_protocol,
    summary,
    timeline,
)

__all__ = ["build"]

_ConfigOption = Annotated[Config, typer.Option("--config", help="How large a world is explored.")]
_AblationOption = Annotated[
    Ablation | None,
    typer.Option("--ablation", metavar="NAME", help="Leave this out, and show what breaks."),
]
_AllOption = Annotated[
    bool, typer.Option("--all-ablations", help="Leave out each part in turn; their table names them.")
]
_SecondsOption = Annotated[float | None, typer.Option("--seconds", min=0, help="Stop a check after so long.")]
_StatesOption = Annotated[int | None, typer.Option("--states", min=1, help="Stop a check after so many states.")]

_messages = Console(stderr=True, highlight=False)


def build(services: Services) -> typer.Typer:
    """Build the group."""
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Check the order protocol in every state that can be reached.",
    )

    @app.callback()
    def group() -> None:
        """Check the order protocol in every state that can be reached."""

    @app.command()
    def protocol(
        config: _ConfigOption = Config.SMALL,
        ablation: _AblationOption = None,
        all_ablations: _AllOption = False,  # noqa: FBT002 - a flag of the command line
        seconds: _SecondsOption = None,
        states: _StatesOption = None,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Explore intent, lease and kill state by state; every part that is left out must break something.

        Exit codes: 0 as it should be, 1 the full design broke an invariant or an ablation broke none.
        """
        if all_ablations and ablation is not None:
            message = f"--all-ablations and --ablation {ablation} say different things; give one of them"
            raise InputError(message)
        wanted = list(Ablation) if all_ablations else [ablation]
        budget = Budget(states=states, seconds=seconds)
        results = _check(config, wanted, budget, services.clock)
        _tell(results, as_json=as_json, as_table=all_ablations)
        if not all(result.passed for result in results):
            raise typer.Exit(1)

    return app


def _check(config: Config, wanted: Sequence[Ablation | None], budget: Budget, clock: Clock) -> list[CheckResult]:
    results = []
    for ablation in wanted:
        with _progress(str(ablation or "the full design")) as report:
            results.append(check_protocol(config, clock, ablation=ablation, budget=budget, report=report))
    return results


@contextmanager
def _progress(what: str) -> Iterator[Report]:
    with _messages.status(what) as status:

        def report(states: int, seconds: float) -> None:
            pace = states / seconds if seconds else 0
            status.update(f"{what}: {states:,} states in {seconds:.0f} s, {pace:,.0f} states/s")

        yield report


def _tell(results: Sequence[CheckResult], *, as_json: bool, as_table: bool) -> None:
    if as_json:
        rows = [_as_row(result) for result in results]
        say(msgspec.json.encode({"schema": "agentic-protocol/1", "checks": rows}).decode())
    elif as_table:
        say(ablation_pages(results))
    else:
        for result in results:
            found = result.exploration.counterexample
            if found is not None:
                say(timeline(found))
            say(summary(result))


def _as_row(result: CheckResult) -> dict[str, object]:
    run = result.exploration
    found = run.counterexample
    return {
        "config": result.config,
        "ablation": result.ablation,
        "passed": result.passed,
        "states": run.states,
        "transitions": run.transitions,
        "depth": run.depth,
        "complete": run.complete,
        "seconds": run.seconds,
        "states_per_s": round(run.states_per_s),
        "broken": None if found is None else found.invariant,
        "steps": None if found is None else found.labels,
    }
