"""The pauses that a runner orders for its own deployment, through the table like everybody's."""

from typing import Final

from agentic_core.domain.records import Command, CommandKind
from agentic_core.domain.trading import DeploymentStatus
from agentic_core.errors import StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.session import SessionContext
from agentic_core.runtime.standing import Standing

__all__ = ["OwnPauses", "is_own"]

_REASONS: Final = ("cost_guard:", "review_limit:", "alert:")


class OwnPauses:
    """Orders pauses for one deployment."""

    def __init__(self, context: SessionContext, standing: Standing) -> None:
        """Order them in its name."""
        self._context = context
        self._standing = standing

    async def order(self, reason: str, event: LogEvent) -> None:
        """Order a pause and say why, once: not while it does not run, and not while such an order waits."""
        if self._standing.status is not DeploymentStatus.RUNNING:
            return
        context, deployment = self._context, self._context.deployment.id
        word = reason.partition(":")[0] + ":"
        waiting = await context.store.commands.pending(deployment)
        if any(is_own(command) and command.payload["reason"].startswith(word) for command in waiting):
            return
        try:
            await context.store.commands.pause_own(deployment, reason, at=context.clock.now())
        except StoreUnavailable as error:
            if error.commit_unknown:  # where it was stored it is not ordered again, and nobody would say why
                context.diary.say(event, reason, level=LogLevel.WARN)
            raise
        context.diary.say(event, reason, level=LogLevel.WARN)


def is_own(command: Command) -> bool:
    """Tell whether a runner gave a command to its own deployment, so that no person's word stands for it."""
    return command.kind is CommandKind.PAUSE and command.payload.get("reason", "").startswith(_REASONS)
