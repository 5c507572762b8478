"""Log lines and commands."""

from collections.abc import Sequence

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import Command, CommandKind, CommandState, LogLine
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import check_final
from agentic_core.store.postgres.codec import clean, encode
from agentic_core.store.postgres.connection import Database

__all__ = ["PostgresCommands", "PostgresLogs"]


class PostgresLogs:
    """What happened, for people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines, all or none.

        Raises:
            NotFound: a line is of a deployment that does not exist.
        """
        await self._database.run("append_logs", {"lines": encode(lines)})

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[LogLine, ...]:
        """Return the newest lines, newest first."""
        return await self._database.rows("recent_logs", LogLine, {"deployment": deployment, "limit": limit})


class PostgresCommands:
    """Orders of the deployer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(
        self, deployment: DeploymentId, kind: CommandKind, *, payload: dict[str, str], at: Instant
    ) -> Command:
        """Add a command with the next sequence number.

        Raises:
            NotFound: there is no such deployment.
        """
        values = {"deployment": deployment, "kind": kind, "payload": encode(payload), "at": at}
        queued = await self._database.row("queue_command", Command, values)
        if queued is None:
            raise sentences.no_deployment(deployment)
        return queued

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        """Return commands without a final outcome, in sequence."""
        return await self._database.rows("pending_commands", Command, {"deployment": deployment})

    async def ack(self, command: Command, state: CommandState, outcome: str, *, at: Instant) -> Command:
        """Give a command its one final outcome; a second one is ignored and the first returned.

        Raises:
            NotFound: there is no such command.
            UsageError: the state is not a final one.
        """
        check_final(state)
        values = {"id": command.id, "state": state, "outcome": clean(outcome), "at": at}
        acked = await self._database.row("ack_command", Command, values)
        if acked is None:
            raise sentences.no_command(command.id)
        return acked

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        return await self._database.rows("recent_commands", Command, {"deployment": deployment, "limit": limit})
