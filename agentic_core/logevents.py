"""What can be said: the event names of `agent_logs` and of the JSON log lines."""

from enum import StrEnum
from typing import Protocol

__all__ = ["LogEvent", "LogLevel", "Say"]


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
    RECONCILE_FAILED = "reconcile_failed"
    STATE_DRIFT = "state_drift"
    STREAM_LOST = "stream_lost"
    STREAM_RESTORED = "stream_restored"
    ALL_MIDS_FETCH_FAILED = "all_mids_fetch_failed"
    TICK_FINISHED = "tick_finished"
    TICK_FAILED = "tick_failed"
    TICK_SKIPPED = "tick_skipped"
    CANDLE_MISSING = "candle_missing"
    ORDER_PLACED = "order_placed"
    ORDER_FILLED = "order_filled"
    ORDER_REJECTED = "order_rejected"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_UNRESOLVED = "order_unresolved"
    INTENT_CONTRADICTION = "intent_contradiction"
    STOP_PLACED = "stop_placed"
    STOP_CANCELLED = "stop_cancelled"
    POSITION_NAKED = "position_naked"
    FLATTEN_STARTED = "flatten_started"
    FLATTENED = "flattened"
    HUMAN_NEEDED = "human_needed"
    ACTION_DENIED = "action_denied"
    FUNDING_PAID = "funding_paid"
    LIQUIDATION = "liquidation"
    EXTERNAL_FILL = "external_fill"
    TRANSFER_SEEN = "transfer_seen"
    SETTINGS_CHANGED = "settings_changed"
    SECOND_WRITER = "second_writer"
    WALLET_EXPIRING = "wallet_expiring"
    WALLET_REVOKED = "wallet_revoked"
    HALTED = "halted"
    COMMAND_APPLIED = "command_applied"
    COMMAND_REFUSED = "command_refused"
    COST_GUARD_TRIPPED = "cost_guard_tripped"
    CHAT_UNUSABLE = "chat_unusable"
    CHAT_DEGRADED = "chat_degraded"
    CHAT_COST_ABOVE_BOUND = "chat_cost_above_bound"
    CHAT_CALLS_ABANDONED = "chat_calls_abandoned"
    REVIEW_DUE = "review_due"
    ALERT_UNANSWERED = "alert_unanswered"
    VERSION_CHANGED = "version_changed"
    PLATFORM_SWITCHED = "platform_switched"
    LEASE_TAKEN = "lease_taken"
    LEASE_LOST = "lease_lost"
    LEASE_RELEASED = "lease_released"
    JOURNAL_RECOVERED = "journal_recovered"
    JOURNAL_QUARANTINED = "journal_quarantined"
    DATABASE_MIGRATED = "database_migrated"
    LINES_DROPPED = "lines_dropped"
    HEARTBEAT_LOST = "heartbeat_lost"
    JOBS_STARTED = "jobs_started"
    JOBS_STOPPED = "jobs_stopped"
    DATABASE_AWAY = "database_away"
    JOB_FINISHED = "job_finished"
    JOB_FAILED = "job_failed"


class Say(Protocol):
    """Where whoever has something to tell says it; a deployment's diary has such a method."""

    def __call__(
        self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None
    ) -> None:
        """Say one line."""
