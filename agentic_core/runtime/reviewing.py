"""Pauses a deployment after so many executed decisions, until a person has looked."""

from collections.abc import Iterable
from typing import Final

from agentic_core.domain.records import Command, CommandKind, CommandState
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent
from agentic_core.runtime.own_pauses import OwnPauses
from agentic_core.runtime.session import SessionContext

__all__ = ["ReviewLimit"]

_RESUMING: Final = frozenset({CommandKind.RESUME, CommandKind.CLEAR_HALT})
_COMMANDS: Final = 200
"""How far back a resume is looked for; where it lies further back, more is counted, never less."""


class ReviewLimit:
    """Counts executed decisions since a person let the deployment run."""

    def __init__(self, context: SessionContext, pauses: OwnPauses, after: int) -> None:
        """Guard one deployment; `after` so many executed decisions it pauses."""
        self._context = context
        self._pauses = pauses
        self._after = after

    async def __call__(self, mark: Instant) -> str | None:
        """Return that a person has to look first, and order the pause; None while there are too few decisions."""
        store, deployment = self._context.store, self._context.deployment
        begun = deployment.created_at if deployment.started_at is None else deployment.started_at
        since = _let_run_at(await store.commands.recent(deployment.id, _COMMANDS), begun)
        executed = await store.decisions.executed(deployment.id, since)
        if executed < self._after:
            return None
        reason = f"review_limit: {executed} decision(s) were executed since a person let it run, {self._after} may be"
        await self._pauses.order(reason, LogEvent.REVIEW_DUE)
        return reason


def _let_run_at(newest_first: Iterable[Command], begun: Instant) -> Instant:
    for command in newest_first:
        if command.kind in _RESUMING and command.state is CommandState.APPLIED and command.acked_at is not None:
            return max(begun, command.acked_at)
    return begun
