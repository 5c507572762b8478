"""A lease is renewed in time, and not relied on any more from three seconds before it runs out."""

import anyio
import pytest

from agentic_core.domain import AccountKey, DeploymentRecord, Lease
from agentic_core.errors import Fenced, StoreUnavailable
from agentic_core.runtime.lease_keeping import LeaseKeeper
from agentic_core.runtime.timings import TIMINGS
from tests.support.clocks import VirtualClock, settle
from tests.support.stored_values import PAPER, deployment

pytestmark = pytest.mark.anyio

LEASE = Lease(account=PAPER, epoch=3, holder="me", ttl_ms=15_000)
RELIED_ON_MS = 12_000


class Leases:
    """A store of one lease that answers when and how the test says."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.asked: list[int] = []
        self.answer = True
        self.is_away = False
        self.takes_s = 0.0
        self.released = 0

    async def renew(self, lease: Lease) -> bool:
        """Answer after a while."""
        self.asked.append(self.clock.boottime_ms() - 1_000)
        await self.clock.sleep(self.takes_s)
        if self.is_away:
            raise StoreUnavailable("away")
        return self.answer

    async def acquire(self, account: AccountKey, holder: str, ttl_ms: int, **_: object) -> Lease | None:
        """Give the lease after a while, or not."""
        await self.clock.sleep(self.takes_s)
        return LEASE if self.answer else None

    async def release(self, lease: Lease) -> None:
        """Count it."""
        self.released += 1


class Kept:
    """A keeper that runs beside the test, and what it told."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.leases = Leases(self.clock)
        self.keeper = LeaseKeeper(self.clock, self.leases, LEASE, TIMINGS, asked_ms=self.clock.boottime_ms())  # type: ignore[arg-type] # the three methods that are called
        self.told: list[bool] = []
        self.ended: Fenced | None = None

    def tell(self, *, is_lost: bool) -> None:
        """Keep it."""
        self.told.append(is_lost)

    async def run(self) -> None:
        """Keep the lease until it is lost."""
        try:
            await self.keeper.run(self.tell)
        except Fenced as lost:
            self.ended = lost


async def test_lease_is_renewed_every_five_seconds_and_relied_on_all_the_time() -> None:
    """A minute is four times its length."""
    kept = Kept()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        for _ in range(60):
            await kept.clock.let_pass(1_000)
            kept.keeper.check()
        tasks.cancel_scope.cancel()
    assert kept.leases.asked == [5_000 * number for number in range(1, 13)]
    assert kept.told == [False] * 12


async def test_renewal_that_is_refused_ends_it_at_once() -> None:
    """Somebody else has it."""
    kept = Kept()
    kept.leases.answer = False
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        await kept.clock.let_pass(5_000)
        assert kept.keeper.is_expired()
        assert "another process may hold it" in str(kept.ended)


async def test_renewal_without_an_answer_is_tried_again_and_told_meanwhile() -> None:
    """A database that is away for six seconds costs nothing but what the callback holds back."""
    kept = Kept()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        kept.leases.is_away = True
        await kept.clock.let_pass(11_000)
        assert kept.told
        assert all(kept.told)
        assert not kept.keeper.is_expired()
        kept.leases.is_away = False
        await kept.clock.let_pass(1_000)
        assert kept.told[-1] is False
        assert kept.keeper.left_ms > 10_000
        tasks.cancel_scope.cancel()
    assert kept.ended is None


@pytest.mark.parametrize("takes_s", [0.0, 3_600.0], ids=["refused", "hanging"])
async def test_lease_that_cannot_be_renewed_is_given_up_three_seconds_before_its_end(takes_s: float) -> None:
    """Not a millisecond later, whether the database refuses or never answers."""
    kept = Kept()
    kept.leases.is_away, kept.leases.takes_s = True, takes_s
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        await kept.clock.let_pass(RELIED_ON_MS - 1)
        assert not kept.keeper.is_expired()
        await kept.clock.let_pass(1)
        assert kept.keeper.is_expired()
        with pytest.raises(Fenced, match="could not be renewed"):
            kept.keeper.check()
    assert kept.ended is not None


async def test_slow_renewal_counts_from_when_it_was_asked_for() -> None:
    """The database may have prolonged it at any moment since."""
    kept = Kept()
    kept.leases.takes_s = 4.0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        await kept.clock.let_pass(9_000)
        assert kept.keeper.left_ms == RELIED_ON_MS - 4_000
        tasks.cancel_scope.cancel()


async def test_slow_taking_counts_from_when_it_was_asked_for() -> None:
    """So does the first one."""
    kept = Kept()
    kept.leases.takes_s = 2.0
    found: list[LeaseKeeper | None] = []

    async def take() -> None:
        row: DeploymentRecord = deployment(skill="any")  # type: ignore[arg-type] # any
        found.append(await LeaseKeeper.take(row, "me", leases=kept.leases, clock=kept.clock, timings=TIMINGS))  # type: ignore[arg-type] # the three methods that are called

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take)
        await kept.clock.let_pass(2_000)
    assert found[0] is not None
    assert found[0].left_ms == RELIED_ON_MS - 2_000


async def test_process_that_stood_still_knows_before_it_has_asked_anybody() -> None:
    """A machine that was suspended for a minute sends nothing, though none of its tasks has run yet."""
    kept = Kept()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        await kept.clock.let_pass(6_000)
        kept.clock.freeze(60_000)
        assert kept.keeper.is_expired()
        with pytest.raises(Fenced):
            kept.keeper.check()
        await settle()
        await kept.clock.let_pass(1)
        assert kept.ended is not None
    assert kept.leases.asked == [5_000]


async def test_renewal_that_was_under_way_while_the_process_stood_still_revives_nothing() -> None:
    """It was granted a minute ago; by now somebody else may have the lease."""
    kept = Kept()
    kept.leases.takes_s = 1.0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kept.run)
        await kept.clock.let_pass(5_500)
        kept.clock.freeze(60_000)
        await kept.clock.let_pass(1_000)
        assert kept.ended is not None
        assert kept.keeper.is_expired()


async def test_lease_that_was_given_back_is_not_relied_on() -> None:
    """From the moment on in which that is asked for."""
    kept = Kept()
    await kept.keeper.release()
    assert kept.leases.released == 1
    assert kept.keeper.is_expired()
    with pytest.raises(Fenced, match="was given back"):
        kept.keeper.check()
