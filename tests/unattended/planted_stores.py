"""Mistakes with what is stored: what is believed, what is left out, and what is called done."""

from collections.abc import Sequence
from typing import Protocol, cast

from msgspec.structs import replace

from agentic_core.domain import AccountKey, DeploymentId, DeploymentStatus
from agentic_core.domain.operations import PlatformSwitches
from agentic_core.domain.records import Command, CommandKind, CommandState, DeploymentRecord, Lease
from agentic_core.ports.leases import LeaseStore
from agentic_core.ports.messages import CommandStore
from agentic_core.ports.repositories import DeploymentStore
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.timings import TIMINGS
from tests.unattended.database import Connection
from tests.unattended.mistakes import Call, Mistake, changed_store
from tests.unattended.plants import Plant

__all__ = ["PLANTED_STORES"]

_HEARD_MS = 100
_FLAT = "flat; 0 position(s) closed"


class _Fenced(Protocol):
    async def __call__(self, *arguments: object, **options: object) -> object: ...


class ResumeWithoutLook(Mistake):
    """What the sender of a resume had seen is not looked at."""

    def __init__(self) -> None:
        self.changes = {"commands.pending": self._pending, "commands.recent": self._recent}

    @staticmethod
    async def _pending(_part: CommandStore, work: Call, deployment: DeploymentId) -> Sequence[Command]:
        found = cast("tuple[Command, ...]", await work(deployment))
        return tuple(replace(each, payload={}) for each in found)

    @staticmethod
    async def _recent(_part: CommandStore, _work: Call, _deployment: DeploymentId, _limit: int) -> Sequence[Command]:
        return ()


class DoneWhenTakenUp(Mistake):
    """A flatten or a kill has its outcome when it is taken up, before anything was closed."""

    def __init__(self) -> None:
        self.changes = {"commands.claim": self._claim, "commands.step": self._step}

    @staticmethod
    async def _claim(part: CommandStore, work: Call, command: Command, **options: object) -> object:
        if command.kind is CommandKind.STOP:
            return await work(command, **options)
        acknowledge = cast("_Fenced", part.ack)
        await acknowledge(command, CommandState.APPLIED, _FLAT, **options)
        return command

    @staticmethod
    async def _step(_part: CommandStore, _work: Call, command: Command, _text: str, **_options: object) -> Command:
        return command


class HeardOnly(Mistake):
    """Commands are read when somebody hints at them, and at no other time."""

    def store(self, store: RunnerStore) -> RunnerStore:
        """Return a database that shows them then."""
        database = cast("Connection", store).database

        async def pending(_part: CommandStore, work: Call, deployment: DeploymentId) -> object:
            silent_ms = database.world.clock.boottime_ms() - database.hinted_at
            return await work(deployment) if silent_ms <= _HEARD_MS else ()

        return changed_store(store, {"commands.pending": pending})


class SagaForgotten(Mistake):
    """What another process had taken up is nobody's any more."""

    def __init__(self) -> None:
        self.changes = {"commands.pending": self._pending}

    @staticmethod
    async def _pending(_part: CommandStore, work: Call, deployment: DeploymentId) -> Sequence[Command]:
        found = cast("tuple[Command, ...]", await work(deployment))
        return tuple(each for each in found if each.state is CommandState.QUEUED)


class HaltInMemory(Mistake):
    """A halt latches in the process alone."""

    def __init__(self) -> None:
        self.changes = {"deployments.move": self._move}

    @staticmethod
    async def _move(
        part: DeploymentStore, work: Call, deployment: DeploymentId, status: DeploymentStatus, **options: object
    ) -> object:
        if status is not DeploymentStatus.HALTED:
            return await work(deployment, status, **options)
        return replace(await part.load(deployment), status=status, halt_reason=str(options["reason"]))


class PauseNotHeeded(Mistake):
    """A pause is stored and acknowledged, and the turns go on."""

    def __init__(self) -> None:
        self.changes = {"deployments.move": self._move, "deployments.load": self._load}

    async def _move(
        self, _part: DeploymentStore, work: Call, deployment: DeploymentId, status: DeploymentStatus, **options: object
    ) -> object:
        return _unpaused(await work(deployment, status, **options))

    async def _load(self, _part: DeploymentStore, work: Call, deployment: DeploymentId) -> object:
        return _unpaused(await work(deployment))


class FlattenLeavesRunning(Mistake):
    """A flatten closes everything and does not pause."""

    def __init__(self) -> None:
        self.changes = {"deployments.move": self._move}

    @staticmethod
    async def _move(
        part: DeploymentStore, work: Call, deployment: DeploymentId, status: DeploymentStatus, **options: object
    ) -> object:
        known = await part.load(deployment)
        if status is DeploymentStatus.PAUSED and known.status is DeploymentStatus.RUNNING:
            return known
        return await work(deployment, status, **options)


class SilentWhileWaiting(Mistake):
    """Only turns give signs of life."""

    def __init__(self) -> None:
        self.changes = {"states.write": self._write}

    @staticmethod
    async def _write(_part: object, _work: Call, *_arguments: object) -> None:
        pass


class StandbyTrades(Mistake):
    """Whoever is not given the lease takes it for theirs."""

    def __init__(self) -> None:
        self.changes = {"leases.acquire": self._acquire, "leases.read": self._read, "leases.renew": self._renew}

    @staticmethod
    async def _acquire(
        part: LeaseStore, work: Call, account: AccountKey, holder: str, *rest: int, **options: object
    ) -> object:
        given = await work(account, holder, *rest, **options)
        known = await part.read(account)
        if given is not None or known is None:
            return given
        return Lease(account=account, epoch=known.epoch, holder=holder, ttl_ms=TIMINGS.lease_ms)

    @staticmethod
    async def _read(_part: LeaseStore, _work: Call, _account: AccountKey) -> None:
        return None

    @staticmethod
    async def _renew(_part: LeaseStore, work: Call, lease: Lease) -> bool:
        await work(lease)
        return True


class SwitchIgnored(Mistake):
    """What the operator switched off for everybody is not looked at."""

    def __init__(self) -> None:
        self.changes = {"platform.switches": self._switches}

    @staticmethod
    async def _switches(_part: object, _work: Call) -> PlatformSwitches:
        return PlatformSwitches(trading_disabled=False, deployments_disabled=False)


class DecidedAgain(Mistake):
    """What an earlier process decided is not looked at."""

    def __init__(self) -> None:
        self.changes = {"decisions.recent": self._recent, "intents.find": self._find}

    @staticmethod
    async def _recent(_part: object, _work: Call, _deployment: DeploymentId, _limit: int) -> Sequence[object]:
        return ()

    @staticmethod
    async def _find(_part: object, _work: Call, *_of: str) -> None:
        return None


def _unpaused(row: object) -> object:
    if isinstance(row, DeploymentRecord) and row.status is DeploymentStatus.PAUSED:
        return replace(row, status=DeploymentStatus.RUNNING)
    return row


PLANTED_STORES = (
    Plant(ResumeWithoutLook(), ("commands",), "was obeyed, though"),
    Plant(DoneWhenTakenUp(), ("commands", "requests"), "units were held"),
    Plant(HeardOnly(), ("commands", "hints"), "although somebody was there"),
    Plant(SagaForgotten(), ("commands", "requests", "steps"), "is not done"),
    Plant(HaltInMemory(), ("losses",), "nothing of it is stored"),
    Plant(PauseNotHeeded(), ("commands",), "opened while it was paused"),
    Plant(FlattenLeavesRunning(), ("commands",), "was acknowledged, and it is running"),
    Plant(SilentWhileWaiting(), ("prices",), "no sign of life"),
    Plant(StandbyTrades(), ("twins",), "after its lease had run out"),
    Plant(SwitchIgnored(), ("platform",), "the platform was switched off"),
    Plant(DecidedAgain(), ("terms",), "asked again"),
)
"""Each with the words by which it is found."""
