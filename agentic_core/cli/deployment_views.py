"""What is known of a deployment, gathered for people and for programs."""

from collections.abc import Iterator

import msgspec

from agentic_core.deployments.commanding import OPEN_STATES, newest_seq
from agentic_core.domain.deployment_states import FINAL_STATUSES
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.position import Position
from agentic_core.domain.records import AgentStateRecord, Command, DeploymentRecord, LeaseRecord, LogLine
from agentic_core.domain.times import Instant, show
from agentic_core.domain.trading import Desired
from agentic_core.ports.repositories import Store

__all__ = ["Overview", "Row", "View", "log_in_words", "look_at", "rows", "view_in_words"]

_SHOWN = 5
_SECOND_MS = 1_000
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment in a list."""

    deployment: DeploymentRecord
    skill: str
    """The skill's name with its version."""
    equity_usd: Usd | None
    """None before its first turn."""
    seen_at: Instant | None
    """When its runner wrote the state last."""


class Overview(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-deployments/1"):
    """A list for programs."""

    deployments: tuple[Row, ...]


class View(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-deployment/1"):
    """One deployment as its tables tell."""

    deployment: DeploymentRecord
    skill: str
    lease: LeaseRecord | None
    state: AgentStateRecord | None
    orders_open: int
    """Orders and stops whose life is not over."""
    newest_command: int
    """Its number, 0 before the first; what a resume is tied to."""
    commands: tuple[Command, ...]
    """The newest, newest first."""
    logs: tuple[LogLine, ...]
    """The newest, newest first."""
    now: Instant


class _Named(msgspec.Struct, frozen=True):
    name: str = "?"


async def rows(store: Store, limit: int) -> tuple[Row, ...]:
    """Return the newest deployments, newest first."""
    return tuple([await _row(store, record) for record in await store.deployments.recent(limit)])


async def look_at(store: Store, record: DeploymentRecord, now: Instant) -> View:
    """Gather what the tables tell of a deployment."""
    return View(
        deployment=record,
        skill=await _skill(store, record),
        lease=await store.leases.read(record.account_key),
        state=await store.states.read(record.id),
        orders_open=len(await store.intents.living(record.account_key)),
        newest_command=await newest_seq(store.commands, record),
        commands=await store.commands.recent(record.id, _SHOWN),
        logs=await store.logs.recent(record.id, _SHOWN),
        now=now,
    )


def view_in_words(view: View) -> Iterator[str]:
    """Yield the lines that people read."""
    record = view.deployment
    yield f"deployment {record.id}"
    for name, said in (
        ("skill", view.skill),
        ("broker", f"{record.broker_kind}, account {record.account_key}"),
        ("status", _status(record)),
        ("runner", _runner(view)),
        ("since", show(record.created_at)),
        *_state(view),
        ("commands", f"newest is #{view.newest_command}" if view.commands else "none"),
    ):
        yield f"  {name:<10}{said}"
    for command in reversed(view.commands):
        yield f"    {_command(command)}"
    yield "  log"
    for line in reversed(view.logs):
        yield f"    {log_in_words(line)}"


def log_in_words(line: LogLine) -> str:
    """Return one line of a log for people."""
    return f"{show(line.ts)}  {line.level:<5}  {line.event}  {line.message}"


def _status(record: DeploymentRecord) -> str:
    said = str(record.status)
    if record.halt_reason is not None:
        moment = "" if record.halted_at is None else f"; to clear: --expects {record.halted_at}"
        said += f" ({record.halt_reason}{moment})"
    if record.error_text is not None:
        said += f" ({record.error_text})"
    is_told = record.desired is not Desired.RUNNING and record.status not in FINAL_STATUSES
    return f"{said}, shall come to {record.desired}" if is_told else said


def _runner(view: View) -> str:
    lease, record = view.lease, view.deployment
    if lease is None:
        return "none so far"
    ours = lease.deployment in {None, record.id}
    if lease.is_live and ours:
        return f"{lease.holder} holds the lease, epoch {lease.epoch}"
    if lease.is_live:
        return f"none; deployment {lease.deployment} trades the account, epoch {lease.epoch}"
    return f"none; the lease is {lease.state if ours else 'free'}, epoch {lease.epoch}"


def _state(view: View) -> Iterator[tuple[str, str]]:
    state = view.state
    if state is None:
        yield "state", "none so far"
        return
    turn = "no turn yet" if state.last_tick_at is None else f"last turn {show(state.last_tick_at)}"
    yield "state", f"written {_ago(view.now - state.updated_at)}, {turn}"
    yield "equity", f"{plain(state.equity_usd)} USD, {state.day_pnl_usd:+f} USD today"
    yield "holds", ", ".join(_position(each, state) for each in state.positions if each.size) or "nothing"
    yield "orders", f"{view.orders_open} open" if view.orders_open else "none open"


def _position(position: Position, state: AgentStateRecord) -> str:
    mark, symbol = state.marks.get(position.symbol), Symbol(position.symbol)
    return f"{position.size:+f} {symbol}" if mark is None else f"{position.size:+f} {symbol} (mark {plain(mark)})"


def _command(command: Command) -> str:
    outcome = "" if command.outcome is None else f": {command.outcome}"
    under_way = f" ({command.steps[-1].text})" if command.state in OPEN_STATES and command.steps else ""
    reason = f", because {command.payload['reason']}" if "reason" in command.payload else ""
    said = f"#{command.seq} {command.kind} {command.state}{under_way}{outcome}{reason}"
    return f"{show(command.issued_at)}  {said}"


def _ago(ms: int) -> str:
    seconds = max(0, ms // _SECOND_MS)
    for unit, length in (("d", _DAY_S), ("h", _HOUR_S), ("min", _MINUTE_S)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


async def _row(store: Store, record: DeploymentRecord) -> Row:
    state = await store.states.read(record.id)
    return Row(
        deployment=record,
        skill=await _skill(store, record),
        equity_usd=None if state is None else state.equity_usd,
        seen_at=None if state is None else state.updated_at,
    )


async def _skill(store: Store, record: DeploymentRecord) -> str:
    version = await store.skills.version(record.skill_id, record.skill_version)
    try:
        name = msgspec.json.decode(version.payload, type=_Named).name
    except msgspec.DecodeError:
        name = "unreadable"
    return f"{name} v{version.version}"
