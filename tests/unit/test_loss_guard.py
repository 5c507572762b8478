"""A loss is believed only after money that was taken out has been looked for, and then it halts at once."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import anyio

from agentic_core.domain import AccountSnapshot, DayCounters, HaltReason, Instant, Usd
from agentic_core.errors import VenueUnavailable
from agentic_core.runtime.loss_guard import LossGuard
from agentic_core.simulation.world import World
from tests.support.session_place import LIMITS

BASELINE = 10_000


def account(equity: int, baseline: int = BASELINE) -> AccountSnapshot:
    """Return an account that began the day with a baseline."""
    return AccountSnapshot(
        as_of=Instant(0),
        equity=Usd(Decimal(equity)),
        margin_used=Usd(Decimal(0)),
        exposure_usd=Usd(Decimal(0)),
        day=DayCounters(day=1, baseline=Usd(Decimal(baseline))),
        peak=Usd(Decimal(baseline)),
        positions={},
    )


class Room:
    """A guard, the accounts that it reads, and what it halted."""

    def __init__(self, world: World) -> None:
        self.clock = world.clock
        self.answers: list[AccountSnapshot | VenueUnavailable] = []
        self.reads = 0
        self.halts: list[HaltReason] = []
        self.guard = LossGuard(LIMITS, self.read, self.halt, lambda: bool(self.halts), world.clock)

    async def read(self) -> AccountSnapshot:
        """Give the next answer; the last one stays."""
        self.reads += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, VenueUnavailable):
            raise answer
        return answer

    async def halt(self, reason: HaltReason, detail: str) -> None:
        """Note a halt."""
        assert "since the day's first mark" in detail
        self.halts.append(reason)

    def tell(self, told: AccountSnapshot) -> None:
        """Let the guard hear of an account."""
        self.guard.hear(told.day, told.peak, told.equity)


def play(story: Callable[[Room], Awaitable[None]]) -> None:
    """Play a story beside a running guard."""

    async def main(world: World) -> None:
        room = Room(world)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(room.guard.run)
            await story(room)
            tasks.cancel_scope.cancel()

    World(1).run(main)


def test_loss_that_is_still_there_a_second_later_halts() -> None:
    """It is read once, and not again while the halt holds."""

    async def story(room: Room) -> None:
        room.answers = [account(9_499)]
        room.tell(account(9_500))
        await room.clock.sleep(2)
        assert room.halts == [HaltReason.DAILY_LOSS]
        for _ in range(100):
            room.tell(account(9_400))
            await room.clock.sleep(1)
        assert (room.halts, room.reads) == ([HaltReason.DAILY_LOSS], 1)

    play(story)


def test_equity_that_fell_by_a_withdrawal_halts_nothing() -> None:
    """The baseline follows once the transfer is found."""

    async def story(room: Room) -> None:
        room.answers = [account(9_000, baseline=9_000)]
        room.tell(account(9_000))
        await room.clock.sleep(5)
        assert (room.halts, room.reads) == ([], 1)
        assert await room.guard.settled(account(9_000)) == account(9_000, baseline=9_000)
        assert await room.guard.settled(account(9_501)) == account(9_501)
        assert room.reads == 2

    play(story)


def test_loss_that_cannot_be_looked_at_is_believed() -> None:
    """After a few tries: a venue that is away is no reason to go on."""

    async def story(room: Room) -> None:
        room.answers = [VenueUnavailable("away")]
        room.tell(account(9_000))
        await room.clock.sleep(4)
        assert room.halts == []
        await room.clock.sleep(2)
        assert (room.halts, room.reads) == ([HaltReason.DAILY_LOSS], 5)

    play(story)
