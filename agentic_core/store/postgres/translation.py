"""What psycopg says, in our words: nothing of psycopg leaves this package."""

from collections.abc import Generator
from contextlib import contextmanager

from psycopg import DataError, Error, IntegrityError, InterfaceError, OperationalError, ProgrammingError, errors
from psycopg.conninfo import conninfo_to_dict

from agentic_core.errors import (
    AgenticError,
    ConfigError,
    MigrationMismatch,
    NotFound,
    StoreError,
    StoreUnavailable,
    UsageError,
)
from agentic_core.store import sentences

__all__ = ["place_of", "translated"]

_REFERRED = {
    "agent_commands_deployment": "there is no such deployment",
    "agent_logs_deployment": "there is no such deployment",
    "agent_state_deployment": "there is no such deployment",
    "decision_snapshots_deployment": "there is no such deployment",
    "decision_snapshots_sim_run": "there is no such backtest",
    "decision_snapshots_skill_version": "there is no such skill version",
    "deployments_skill_version": "there is no such skill version",
    "deployments_user": "there is no such user",
    "fills_deployment": "there is no such deployment on this account",
    "hyperliquid_agents_master": "there is no such paired account",
    "order_intents_deployment": "there is no such deployment on this account",
    "pending_hyperliquid_agents_master": "there is no such paired account",
    "sim_runs_skill_version": "there is no such skill version",
    "sim_runs_user": "there is no such user",
}


def place_of(dsn: str) -> str:
    """Say where a database is: host or socket, port and name, never a password.

    Raises:
        ConfigError: the address cannot be read; it is not repeated, because it may hold a password.
    """
    try:
        parts = conninfo_to_dict(dsn)
    except ProgrammingError:
        message = "the database address cannot be read; write it as postgresql://user@host:5432/name"
        raise ConfigError(message) from None
    host = parts.get("host") or parts.get("hostaddr") or "the default socket"
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"database {parts.get('dbname') or '(default)'} at {host}{port}"


@contextmanager
def translated(place: str) -> Generator[None]:
    """Raise an error of ours wherever psycopg raises one of its own."""
    try:
        yield
    except Error as error:
        raise _ours(error, place) from error


def _ours(error: Error, place: str) -> AgenticError:
    match error:
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction():
            return MigrationMismatch(f"{place} is behind this release ({_line(error)}); run `agentic db migrate`")
        case IntegrityError() | DataError():
            return _refusal(error, place)
        case OperationalError() | InterfaceError():
            return StoreUnavailable(
                f"{place} cannot be used: {_line(error)}; check that it runs and that the address is right"
            )
        case _:
            return StoreError(f"{place} refused: {_line(error)}")


def _refusal(error: Error, place: str) -> AgenticError:
    match error:
        case errors.UniqueViolation():
            return sentences.conflict(error.diag.constraint_name or "")
        case errors.ForeignKeyViolation():
            referred = _REFERRED.get(error.diag.constraint_name or "", "a row it refers to does not exist")
            return NotFound(f"{referred}: {error.diag.message_detail}")
        case errors.InvalidTextRepresentation():
            return NotFound(f"no row can have this id: {error.diag.message_primary}")
        case _:
            return UsageError(f"{place} refused the row: {_line(error)}")


def _line(error: Error) -> str:
    # The first line says what happened; the ones after it are hints for a terminal.
    return (error.diag.message_primary or str(error) or type(error).__name__).splitlines()[0].rstrip(".")
