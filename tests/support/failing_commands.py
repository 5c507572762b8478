"""A command that fails in the way it is told to, behind a door of its own."""

from collections.abc import Callable

import typer

from agentic_core.cli.services import Services
from agentic_core.errors import CandlesInvalid, ConfigError, Fenced, StoreUnavailable

__all__ = ["DOOR", "build"]

DOOR = ("tests.support.failing_commands:build", "Fails as it is told to.")

_FAULTS: dict[str, Callable[[], BaseException]] = {
    "input": lambda: CandlesInvalid("btc.csv:7: gap; add the candle"),
    "config": lambda: ConfigError("set DATABASE_URL"),
    "store": lambda: StoreUnavailable("it is away"),
    "fenced": lambda: Fenced("someone else trades"),
    "noted": lambda: _noted(StoreUnavailable("it is away")),
    "group": lambda: ExceptionGroup("tasks", [ExceptionGroup("inner", [StoreUnavailable("it is away")])]),
    "mixed": lambda: ExceptionGroup("tasks", [StoreUnavailable("it is away"), LookupError("a bug")]),
    "bug": lambda: LookupError("a bug"),
    "exit": lambda: typer.Exit(7),
    "interrupt": KeyboardInterrupt,
}


def _noted(error: Exception) -> Exception:
    error.add_note("trace 0123")
    return error


def build(services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def fail(how: str, times: int = 1) -> None:
        """Fail, or do nothing when it is not known how."""
        fault = _FAULTS.get(how)
        if fault is not None:
            error = fault()
            raise error

    return app
