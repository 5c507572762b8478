"""A paper deployment over a recorded market, from boot to stop: the runner's parts, for one time through."""

from collections.abc import Callable
from contextlib import suppress
from typing import assert_never

import anyio

from agentic_core.domain.deployment_states import FINAL_STATUSES
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.records import DeploymentRecord, LogLine
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import Desired
from agentic_core.errors import ConfigError, Fenced, IllegalTransition, StoreError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.epoch import Epoch
from agentic_core.runtime.epoch_ends import Broken, Drained, MarketOver, Settled, sole_error
from agentic_core.runtime.guarding import no_guards
from agentic_core.runtime.lease_keeping import LeaseKeeper
from agentic_core.runtime.mandate import Mandate
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.standby import Taken, why_not_given
from agentic_core.runtime.stepped_session import SteppedMarket, SteppedSessions
from agentic_core.runtime.terms import Terms

__all__ = ["run_recorded"]


async def run_recorded(  # noqa: PLR0913 - the composition of a deployment
    deployment: DeploymentId,
    mandate: Mandate,
    *,
    store: RunnerStore,
    venue: SteppedMarket,
    terms: Terms,
    clock: Clock,
    holder: str,
    listener: Callable[[LogLine], None] | None = None,
    on_mark: Callable[[Instant], None] | None = None,
) -> RunRecord:
    """Run a paper deployment until it is stopped or the market ends, and return its record.

    Args:
        deployment: a row that exists, in status provisioning.
        mandate: its pinned skill version.
        store: where everything is written.
        venue: the market.
        terms: of the paper account.
        clock: real time, for leases and waiting.
        holder: names this process in the lease.
        listener: told every log line as it is said.
        on_mark: told every mark after its turn.

    Raises:
        ConfigError: another process holds the account's trading lease, or the deployment has ended or shall.
        Fenced: the lease was lost during the run; nothing was sent after that.
    """

    async def pinned(_: DeploymentRecord) -> Mandate:
        return mandate

    sessions = SteppedSessions(venue, terms)
    ports = RunnerPorts(
        store=store,
        clock=clock,
        holder=holder,
        open_session=sessions,
        mandate_of=pinned,
        listener=listener or (lambda _: None),
        on_mark=on_mark or (lambda _: None),
        said_at=lambda: venue.pace.now,
        guards=lambda context, _: no_guards(context.mandate),
    )
    epoch = await _Recorded(deployment, ports).run()
    assert sessions.opened is not None, "what ended well was open"
    return sessions.opened.record(terms, epoch.ticks)


class _Recorded:
    def __init__(self, deployment: DeploymentId, ports: RunnerPorts) -> None:
        self._deployment, self._ports = deployment, ports
        now = ports.said_at or ports.clock.now
        process = f"{ports.holder}:{ports.clock.now()}"
        self._diary = Diary(deployment, ports.store.logs, now=now, listener=ports.listener, process=process)

    async def run(self) -> Epoch:
        self._diary.say(LogEvent.RUNNER_STARTED, f"live-runner: booting deployment {self._deployment}")
        taken = await self._take()
        epoch = Epoch(taken, self._ports, self._diary)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._diary.keep, self._ports.clock)
                await self._go(epoch)
                tasks.cancel_scope.cancel()
        except ExceptionGroup as group:
            raise sole_error(group) from None
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(5):
                with suppress(StoreError):
                    await self._diary.flush()
                with suppress(StoreError):  # it runs out by itself
                    await taken.keeper.release()
        await self._diary.flush()  # what did not succeed before is told, where nothing else went wrong
        return epoch

    async def _take(self) -> Taken:
        ports, store = self._ports, self._ports.store
        record = await store.deployments.load(self._deployment)
        if record.status in FINAL_STATUSES:
            raise ConfigError(f"deployment {record.id} is {record.status}, which is final; deploy its skill anew")
        keeper = None
        if record.desired is Desired.RUNNING:
            keeper = await LeaseKeeper.take(
                record, ports.holder, leases=store.leases, clock=ports.clock, timings=ports.timings
            )
        if keeper is None:
            raise ConfigError(why_not_given(record, await store.leases.read(record.account_key)))
        self._diary.say(LogEvent.LEASE_TAKEN, f"lease of {record.account_key} taken", epoch=keeper.lease.epoch)
        return Taken(deployment=record, keeper=keeper, copy=None)

    async def _go(self, epoch: Epoch) -> None:
        end = await epoch.run(anyio.Event())
        match end:
            case Settled() | Drained():
                pass
            case MarketOver():
                await epoch.end("the recorded market came to its end")
            case Broken(error=error):
                await self._fail(epoch, error)
                raise error
            case _:
                assert_never(end)
        self._diary.say(LogEvent.RUNNER_STOPPED, f"stopped after {epoch.ticks} turn(s)")

    async def _fail(self, epoch: Epoch, error: Exception) -> None:
        if isinstance(error, Fenced | StoreError):
            return
        text = f"{type(error).__name__}: {error}"
        self._diary.say(LogEvent.RUNNER_FATAL, text, level=LogLevel.ERROR)
        with suppress(IllegalTransition):
            await epoch.fail(text)
