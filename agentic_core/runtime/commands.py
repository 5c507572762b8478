"""Commands of the deployer, applied between two turns; the table is the truth."""

from collections.abc import Awaitable, Callable

from agentic_core.domain.deployment_states import DeploymentEvent
from agentic_core.domain.records import Command, CommandKind, CommandState
from agentic_core.domain.trading import DeploymentStatus
from agentic_core.errors import IllegalTransition
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.clock import Clock
from agentic_core.runtime.session import Session

__all__ = ["apply_pending"]

_Handler = Callable[[Session, Command], Awaitable[tuple[CommandState, str]]]


async def apply_pending(session: Session, clock: Clock) -> int:
    """Apply every waiting command in sequence, acknowledge each with its outcome, and return how many there were."""
    pending = await session.store.commands.pending(session.deployment.id)
    for command in pending:
        try:
            state, outcome = await _HANDLERS[command.kind](session, command)
        except IllegalTransition as refusal:
            state, outcome = CommandState.REFUSED, str(refusal)
        await session.store.commands.ack(command, state, outcome, at=clock.now(), fence=session.fence)
        applied = state is CommandState.APPLIED
        session.diary.say(
            LogEvent.COMMAND_APPLIED if applied else LogEvent.COMMAND_REFUSED,
            f"{command.kind}: {outcome}",
            level=LogLevel.INFO if applied else LogLevel.WARN,
            command=command.kind,
        )
    return len(pending)


async def _pause(session: Session, _command: Command) -> tuple[CommandState, str]:
    await session.follow(DeploymentEvent.PAUSE)
    return CommandState.APPLIED, "paused; positions stay open and are still watched"


async def _resume(session: Session, _command: Command) -> tuple[CommandState, str]:
    if session.status is DeploymentStatus.HALTED:
        return CommandState.REFUSED, "a halt is latched; read its reason and send clear_halt"
    await session.follow(DeploymentEvent.RESUME)
    return CommandState.APPLIED, "running"


async def _clear_halt(session: Session, _command: Command) -> tuple[CommandState, str]:
    await session.follow(DeploymentEvent.CLEAR_HALT)
    return CommandState.APPLIED, "the halt is cleared; running"


async def _flatten(session: Session, command: Command) -> tuple[CommandState, str]:
    held = len(session.ledger.positions)
    await session.flatten(f"command:{command.id}")
    await session.follow(DeploymentEvent.FLATTEN)
    left = ", ".join(session.ledger.positions)
    if left:
        return CommandState.APPLIED, f"closed what could be closed; still open: {left}; {session.status}"
    return CommandState.APPLIED, f"flat; {held} position(s) closed; {session.status}"


async def _stop(session: Session, _command: Command) -> tuple[CommandState, str]:
    await session.follow(DeploymentEvent.STOP)
    held = ", ".join(session.ledger.positions)
    return CommandState.APPLIED, f"stopping; still open: {held}" if held else "stopping; flat"


async def _snapshot(session: Session, _command: Command) -> tuple[CommandState, str]:
    await session.write_state()
    return CommandState.APPLIED, "state written"


_HANDLERS: dict[CommandKind, _Handler] = {
    CommandKind.PAUSE: _pause,
    CommandKind.RESUME: _resume,
    CommandKind.CLEAR_HALT: _clear_halt,
    CommandKind.FLATTEN: _flatten,
    CommandKind.STOP: _stop,
    CommandKind.KILL: _stop,
    CommandKind.SNAPSHOT: _snapshot,
}
