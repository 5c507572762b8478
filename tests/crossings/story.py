"""One story: something is ordered, and at one moment of its being carried out other things happen all at once."""

from collections.abc import Callable, Sequence
from enum import StrEnum

import anyio
import msgspec

from agentic_core.domain import Command, CommandKind, DeploymentStatus, Instant
from agentic_core.domain.deployment_states import DeploymentEvent
from agentic_core.domain.trading import TradingState
from agentic_core.errors import Fenced, IllegalTransition
from agentic_core.runtime.drive import immediately
from tests.support.control_room import ControlRoom, Epoch, in_control
from tests.support.mortal_store import Fate
from tests.support.stored_values import DEPLOYMENT, PAPER

__all__ = ["HELD", "Act", "Crossing", "Lived", "Seen", "live"]

HELD = {"BTC": "2", "ETH": "-0.5"}
_LEASES_MAX = 4
_PATIENCE_S = 120


class Act(StrEnum):
    """What happens: somebody orders something, the account loses too much, or the lease is taken away."""

    PAUSE = "pause"
    RESUME = "resume"
    CLEAR_HALT = "clear_halt"
    FLATTEN = "flatten"
    STOP = "stop"
    KILL = "kill"
    SNAPSHOT = "snapshot"
    HALT = "halt latches"
    LOSS = "lease lost"


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """What happens, and when."""

    begins: DeploymentStatus
    first: Act
    moment: int
    """At which step of carrying the first one out the others happen; the first step is 1."""
    others: tuple[Act, ...]
    unresolved: int = 1
    """How often something is still under way when somebody waits for it."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was so at one step."""

    where: str
    at: Instant
    row: DeploymentStatus
    trading: TradingState
    """What this runner would let pass."""
    commands: tuple[Command, ...]
    held: frozenset[str]


class Lived(msgspec.Struct, kw_only=True):
    """What came of it."""

    crossing: Crossing
    seen: list[Seen]
    leased_at: list[Instant]
    halted_at: list[Instant]
    status: DeploymentStatus
    desired: str
    commands: list[Command]
    held: frozenset[str]
    closed: list[str]
    is_reached: bool
    """Whether there was such a step at all."""


class _Fate(Fate):
    # Looks at everything at each step, and lets the others happen at one of them.
    def __init__(self, look: Callable[[str], None], happen: Callable[[], None], at: int | None) -> None:
        super().__init__()
        self._look, self._happen, self._at = look, happen, at

    def meet(self, moment: str) -> None:
        if moment == "commit":  # a store in memory lets nobody write beside a unit
            return
        super().meet(moment)
        self._look(moment)
        if len(self.moments) == self._at:
            self._happen()


class _Stage:
    def __init__(self, room: ControlRoom, crossing: Crossing) -> None:
        self.room, self.crossing = room, crossing
        self.seen: list[Seen] = []
        self.leased_at: list[Instant] = []
        self.halted_at: list[Instant] = []
        self.is_reached = False
        self._happened = anyio.Event()
        self._epoch: Epoch | None = None

    async def play(self) -> Lived:
        room, crossing = self.room, self.crossing
        room.book.unresolved = crossing.unresolved
        await room.bring_to(crossing.begins)
        await self._happen((crossing.first,))
        for lease in range(_LEASES_MAX):
            if (await room.row()).status is DeploymentStatus.STOPPED:
                break
            if not await self._obey(at=None if lease or self.is_reached else crossing.moment):
                break
        row = await room.row()
        return Lived(
            crossing=crossing,
            seen=self.seen,
            leased_at=self.leased_at,
            halted_at=self.halted_at,
            status=row.status,
            desired=row.desired,
            commands=await room.commands(),
            held=frozenset(room.book.held),
            closed=list(room.book.closed),
            is_reached=self.is_reached,
        )

    async def _obey(self, *, at: int | None) -> bool:
        # Tells whether the lease was lost, so that the next one has to go on.
        epoch = self._epoch = await self.room.epoch(_Fate(self._look, self._cross, at))
        self.leased_at.append(self.room.now())
        is_lost = False
        with anyio.move_on_after(_PATIENCE_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._end_of, tasks.cancel_scope)
                tasks.start_soon(self._others)
                try:
                    await epoch.control.run()
                except Fenced:
                    is_lost = True
                tasks.cancel_scope.cancel()
        return is_lost

    async def _end_of(self, scope: anyio.CancelScope) -> None:
        await self.room.answered(1)
        while not all(command.outcome is not None for command in await self.room.commands()):
            await self.room.wait(500)
        scope.cancel()

    def _cross(self) -> None:
        if immediately(self.room.store.deployments.load(DEPLOYMENT)).status is DeploymentStatus.STOPPED:
            return  # whoever orders something of what has ended is told so elsewhere
        self.is_reached = True
        orders = [act for act in self.crossing.others if act not in {Act.HALT, Act.LOSS}]
        immediately(self._order(orders))
        if Act.LOSS in self.crossing.others:
            immediately(self.room.store.leases.raise_epoch(PAPER, self._lease().standing.fence.epoch))
        self._happened.set()

    async def _others(self) -> None:
        await self._happened.wait()
        if Act.HALT in self.crossing.others and not self.halted_at:
            await self._happen((Act.HALT,))

    async def _happen(self, acts: Sequence[Act]) -> None:
        await self._order([act for act in acts if act not in {Act.HALT, Act.LOSS}])
        if Act.HALT in acts and self._epoch is not None:
            try:
                if await self._epoch.standing.follow(DeploymentEvent.HALT, "daily_loss: too much"):
                    self.halted_at.append(self.room.now())
            except (Fenced, IllegalTransition):
                return

    async def _order(self, acts: Sequence[Act]) -> None:
        at = self.room.now()
        for act in acts:
            await self.room.store.commands.queue(DEPLOYMENT, CommandKind(act.value), payload={}, at=at)

    def _lease(self) -> Epoch:
        assert self._epoch is not None, "something is carried out under a lease"
        return self._epoch

    def _look(self, where: str) -> None:
        row = immediately(self.room.store.deployments.load(DEPLOYMENT))
        newest_first = immediately(self.room.store.commands.recent(DEPLOYMENT, 99))
        self.seen.append(
            Seen(
                where=where,
                at=self.room.now(),
                row=row.status,
                trading=self._lease().standing.trading(),
                commands=tuple(reversed(newest_first)),
                held=frozenset(self.room.book.held),
            )
        )


def live(crossing: Crossing, seed: int = 1) -> Lived:
    """Live through a story."""

    async def story(room: ControlRoom) -> Lived:
        return await _Stage(room, crossing).play()

    return in_control(story, held=HELD, seed=seed)
