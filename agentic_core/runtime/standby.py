"""Waiting for the trading lease of an account."""

from enum import Enum, auto
from typing import Final

import anyio
import msgspec

from agentic_core.domain.deployment_states import FINAL_STATUSES
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import DeploymentRecord, LeaseRecord, LeaseState
from agentic_core.domain.trading import Desired
from agentic_core.errors import Fenced, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.lease_keeping import LeaseKeeper
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.together import first_of
from agentic_core.store.journal_copy import JournalCopy

__all__ = ["NothingToRun", "Standby", "Taken", "pause", "why_not_given"]

_MS_PER_S: Final = 1_000


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The lease is ours."""

    deployment: DeploymentRecord
    keeper: LeaseKeeper
    copy: JournalCopy | None
    """This machine's copy of the journal, open; None where none is kept."""


class NothingToRun(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment has come to its end, or shall."""

    detail: str


class _Kind(Enum):
    HELD = auto()
    REVOKED = auto()
    NOT_GIVEN = auto()
    COPY_HELD = auto()
    STORE_AWAY = auto()


class _Waiting(msgspec.Struct, frozen=True, kw_only=True):
    kind: _Kind
    why: str


def why_not_given(deployment: DeploymentRecord, lease: LeaseRecord | None) -> str:
    """Return why the lease of a deployment's account is not given, and what to do."""
    account = deployment.account_key
    if deployment.desired is not Desired.RUNNING:
        return (
            f"the desired state of deployment {deployment.id} is {deployment.desired}, so nothing runs it; deploy its "
            "skill anew"
        )
    if lease is not None and lease.state is LeaseState.REVOKED:
        return f"the trading lease of {account} was revoked; it has to be allowed again before anything trades"
    return f"another process holds the trading lease of {account}; stop it, or wait until its lease runs out"


class Standby:
    """Asks for the lease until it is given; why it is not is said once."""

    def __init__(self, deployment: DeploymentId, ports: RunnerPorts, diary: Diary) -> None:
        """Wait for one deployment."""
        self._deployment = deployment
        self._ports = ports
        self._diary = diary

    async def wait(self, stop: anyio.Event, copy: JournalCopy | None) -> Taken | NothingToRun | None:
        """Wait for the lease; None where `stop` was set before it was given.

        Args:
            stop: set when this process shall end.
            copy: the copy of the journal, where it is open and the lease was ours until now; closed where it is not
                given again at once.

        Raises:
            NotFound: there is no such deployment.
            DatabaseRestored: the database has lost what it knew.
            JournalBroken: the copy is damaged, or the disk does not work.
        """
        said: _Kind | None = None
        while not stop.is_set():
            try:
                found = await self._ask(copy)
            except StoreUnavailable as error:
                found = _Waiting(kind=_Kind.STORE_AWAY, why=str(error))
            except Fenced as error:
                found = _Waiting(kind=_Kind.COPY_HELD, why=str(error))
            if not isinstance(found, _Waiting):
                return found
            if copy is not None:  # by the time the lease is given, the database may be another one
                copy.close()
                copy = None
            if found.kind is not said:
                said = found.kind
                self._diary.say(LogEvent.RUNNER_STARTED, f"live-runner: waiting: {found.why}", level=LogLevel.WARN)
            await pause(self._ports, self._ports.timings.standby_ms, stop)
        return None

    async def _ask(self, copy: JournalCopy | None) -> Taken | NothingToRun | _Waiting:
        store, holder = self._ports.store, self._ports.holder
        deployment = await store.deployments.load(self._deployment)
        if deployment.status in FINAL_STATUSES or deployment.desired is Desired.STOPPED:
            shall = deployment.status if deployment.status in FINAL_STATUSES else f"to be {deployment.desired}"
            return NothingToRun(detail=f"deployment {deployment.id} is {shall}; nothing runs it")
        lease = await store.leases.read(deployment.account_key)
        if lease is not None and (lease.state is LeaseState.REVOKED or (lease.is_live and lease.holder != holder)):
            kind = _Kind.REVOKED if lease.state is LeaseState.REVOKED else _Kind.HELD
            return _Waiting(kind=kind, why=why_not_given(deployment, lease))
        return await self._take(deployment, copy)

    async def _take(self, deployment: DeploymentRecord, known: JournalCopy | None) -> Taken | _Waiting:
        # Before the lease is asked for: taking it hides an epoch that the database has lost.
        ports = self._ports
        copy = known
        if copy is None and ports.open_copy is not None:
            copy = await ports.open_copy(deployment, self._diary.say)
        keeper = None
        try:
            keeper = await LeaseKeeper.take(
                deployment,
                ports.holder,
                leases=ports.store.leases,
                clock=ports.clock,
                timings=ports.timings,
            )
        finally:
            if keeper is None and copy is not None and copy is not known:
                copy.close()
        if keeper is None:
            why = f"the trading lease of {deployment.account_key} was not given; it is asked for again"
            return _Waiting(kind=_Kind.NOT_GIVEN, why=why)
        return Taken(deployment=deployment, keeper=keeper, copy=copy)


async def pause(ports: RunnerPorts, milliseconds: int, stop: anyio.Event) -> None:
    """Wait a while, and no longer once `stop` is set."""
    await first_of(stop.wait, lambda: ports.clock.sleep(milliseconds / _MS_PER_S))
