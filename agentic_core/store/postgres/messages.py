"""Log lines and commands."""

from collections.abc import Sequence

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Command, CommandKind, CommandState, LogLine
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import check_final, check_payload, shortened
from agentic_core.store.postgres.codec import clean, encode
from agentic_core.store.postgres.connection import Database, Values

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


class _Acked(msgspec.Struct):
    live: bool
    command: Command | None


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
            UsageError: the payload is too long for the journal.
        """
        check_payload(payload)
        values = {"deployment": deployment, "kind": kind, "payload": encode(payload), "at": at}
        queued = await self._database.row("queue_command", Command, values)
        if queued is None:
            raise sentences.no_deployment(deployment)
        return queued

    async def pause_own(self, deployment: DeploymentId, reason: str, *, at: Instant) -> Command:
        """Order a deployment to pause, as its own runner does; it gives no other order.

        Raises:
            NotFound: there is no such deployment, or it is not the runner's.
        """
        values = {"deployment": deployment, "reason": clean(shortened(reason)), "at": at}
        queued = await self._database.row("queue_own_pause", Command, values)
        if queued is None:
            raise sentences.no_deployment(deployment)
        return queued

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        """Return commands without a final outcome, in sequence."""
        return await self._database.rows("pending_commands", Command, {"deployment": deployment})

    async def ack(
        self, command: Command, state: CommandState, outcome: str, *, at: Instant, fence: Fence | None = None
    ) -> Command:
        """Give a command its one final outcome; a second one is ignored and the first returned.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            UsageError: the state is not a final one.
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        check_final(state)
        values = {"id": command.id, "state": state, "outcome": clean(shortened(outcome)), "at": at}
        acked = await self._ack(values, fence)
        if acked is None:
            raise sentences.no_command(command.id)
        return acked

    async def _ack(self, values: Values, fence: Fence | None) -> Command | None:
        if fence is None:
            return await self._database.row("ack_command", Command, values)
        values = {**values, "account": fence.account, "epoch": fence.epoch}
        (answer,) = await self._database.rows("ack_command_fenced", _Acked, values)
        if not answer.live:
            raise sentences.fenced(fence.account, fence.epoch)
        return answer.command

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        return await self._database.rows("recent_commands", Command, {"deployment": deployment, "limit": limit})
