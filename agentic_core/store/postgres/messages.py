"""Log lines and commands."""

from collections.abc import Sequence

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Command, CommandKind, CommandState, LogLine
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import (
    STEP_TEXT_MAX,
    STEPS_MAX,
    check_claimed,
    check_final,
    check_payload,
    shortened,
)
from agentic_core.store.postgres.codec import clean, encode
from agentic_core.store.postgres.connection import Database, Values

__all__ = ["PostgresCommands", "PostgresLogs"]


class PostgresLogs:
    """What happened, for people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines, all or none; one whose deployment has a line of its `line_key` already adds nothing.

        Raises:
            NotFound: a line is of a deployment that does not exist.
        """
        await self._database.run("append_logs", {"lines": encode(lines)})

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[LogLine, ...]:
        """Return the newest lines, newest first."""
        return await self._database.rows("recent_logs", LogLine, {"deployment": deployment, "limit": limit})


class _Fenced(msgspec.Struct):
    live: bool
    command: Command | None


class PostgresCommands:
    """Orders of the deployer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(
        self, deployment: DeploymentId, kind: CommandKind, *, payload: dict[str, str], at: Instant
    ) -> Command:
        """Add a command with the next sequence number; with a kill, a deployment that shall run shall be flattened.

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

    async def claim(self, command: Command, *, fence: Fence, at: Instant) -> Command:
        """Take up a command that takes a while, which acknowledges it; a later epoch takes it up again.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        return _known(command, await self._fenced("claim_command", {"id": command.id, "at": at}, fence))

    async def step(self, command: Command, text: str, *, fence: Fence, at: Instant) -> Command:
        """Note what was done of a command that this epoch claimed.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            UsageError: this epoch did not claim it.
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        text = clean(shortened(text, STEP_TEXT_MAX))
        values = {"id": command.id, "text": text, "at": at, "steps_max": STEPS_MAX}
        noted = _known(command, await self._fenced("step_command", values, fence))
        check_claimed(noted, fence)
        return noted

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
        values = _outcome(command, state, outcome, at)
        if fence is None:
            return _known(command, await self._database.row("ack_command", Command, values))
        return _known(command, await self._fenced("ack_command_fenced", values, fence))

    async def expire_rest(self, deployment: DeploymentId, reason: str, *, at: Instant) -> tuple[Command, ...]:
        """Let every command that has no outcome expire, claimed ones too, and return them in sequence."""
        async with self._database.transaction() as session:
            waiting = await session.rows("pending_commands", Command, {"deployment": deployment})
            values = [_outcome(each, CommandState.EXPIRED, reason, at) for each in waiting]
            expired = [await session.row("ack_command", Command, each) for each in values]
        return tuple(command for command in expired if command is not None)

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        return await self._database.rows("recent_commands", Command, {"deployment": deployment, "limit": limit})

    async def _fenced(self, name: str, values: Values, fence: Fence) -> Command | None:
        values = {**values, "account": fence.account, "epoch": fence.epoch}
        (answer,) = await self._database.rows(name, _Fenced, values)
        if not answer.live:
            raise sentences.fenced(fence.account, fence.epoch)
        return answer.command


def _outcome(command: Command, state: CommandState, outcome: str, at: Instant) -> Values:
    return {"id": command.id, "state": state, "outcome": clean(shortened(outcome)), "at": at}


def _known(command: Command, found: Command | None) -> Command:
    if found is None:
        raise sentences.no_command(command.id)
    return found
