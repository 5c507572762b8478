"""Runs one deployment from boot to stop: lease, turns, commands, heartbeat."""

from collections.abc import Awaitable, Callable

import anyio
import msgspec

from agentic_core.domain.ids import AccountKey, DeploymentId, TickId
from agentic_core.domain.order import Fence
from agentic_core.domain.records import Lease, LeaseState, LogLine
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import DeploymentStatus, Desired
from agentic_core.errors import ConfigError, Fenced, StoreError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.clock import Clock
from agentic_core.ports.market_data import ExecutionBooks, MarketData
from agentic_core.ports.repositories import Store
from agentic_core.runtime.commands import apply_pending
from agentic_core.runtime.desk import MarketDesk
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.mandate import Mandate
from agentic_core.runtime.pace import Pace
from agentic_core.runtime.session import Session
from agentic_core.runtime.terms import Terms

__all__ = ["Venue", "run_paper"]

_LEASE_MS = 15_000
_RENEW_S = 5.0
_CONTROL_S = 0.25
_TURNING = frozenset({DeploymentStatus.RUNNING, DeploymentStatus.HALTED})
"""A halted deployment still takes turns: its skill may close what it holds."""
_DONE = frozenset({DeploymentStatus.STOPPING, DeploymentStatus.STOPPED, DeploymentStatus.ERROR})


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """The market a paper deployment lives in."""

    feed: MarketData
    books: ExecutionBooks
    pace: Pace
    funding_source: str
    """Where funding rates come from, in words."""


async def run_paper(  # noqa: PLR0913 - the composition of a deployment
    deployment: DeploymentId,
    mandate: Mandate,
    *,
    store: Store,
    venue: Venue,
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
        ConfigError: another process holds the account's trading lease, or it may not be taken for the deployment.
        Fenced: the lease was lost during the run; nothing was sent after that.
    """
    diary = Diary(deployment, store.logs, now=lambda: venue.pace.now, listener=listener)
    diary.say(LogEvent.RUNNER_STARTED, f"live-runner: booting deployment {deployment}")
    lease = await store.leases.acquire(mandate.account, holder, _LEASE_MS, deployment=deployment)
    if lease is None:
        raise ConfigError(await _why_not_given(store, mandate.account, deployment))
    diary.say(LogEvent.LEASE_TAKEN, f"lease of {mandate.account} taken", epoch=lease.epoch)
    try:
        session = await _boot(deployment, mandate, lease, store, venue, terms, diary, clock)
        runner = _Runner(session, venue, clock, lease)
        await runner.run(on_mark or (lambda _mark: None))
    finally:
        with anyio.CancelScope(shield=True), anyio.move_on_after(5):
            try:
                await diary.flush()
            finally:
                await store.leases.release(lease)
    return runner.record(terms)


async def _why_not_given(store: Store, account: AccountKey, deployment: DeploymentId) -> str:
    desired, lease = await store.deployments.desired(deployment), await store.leases.read(account)
    if desired is not Desired.RUNNING:
        return f"the desired state of deployment {deployment} is {desired}, so nothing runs it; deploy its skill anew"
    if lease is not None and lease.state is LeaseState.REVOKED:
        return f"the trading lease of {account} was revoked; it has to be allowed again before anything trades"
    return f"another process holds the trading lease of {account}; stop it, or wait until its lease runs out"


async def _boot(  # noqa: PLR0913 - see run_paper
    deployment: DeploymentId,
    mandate: Mandate,
    lease: Lease,
    store: Store,
    venue: Venue,
    terms: Terms,
    diary: Diary,
    clock: Clock,
) -> Session:
    record = await store.deployments.load(deployment)
    diary.say(LogEvent.RUNNER_STARTED, f"live-runner: loaded skill {mandate.skill_name} (broker={record.broker_kind})")
    desk = MarketDesk(
        venue.feed,
        symbols=mandate.symbols,
        interval=mandate.interval,
        instruments=await venue.feed.instruments(),
        history_from=venue.pace.now,
    )
    session = Session(
        record,
        mandate,
        Fence(account=lease.account, epoch=lease.epoch),
        store=store,
        desk=desk,
        books=venue.books,
        terms=terms,
        diary=diary,
        clock=clock,
    )
    diary.say(LogEvent.BROKER_STARTED, f"paper account with {terms.starting_equity} USD")
    diary.say(LogEvent.RECONCILED, "positions=0", positions=0)
    await session.move(DeploymentStatus.RUNNING)
    diary.say(LogEvent.RUNNER_STARTED, "live-runner: status=running; entering tick loop")
    await diary.flush()
    return session


class _Runner:
    def __init__(self, session: Session, venue: Venue, clock: Clock, lease: Lease) -> None:
        self._session = session
        self._venue = venue
        self._clock = clock
        self._lease = lease
        # Turns and commands alternate; neither ever sees the other half done.
        self._turns = anyio.Lock()
        self._failure: Exception | None = None
        self._waiting = anyio.CancelScope()

    async def run(self, on_mark: Callable[[Instant], None]) -> None:
        async with anyio.create_task_group() as tasks:
            for work in (self._heartbeat, self._control):
                tasks.start_soon(self._until_failure, work, tasks.cancel_scope)
            await self._until_failure(lambda: self._loop(on_mark), tasks.cancel_scope)
            # Under the lock, so that no command is cut off between its effect and its acknowledgement.
            async with self._turns:
                tasks.cancel_scope.cancel()
        if self._failure is not None:
            await self._fail(self._failure)
            raise self._failure

    async def _until_failure(self, work: Callable[[], Awaitable[None]], scope: anyio.CancelScope) -> None:
        # The first failure of any task ends all of them; it is raised alone, not wrapped in a group.
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, a deployment that died of it must not look alive
            if self._failure is None:
                error.add_note(f"trace {self._session.diary.trace}")
                self._failure = error
            scope.cancel()

    async def _fail(self, error: Exception) -> None:
        if isinstance(error, Fenced | StoreError):
            return
        session = self._session
        text = f"{type(error).__name__}: {error}"
        session.diary.say(LogEvent.RUNNER_FATAL, text, level=LogLevel.ERROR)
        await session.move(DeploymentStatus.ERROR, text)

    def record(self, terms: Terms) -> RunRecord:
        session = self._session
        assumptions = terms.assumptions(self._venue.funding_source)
        return session.recorder.record(session.mandate, "paper", assumptions, session.ledger, session.desk)

    async def _loop(self, on_mark: Callable[[Instant], None]) -> None:
        session = self._session
        while session.status not in _DONE:
            mark = await self._next_mark()
            if mark is None:
                break
            async with self._turns:
                if session.status in _DONE:  # stopped since the mark was reached
                    break
                await self._take(mark)
            on_mark(mark)
        async with self._turns:
            await apply_pending(session, self._clock)
            await session.write_state()
            if session.status is not DeploymentStatus.STOPPING:
                await session.move(DeploymentStatus.STOPPING)
            await session.move(DeploymentStatus.STOPPED)
            session.diary.say(LogEvent.RUNNER_STOPPED, f"stopped after {session.recorder.ticks} turn(s)")
            await session.diary.flush()

    async def _next_mark(self) -> Instant | None:
        # The next mark may be hours away; a stop does not wait for it.
        self._waiting = anyio.CancelScope()
        with self._waiting:
            return await self._venue.pace.next_mark()
        return None

    async def _take(self, mark: Instant) -> None:
        session = self._session
        session.diary.begin(TickId(deployment=session.deployment.id, mark=mark))
        try:
            await session.observe(mark)
            closed = not self._venue.pace.is_last and await session.close_halted()
            await apply_pending(session, self._clock)
            if session.status in _TURNING and not self._venue.pace.is_last and not closed:
                await session.turn()
        except Exception as error:
            session.diary.say(LogEvent.TICK_FAILED, f"{type(error).__name__}: {error}", level=LogLevel.ERROR)
            raise
        await session.write_state()
        await session.diary.flush()

    async def _control(self) -> None:
        while True:
            await self._clock.sleep(_CONTROL_S)
            async with self._turns:
                await apply_pending(self._session, self._clock)
                await self._session.diary.flush()
                if self._session.status in _DONE:
                    self._waiting.cancel()

    async def _heartbeat(self) -> None:
        while True:
            await self._clock.sleep(_RENEW_S)
            if not await self._session.store.leases.renew(self._lease):
                message = f"the trading lease of {self._lease.account} was lost; another process may hold it"
                raise Fenced(message)
