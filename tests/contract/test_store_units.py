"""What both stores promise of a unit of work: all of it or nothing, under one lease."""

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import CommandKind, DeploymentId, Fence, LeaseState
from agentic_core.errors import Conflict, Fenced, NotFound
from agentic_core.store.memory import MemoryStore
from tests.support.numbered_intents import next_nonce
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_memory
from tests.support.stored_values import AT, DEPLOYMENT, HELD, LIVE, USER, decision, deployment, intent, log_line
from tests.support.unit_work import Units, shown, steps, units_of, work

PORTS = ("agentic_core.ports.units.UnitStore", "agentic_core.ports.runner_store.RunnerStore")

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def subject(live_subject: StoreUnderTest) -> StoreUnderTest:
    """Trade a real account, of which a store in memory keeps the journal as a database does."""
    return await in_memory(journaled=True, live=True) if isinstance(live_subject.store, MemoryStore) else live_subject


class _OfTheCaller(Exception):
    """What nobody but the caller of a store raises."""


async def _messages(subject: StoreUnderTest) -> list[str]:
    return [line.message for line in await subject.store.logs.recent(DEPLOYMENT, 9)]


async def test_unit_stores_at_its_end_what_went_through_all_repositories(subject: StoreUnderTest) -> None:
    """Nobody else sees any of it before; afterwards it is what the same calls write alone, journal included."""
    store = units_of(subject)
    before, head = await shown(store), await store.journal.head(DEPLOYMENT)
    async with store.unit(subject.fence) as unit:
        await work(unit, subject)
        inside = await shown(unit)
        assert await shown(store) == before
        assert await store.journal.head(DEPLOYMENT) == head
    assert await shown(store) == inside
    assert not any(one == other for one, other in zip(before, inside, strict=True))
    assert head is not None
    kinds = [entry.kind for entry in await store.journal.after(DEPLOYMENT, head.seq, 99)]
    assert sorted(kinds) == [
        "command",
        "decision",
        "fill",
        "funding",
        "intent",
        "noted",
        "result",
        "status",
        "transfer",
    ]


async def test_unit_that_fails_after_any_of_its_calls_has_written_nothing(subject: StoreUnderTest) -> None:
    """Not through any repository, nor into the journal; and the nonce that was drawn is drawn again."""
    store = units_of(subject)
    before, head = await shown(store), await store.journal.head(DEPLOYMENT)

    async def fail(done: int) -> None:
        async with store.unit(subject.fence) as unit:
            for step in steps(unit, subject)[:done]:
                await step()
            raise _OfTheCaller

    for done in range(len(steps(store, subject)) + 1):
        with pytest.raises(_OfTheCaller):
            await fail(done)
        assert await shown(store) == before, done
        assert await store.journal.head(DEPLOYMENT) == head, done
    assert await next_nonce(subject) == AT


async def test_call_that_raises_in_a_unit_is_undone_alone(subject: StoreUnderTest) -> None:
    """It has written nothing, and what came before and after it is stored."""
    store = units_of(subject)
    stray = [log_line("mine"), replace(log_line("stray"), deployment_id=DeploymentId(USER))]
    async with store.unit(subject.fence) as unit:
        await unit.logs.append([log_line("before")])
        await unit.intents.prepare(subject.fence, decision(subject.skill, opens=True), [intent(account=LIVE)], at=AT)
        with pytest.raises(NotFound):
            await unit.logs.append(stray)
        with pytest.raises(Conflict):
            await unit.intents.prepare(
                subject.fence, decision(subject.skill, opens=True), [intent(account=LIVE)], at=AT
            )
        with pytest.raises(Conflict):
            await unit.deployments.create(deployment(subject.skill))
        await unit.logs.append([log_line("after")])
    assert sorted(await _messages(subject)) == ["after", "before"]
    assert len(await store.intents.living(LIVE)) == 1


@pytest.mark.parametrize("epoch", [0, 2])
async def test_unit_with_a_stale_fence_is_never_entered(subject: StoreUnderTest, epoch: int) -> None:
    """An epoch that was or will be is refused before the first call."""
    store = units_of(subject)
    before = await shown(store)
    with pytest.raises(Fenced, match=f"epoch {epoch} is not the live lease"):
        async with store.unit(Fence(account=LIVE, epoch=epoch)) as unit:
            await unit.logs.append([log_line("never")])
    assert await shown(store) == before


async def test_unit_whose_lease_ran_out_is_never_entered(subject: StoreUnderTest) -> None:
    """A lease that nobody else took is over all the same."""
    subject.run_out(LIVE)
    with pytest.raises(Fenced):
        async with units_of(subject).unit(subject.fence) as unit:
            await unit.logs.append([log_line("never")])
    assert await _messages(subject) == []


async def test_unit_without_a_fence_still_fences_the_calls_that_are(subject: StoreUnderTest) -> None:
    """Each looks at the lease itself, as alone."""
    store = units_of(subject)
    async with store.unit() as unit:
        await unit.decisions.record(subject.fence, decision(subject.skill), HELD)
        with pytest.raises(Fenced):
            await unit.decisions.record(Fence(account=LIVE, epoch=2), decision(subject.skill, minute=1), HELD)
    assert [record.decision.tick_at for record in await store.decisions.recent(DEPLOYMENT, 9)] == [AT]


async def test_unit_inside_a_unit_is_undone_alone(subject: StoreUnderTest) -> None:
    """An error that leaves the inner one undoes only it; one that ends well shares the fate of the outer one."""
    store = units_of(subject)

    async def fail(unit: Units) -> None:
        async with unit.unit(subject.fence) as inner:
            await inner.logs.append([log_line("lost")])
            raise _OfTheCaller

    async with store.unit(subject.fence) as outer:
        await outer.logs.append([log_line("outer")])
        with pytest.raises(_OfTheCaller):
            await fail(outer)
        async with outer.unit() as inner:
            await inner.logs.append([log_line("inner")])
            async with inner.unit() as innermost:
                await innermost.logs.append([log_line("innermost")])
            await inner.logs.append([log_line("again")])
        await outer.logs.append([log_line("end")])
    assert sorted(await _messages(subject)) == ["again", "end", "inner", "innermost", "outer"]


async def test_unit_that_ended_well_inside_one_that_fails_is_undone(subject: StoreUnderTest) -> None:
    """Nothing is stored before the outermost end."""
    store = units_of(subject)
    before = await shown(store)

    async def fail() -> None:
        async with store.unit() as outer:
            async with outer.unit(subject.fence) as inner:
                await work(inner, subject)
            raise _OfTheCaller

    with pytest.raises(_OfTheCaller):
        await fail()
    assert await shown(store) == before


async def test_unit_inside_a_unit_with_a_stale_fence_leaves_the_outer_one_usable(subject: StoreUnderTest) -> None:
    """The refusal is the inner one's."""
    store = units_of(subject)
    async with store.unit() as outer:
        with pytest.raises(Fenced):
            async with outer.unit(Fence(account=LIVE, epoch=7)) as inner:
                await inner.logs.append([log_line("never")])
        await outer.logs.append([log_line("outer")])
    assert await _messages(subject) == ["outer"]


async def test_unit_whose_task_is_called_off_has_written_nothing(subject: StoreUnderTest) -> None:
    """Between two calls, and the store works on."""
    store = units_of(subject)
    before = await shown(store)
    with anyio.CancelScope() as scope:
        async with store.unit(subject.fence) as unit:
            await work(unit, subject)
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert await shown(store) == before
    await store.logs.append([log_line("next")])
    assert await _messages(subject) == ["next"]


async def test_units_of_two_tasks_that_touch_different_rows_are_both_stored(live_subject: StoreUnderTest) -> None:
    """Each sees its own rows only, until it ends."""
    subject, store = live_subject, units_of(live_subject)
    first_wrote, second_ended = anyio.Event(), anyio.Event()

    async def first() -> None:
        async with store.unit() as unit:
            await unit.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
            first_wrote.set()
            await second_ended.wait()
            assert await unit.commands.pending(DEPLOYMENT) != ()

    async def second() -> None:
        await first_wrote.wait()
        async with store.unit(subject.fence) as unit:
            assert await unit.commands.pending(DEPLOYMENT) == ()
            await unit.decisions.record(subject.fence, decision(subject.skill), HELD)
        second_ended.set()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first)
            tasks.start_soon(second)
    assert len(await store.commands.pending(DEPLOYMENT)) == 1
    assert len(await store.decisions.recent(DEPLOYMENT, 9)) == 1


async def test_unit_shared_by_two_tasks_takes_the_calls_of_both(subject: StoreUnderTest) -> None:
    """One after the other, and one that fails undoes its own only."""
    store = units_of(subject)
    refused: list[str] = []

    async def write(minute: int, epoch: int) -> None:
        try:
            fence = Fence(account=LIVE, epoch=epoch)
            await unit.decisions.record(fence, decision(subject.skill, minute=minute), HELD)
        except Fenced as error:
            refused.append(str(error)[:7])

    async with store.unit() as unit, anyio.create_task_group() as tasks:
        for minute in range(8):
            tasks.start_soon(write, minute, 1 + minute % 2)
    assert refused == ["epoch 2"] * 4
    assert len(await store.decisions.recent(DEPLOYMENT, 9)) == 4


async def test_unit_may_take_and_free_leases(subject: StoreUnderTest) -> None:
    """What it did to a lease is undone with it, epoch and all."""
    store = units_of(subject)

    async def fail() -> None:
        async with store.unit() as unit:
            assert await unit.leases.revoke(LIVE) == 2
            raise _OfTheCaller

    with pytest.raises(_OfTheCaller):
        await fail()
    lease = await store.leases.read(LIVE)
    assert lease is not None
    assert (lease.epoch, lease.state) == (1, LeaseState.HELD)
    async with store.unit(subject.fence) as unit:
        await unit.leases.release(subject.lease)
    taken = await store.leases.acquire(LIVE, "runner-2", TTL_MS, deployment=DEPLOYMENT)
    assert taken is not None
    assert taken.epoch == 2


async def test_store_that_acts_for_a_user_shows_what_is_the_users(subject: StoreUnderTest) -> None:
    """And puts calls together like any other."""
    theirs = units_of(subject).acting_for(USER)
    assert (await theirs.deployments.load(DEPLOYMENT)).user_id == USER
    async with theirs.unit() as unit:
        await unit.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
    assert [command.kind for command in await theirs.commands.recent(DEPLOYMENT, 9)] == [CommandKind.PAUSE]
