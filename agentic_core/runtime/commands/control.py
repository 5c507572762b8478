"""Looks for the commands of a deployment and answers each: at once in one transaction, or by taking it up as a saga."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import anyio

from agentic_core.domain.deployment_states import FINAL_STATUSES, DeploymentEvent
from agentic_core.domain.records import Command, CommandKind, CommandState
from agentic_core.domain.trading import Desired, Restriction
from agentic_core.errors import IllegalTransition, StoreError, StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.runner_store import RunnerStore
from agentic_core.runtime.commands.plan import LOOSENING, Answer, Begin, Known, Obey, Refuse, plan
from agentic_core.runtime.commands.ports import CommandPorts
from agentic_core.runtime.commands.sagas import Sagas
from agentic_core.runtime.commands.switches import PlatformWatch
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.session import Session
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.timings import TIMINGS, Timings
from agentic_core.runtime.together import first_of
from agentic_core.runtime.turns import Turns

__all__ = ["Control"]

_LOOK_S: Final = 0.8
"""How often the table is looked at without a hint, so that a lost one costs less than a second."""

_LISTEN_AGAIN_S: Final = 5.0
"""How soon somebody listens again where listening came to an end."""

_HISTORY: Final = 500
"""How many commands back is looked for what a resume may undo."""


class Control:
    """Obeys the commands of one deployment under one lease.

    A command is answered within a second whatever else goes on: nothing here waits for a turn or for the venue but the
    steps of flatten, stop and kill, which were taken up, and acknowledged, before.
    """

    def __init__(  # noqa: PLR0913 - everything a command may touch
        self,
        *,
        standing: Standing,
        session: Callable[[], Awaitable[Session]],
        turns: Turns,
        store: RunnerStore,
        clock: Clock,
        diary: Diary,
        timings: Timings = TIMINGS,
        page: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take a deployment's parts.

        Args:
            standing: its status and restrictions, which commands change.
            session: waits until its account was opened and started; may be cancelled and asked again.
            turns: what has to stand still while something is closed.
            store: where commands stand, and what they change.
            clock: real time.
            diary: where outcomes are said.
            timings: how long what takes.
            page: calls a human; the diary says so too.
        """
        self._ports: Final = CommandPorts(
            standing=standing,
            session=session,
            turns=turns,
            store=store,
            clock=clock,
            say=diary.say,
            page=page,
            timings=timings,
        )
        self._sagas: Final = Sagas(self._ports, self._try_scan)
        self._platform: Final = PlatformWatch(self._ports)
        self._looking: Final = anyio.Lock()
        self._told = anyio.Event()
        self._has_begun = False
        self._is_stale = True

    @property
    def closes(self) -> bool:
        """Whether somebody waits for everything to be closed."""
        return self._sagas.closes

    async def begin(self) -> None:
        """Look at the switches and the commands once, so that whatever is opened afterwards obeys from the start.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        self._has_begun = True
        await self._platform.look()
        await self.scan()

    async def run(self) -> None:
        """Answer commands until the deployment's status is final; a failure of any part ends the others, raised alone.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused while something was carried out.
        """
        if not self._has_begun:
            await self.begin()
        failures: list[Exception] = []
        async with anyio.create_task_group() as tasks:

            async def keep(work: Callable[[], Awaitable[None]]) -> None:
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - whatever it is, a part that died must not look alive
                    failures.append(error)
                    tasks.cancel_scope.cancel()

            for work in (self._listen, self._look, self._platform.run):
                tasks.start_soon(keep, work)
            await keep(self._sagas.run)
            tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]

    async def scan(self) -> int:
        """Answer every command that waits, and return how many were answered.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused.
        """
        async with self._looking:
            if not self._is_stale and not await self._waiting():
                return 0
            async with self._ports.standing.changing:
                return await self._answer_all()

    async def _waiting(self) -> list[Command]:
        pending = await self._ports.store.commands.pending(self._ports.deployment)
        return [command for command in pending if command.id not in self._sagas.under_way]

    async def _answer_all(self) -> int:
        # An answer that fails may be stored all the same, so that everything is read again.
        ports, self._is_stale = self._ports, True
        # The row last: an answer that nobody heard of is either still missing among the outcomes, or in the row.
        pending = await ports.store.commands.pending(ports.deployment)
        ports.standing.adopt(await ports.store.deployments.load(ports.deployment))
        await self._latch_where_desired()
        answers = plan(pending, await self._known(pending))
        for answer in answers:
            await self._give(answer)
        self._is_stale = False
        self._sagas.wake()
        return len(answers)

    async def _latch_where_desired(self) -> None:
        # Whoever wants it flat may have said so in the row alone.
        ports, standing = self._ports, self._ports.standing
        if standing.deployment.desired is not Desired.FLATTEN or standing.status in FINAL_STATUSES:
            return
        standing.hold(Restriction.KILL_LATCH)
        target = standing.after(DeploymentEvent.KILL)
        if target is not standing.status:
            async with ports.store.unit(ports.fence) as unit:
                moved = await unit.deployments.move(ports.deployment, target, at=ports.now())
            standing.adopt(moved)

    async def _known(self, pending: tuple[Command, ...]) -> Known:
        ports, row = self._ports, self._ports.standing.deployment
        loosens = any(command.kind in LOOSENING for command in pending)
        return Known(
            status=row.status,
            halted_at=row.halted_at,
            has_state=ports.turns.state() is not None,
            under_way=self._sagas.under_way,
            history=await ports.store.commands.recent(ports.deployment, _HISTORY) if loosens else (),
        )

    async def _give(self, answer: Answer) -> None:
        match answer:
            case Obey():
                await self._obey(answer)
            case Begin():
                await self._begin(answer)
            case Refuse(command=command, reason=reason):
                ports = self._ports
                await ports.store.commands.ack(command, CommandState.REFUSED, reason, at=ports.now(), fence=ports.fence)
                ports.tell_refused(command, reason)

    async def _obey(self, answer: Obey) -> None:
        ports, at = self._ports, self._ports.now()
        moved, state = ports.standing.deployment, ports.state()
        ports.standing.brace()
        async with ports.store.unit(ports.fence) as unit:
            if answer.event is not None:
                moved = await unit.deployments.move(ports.deployment, ports.standing.after(answer.event), at=at)
            elif state is not None:
                await unit.states.write(ports.fence, state)
            await unit.commands.ack(answer.command, CommandState.APPLIED, answer.outcome, at=at, fence=ports.fence)
        ports.standing.adopt(moved)
        ports.tell_applied(answer.command, answer.outcome)

    async def _begin(self, answer: Begin) -> None:
        ports, at = self._ports, self._ports.now()
        is_kill = answer.command.kind is CommandKind.KILL
        if is_kill:
            ports.standing.hold(Restriction.KILL_LATCH)
        ports.standing.brace()
        async with ports.store.unit(ports.fence) as unit:
            if is_kill and ports.standing.deployment.desired is Desired.RUNNING:
                await unit.deployments.set_desired(ports.deployment, Desired.FLATTEN)
            moved = await unit.deployments.move(ports.deployment, ports.standing.after(answer.event), at=at)
            claimed = await unit.commands.claim(answer.command, fence=ports.fence, at=at)
        ports.standing.adopt(moved)
        self._sagas.take(claimed)

    async def _listen(self) -> None:
        ports = self._ports
        while True:
            try:
                async with ports.store.command_notices(ports.deployment, ports.clock) as notices:
                    async for _ in notices:
                        self._told.set()
            except StoreError:
                pass  # hints only save time: the table is looked at anyway
            await ports.clock.sleep(_LISTEN_AGAIN_S)

    async def _look(self) -> None:
        while True:
            await first_of(self._told.wait, partial(self._ports.clock.sleep, _LOOK_S))
            self._told = anyio.Event()
            await self._try_scan()

    async def _try_scan(self) -> None:
        try:
            await self.scan()
        except (StoreUnavailable, IllegalTransition):
            # Whether the lease outlives this is not decided here; the table is looked at again all the same.
            self._is_stale = True
