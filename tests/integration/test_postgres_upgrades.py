"""A database in which an earlier release has lived goes on in this one: nothing is lost, and its journal still fits."""

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agentic_core.domain import CommandKind, CommandState, DeploymentId, DeploymentStatus, Fence, Instant, paper_account
from agentic_core.ops.journal_audit import JournalReport, audit_journal
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.migrator import migrate, shipped_migrations
from tests.support.by_hand import execute
from tests.support.stored_values import AT

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

RUN = DeploymentId("00000000-0000-8000-8000-000000000001")
ACCOUNT = paper_account(RUN)
BEFORE_RUNNERS = 13
"""Migrations of the release before commands could be claimed."""

OLD_ROWS = """
insert into users (id) values ('OLD')
insert into skills (id, user_id, name, slug) values ('OLD', 'OLD', 'Old', 'old')
insert into skill_versions values ('OLD', 1, '{}', repeat('0', 64))
insert into deployments (id, user_id, skill_id, skill_version, broker_kind, status, account_key) \
values ('OLD', 'OLD', 'OLD', 1, 'paper', 'running', 'paper:OLD')
update deployments set status = 'halted', halt_reason = 'daily_loss: 6 % lost'
"""
"""A deployment with a halt; OLD is the id of everything."""

OLD_COMMANDS = (
    ("pause", "applied", "done"),
    ("resume", "refused", "because"),
    ("stop", "expired", "the deployment ended"),
    ("snapshot", "queued", None),
    ("flatten", "claimed", None),
)
"""One of every state; the last was written by hand, for the release before claimed none."""


async def _live_in_the_old_release(dsn: str) -> None:
    await migrate(dsn, shipped_migrations()[:BEFORE_RUNNERS])
    for row in OLD_ROWS.strip().split("\n"):
        execute(dsn, row.replace("OLD", RUN))
    for seq, (kind, state, outcome) in enumerate(OLD_COMMANDS, start=1):
        execute(
            dsn,
            "insert into agent_commands (id, deployment_id, seq, kind, payload, issued_at, state)"
            " values (gen_random_uuid(), %s, %s, %s, '{}', now(), 'queued')",
            *(RUN, seq, kind),
        )
        execute(
            dsn,
            "update agent_commands set state = %s, outcome = %s::text,"
            " acked_at = case when %s::text is null then null else now() end where seq = %s and state <> %s",
            *(state, outcome, outcome, seq, state),
        )
    execute(dsn, "update deployments set commands_issued = %s", len(OLD_COMMANDS))


async def _verified(store: PostgresStore) -> JournalReport:
    return await audit_journal(store, RUN, {})


async def test_commands_of_every_state_outlive_the_upgrade_by_a_plain_owner(
    empty_database: str, owned_template: str
) -> None:
    """What had its outcome keeps it; what had none waits, is taken up and ends; the journal tells it all."""
    assert owned_template  # so that there is such an owner, for whom the rules of the rows hold as well
    execute(empty_database, f"alter database {conninfo_to_dict(empty_database)['dbname']} owner to plain_owner")
    owned = make_conninfo(empty_database, user="plain_owner")
    await _live_in_the_old_release(owned)
    assert (await migrate(owned))[0].version == BEFORE_RUNNERS + 1
    async with open_store(owned) as store:
        assert (await _verified(store)).is_whole
        old = {command.seq: command for command in await store.commands.recent(RUN, 10)}
        assert [(old[seq].state, old[seq].finished_at == old[seq].acked_at) for seq in (1, 2, 3)] == [
            (CommandState.APPLIED, True),
            (CommandState.REFUSED, True),
            (CommandState.EXPIRED, True),
        ]
        assert [command.seq for command in await store.commands.pending(RUN)] == [4, 5]
        lease = await store.leases.acquire(ACCOUNT, "of this release", 60_000, deployment=RUN)
        assert lease is not None
        fence = Fence(account=ACCOUNT, epoch=lease.epoch)
        for command in await store.commands.pending(RUN):
            assert command.state is CommandState.QUEUED
            claimed = await store.commands.claim(command, fence=fence, at=AT)
            assert claimed.claimed_epoch == lease.epoch
            await store.commands.ack(claimed, CommandState.APPLIED, "done", at=Instant(AT + 1), fence=fence)
        assert (await _verified(store)).is_whole


async def test_halt_of_the_old_release_is_cleared_in_this_one(empty_database: str) -> None:
    """When it latched was not kept, so nobody has to say it; the next one says."""
    await _live_in_the_old_release(empty_database)
    await migrate(empty_database)
    async with open_store(empty_database) as store:
        halted = await store.deployments.load(RUN)
        assert (halted.status, halted.halt_reason, halted.halted_at) == (
            DeploymentStatus.HALTED,
            "daily_loss: 6 % lost",
            None,
        )
        cleared = await store.deployments.move(RUN, DeploymentStatus.RUNNING, at=AT)
        assert (cleared.halt_reason, cleared.halted_at) == (None, None)
        again = await store.deployments.move(RUN, DeploymentStatus.HALTED, at=AT, reason="drawdown: 20 %")
        assert again.halted_at == AT
        await store.commands.queue(RUN, CommandKind.KILL, payload={}, at=AT)
        assert (await _verified(store)).is_whole
