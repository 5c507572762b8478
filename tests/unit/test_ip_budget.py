"""The weight an address may use in a minute, who goes first when it is short, and a ledger that cannot be reached."""

import anyio
import pytest

from agentic_core.errors import StoreError
from agentic_core.ports.budgets import Bucket
from agentic_core.simulation.world import World
from agentic_hl.rest import IpBudget, MemoryBudgets, PatientBudgets, Priority, weight_bucket
from agentic_hl.wire.weights import items_weight, query_weight
from tests.support.clocks import VirtualClock, settle

pytestmark = pytest.mark.anyio

MINUTE_MS = 60_000
FAR = 10**15


async def test_no_minute_takes_more_than_the_venue_allows() -> None:
    """Ten minutes of a greedy process: 1,200 in any minute at most, and about 960 in each later one."""
    clock = VirtualClock()
    budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("here"))
    taken: list[int] = []

    async def be_greedy() -> None:
        while True:
            await budget.acquire(20, Priority.URGENT, FAR)
            taken.append(clock.boottime_ms())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(be_greedy)
        await clock.let_pass(10 * MINUTE_MS)
        tasks.cancel_scope.cancel()
    windows = [20 * sum(at <= other < at + MINUTE_MS for other in taken) for at in taken]
    assert max(windows) <= 1_200
    assert 960 * 10 <= 20 * len(taken) <= 960 * 10 + 240


@pytest.mark.parametrize(
    ("priority", "taken"), [(Priority.URGENT, 240), (Priority.NORMAL, 200), (Priority.BACKGROUND, 140)]
)
async def test_lower_priority_leaves_weight_to_higher_ones(priority: Priority, taken: int) -> None:
    """Of a full bucket of 240, background keeps off the last 100, the usual off the last 40."""
    clock = VirtualClock()
    budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("here"))
    now = clock.boottime_ms()
    had = 0
    while await budget.acquire(20, priority, now) == 0:
        had += 20
    assert had == taken


async def test_urgent_request_is_not_held_up_by_a_waiting_history() -> None:
    """The history waits while the closing order goes."""
    clock = VirtualClock()
    budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("here"))
    assert await budget.acquire(140, Priority.BACKGROUND, FAR) == 0
    went: list[str] = []

    async def ask(name: str, weight: int, priority: Priority) -> None:
        await budget.acquire(weight, priority, FAR)
        went.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "history", 20, Priority.BACKGROUND)
        await settle()
        tasks.start_soon(ask, "close", 1, Priority.URGENT)
        await settle()
        assert went == ["close"]
        await clock.let_pass(5_000)
    assert went == ["close", "history"]


async def test_weight_that_comes_too_late_is_not_waited_for() -> None:
    """The wait is told at once, nothing is taken, and an earlier deadline changes nothing."""
    clock = VirtualClock()
    budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("here"))
    now = clock.boottime_ms()
    assert await budget.acquire(240, Priority.URGENT, now) == 0
    wait = await budget.acquire(32, Priority.URGENT, now + 1_999)
    assert (wait, clock.boottime_ms()) == (2_000, now)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(budget.acquire, 32, Priority.URGENT, now + 2_000)
        await clock.let_pass(2_000)
    assert await budget.acquire(1, Priority.URGENT, clock.boottime_ms()) > 0


async def test_refusal_holds_everybody_back_for_ten_seconds_or_as_told() -> None:
    """The venue found the address too busy although we had counted weight left."""
    for told, held_ms in ((None, 10_000), (3_000, 3_000)):
        clock = VirtualClock()
        budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("here"))
        await budget.refused(told)
        wait = await budget.acquire(16, Priority.URGENT, clock.boottime_ms())
        assert wait == held_ms + 1_000


async def test_weight_of_the_answer_is_charged_and_of_an_unsent_request_given_back() -> None:
    """A charge of nothing is none."""
    clock = VirtualClock()
    ledger, bucket = MemoryBudgets(clock), weight_bucket("here")
    budget = IpBudget(ledger, clock, bucket)
    await budget.acquire(40, Priority.URGENT, FAR)
    await budget.charge(100)
    await budget.charge(0)
    assert await ledger.available(bucket) == 100
    await budget.give_back(40)
    assert await ledger.available(bucket) == 140


@pytest.mark.parametrize(
    ("kind", "items", "weight"),
    [
        ("l2Book", 40, 2),
        ("clearinghouseState", 1, 2),
        ("orderStatus", 1, 2),
        ("allMids", 500, 2),
        ("spotClearinghouseState", 3, 2),
        ("exchangeStatus", 1, 2),
        ("userRole", 1, 60),
        ("meta", 230, 20),
        ("frontendOpenOrders", 50, 20),
        ("userFills", 2_000, 120),
        ("userFillsByTime", 0, 20),
        ("fundingHistory", 500, 45),
        ("recentTrades", 20, 21),
        ("candleSnapshot", 5_000, 104),
        ("somethingNewer", 9, 20),
    ],
)
def test_question_costs_what_the_venue_says(kind: str, items: int, weight: int) -> None:
    """A begun twentieth, or sixtieth of candles, counts whole."""
    assert query_weight(kind) + items_weight(kind, items) == weight


class BrokenLedger:
    """A shared ledger that can be broken, or made to hang."""

    def __init__(self, clock: VirtualClock) -> None:
        self.inner = MemoryBudgets(clock)
        self.hangs = self.breaks = False
        self.asked = 0

    async def _trouble(self) -> None:
        self.asked += 1
        if self.breaks:
            raise StoreError("the database is down")
        if self.hangs:
            await anyio.sleep_forever()

    async def take(self, bucket: Bucket, amount: int, *, keep: int = 0) -> int:
        """Take, or be in trouble."""
        await self._trouble()
        return await self.inner.take(bucket, amount, keep=keep)

    async def charge(self, bucket: Bucket, amount: int) -> None:
        """Charge, or be in trouble."""
        await self._trouble()
        await self.inner.charge(bucket, amount)

    async def give_back(self, bucket: Bucket, amount: int) -> None:
        """Give back, or be in trouble."""
        await self._trouble()
        await self.inner.give_back(bucket, amount)

    async def block(self, bucket: Bucket, for_ms: int) -> None:
        """Block, or be in trouble."""
        await self._trouble()
        await self.inner.block(bucket, for_ms)

    async def available(self, bucket: Bucket) -> int:
        """Tell, or be in trouble."""
        await self._trouble()
        return await self.inner.available(bucket)


def test_heavy_question_has_its_turn_beside_light_ones_and_actions_pass_them_all() -> None:
    """Light ones alone want more than flows back, so whoever needs much at once would never find it there."""

    async def main(world: World) -> None:
        clock = world.clock
        budget = IpBudget(MemoryBudgets(clock), clock, Bucket(name="b", capacity=24, per_minute=960))

        async def be_curious() -> None:
            while True:
                await budget.acquire(2, Priority.URGENT, clock.boottime_ms() + 5_000)
                await clock.sleep(0.01)

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(be_curious)
            await clock.sleep(10)
            asked_at = clock.boottime_ms()
            assert await budget.acquire(1, Priority.URGENT, asked_at + 500) == 0
            assert await budget.acquire(20, Priority.URGENT, asked_at + 5_000) == 0
            assert await budget.acquire(20, Priority.URGENT, clock.boottime_ms() + 10) == 1
            tasks.cancel_scope.cancel()

    World(1).run(main)


async def test_unreachable_ledger_is_replaced_by_the_own_count() -> None:
    """What was taken before is not there a second time; nothing fails, and after ten seconds it is asked again."""
    clock = VirtualClock()
    shared, bucket = BrokenLedger(clock), Bucket(name="b", capacity=10, per_minute=1)
    patient = PatientBudgets(shared, clock)
    assert await patient.take(bucket, 6) == 0
    shared.breaks = True
    assert await patient.take(bucket, 5) > 0
    assert await patient.take(bucket, 3) == 0
    await patient.charge(bucket, 1)
    await patient.give_back(bucket, 1)
    assert await patient.available(bucket) == 1
    assert shared.asked == 2
    shared.breaks = False
    clock.freeze(10_000)
    assert await patient.take(bucket, 4) == 0
    assert shared.asked == 3


async def test_ledger_that_hangs_is_given_up_after_a_second() -> None:
    """A position can then be closed; the next request does not wait at all."""
    clock = VirtualClock()
    shared, bucket = BrokenLedger(clock), Bucket(name="b", capacity=10, per_minute=1)
    shared.hangs = True
    patient = PatientBudgets(shared, clock)
    with anyio.fail_after(10):
        assert await patient.take(bucket, 10) == 0
    assert await patient.take(bucket, 1) > 0
    await patient.block(bucket, 5_000)
    assert shared.asked == 1
