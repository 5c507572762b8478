"""Log lines and commands in memory."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from agentic_core.domain.ids import DeploymentId, derived_uuid
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Command, CommandKind, CommandState, CommandStep, LogLine
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import Desired
from agentic_core.store import sentences
from agentic_core.store.checks import (
    FINAL_OUTCOMES,
    STEP_TEXT_MAX,
    STEPS_MAX,
    check_claimed,
    check_final,
    check_payload,
    shortened,
)
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryCommands", "MemoryLogs"]


class MemoryLogs:
    """What happened, for people."""

    def __init__(self, deployments: MemoryDeployments) -> None:
        self._deployments = deployments
        self._lines: defaultdict[DeploymentId, list[LogLine]] = defaultdict(list)
        self._keys: defaultdict[DeploymentId, set[str]] = defaultdict(set)

    async def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines, all or none; one whose deployment has a line of its `line_key` already adds nothing.

        Raises:
            NotFound: a line is of a deployment that does not exist.
        """
        for line in lines:
            if line.deployment_id not in self._deployments:
                raise sentences.no_deployment(line.deployment_id)
        for line in lines:
            keys = self._keys[line.deployment_id]
            if line.line_key is None or line.line_key not in keys:
                self._lines[line.deployment_id].append(line)
            if line.line_key is not None:
                keys.add(line.line_key)

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
        """Add a command with the next sequence number; with a kill, a deployment that shall run shall be flattened.

        Raises:
            NotFound: there is no such deployment.
            UsageError: the payload is too long for the journal.
        """
        check_payload(payload)
        if kind is CommandKind.KILL and await self._deployments.desired(deployment) is Desired.RUNNING:
            await self._deployments.set_desired(deployment, Desired.FLATTEN)
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

    async def claim(self, command: Command, *, fence: Fence, at: Instant) -> Command:
        """Take up a command that takes a while, which acknowledges it; a later epoch takes it up again.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        known = await self._fenced(command, fence)
        if known.state in FINAL_OUTCOMES:
            return known
        acked_at = at if known.acked_at is None else known.acked_at
        return self._put(known, state=CommandState.CLAIMED, claimed_epoch=fence.epoch, acked_at=acked_at)

    async def step(self, command: Command, text: str, *, fence: Fence, at: Instant) -> Command:
        """Note what was done of a command that this epoch claimed.

        Raises:
            NotFound: there is no such command, or the fence is of an account that its deployment does not trade.
            UsageError: this epoch did not claim it.
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        known = await self._fenced(command, fence)
        check_claimed(known, fence)
        step = CommandStep(at=at, text=shortened(text, STEP_TEXT_MAX))
        is_said = bool(known.steps) and known.steps[-1].text == step.text
        if known.state in FINAL_OUTCOMES or is_said:
            return known
        return self._put(known, steps=(*known.steps[: STEPS_MAX - 1], step))

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
        known = await self._fenced(command, fence)
        if known.state in FINAL_OUTCOMES:
            return known
        acked_at = at if known.acked_at is None else known.acked_at
        return self._put(known, state=state, outcome=shortened(outcome), acked_at=acked_at, finished_at=at)

    async def expire_rest(self, deployment: DeploymentId, reason: str, *, at: Instant) -> tuple[Command, ...]:
        """Let every command that has no outcome expire, claimed ones too, and return them in sequence."""
        waiting = await self.pending(deployment)
        return tuple([await self.ack(each, CommandState.EXPIRED, reason, at=at) for each in waiting])

    async def recent(self, deployment: DeploymentId, limit: int) -> tuple[Command, ...]:
        """Return the newest commands, newest first."""
        commands = self._commands[deployment]
        return tuple(reversed(commands[max(0, len(commands) - limit) :]))

    async def _fenced(self, command: Command, fence: Fence | None) -> Command:
        if fence is not None:
            self._leases.check(fence)
        known = self._find(command)
        if fence is not None and (await self._deployments.load(known.deployment_id)).account_key != fence.account:
            raise sentences.no_command(command.id)
        return known

    def _put(self, known: Command, **changes: object) -> Command:
        changed = msgspec.structs.replace(known, **changes)
        self._commands[known.deployment_id][known.seq - 1] = changed
        return changed

    def _find(self, command: Command) -> Command:
        commands = self._commands[command.deployment_id]
        if not 0 < command.seq <= len(commands) or commands[command.seq - 1].id != command.id:
            raise sentences.no_command(command.id)
        return commands[command.seq - 1]
