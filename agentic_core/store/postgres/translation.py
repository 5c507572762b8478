"""What psycopg says, in our words: nothing of psycopg leaves this package."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from psycopg import (
    AsyncConnection,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    errors,
)
from psycopg.conninfo import conninfo_to_dict

from agentic_core.errors import (
    AgenticError,
    ConfigError,
    DatabaseRestored,
    MigrationMismatch,
    NotFound,
    StoreError,
    StoreUnavailable,
    UsageError,
)
from agentic_core.store import sentences

__all__ = ["outcome_seen", "place_of", "translated"]

_REFERRED = {
    "agent_commands_deployment": "there is no such deployment",
    "agent_logs_deployment": "there is no such deployment",
    "agent_state_deployment": "there is no such deployment",
    "chat_calls_deployment": "there is no such deployment on this account",
    "chat_months_deployment": "there is no such deployment",
    "chat_tape_deployment": "there is no such deployment",
    "cost_rollups_deployment_id_fkey": "there is no such deployment",
    "decision_snapshots_deployment": "there is no such deployment",
    "decision_snapshots_sim_run": "there is no such backtest",
    "decision_snapshots_skill_version": "there is no such skill version",
    "deployments_agent": "the user has no such agent wallet",
    "deployments_skill_of_user": "this user has no such skill",
    "deployments_skill_version": "there is no such skill version",
    "deployments_user": "there is no such user",
    "fills_deployment": "there is no such deployment on this account",
    "funding_payments_deployment": "there is no such deployment on this account",
    "hyperliquid_agents_master": "there is no such paired account",
    "hyperliquid_master_wallets_user": "there is no such user",
    "journal_checkpoints_record": "the journal has no such record",
    "journal_heads_deployment": "there is no such deployment",
    "key_openings_agent": "there is no such agent wallet",
    "key_openings_deployment": "there is no such deployment",
    "leases_deployment": "there is no such deployment on this account",
    "mainnet_orders_deployment": "there is no such deployment on this account",
    "mainnet_orders_intent": "there is no such order intent",
    "order_intents_decision": "there is no such decision",
    "order_intents_deployment": "there is no such deployment on this account",
    "pending_hyperliquid_agents_master": "there is no such paired account",
    "runner_logins_deployment": "there is no such deployment",
    "sessions_user": "there is no such user",
    "sim_runs_skill_of_user": "this user has no such skill",
    "sim_runs_skill_version": "there is no such skill version",
    "sim_runs_user": "there is no such user",
    "skill_versions_skill_id_fkey": "there is no such skill",
    "skills_user": "there is no such user",
    "transfers_deployment": "there is no such deployment on this account",
}

_ROW_POLICY = "ExecWithCheckOptions"
"""What in the server refuses rows by row-level security; its words depend on the server's language."""


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


class _OutcomeUnseen(OperationalError):
    pass


@contextmanager
def outcome_seen(connection: AsyncConnection[Any]) -> Generator[None]:
    """Mark an error as one that leaves open what was stored, where it came of losing the connection."""
    try:
        yield
    except Error as error:
        if connection.broken and not isinstance(error, errors.IdleInTransactionSessionTimeout):
            raise _OutcomeUnseen(_line(error)) from error
        raise


@contextmanager
def translated(place: str) -> Generator[None]:
    """Raise an error of ours wherever psycopg raises one of its own."""
    try:
        yield
    except Error as error:
        raise _ours(error, place) from error


def _ours(error: Error, place: str) -> AgenticError:
    match error:
        case Error(sqlstate="AG001"):
            return DatabaseRestored(f"{place}: {_line(error)}; its owner looks at it with `agentic db resolve`")
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction():
            return MigrationMismatch(f"{place} is behind this release ({_line(error)}); run `agentic db migrate`")
        case IntegrityError() | DataError():
            return _refusal(error, place)
        case OperationalError() | InterfaceError() | errors.IdleInTransactionSessionTimeout():
            is_open = isinstance(error, _OutcomeUnseen)
            return StoreUnavailable(f"{place} cannot be used: {_line(error)}; {_cure(error)}", commit_unknown=is_open)
        case errors.InsufficientPrivilege() if error.diag.source_function == _ROW_POLICY:
            # A row of somebody else's is answered like one that does not exist.
            return NotFound(f"this login has no such deployment, user or paired account: {_line(error)}")
        case _:
            return StoreError(f"{place} refused: {_line(error)}")


def _cure(error: Error) -> str:
    match error:
        case _OutcomeUnseen():
            return "what it was told may be stored or not, so read it first"
        case (
            errors.LockNotAvailable()
            | errors.QueryCanceled()
            | errors.DeadlockDetected()
            | errors.SerializationFailure()
        ):
            return "it is busy with what others asked, and nothing was stored, so say it again"
        case _:
            return "check that it runs and that the address is right"


def _refusal(error: Error, place: str) -> AgenticError:
    match error:
        case errors.UniqueViolation():
            return sentences.conflict(error.diag.constraint_name or "")
        case errors.ForeignKeyViolation():
            referred = _REFERRED.get(error.diag.constraint_name or "", "a row it refers to does not exist")
            return NotFound(f"{referred}: {error.diag.message_detail}")
        case errors.InvalidTextRepresentation() if "uuid" in (error.diag.message_primary or ""):
            return NotFound(f"no row can have this id: {error.diag.message_primary}")
        case _:
            return UsageError(f"{place} refused the row: {_line(error)}")


def _line(error: Error) -> str:
    # The first line says what happened; the ones after it are hints for a terminal.
    return (error.diag.message_primary or str(error) or type(error).__name__).splitlines()[0].rstrip(".")
