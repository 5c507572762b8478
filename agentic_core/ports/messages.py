"""What a deployment says and what it is told, in the database; every method is one transaction."""

from collections.abc import Sequence
from typing import Protocol

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Command, CommandKind, CommandState, LogLine
from agentic_core.domain.times import Instant

__all__ = ["CommandStore", "LogStore"]


class LogStore(Protocol):
    """What happened, for people."""

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines; one whose deployment has a line of its `line_key` already adds nothing."""

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[LogLine, ...]:
        """Return the newest lines, newest first."""


class CommandStore(Protocol):
    """Orders of the deployer; the table is the truth."""

    async def queue(
        self, deployment: DeploymentId, kind: CommandKind, *, payload: dict[str, str], at: Instant
    ) -> Command:
        """Add a command with the next sequence number; with a kill, a deployment that shall run shall be flattened.

        Raises:
            NotFound: there is no such deployment.
            UsageError: the payload is too long for the journal.
        """

    async def pause_own(self, deployment: DeploymentId, reason: str, *, at: Instant) -> Command:
        """Order a deployment to pause, as its own runner does; it gives no other order.

        Raises:
            NotFound: there is no such deployment, or it is not the runner's.
        """

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        """Return commands without a final outcome, in sequence; those that were claimed are among them."""

    async def claim(self, command: Command, *, fence: Fence, at: Instant) -> Command:
        """Take up a command that takes a while, which acknowledges it; a later epoch takes it up again.

        When it was acknowledged first stays. One that has its outcome is returned as it is.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def step(self, command: Command, text: str, *, fence: Fence, at: Instant) -> Command:
        """Note what was done of a command that this epoch claimed.

        What is said twice in a row stands there once. Where there is no room for more, the newest takes the place of
        the one before it. One that has its outcome is returned as it is.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            UsageError: this epoch did not claim it.
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def ack(
        self, command: Command, state: CommandState, outcome: str, *, at: Instant, fence: Fence | None = None
    ) -> Command:
        """Give a command its one final outcome; a second one is ignored and the first returned.

        Whoever applies commands to an account gives its fence.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            UsageError: the state is not a final one.
            Fenced: the fence is not the account's live lease; nothing was written.
        """

    async def expire_rest(self, deployment: DeploymentId, reason: str, *, at: Instant) -> tuple[Command, ...]:
        """Let every command that has no outcome expire, claimed ones too, and return them in sequence."""

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
