"""What runners and the jobs do in one go, by the logins that they have in life: nothing that they need is missing."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    AccountDay,
    Command,
    CommandKind,
    CommandState,
    DeploymentStatus,
    Desired,
    Instant,
    JobRun,
    OrdersCounted,
    PlatformSwitch,
    PlatformSwitches,
    Usd,
)
from agentic_core.domain.money import ZERO
from agentic_core.errors import Fenced, StoreError
from agentic_core.ports.paper_books import PaperRecord
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.roles import narrow_dsn
from tests.support.sealed_keys import CountedEntropy
from tests.support.stored_values import AT, log_line, state
from tests.support.tenants import Tenant, as_runner, tenant

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

LATER = Instant(AT + 900_000)
S = DeploymentStatus


@pytest.fixture
async def owner(database: str) -> AsyncIterator[PostgresStore]:
    """Open the store of an empty database as its owner does."""
    async with open_store(database) as store:
        yield store


async def _mark_silent(jobs: PostgresStore, silent: Tenant) -> tuple[Command, ...]:
    async with jobs.unit() as unit:
        (watched,) = [row for row in await unit.watched.deployments() if row.deployment.id == silent.deployment]
        assert watched.lease is not None
        await unit.deployments.set_desired(silent.deployment, Desired.STOPPED)
        await unit.leases.raise_epoch(silent.account, above=watched.lease.epoch)
        assert (await unit.watched.deployment(silent.deployment)) is not None
        assert await unit.states.read(silent.deployment) is not None
        assert await unit.leases.read(silent.account) is not None
        await unit.deployments.move(silent.deployment, S.ERROR, at=LATER, reason="heartbeat lost: 15 min")
        await unit.logs.append([replace(log_line("heartbeat lost"), deployment_id=silent.deployment)])
        return await unit.commands.expire_rest(silent.deployment, "nobody runs it", at=LATER)


async def test_jobs_mark_a_silent_runner_in_one_unit(owner: PostgresStore, database: str) -> None:
    """It is fenced, in error with its reason, its commands have expired, and nobody else's."""
    silent, other = [await tenant(owner, name) for name in ("anna", "bert")]
    async with open_store(narrow_dsn(database, "agentic_jobs")) as jobs:
        (expired,) = await _mark_silent(jobs, silent)
        assert [row.deployment.id for row in await jobs.watched.deployments()] == [other.deployment]
    assert (expired.state, expired.outcome) == (CommandState.EXPIRED, "nobody runs it")
    ended = await owner.deployments.load(silent.deployment)
    assert (ended.status, ended.desired, ended.error_text) == (S.ERROR, Desired.STOPPED, "heartbeat lost: 15 min")
    with pytest.raises(Fenced):
        await owner.states.write(silent.fence, state("1", deployment=silent.deployment))
    assert len(await owner.commands.pending(other.deployment)) == 1


async def test_jobs_note_their_runs_and_read_what_they_sweep(owner: PostgresStore, database: str) -> None:
    """Runs of jobs, wallets that wait or trade, orphaned keys, and the journals of everybody."""
    silent = await tenant(owner, "anna")
    async with open_store(narrow_dsn(database, "agentic_jobs")) as jobs:
        assert await jobs.jobs.begin("sweep", due_before=AT, at=AT, holder="a loop")
        await jobs.jobs.finish("sweep", at=LATER, holder="a loop", outcome={"checked": 1})
        ended = JobRun(name="sweep", holder="a loop", started_at=AT, finished_at=LATER, outcome={"checked": 1})
        assert await jobs.jobs.runs() == (ended,)
        assert await jobs.wallets.waiting("Mainnet") == ()
        assert await jobs.wallets.watched("Mainnet") == ()
        await jobs.wallets.discard("0x" + "1" * 40)
        assert await jobs.secrets.orphans(older_than_ms=0) == ()
        assert await jobs.journal.head(silent.deployment) is not None
        assert len(await jobs.journal.after(silent.deployment, 0, 3)) == 3
        assert await jobs.journal.due(0) != ()
        assert await jobs.journal.checkpoints(silent.deployment) == ()
        assert await jobs.platform.switches() == PlatformSwitches()
        with pytest.raises(StoreError, match="permission denied"):
            await jobs.platform.switch(PlatformSwitch.TRADING_DISABLED, is_on=True, at=AT)


async def test_runner_ends_its_deployment_in_one_unit(owner: PostgresStore, database: str) -> None:
    """A stop: claimed, noted, and at its end the status, what it shall come to, and the outcome together."""
    ours = await tenant(owner, "anna")
    queued = await owner.commands.queue(ours.deployment, CommandKind.STOP, payload={}, at=AT)
    async with as_runner(database, ours, CountedEntropy()) as runner:
        claimed = await runner.commands.claim(queued, fence=ours.fence, at=AT)
        async with runner.unit(ours.fence) as unit:
            await unit.deployments.move(ours.deployment, S.RUNNING, at=AT)
            halted = await unit.deployments.move(ours.deployment, S.HALTED, at=AT, reason="daily_loss: 5 %")
            await unit.deployments.move(ours.deployment, S.STOPPING, at=AT)
            await unit.commands.step(claimed, "suspended", fence=ours.fence, at=AT)
        async with runner.unit(ours.fence) as unit:
            await unit.deployments.move(ours.deployment, S.STOPPED, at=LATER)
            await unit.deployments.set_desired(ours.deployment, Desired.STOPPED)
            done = await unit.commands.ack(claimed, CommandState.APPLIED, "stopped", at=LATER, fence=ours.fence)
    assert (halted.halted_at, [step.text for step in done.steps]) == (AT, ["suspended"])
    ended = await owner.deployments.load(ours.deployment)
    assert (ended.status, ended.desired, ended.halted_at) == (S.STOPPED, Desired.STOPPED, AT)


async def test_runner_fails_its_deployment_with_the_reason(owner: PostgresStore, database: str) -> None:
    """As one that can never run like this does."""
    ours = await tenant(owner, "anna")
    async with as_runner(database, ours, CountedEntropy()) as runner:
        async with runner.unit(ours.fence) as unit:
            await unit.deployments.move(ours.deployment, S.ERROR, at=AT, reason="no key")
        failed = await runner.deployments.load(ours.deployment)
    assert (failed.status, failed.error_text, failed.stopped_at) == (S.ERROR, "no key", AT)


async def test_runner_keeps_what_it_remembers_of_its_account(owner: PostgresStore, database: str) -> None:
    """Days, books on paper, lines with keys; and it reads what it needs before it has its lease."""
    ours = await tenant(owner, "anna")
    equity = Usd(ZERO)
    day = AccountDay(account=ours.account, day=1, baseline_usd=equity, opened_at=AT, peak_usd=equity, as_of=AT)
    async with as_runner(database, ours, CountedEntropy()) as runner:
        async with runner.unit(ours.fence) as unit:
            await unit.days.write(ours.fence, day)
            await unit.days.write(ours.fence, day)
            await unit.paper.write(ours.fence, PaperRecord(account=ours.account, as_of=AT, state="{}"))
        assert await runner.days.newest(ours.account) == day
        assert await runner.days.orders(ours.account, AT, LATER) == OrdersCounted()
        line = replace(log_line("once"), deployment_id=ours.deployment, line_key=ours.deployment)
        await runner.logs.append([line])
        await runner.logs.append([line])
        assert [each.message for each in await runner.logs.recent(ours.deployment, 9)] == ["once", "traded"]
        run = await runner.deployments.load(ours.deployment)
        assert (await runner.skills.version(run.skill_id, run.skill_version)).version == run.skill_version
        assert await runner.platform.switches() == PlatformSwitches()
        assert await runner.wallets.watched("Mainnet") == ()
        assert await runner.wallets.find("0x" + "1" * 40) is None
        with pytest.raises(StoreError, match="permission denied"):
            await runner.watched.deployments()
