"""What can be said: the event names of `agent_logs` and of the JSON log lines."""

from enum import StrEnum

__all__ = ["LogEvent", "LogLevel"]


class LogLevel(StrEnum):
    """How loud a log line is."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


class LogEvent(StrEnum):
    """One name per thing that is ever logged; the spelling is the one operators search for."""

    RUNNER_STARTED = "runner_started"
    RUNNER_STOPPED = "runner_stopped"
    RUNNER_FATAL = "runner_fatal"
    BROKER_STARTED = "broker_started"
    RECONCILED = "reconciled"
    TICK_FINISHED = "tick_finished"
    TICK_FAILED = "tick_failed"
    TICK_SKIPPED = "tick_skipped"
    ORDER_PLACED = "order_placed"
    ORDER_FILLED = "order_filled"
    ORDER_REJECTED = "order_rejected"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_UNRESOLVED = "order_unresolved"
    ACTION_DENIED = "action_denied"
    FUNDING_PAID = "funding_paid"
    LIQUIDATION = "liquidation"
    HALTED = "halted"
    COMMAND_APPLIED = "command_applied"
    COMMAND_REFUSED = "command_refused"
    COST_GUARD_TRIPPED = "cost_guard_tripped"
    LEASE_TAKEN = "lease_taken"
    LEASE_LOST = "lease_lost"
    LEASE_RELEASED = "lease_released"
    DATABASE_MIGRATED = "database_migrated"
