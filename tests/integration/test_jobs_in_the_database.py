"""The jobs in PostgreSQL by the role they have in life, which suffices; side by side they do everything once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, Desired, Fence, Instant
from agentic_core.domain.times import HOUR_MS
from agentic_core.errors import DatabaseRestored, Fenced
from agentic_core.journal.checkpoints import CheckpointKey
from agentic_core.ops.heartbeats import HeartbeatWatch
from agentic_core.ops.journals import JournalKeeper
from agentic_core.ops.outcomes import JobFigures
from agentic_core.ops.pending_wallets import PendingWallets
from agentic_core.ports.clock import Clock
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.identity import mark_restored
from agentic_core.system import SystemClock
from agentic_hl.wire.network import Network
from tests.support.by_hand import execute
from tests.support.journal_scene import Scene
from tests.support.journal_story import KEY
from tests.support.sealed_keys import SCOPE, KeyRoom, key_of
from tests.support.stored_values import LIVE, state
from tests.support.wallet_room import WalletRoom
from tests.support.watched_deployments import Heard, WatchedPlace

pytest_plugins = ["tests.support.postgres", "tests.support.tampering"]
pytestmark = pytest.mark.anyio

CLOCK = SystemClock()


class _AnHourAhead(SystemClock):
    def now(self) -> Instant:
        return Instant(super().now() + HOUR_MS)


def make_silent(dsn: str) -> Instant:
    """Let every lease have been taken two hours ago, however live it is, and return when nobody is heard any more."""
    # No rule of the tables lets anybody write that.
    execute(dsn, "set session_replication_role = replica; update leases set taken_at = taken_at - interval '2 hours'")
    return Instant(CLOCK.now() - 2 * HOUR_MS)


@asynccontextmanager
async def as_jobs(dsn: str) -> AsyncIterator[PostgresStore]:
    """Open a database as the jobs do."""
    async with open_store(make_conninfo(dsn, user="agentic_jobs")) as store:
        yield store


async def swept(store: PostgresStore, heard: Heard, clock: Clock = CLOCK) -> JobFigures:
    """Look for silent runners once."""
    return await HeartbeatWatch(store, clock, heard, probe_ms=0).sweep()


async def test_silent_runner_is_fenced_and_marked_by_the_role_of_the_jobs(database: str) -> None:
    """Also one that holds a live lease of an account with money in it; who is heard of goes on."""
    heard = Heard()
    async with open_store(database) as owned, as_jobs(database) as jobs:
        place = WatchedPlace(owned)
        now = CLOCK.now()
        lost = await place.add("lost", account=LIVE)
        taken = await place.heard("lost", now)
        await place.tell(taken, lost, make_silent(database))
        lease = await owned.leases.read(LIVE)
        assert lease is not None
        assert lease.is_live
        alive = await place.add("alive")
        await place.heard("alive", now)
        await owned.commands.queue(lost, CommandKind.FLATTEN, payload={}, at=now)
        assert await swept(jobs, heard) == {"checked": 2, "marked": 1}
        record = await owned.deployments.load(lost)
        assert (record.status, record.desired) == (DeploymentStatus.ERROR, Desired.STOPPED)
        assert (record.error_text or "").startswith("heartbeat lost: ")
        with pytest.raises(Fenced):
            await owned.states.write(Fence(account=LIVE, epoch=lease.epoch), state("1", deployment=lost))
        (line,) = await owned.logs.recent(lost, 10)
        assert execute(database, "select error_trace_id from deployments where id = %s", lost) == [(line.trace_id,)]
        (command,) = await owned.commands.recent(lost, 10)
        assert command.state is CommandState.EXPIRED
        assert (await owned.deployments.load(alive)).status is DeploymentStatus.RUNNING


async def test_sweeps_side_by_side_mark_a_deployment_once(database: str) -> None:
    """One log line, one fence."""
    heard = Heard()
    marked: list[int] = []
    async with open_store(database) as owned, as_jobs(database) as one, as_jobs(database) as other:
        place = WatchedPlace(owned)
        runs = [await place.add(f"lost {number}") for number in range(5)]

        async def sweep(store: PostgresStore) -> None:
            figures = await swept(store, heard)
            marked.append(int(figures["marked"]))

        async with anyio.create_task_group() as tasks:
            for store in (one, other, one, other):
                tasks.start_soon(sweep, store)
        assert sum(marked) == 5
        assert [len(await owned.logs.recent(run, 10)) for run in runs] == [1] * 5
        assert len(heard.lines) == 5


@pytest.mark.parametrize("head_start", range(0, 96, 8))
async def test_runner_that_is_heard_at_the_moment_of_the_sweep_either_goes_on_or_is_fenced(
    database: str, head_start: int
) -> None:
    """Never marked although its state was written, and never fenced without being marked."""
    was_written: list[bool] = []
    now = CLOCK.now()
    async with open_store(database) as owned, as_jobs(database) as jobs:
        place = WatchedPlace(owned)
        run = await place.add("waking")
        lease = await place.heard("waking", now)
        await place.tell(lease, run, make_silent(database))

        async def wake() -> None:
            for _ in range(head_start):  # each takes about as long as a step of the sweep
                await owned.leases.read(lease.account)
            try:
                await place.tell(lease, run, now)
            except Fenced:
                was_written.append(False)
            else:
                was_written.append(True)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wake)
            figures = await swept(jobs, Heard())
        (written,) = was_written
        assert figures["marked"] == (0 if written else 1)
        assert await owned.leases.renew(lease) == written
        status = (await owned.deployments.load(run)).status
        assert status is (DeploymentStatus.RUNNING if written else DeploymentStatus.ERROR)


async def test_jobs_whose_clock_is_an_hour_ahead_mark_nobody_who_holds_a_live_lease(database: str) -> None:
    """The database tells by its own clock who lives; a machine of the jobs that woke up wrong ends nobody."""
    async with open_store(database) as owned, as_jobs(database) as jobs:
        place = WatchedPlace(owned)
        runs = [await place.add(name) for name in ("one", "other")]
        lease = await place.heard("one", CLOCK.now())
        await place.heard("other", CLOCK.now())
        await owned.leases.release(await place.heard("other", CLOCK.now()))
        assert await swept(jobs, Heard(), _AnHourAhead()) == {"checked": 2, "marked": 1}
        assert await owned.leases.renew(lease)
        statuses = [(await owned.deployments.load(run)).status for run in runs]
        assert statuses == [DeploymentStatus.RUNNING, DeploymentStatus.ERROR]


async def test_nobody_is_marked_in_a_database_that_is_not_the_one_it_was(database: str) -> None:
    """Whoever runs cannot be heard in it before its owner has looked."""
    async with open_store(database) as owned, as_jobs(database) as jobs:
        place = WatchedPlace(owned)
        run = await place.add("alive")
        await place.heard("alive", CLOCK.now())
        await mark_restored(database)
        with pytest.raises(DatabaseRestored, match="agentic db resolve"):
            await swept(jobs, Heard())
        assert (await owned.deployments.load(run)).status is DeploymentStatus.RUNNING


async def test_approval_that_nobody_gave_goes_by_the_role_of_the_jobs(database: str) -> None:
    """With its sealed key, and a key that never had a wallet; an approved one stays."""
    venue = WalletRoom(Network.MAINNET)
    async with open_store(database) as owned, as_jobs(database) as jobs:
        room = KeyRoom(owned)
        approved = await room.approved()
        waiting, orphan = key_of("waiting"), key_of("orphan")
        await room.stage(waiting, await room.vault().keep(waiting, SCOPE), name="other desk")
        kept = await room.vault().keep(orphan, SCOPE)
        job = PendingWallets(venue.desk, jobs.wallets, jobs.secrets, CLOCK, Heard(), network=SCOPE.network)
        assert await job.collect() == {"deleted": 1, "alarms": 0, "unclear": 0, "orphans": 0}
        execute(database, "update vault.secrets set created_at = created_at - interval '2 hours'")
        assert await job.collect() == {"deleted": 0, "alarms": 0, "unclear": 0, "orphans": 1}
        assert await owned.wallets.pending(waiting.address) is None
        assert await owned.secrets.sealed(kept) is None
        assert await owned.secrets.sealed(approved.vault_key_id) is not None


async def test_journals_are_verified_by_the_role_of_the_jobs(scene: Scene) -> None:
    """Whole as it was told; once a record is altered, its deployment's log says so."""
    heard = Heard()
    trusted = {KEY.public.key_id: KEY.public}
    async with as_jobs(scene.dsn) as jobs:
        keeper = JournalKeeper(jobs.journal, jobs.logs, CLOCK, heard, keys=trusted)
        assert await keeper.verify() == {"whole": 1, "broken": 0}
        stranger = CheckpointKey(b"1" * 32).public
        distrusting = JournalKeeper(jobs.journal, jobs.logs, CLOCK, heard, keys={stranger.key_id: stranger})
        assert await distrusting.verify() == {"whole": 0, "broken": 1}
        scene.alter("update journal set record = replace(record, 'runner-1', 'runner-9') where seq = 2")
        assert await keeper.verify() == {"whole": 0, "broken": 1}
    assert "its journal does not hold together at record 2" in heard.lines[-1][2]
    assert execute(scene.dsn, "select count(*) from agent_logs where event = 'human_needed'") == [(2,)]
    execute(scene.dsn, "delete from agent_logs")


async def test_heads_that_have_grown_are_signed_by_the_role_of_the_jobs(scene: Scene) -> None:
    """Once; nothing is signed that does not follow from what was signed before."""
    heard = Heard()
    trusted = {KEY.public.key_id: KEY.public}
    execute(scene.dsn, "update deployments set halt_reason = 'drawdown'")
    async with as_jobs(scene.dsn) as jobs:
        keeper = JournalKeeper(jobs.journal, jobs.logs, CLOCK, heard, keys=trusted, signing=KEY)
        assert await keeper.sign() == {"signed": 1, "broken": 0}
        assert await keeper.sign() == {"signed": 0, "broken": 0}
        assert await keeper.verify() == {"whole": 1, "broken": 0}
        execute(scene.dsn, "update deployments set halt_reason = 'daily_loss'")
        scene.alter("delete from journal where seq = 25")
        assert await keeper.sign() == {"signed": 0, "broken": 1}
    assert "its head was not signed" in heard.lines[-1][2]
    execute(scene.dsn, "delete from agent_logs")


async def test_of_many_schedulers_one_begins_a_job(database: str) -> None:
    """Each over a connection of its own."""
    began: list[bool] = []
    now = CLOCK.now()

    async def begin(holder: str) -> None:
        async with as_jobs(database) as jobs:
            began.append(await jobs.jobs.begin("sweep", due_before=now, at=now, holder=holder))

    async with anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(begin, f"jobs:{number}")
    assert sorted(began) == [False] * 5 + [True]
