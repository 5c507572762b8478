"""What commands are carried out with."""

from collections.abc import Awaitable, Callable

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import AgentStateRecord, Command
from agentic_core.domain.times import Instant
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.session import Session
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.timings import Timings
from agentic_core.runtime.turns import Turns

__all__ = ["CommandPorts"]


class CommandPorts(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment under one lease, as its commands see it."""

    standing: Standing
    session: Callable[[], Awaitable[Session]]
    """Waits until the session was opened and started; may be given up and asked again."""
    turns: Turns
    store: RunnerStore
    clock: Clock
    say: Say
    page: Callable[[str], None]
    timings: Timings

    @property
    def deployment(self) -> DeploymentId:
        """Whose commands these are."""
        return self.standing.deployment.id

    @property
    def fence(self) -> Fence:
        """The lease under which they are carried out."""
        return self.standing.fence

    def now(self) -> Instant:
        """Return the present."""
        return self.clock.now()

    def state(self) -> AgentStateRecord | None:
        """Return what is known of the deployment, to be written now; its time is the sign of life."""
        known = self.turns.state()
        return None if known is None else msgspec.structs.replace(known, updated_at=self.now())

    def call_human(self, words: str) -> None:
        """Say that nothing here can help, and call somebody who can."""
        self.say(LogEvent.HUMAN_NEEDED, words, level=LogLevel.ERROR)
        self.page(words)

    def tell_applied(self, command: Command, outcome: str) -> None:
        """Say that a command was obeyed."""
        self.say(LogEvent.COMMAND_APPLIED, f"{command.kind}: {outcome}", command=command.kind, seq=command.seq)

    def tell_refused(self, command: Command, reason: str) -> None:
        """Say that a command was not obeyed, and why."""
        self.say(
            LogEvent.COMMAND_REFUSED,
            f"{command.kind}: {reason}",
            level=LogLevel.WARN,
            command=command.kind,
            seq=command.seq,
        )
