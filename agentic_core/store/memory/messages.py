"""Log lines and commands in memory."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from agentic_core.domain.ids import DeploymentId, derived_uuid
from agentic_core.domain.records import Command, CommandKind, CommandState, LogLine
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import FINAL_OUTCOMES, check_final
from agentic_core.store.memory.catalogue import MemoryDeployments

__all__ = ["MemoryCommands", "MemoryLogs"]


class MemoryLogs:
    """What happened, for people."""

    def __init__(self, deployments: MemoryDeployments) -> None:
        self._deployments = deployments
        self._lines: defaultdict[DeploymentId, list[LogLine]] = defaultdict(list)

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines, all or none.

        Raises:
            NotFound: a line is of a deployment that does not exist.
        """
        for line in lines:
            if line.deployment_id not in self._deployments:
                raise sentences.no_deployment(line.deployment_id)
        for line in lines:
            self._lines[line.deployment_id].append(line)

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[LogLine, ...]:
        """Return the newest lines, newest first."""
        lines = sorted(self._lines[deployment], key=attrgetter("ts"))
        return tuple(reversed(lines[max(0, len(lines) - limit) :]))


class MemoryCommands:
    """Orders of the deployer."""

    def __init__(self, deployments: MemoryDeployments) -> None:
        self._deployments = deployments
        self._commands: defaultdict[DeploymentId, list[Command]] = defaultdict(list)

    async def queue(
        self, deployment: DeploymentId, kind: CommandKind, *, payload: dict[str, str], at: Instant
    ) -> Command:
        """Add a command with the next sequence number.

        Raises:
            NotFound: there is no such deployment.
        """
        if deployment not in self._deployments:
            raise sentences.no_deployment(deployment)
        commands = self._commands[deployment]
        seq = len(commands) + 1
        command = Command(
            id=derived_uuid("command", deployment, str(seq)),
            deployment_id=deployment,
            seq=seq,
            kind=kind,
            payload=dict(payload),
            issued_at=at,
        )
        commands.append(command)
        return command

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        """Return commands without a final outcome, in sequence."""
        return tuple(command for command in self._commands[deployment] if command.state not in FINAL_OUTCOMES)

    async def ack(self, command: Command, state: CommandState, outcome: str, *, at: Instant) -> Command:
        """Give a command its one final outcome; a second one is ignored and the first returned.

        Raises:
            NotFound: there is no such command.
            UsageError: the state is not a final one.
        """
        check_final(state)
        commands = self._commands[command.deployment_id]
        if not 0 < command.seq <= len(commands) or commands[command.seq - 1].id != command.id:
            raise sentences.no_command(command.id)
        known = commands[command.seq - 1]
        if known.state in FINAL_OUTCOMES:
            return known
        acked = msgspec.structs.replace(known, state=state, outcome=outcome, acked_at=at)
        commands[command.seq - 1] = acked
        return acked

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        commands = self._commands[deployment]
        return tuple(reversed(commands[max(0, len(commands) - limit) :]))
