"""Log lines and commands in memory."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from agentic_core.domain.ids import DeploymentId, derived_uuid
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Command, CommandKind, CommandState, LogLine
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import FINAL_OUTCOMES, check_final, check_payload, shortened
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.leases import MemoryLeases

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

    def __init__(self, deployments: MemoryDeployments, leases: MemoryLeases) -> None:
        self._deployments = deployments
        self._leases = leases
        self._commands: defaultdict[DeploymentId, list[Command]] = defaultdict(list)

    async def queue(
        self, deployment: DeploymentId, kind: CommandKind, *, payload: dict[str, str], at: Instant
    ) -> Command:
        """Add a command with the next sequence number.

        Raises:
            NotFound: there is no such deployment.
            UsageError: the payload is too long for the journal.
        """
        check_payload(payload)
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

    async def pause_own(self, deployment: DeploymentId, reason: str, *, at: Instant) -> Command:
        """Order a deployment to pause, as its own runner does; it gives no other order.

        Raises:
            NotFound: there is no such deployment, or it is not the runner's.
        """
        return await self.queue(deployment, CommandKind.PAUSE, payload={"reason": shortened(reason)}, at=at)

    async def pending(self, deployment: DeploymentId) -> tuple[Command, ...]:
        """Return commands without a final outcome, in sequence."""
        return tuple(command for command in self._commands[deployment] if command.state not in FINAL_OUTCOMES)

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
        if fence is not None:
            self._leases.check(fence)
        known = self._find(command)
        if fence is not None and (await self._deployments.load(known.deployment_id)).account_key != fence.account:
            raise sentences.no_command(command.id)
        if known.state in FINAL_OUTCOMES:
            return known
        acked = msgspec.structs.replace(known, state=state, outcome=shortened(outcome), acked_at=at)
        self._commands[command.deployment_id][command.seq - 1] = acked
        return acked

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        commands = self._commands[deployment]
        return tuple(reversed(commands[max(0, len(commands) - limit) :]))

    def _find(self, command: Command) -> Command:
        commands = self._commands[command.deployment_id]
        if not 0 < command.seq <= len(commands) or commands[command.seq - 1].id != command.id:
            raise sentences.no_command(command.id)
        return commands[command.seq - 1]
