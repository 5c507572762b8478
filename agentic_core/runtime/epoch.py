"""One deployment under one lease: everything that goes on side by side, until the first of it ends."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final

import anyio
import msgspec

from agentic_core.domain.deployment_states import DeploymentEvent
from agentic_core.domain.trading import DeploymentStatus, Desired, HaltReason, Restriction
from agentic_core.errors import AgenticError, IllegalTransition, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.commands import Control
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.epoch_ends import Broken, Drained, EpochEnd, MarketOver, Settled, sole_error
from agentic_core.runtime.epoch_turns import EpochTurns
from agentic_core.runtime.guarding import TickGuards, standard_guards
from agentic_core.runtime.runner_ports import RunnerPorts
from agentic_core.runtime.session import Session, SessionContext
from agentic_core.runtime.standby import Taken
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.ticker import Ticker
from agentic_core.runtime.together import first_of
from agentic_core.store.journal_copy import JournalCatchUp

__all__ = ["Epoch"]

_MS_PER_S: Final = 1_000
_WAITING_SHARE: Final = 3 / 4
"""So much of the time a process has to end is for what is under way."""

_DRAINING_SHARE: Final = 7 / 8
"""So much of it has passed when the last state was written; the rest is for the diary and the lease."""


class Epoch:
    """The lease is kept, commands are obeyed and signs of life are given from the beginning; turns are taken later."""

    def __init__(
        self,
        taken: Taken,
        ports: RunnerPorts,
        diary: Diary,
        *,
        open_after_ms: int = 0,
    ) -> None:
        """Begin under a lease; `open_after_ms` is how long to wait before the account is opened."""
        keeper, copy = taken.keeper, taken.copy
        self.keeper: Final = keeper
        self.standing: Final = Standing(
            taken.deployment, keeper.fence, ports.store, ports.clock, is_fenced=keeper.is_expired
        )
        self._ports, self._diary, self._clock = ports, diary, ports.clock
        self._catch_up = None if copy is None else JournalCatchUp(ports.store.journal, copy)
        self._ticker: Ticker | None = None
        self._open_after_ms = open_after_ms
        self._turns = EpochTurns()
        self._session: Session | None = None
        self._arrived = anyio.Event()
        self._arrived_ms = 0
        self._halts: set[HaltReason] = set()
        self.control: Final = Control(
            standing=self.standing,
            session=self.session,
            turns=self._turns,
            store=ports.store,
            clock=ports.clock,
            diary=diary,
            timings=ports.timings,
            page=self._page,
        )

    @property
    def ticks(self) -> int:
        """How many turns there were."""
        return 0 if self._ticker is None else self._ticker.ticks

    @property
    def lived_ms(self) -> int:
        """How long the account has been open and clear."""
        return self._clock.boottime_ms() - self._arrived_ms if self._arrived.is_set() else 0

    async def session(self) -> Session:
        """Wait until the account is open and clear; it stays so until the epoch ends."""
        await self._arrived.wait()
        assert self._session is not None, "whoever sets the event has set the session before"
        return self._session

    async def run(self, stop: anyio.Event) -> EpochEnd:
        """Go on until a part ends or fails, or until `stop` is set; then the others are ended."""
        ends: list[EpochEnd] = []
        async with anyio.create_task_group() as tasks:

            async def take_part(work: Callable[[], Awaitable[EpochEnd]]) -> None:
                try:
                    end = await work()
                except Exception as error:  # noqa: BLE001 - whatever it is, a part that died must not look alive
                    end = Broken(error=sole_error(error))
                ends.append(end)
                tasks.cancel_scope.cancel()

            for work in (
                self._keep_lease,
                self._obey,
                self._follow_account,
                self._give_signs,
                partial(self._drain, stop),
            ):
                tasks.start_soon(take_part, work)
        return ends[0]

    async def fail(self, text: str) -> None:
        """Set status error, which is final; what was ordered and not done expires.

        Raises:
            Fenced: the lease is lost; nothing was written.
            StoreError: the database refused.
        """
        await self._finish((DeploymentEvent.FAIL,), text)

    async def end(self, why: str) -> None:
        """Set status stopped, there being nothing left to do; what was ordered and not done expires.

        Raises:
            Fenced: the lease is lost; nothing was written.
            StoreError: the database refused.
        """
        await self._finish((DeploymentEvent.STOP, DeploymentEvent.DRAINED), why)

    # ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _keep_lease(self) -> EpochEnd:
        def tell(*, is_lost: bool) -> None:
            (self.standing.hold if is_lost else self.standing.lift)(Restriction.STORE_LOST)

        await self.keeper.run(tell)

    async def _obey(self) -> EpochEnd:
        await self.control.run()
        return Settled()

    async def _follow_account(self) -> EpochEnd:
        ports, deployment = self._ports, self.standing.deployment
        await self.control.begin()
        await self._clock.sleep(self._open_after_ms / _MS_PER_S)
        mandate = await ports.mandate_of(deployment)
        loaded = f"live-runner: loaded skill {mandate.skill_name} (broker={deployment.broker_kind})"
        self._diary.say(LogEvent.RUNNER_STARTED, loaded)
        context = SessionContext(
            deployment=deployment,
            mandate=mandate,
            fence=self.standing.fence,
            store=ports.store,
            clock=ports.clock,
            diary=self._diary,
            trading=self.standing.trading,
            halt=self._halt,
            page=self._page,
            before_sending=self._before_sending,
        )
        guards = self._guards(context)
        async with ports.open_session(msgspec.structs.replace(context, limits=guards.limits)) as session:
            found = await session.start()
            ticker = self._ticker = Ticker(
                session=session,
                standing=self.standing,
                context=context,
                guards=guards,
                on_mark=ports.on_mark,
            )
            ticker.heard(found)  # there is a state from now on, though no mark may come for hours
            self._turns.attach(ticker)
            await self._enter(session)
            await first_of(session.run, partial(self._take_turns, ticker))
        return MarketOver()

    def _guards(self, context: SessionContext) -> TickGuards:
        if self._ports.guards is not None:
            return self._ports.guards(context, self.standing)
        return standard_guards(context, self.standing, alerts=self._ports.alerts)

    async def _enter(self, session: Session) -> None:
        if self.standing.deployment.desired is Desired.RUNNING:
            await self.standing.follow(DeploymentEvent.START)
        self._session, self._arrived_ms = session, self._clock.boottime_ms()
        self._arrived.set()
        entered = f"live-runner: status={self.standing.status}; entering tick loop"
        self._diary.say(LogEvent.RUNNER_STARTED, entered)

    async def _take_turns(self, ticker: Ticker) -> None:
        if self.standing.deployment.desired is not Desired.RUNNING:
            await anyio.sleep_forever()
        await self._turns.free()
        await ticker.run()

    async def _give_signs(self) -> EpochEnd:
        # The first one at once: while the venue is away, epochs are no longer than the time between two.
        while True:
            with suppress(StoreUnavailable):  # the lease says how long that may last
                await self._write_state()
            await self._clock.sleep(self._ports.timings.heartbeat_ms / _MS_PER_S)

    async def _drain(self, stop: anyio.Event) -> EpochEnd:
        await stop.wait()
        self.standing.hold(Restriction.DRAINING)
        self._diary.say(LogEvent.RUNNER_STOPPED, "live-runner: told to end; what is under way comes to its end")
        left = ["a turn, which did not come to its end in time"]
        drain_ms, began_ms = self._ports.timings.drain_ms, self._clock.boottime_ms()
        due_ms, limit_s = began_ms + int(drain_ms * _WAITING_SHARE), drain_ms * _DRAINING_SHARE / _MS_PER_S
        try:
            await first_of(partial(self._settle, due_ms, left), partial(self._clock.sleep, limit_s))
        except AgenticError as error:
            left.append(f"{type(error).__name__}: {error}")
        if self._ticker is not None:
            self._ticker.cut()  # whoever sends longer than that leaves its order to the next runner, as one killed does
        return Drained(left=tuple(left))

    async def _settle(self, due_ms: int, left: list[str]) -> None:
        async with self._turns.suspended():
            left.clear()
            if self._session is not None:
                left.extend(await self._session.drain(wait_ms=max(0, due_ms - self._clock.boottime_ms())))
            await self._write_state()

    # ── what a session asks ──────────────────────────────────────────────────────────────────────────────────────

    async def _before_sending(self) -> None:
        self.keeper.check()
        if self._catch_up is not None:
            await self._catch_up()
            self.keeper.check()

    async def _halt(self, reason: HaltReason, detail: str) -> None:
        text = f"{reason}: {detail}"
        with suppress(IllegalTransition):  # where the deployment has ended, nothing is left to be halted
            moved = await self.standing.follow(DeploymentEvent.HALT, text)
            if moved or reason not in self._halts:
                self._halts.add(reason)
                self._diary.say(LogEvent.HALTED, text, level=LogLevel.WARN, reason=reason)

    def _page(self, detail: str) -> None:
        self._ports.page(detail)
        if self._ports.alerts is not None:
            self._ports.alerts.paged(detail)

    # ── what is written ──────────────────────────────────────────────────────────────────────────────────────────

    async def _write_state(self) -> None:
        states, deployment = self._ports.store.states, self.standing.deployment.id
        state = self._turns.state() or await states.read(deployment)
        if state is not None:
            now = self._clock.now()
            await states.write(self.standing.fence, msgspec.structs.replace(state, updated_at=now))

    async def _finish(self, events: tuple[DeploymentEvent, ...], why: str) -> None:
        standing, now = self.standing, self._clock.now()
        async with standing.changing, self._ports.store.unit(standing.fence) as unit:
            row = standing.deployment
            for event in events:
                target = standing.after(event)
                if target is not standing.status:
                    reason = why if target is DeploymentStatus.ERROR else None
                    row = await unit.deployments.move(row.id, target, at=now, reason=reason)
                    standing.adopt(row)
            await unit.deployments.set_desired(row.id, Desired.STOPPED)
            await unit.commands.expire_rest(row.id, why, at=now)
