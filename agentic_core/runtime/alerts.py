"""Pauses a deployment whose call for a human nobody answered."""

from typing import Final

from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent
from agentic_core.ports.clock import Clock
from agentic_core.runtime.own_pauses import OwnPauses, is_own
from agentic_core.runtime.session import SessionContext

__all__ = ["ANSWER_MS", "AlertWatch", "UnansweredAlerts"]

ANSWER_MS: Final = 15 * 60_000
"""How long a human has to give any command after being called."""

_RECENT: Final = 200


class AlertWatch:
    """Remembers the call for a human that waits longest."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nobody called."""
        self._clock = clock
        self.since: Instant | None = None
        self.detail = ""
        self._since_boot_ms = 0

    def paged(self, detail: str) -> None:
        """Note that a human was called just now."""
        self.note(self._clock.now(), detail)

    def note(self, at: Instant, detail: str) -> None:
        """Note that a human was called at an instant; only the first call that waits counts."""
        if self.since is None:
            self.since, self.detail = at, detail
            ago_ms = max(0, self._clock.now() - at)
            self._since_boot_ms = self._clock.boottime_ms() - ago_ms

    def waited_ms(self) -> int:
        """Return how long the call has waited, however our clock was set meanwhile; 0 where none waits."""
        return 0 if self.since is None else self._clock.boottime_ms() - self._since_boot_ms

    def answered(self) -> None:
        """Forget what waited."""
        self.since, self.detail = None, ""


class UnansweredAlerts:
    """Looks for a human's command after the call that waits longest."""

    def __init__(
        self, context: SessionContext, pauses: OwnPauses, watch: AlertWatch, *, answer_ms: int = ANSWER_MS
    ) -> None:
        """Guard one deployment."""
        self._context = context
        self._pauses = pauses
        self._watch = watch
        self._answer_ms = answer_ms
        self._has_recalled = False

    async def __call__(self, mark: Instant) -> str | None:
        """Return that nobody answered, and order the pause; None where nobody has to yet."""
        if not self._has_recalled:
            await self._recall()
        waiting_since = self._watch.since
        if waiting_since is None:
            return None
        if await self._is_answered(waiting_since):
            self._watch.answered()
            return None
        waited_ms = self._watch.waited_ms()
        if waited_ms < self._answer_ms:
            return None
        reason = f"alert: nobody answered for {waited_ms // 60_000} min: {self._watch.detail}"
        await self._pauses.order(reason, LogEvent.ALERT_UNANSWERED)
        return reason

    async def _recall(self) -> None:
        # An earlier runner may have called: its calls are in the log, and the first one without an answer counts.
        store, deployment = self._context.store, self._context.deployment.id
        lines = await store.logs.recent(deployment, _RECENT)
        commands = await store.commands.recent(deployment, _RECENT)
        answered_at = max((command.issued_at for command in commands if not is_own(command)), default=Instant(0))
        self._has_recalled = True
        for line in reversed(lines):
            if line.event is LogEvent.HUMAN_NEEDED and line.ts > answered_at:
                self._watch.note(line.ts, line.message)

    async def _is_answered(self, since: Instant) -> bool:
        commands = await self._context.store.commands.recent(self._context.deployment.id, _RECENT)
        return any(command.issued_at >= since and not is_own(command) for command in commands)
