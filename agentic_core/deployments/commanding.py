"""Giving orders to a deployment, and watching what becomes of them."""

from collections.abc import Callable

from agentic_core.domain.deployment_states import FINAL_STATUSES
from agentic_core.domain.records import Command, CommandKind, CommandState, DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import DeploymentStatus
from agentic_core.errors import IllegalTransition, InputError, NotFound
from agentic_core.ports.clock import Clock
from agentic_core.ports.messages import CommandStore

__all__ = ["OPEN_STATES", "follow_command", "give_command", "newest_seq"]

OPEN_STATES = frozenset({CommandState.QUEUED, CommandState.CLAIMED})
"""States of commands whose outcome is still to come."""

_LOOK_S = 0.1
_LOOKED_AT = 200
"""Commands among which a given one is looked for, newest first."""


async def newest_seq(commands: CommandStore, deployment: DeploymentRecord) -> int:
    """Return the number of the newest command, 0 before the first."""
    newest = await commands.recent(deployment.id, 1)
    return newest[0].seq if newest else 0


async def give_command(
    commands: CommandStore,
    deployment: DeploymentRecord,
    kind: CommandKind,
    *,
    at: Instant,
    reason: str | None = None,
    expects: str | None = None,
) -> Command:
    """Queue a command for a deployment.

    What loosens is tied to what the person saw: a resume to the newest command, a clear_halt to the halt that is
    latched. Where something else is there by the time it is applied, the runner refuses it.

    Args:
        commands: where it is queued.
        deployment: as the person saw it.
        kind: what is ordered.
        at: when.
        reason: why, in the person's words.
        expects: the newest command's number or the moment of the halt, as the person saw it; None for what is there.

    Raises:
        IllegalTransition: the deployment has ended and obeys nothing, or there is no halt to clear.
        InputError: what was expected is no number, or the command is tied to nothing.
    """
    _check_expected(kind, expects)
    if deployment.status in FINAL_STATUSES:
        message = f"deployment {deployment.id} is {deployment.status} and obeys nothing any more; deploy its skill anew"
        raise IllegalTransition(message)
    if kind is CommandKind.CLEAR_HALT and deployment.status is not DeploymentStatus.HALTED:
        raise IllegalTransition(f"deployment {deployment.id} is {deployment.status}; there is no halt to clear")
    payload = {} if reason is None else {"reason": reason}
    if kind is CommandKind.RESUME:
        payload["expects_seq"] = expects or str(await newest_seq(commands, deployment))
    elif kind is CommandKind.CLEAR_HALT and (expects is not None or deployment.halted_at is not None):
        payload["expects_halt"] = expects or str(deployment.halted_at)
    return await commands.queue(deployment.id, kind, payload=payload, at=at)


async def follow_command(
    commands: CommandStore, command: Command, clock: Clock, *, within_ms: int, tell: Callable[[Command], None]
) -> Command:
    """Watch a command until it has its outcome or the time is over, and return it as it was seen last.

    Args:
        commands: where it was queued.
        command: what was queued.
        clock: what the time is measured with.
        within_ms: how long to watch at most.
        tell: hears of every change; must not wait.

    Raises:
        NotFound: so many commands came after it that it is no longer found.
    """
    until, seen = clock.boottime_ms() + within_ms, command
    while seen.state in OPEN_STATES and clock.boottime_ms() < until:
        await clock.sleep(_LOOK_S)
        found = await _read(commands, command)
        if found != seen:
            seen = found
            tell(seen)
    return seen


def _check_expected(kind: CommandKind, expects: str | None) -> None:
    if expects is None:
        return
    if kind not in {CommandKind.RESUME, CommandKind.CLEAR_HALT}:
        raise InputError(f"{kind} is tied to nothing that was seen; only resume and clear_halt are")
    if not expects.isdecimal():
        raise InputError(f"{expects!r} is not what was seen; take the number that `agentic deployments show` gives")


async def _read(commands: CommandStore, command: Command) -> Command:
    for found in await commands.recent(command.deployment_id, _LOOKED_AT):
        if found.id == command.id:
            return found
    message = f"command {command.seq} of {command.deployment_id} has {_LOOKED_AT} newer ones; look at the table itself"
    raise NotFound(message)
