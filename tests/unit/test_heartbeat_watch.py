"""The watch over silent runners: who is marked, who is not, and that a fence comes first."""

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    CommandKind,
    CommandState,
    DeploymentId,
    DeploymentStatus,
    Desired,
    Fence,
    Instant,
    Interval,
    LeaseState,
)
from agentic_core.domain.operations import WatchedDeployment
from agentic_core.domain.times import HOUR_MS, MINUTE_MS
from agentic_core.errors import Fenced, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ops.heartbeats import HeartbeatWatch, is_silent, silence_ms_max
from agentic_core.ops.outcomes import JobFigures
from agentic_core.store.memory import MemoryStore
from agentic_core.store.memory.operations import MemoryWatched
from tests.support.clocks import VirtualClock
from tests.support.stored_values import AT, LIVE, state, uuid_of
from tests.support.watched_deployments import LEASE_MS, Heard, WatchedPlace, paper_of

pytestmark = pytest.mark.anyio

ALLOWED_MS = 15 * MINUTE_MS
PROBE_MS = 5_000
UNENDED = [
    DeploymentStatus.PROVISIONING,
    DeploymentStatus.RUNNING,
    DeploymentStatus.PAUSED,
    DeploymentStatus.HALTED,
    DeploymentStatus.STOPPING,
]


class Room:
    """A store in memory at the time of a clock, and the watch over it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(AT)
        self.store = MemoryStore(self.clock.now)
        self.place = WatchedPlace(self.store)
        self.heard = Heard()

    def watch(self) -> HeartbeatWatch:
        """Return the watch as it stands there now."""
        return HeartbeatWatch(self.store, self.clock, self.heard, probe_ms=PROBE_MS)

    async def sweep(self) -> JobFigures:
        """Look once, for as long as that takes."""
        figures: list[JobFigures] = []

        async def run() -> None:
            figures.append(await self.watch().sweep())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await self.clock.let_pass(PROBE_MS)
        return figures[0]

    async def status(self, name: str) -> DeploymentStatus:
        """Return what became of a deployment."""
        return (await self.store.deployments.load(DeploymentId(uuid_of(name)))).status


@pytest.fixture
def room() -> Room:
    """Give an empty place."""
    return Room()


def test_silence_is_three_intervals_and_at_least_a_quarter_of_an_hour() -> None:
    """Whichever is longer."""
    allowed = {interval.value: silence_ms_max(interval) // MINUTE_MS for interval in Interval}
    assert allowed == {
        "1m": 15,
        "3m": 15,
        "5m": 15,
        "15m": 45,
        "30m": 90,
        "1h": 180,
        "2h": 360,
        "4h": 720,
        "8h": 1_440,
        "12h": 2_160,
        "1d": 4_320,
    }


async def test_silent_runner_is_marked_and_everything_about_it_is_said(room: Room) -> None:
    """Status, error text, what it shall come to, its log, and the words for whoever watches the jobs."""
    run = await room.place.add("lost")
    await room.place.heard("lost", AT)
    room.clock.freeze(20 * MINUTE_MS)
    assert await room.sweep() == {"checked": 1, "marked": 1}
    record = await room.store.deployments.load(run)
    text = "heartbeat lost: no sign of life since 2022-01-01 00:00:00Z, for 20 min; 15 min are allowed"
    assert (record.status, record.error_text, record.desired) == (DeploymentStatus.ERROR, text, Desired.STOPPED)
    (line,) = await room.store.logs.recent(run, 10)
    assert (line.event, line.level, line.message.startswith(text)) == (LogEvent.HEARTBEAT_LOST, LogLevel.ERROR, True)
    assert line.data["holder"] == "runner of lost"
    assert line.data["fenced_at_epoch"] == 2
    assert room.heard.events == [LogEvent.HEARTBEAT_LOST]


async def test_marked_deployment_is_not_looked_at_again(room: Room) -> None:
    """A second sweep changes and says nothing."""
    await room.place.add("lost")
    room.clock.freeze(HOUR_MS)
    assert await room.sweep() == {"checked": 1, "marked": 1}
    assert await room.sweep() == {"checked": 0, "marked": 0}
    assert len(room.heard.lines) == 1


async def test_runner_that_wakes_after_it_was_marked_writes_nothing_more(room: Room) -> None:
    """Its lease was live all the while: the fence comes with the mark."""
    run = await room.place.add("asleep")
    lease = await room.place.heard("asleep", AT)
    fence = Fence(account=lease.account, epoch=lease.epoch)
    for _ in range(20 * MINUTE_MS // LEASE_MS):
        room.clock.freeze(LEASE_MS)
        assert await room.store.leases.renew(lease)
    assert await room.sweep() == {"checked": 1, "marked": 1}
    with pytest.raises(Fenced):
        await room.store.states.write(fence, state("1", deployment=run))
    assert not await room.store.leases.renew(lease)
    assert await room.store.leases.acquire(lease.account, "runner of asleep", LEASE_MS, deployment=run) is None


async def test_silence_up_to_the_limit_is_allowed(room: Room) -> None:
    """One millisecond more is not."""
    await room.place.add("quiet")
    (watched,) = await room.store.watched.deployments()
    assert not is_silent(watched, Instant(AT + ALLOWED_MS))
    assert is_silent(watched, Instant(AT + ALLOWED_MS + 1))


async def test_taking_the_lease_is_a_sign_of_life(room: Room) -> None:
    """A runner that is back after a long time is not marked before its first state."""
    run = await room.place.add("back")
    room.clock.freeze(HOUR_MS)
    await room.store.leases.acquire(paper_of("back"), "runner of back", LEASE_MS, deployment=run)
    assert await room.sweep() == {"checked": 1, "marked": 0}


async def test_slow_skill_may_be_silent_for_longer(room: Room) -> None:
    """Three of its intervals."""
    await room.place.add("slow", interval="1h")
    room.clock.freeze(3 * HOUR_MS)
    assert await room.sweep() == {"checked": 1, "marked": 0}
    room.clock.freeze(MINUTE_MS)
    assert await room.sweep() == {"checked": 1, "marked": 1}


@pytest.mark.parametrize("status", UNENDED)
async def test_every_deployment_that_has_not_ended_is_watched(room: Room, status: DeploymentStatus) -> None:
    """Also one that never started, and one that is on its way out."""
    await room.place.add("lost", status=status)
    room.clock.freeze(HOUR_MS)
    assert await room.sweep() == {"checked": 1, "marked": 1}
    assert await room.status("lost") is DeploymentStatus.ERROR


async def test_runner_that_is_heard_while_it_is_probed_is_left_alone(room: Room) -> None:
    """As after an outage of the database, when all runners look silent for a moment."""
    run = await room.place.add("back")
    await room.place.heard("back", AT)
    room.clock.freeze(HOUR_MS)

    async def sweep() -> None:
        assert await room.watch().sweep() == {"checked": 1, "marked": 0}

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sweep)
        await room.clock.let_pass(PROBE_MS // 2)
        lease = await room.store.leases.acquire(paper_of("back"), "runner of back", LEASE_MS, deployment=run)
        await room.clock.let_pass(PROBE_MS)
    assert lease is not None
    assert await room.status("back") is DeploymentStatus.RUNNING
    assert await room.store.deployments.desired(run) is Desired.RUNNING
    assert await room.store.leases.renew(lease)
    assert room.heard.lines == []


class _HeardUnderTheFence(MemoryWatched):
    # The newest state lands between the last look before the fence and the one after it.
    def __init__(self, store: MemoryStore, at: Instant) -> None:
        super().__init__(store.skills, store.deployments, store.states, store.leases)
        self._at = at
        self._looks = 0

    async def deployment(self, deployment: DeploymentId) -> WatchedDeployment | None:
        found = await super().deployment(deployment)
        self._looks += 1
        return found if found is None or self._looks == 1 else replace(found, heard_at=self._at)


class _Away(MemoryWatched):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store.skills, store.deployments, store.states, store.leases)

    async def deployments(self) -> tuple[WatchedDeployment, ...]:
        raise StoreUnavailable


async def test_state_that_came_in_before_the_fence_undoes_the_fence(room: Room) -> None:
    """What is looked at under the fence is final, and an alive one keeps its lease and its wish."""
    run = await room.place.add("close")
    await room.place.heard("close", AT)
    room.clock.freeze(HOUR_MS)
    room.store.watched = _HeardUnderTheFence(room.store, room.clock.now())
    assert await room.sweep() == {"checked": 1, "marked": 0}
    lease = await room.store.leases.read(paper_of("close"))
    assert lease is not None
    assert (lease.epoch, lease.state) == (1, LeaseState.HELD)
    assert await room.store.deployments.desired(run) is Desired.RUNNING


async def test_commands_that_nobody_will_carry_out_expire_with_the_reason(room: Room) -> None:
    """A kill as well, which the log names."""
    run = await room.place.add("lost")
    await room.place.heard("lost", AT)
    await room.store.commands.queue(run, CommandKind.KILL, payload={}, at=AT)
    room.clock.freeze(HOUR_MS)
    await room.sweep()
    (command,) = await room.store.commands.recent(run, 10)
    assert command.state is CommandState.EXPIRED
    assert (command.outcome or "").startswith("heartbeat lost: ")
    (line,) = await room.store.logs.recent(run, 10)
    assert line.data["commands_expired"] == "1 kill"


async def test_other_deployment_that_took_the_account_over_is_not_touched(room: Room) -> None:
    """The dead one is marked; who trades the account now keeps the lease and goes on."""
    await room.place.add("old", status=DeploymentStatus.STOPPING, account=LIVE)
    room.clock.freeze(HOUR_MS)
    new = await room.place.add("new", account=LIVE)
    lease = await room.place.heard("new", room.clock.now())
    assert await room.sweep() == {"checked": 2, "marked": 1}
    assert await room.status("old") is DeploymentStatus.ERROR
    assert await room.status("new") is DeploymentStatus.RUNNING
    assert await room.store.deployments.desired(new) is Desired.RUNNING
    assert await room.store.leases.renew(lease)


async def test_deployment_that_waits_behind_a_live_lease_is_not_lost(room: Room) -> None:
    """It cannot be heard before it may take the account."""
    await room.place.add("old", status=DeploymentStatus.STOPPING, account=LIVE)
    await room.place.add("new", status=DeploymentStatus.PROVISIONING, account=LIVE)
    room.clock.freeze(HOUR_MS)
    lease = await room.place.heard("old", room.clock.now())
    assert await room.sweep() == {"checked": 2, "marked": 0}
    await room.store.leases.release(lease)
    assert await room.sweep() == {"checked": 2, "marked": 1}


async def test_account_that_its_owner_took_away_stays_taken_away(room: Room) -> None:
    """Marking gives nothing back."""
    await room.place.add("revoked", account=LIVE)
    await room.place.heard("revoked", AT)
    epoch = await room.store.leases.revoke(LIVE)
    room.clock.freeze(HOUR_MS)
    assert await room.sweep() == {"checked": 1, "marked": 1}
    lease = await room.store.leases.read(LIVE)
    assert lease is not None
    assert (lease.state, lease.epoch > epoch) == (LeaseState.REVOKED, True)


async def test_database_that_is_lost_is_passed_on(room: Room) -> None:
    """Whoever asked is told that nothing can be said."""
    room.store.watched = _Away(room.store)
    with pytest.raises(StoreUnavailable):
        await room.watch().sweep()
