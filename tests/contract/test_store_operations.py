"""What both stores promise about a platform's switches, the deployments that should be heard of, and runs of jobs."""

import pytest

from agentic_core.domain import (
    DeploymentId,
    DeploymentStatus,
    Instant,
    Interval,
    JobRun,
    PlatformSwitch,
    PlatformSwitches,
)
from tests.support.agent_wallets import live_deployment
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, PAPER, USER, deployment, hash_of, state, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = (
    "agentic_core.ports.operations.JobRunStore",
    "agentic_core.ports.operations.PlatformStore",
    "agentic_core.ports.operations.WatchedStore",
)

HOUR_MS = 3_600_000
SLOW = '{"schedule":{"interval":"4h"},"model":"rules"}'
ODD = '{"schedule":{"interval":"7m"},"model":"rules"}'


def after(ms: int) -> Instant:
    """Return an instant of the story."""
    return Instant(AT + ms)


async def test_platform_has_nothing_switched_off_at_first(subject: StoreUnderTest) -> None:
    """What nobody touched is on."""
    assert await subject.store.platform.switches() == PlatformSwitches()


async def test_platform_switches_go_off_and_on_one_by_one(owned_subject: StoreUnderTest) -> None:
    """Each answer tells all of them, and so does asking."""
    platform = owned_subject.store.platform
    off = await platform.switch(PlatformSwitch.TRADING_DISABLED, is_on=True, at=AT)
    assert off == PlatformSwitches(trading_disabled=True)
    both = await platform.switch(PlatformSwitch.DEPLOYMENTS_DISABLED, is_on=True, at=AT)
    assert both == PlatformSwitches(trading_disabled=True, deployments_disabled=True)
    assert await platform.switches() == both
    await platform.switch(PlatformSwitch.TRADING_DISABLED, is_on=False, at=AT)
    assert await platform.switches() == PlatformSwitches(deployments_disabled=True)


async def test_watched_deployment_tells_its_lease_and_when_it_was_heard(subject: StoreUnderTest) -> None:
    """Of the newest state; before that since it runs, and before that since it was made."""
    store = subject.store
    (made,) = await store.watched.deployments()
    assert made.deployment == await store.deployments.load(DEPLOYMENT)
    assert (made.interval, made.heard_at) == (Interval.M5, AT)
    assert made.lease == await store.leases.read(PAPER)
    assert made.lease is not None
    assert (made.lease.is_live, made.lease.deployment, made.lease.epoch) == (True, DEPLOYMENT, 1)
    await store.deployments.move(DEPLOYMENT, DeploymentStatus.RUNNING, at=after(60))
    (started,) = await store.watched.deployments()
    assert started.heard_at == after(60)
    await store.states.write(subject.fence, state("10000", at=AT + 900))
    (heard,) = await store.watched.deployments()
    assert heard.heard_at == after(917)
    assert await store.watched.deployment(DEPLOYMENT) == heard


async def test_watched_deployments_are_those_that_have_not_ended(subject: StoreUnderTest) -> None:
    """Oldest first, of every user and broker; one nobody ever ran has no lease."""
    store = subject.store
    live = await live_deployment(store, subject.skill)
    watched = await store.watched.deployments()
    assert {row.deployment.id for row in watched} == {DEPLOYMENT, live.id}
    assert [row.deployment for row in watched] == sorted(
        [row.deployment for row in watched], key=lambda row: (row.created_at, row.id)
    )
    assert {row.deployment.id: row.lease is None for row in watched} == {DEPLOYMENT: False, live.id: True}
    await store.deployments.move(live.id, DeploymentStatus.ERROR, at=AT, reason="gone")
    assert [row.deployment.id for row in await store.watched.deployments()] == [DEPLOYMENT]
    assert await store.watched.deployment(live.id) is None
    assert await store.watched.deployment(DeploymentId(uuid_of("nothing"))) is None


@pytest.mark.parametrize(("payload", "interval"), [(SLOW, Interval.H4), (ODD, Interval.M5), ("{}", Interval.M5)])
async def test_watched_deployment_decides_as_often_as_its_pinned_version(
    subject: StoreUnderTest, payload: str, interval: Interval
) -> None:
    """A version that does not say so, or not in a way one can read, decides as often as one that says nothing."""
    store = subject.store
    saved = await store.skills.save(USER, name="Slow", slug="slow", payload=payload, payload_hash=hash_of(payload))
    slow = deployment(saved.skill_id, name="slow")
    await store.deployments.create(slow)
    found = await store.watched.deployment(slow.id)
    assert found is not None
    assert found.interval is interval


async def test_job_is_begun_by_one_of_those_who_ask(subject: StoreUnderTest) -> None:
    """Another may once it is due again, whether or not the first one ever ended."""
    jobs = subject.store.jobs
    assert await jobs.begin("sweep", due_before=after(-300), at=AT, holder="a")
    assert not await jobs.begin("sweep", due_before=after(-300), at=AT, holder="b")
    assert not await jobs.begin("sweep", due_before=AT, at=after(300), holder="a")
    assert await jobs.begin("verify", due_before=AT, at=AT, holder="b")
    assert await jobs.runs() == (
        JobRun(name="sweep", holder="a", started_at=AT),
        JobRun(name="verify", holder="b", started_at=AT),
    )
    assert await jobs.begin("sweep", due_before=after(1), at=after(301), holder="b")
    (sweep, _) = await jobs.runs()
    assert sweep == JobRun(name="sweep", holder="b", started_at=after(301))


async def test_job_ends_with_what_came_of_it(subject: StoreUnderTest) -> None:
    """Said by whoever began it, once; the next beginning forgets it."""
    jobs = subject.store.jobs
    await jobs.begin("sweep", due_before=AT, at=AT, holder="a")
    await jobs.finish("sweep", at=after(5), holder="b", outcome={"checked": 0})
    await jobs.finish("sweep", at=after(9), holder="a", outcome={"checked": 7, "why": "due ☕", "marked": None})
    await jobs.finish("sweep", at=after(99), holder="a", outcome={"checked": 8})
    ended = JobRun(
        name="sweep",
        holder="a",
        started_at=AT,
        finished_at=after(9),
        outcome={"checked": 7, "why": "due ☕", "marked": None},
    )
    assert await jobs.runs() == (ended,)
    assert await jobs.begin("sweep", due_before=after(1), at=after(300), holder="b")
    await jobs.finish("sweep", at=after(301), holder="a", outcome={"checked": 9})
    assert await jobs.runs() == (JobRun(name="sweep", holder="b", started_at=after(300)),)


async def test_job_that_a_clock_from_the_future_began_holds_nobody_up(subject: StoreUnderTest) -> None:
    """More than an hour ahead is no run of today's; clocks that differ by less agree on whose run it is."""
    jobs = subject.store.jobs
    await jobs.begin("sweep", due_before=AT, at=after(HOUR_MS), holder="a")
    assert not await jobs.begin("sweep", due_before=AT, at=AT, holder="b")
    await jobs.begin("later", due_before=AT, at=after(HOUR_MS + 1), holder="a")
    assert await jobs.begin("later", due_before=AT, at=AT, holder="b")
