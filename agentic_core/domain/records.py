"""What the database holds besides decisions and orders; the fields carry the names of their columns."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from agentic_core.domain.bounds import LossBound
from agentic_core.domain.ids import AccountKey, DeploymentId, SkillId, Symbol, TraceId, UserId
from agentic_core.domain.money import ZERO, Size, Usd
from agentic_core.domain.order import IntentState, PreparedIntent
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant, Interval
from agentic_core.domain.trading import BrokerKind, DeploymentStatus, Desired
from agentic_core.logevents import LogEvent, LogLevel

__all__ = [
    "AgentStateRecord",
    "Command",
    "CommandKind",
    "CommandState",
    "CommandStep",
    "DeploymentRecord",
    "IntentRecord",
    "Lease",
    "LeaseRecord",
    "LeaseState",
    "LogLine",
    "MonthCost",
    "SimRun",
    "SimRunStatus",
    "SkillRecord",
    "SkillVersionRecord",
]


class SkillRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A skill: a name and its newest version."""

    id: SkillId
    user_id: UserId
    name: str
    slug: str
    latest_version: int


class SkillVersionRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One immutable version."""

    skill_id: SkillId
    version: int
    payload: str
    """The skill file as canonical JSON."""
    payload_hash: str
    """SHA-256 of that canonical JSON, hex."""
    loss_bound: LossBound | None = None
    """What its caps let it lose, as it was when the version was saved; None where it was saved without."""


class DeploymentRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A skill version admitted to run."""

    id: DeploymentId
    user_id: UserId
    skill_id: SkillId
    skill_version: int
    broker_kind: BrokerKind
    status: DeploymentStatus
    account_key: AccountKey
    desired: Desired = Desired.RUNNING
    hyperliquid_agent_id: str | None = None
    """The agent wallet that signs; None on paper, and only there."""
    error_text: str | None = None
    halt_reason: str | None = None
    halted_at: Instant | None = None
    """When the halt latched that nobody has cleared yet; whoever clears one names it by this."""
    created_at: Instant
    started_at: Instant | None = None
    stopped_at: Instant | None = None


class AgentStateRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The newest known state of a deployment; `updated_at` is its heartbeat."""

    deployment_id: DeploymentId
    equity_usd: Usd
    day_pnl_usd: Usd
    positions: tuple[Position, ...]
    marks: dict[Symbol, Decimal]
    last_tick_at: Instant | None
    updated_at: Instant


class MonthCost(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the chat models of a deployment cost in one UTC month."""

    cost_usd: Usd = Usd(ZERO)
    """Of the decisions whose cost is known."""
    unknown_costs: int = 0
    """How many decisions have a cost that nobody knows, which is never taken for none."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of `agent_logs`."""

    deployment_id: DeploymentId
    ts: Instant
    level: LogLevel
    event: LogEvent
    message: str
    trace_id: TraceId
    data: dict[str, str | int | None] = {}
    line_key: str | None = None
    """A UUID by which a line that is appended again is known; None where it is appended once."""


class IntentRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order intent and what is known of it; `execution.life` says what each field means."""

    prepared: PreparedIntent
    state: IntentState = IntentState.PREPARED
    filled: Size = Size(ZERO)
    booked: Size = Size(ZERO)
    sends: int = 0
    burns: int = 0
    absent_at: Instant | None = None
    uncounted: bool = False
    filled_at: Instant | None = None
    ended_by: str | None = None
    """The finding that ended it, by its name."""


class CommandKind(StrEnum):
    """What a deployer may order."""

    PAUSE = "pause"
    RESUME = "resume"
    CLEAR_HALT = "clear_halt"
    FLATTEN = "flatten"
    STOP = "stop"
    KILL = "kill"
    SNAPSHOT = "snapshot"


class CommandState(StrEnum):
    """How far a command has come."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    APPLIED = "applied"
    REFUSED = "refused"
    EXPIRED = "expired"


class CommandStep(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that was done of a command which takes several."""

    at: Instant
    text: str


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `agent_commands`."""

    id: str
    deployment_id: DeploymentId
    seq: int
    """Grows by one per deployment; commands apply in this order."""
    kind: CommandKind
    payload: dict[str, str]
    issued_at: Instant
    state: CommandState = CommandState.QUEUED
    outcome: str | None = None
    """What happened, or why it was refused."""
    acked_at: Instant | None = None
    """When a runner first took it up, or said what became of it."""
    claimed_epoch: int | None = None
    """The newest lease under which it was taken up; None where it never was, or was done at once."""
    steps: tuple[CommandStep, ...] = ()
    """What was done of it so far, for people; nobody goes by it."""
    finished_at: Instant | None = None
    """When it had its outcome."""


class Lease(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The right to trade an account, held by one process for a while."""

    account: AccountKey
    epoch: int
    holder: str
    ttl_ms: int


class LeaseState(StrEnum):
    """What a lease is, apart from whether it has run out."""

    FREE = "free"
    HELD = "held"
    REVOKED = "revoked"
    """Taken away together with the next epoch; nobody takes it until it is given back."""


class LeaseRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `leases`."""

    account: AccountKey
    deployment: DeploymentId | None
    """Whose runner took it last; None where nobody did."""
    epoch: int
    holder: str
    """Who took it last; empty where nobody did."""
    state: LeaseState
    expires_at: Instant
    taken_at: Instant | None = None
    is_live: bool
    """Held, and not run out by the store's own clock."""


class SimRunStatus(StrEnum):
    """How far a backtest has come."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELLED = "cancelled"


class SimRun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of `sim_runs`: a backtest."""

    id: DeploymentId
    skill_id: SkillId
    skill_version: int
    user_id: UserId
    symbol: Symbol
    bars_interval: Interval
    range_from: Instant
    range_to: Instant
    status: SimRunStatus
    progress_pct: int = 0
    error_text: str | None = None
    metrics_json: str | None = None
    created_at: Instant
    started_at: Instant | None = None
    finished_at: Instant | None = None
