"""What PostgreSQL does with a journal, whoever writes to it."""

from collections.abc import AsyncIterator

import anyio
import pytest
from msgspec.structs import replace
from psycopg import errors

from agentic_core.domain import Fence, SkillId
from agentic_core.domain.journal import Checkpoint, JournalHead, record_hash, record_text
from agentic_core.domain.records import CommandKind
from agentic_core.errors import Conflict
from agentic_core.journal.chain import Verified, empty_chain, verify_chain
from agentic_core.ops.journal_audit import audit_journal
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.migrator import migrate, shipped_migrations
from tests.support.by_hand import execute, execute_as
from tests.support.store_under_test import StoreUnderTest, in_memory, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, decision

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

INSERT = """
insert into journal (deployment_id, seq, epoch, kind, record, hash)
values (%s, %s, %s, %s, %s, decode(%s, 'hex'))
"""


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store."""
    async with open_store(database) as store:
        yield await in_postgres(store, database)


async def head_of(subject: StoreUnderTest) -> JournalHead:
    """Return the newest record, after a chain that was verified up to it."""
    entries = await subject.store.journal.after(DEPLOYMENT, 0, 10_000)
    verified = verify_chain(empty_chain(DEPLOYMENT), entries)
    assert isinstance(verified, Verified)
    assert verified.head == await subject.store.journal.head(DEPLOYMENT)
    return verified.head


async def test_a_record_inserted_by_hand_has_to_be_the_next_link(database: str, subject: StoreUnderTest) -> None:
    """Not even the owner adds one with another number, predecessor, epoch, kind or hash, nor to another chain."""
    head = await head_of(subject)
    text = record_text(head, "restored", {"reason": "a test"}, at=AT)
    stray = record_text(JournalHead(deployment=DEPLOYMENT, seq=head.seq, hash="0" * 64, epoch=1), "restored", {}, at=AT)
    for row in (
        (DEPLOYMENT, head.seq + 2, 1, "restored", text, record_hash(text)),
        (DEPLOYMENT, head.seq + 1, 1, "status", text, record_hash(text)),
        (DEPLOYMENT, head.seq + 1, None, "restored", text, record_hash(text)),
        (DEPLOYMENT, head.seq + 1, 1, "restored", text, record_hash(text + " ")),
        (DEPLOYMENT, head.seq + 1, 1, "restored", stray, record_hash(stray)),
        ("00000000-0000-8000-8000-000000000009", 1, None, "restored", text, record_hash(text)),
    ):
        with pytest.raises(errors.RestrictViolation, match="does not follow"):
            execute(database, INSERT, *row)
    assert await head_of(subject) == head
    execute(database, INSERT, DEPLOYMENT, head.seq + 1, 1, "restored", text, record_hash(text))
    assert (await head_of(subject)).hash == record_hash(text)


async def test_the_owner_appends_what_no_table_shows(database: str, subject: StoreUnderTest) -> None:
    """Keys are sorted, nulls dropped, and the epoch of the chain becomes the one given; it never falls again."""
    before = await head_of(subject)
    append = "select journal_append(%s, 'restored', %s, %s)"
    assert execute(database, append, DEPLOYMENT, '{"why": "a test", "at": 5, "who": null}', 7) == [(before.seq + 1,)]
    assert execute(database, append, DEPLOYMENT, "{}", 6) == [(before.seq + 2,)]
    first, second = await subject.store.journal.after(DEPLOYMENT, before.seq, 9)
    assert '"body":{"at":5,"why":"a test"},' in first.record
    assert (first.epoch, second.epoch, (await head_of(subject)).epoch) == (7, 7, 7)
    with pytest.raises(errors.ForeignKeyViolation, match="has no journal"):
        execute(database, append, "00000000-0000-8000-8000-000000000009", "{}", None)


@pytest.mark.parametrize(
    "change",
    [
        "update journal set record = replace(record, 'lease', 'leash')",
        "delete from journal",
        "truncate journal cascade",
        "update journal_heads set seq = 0",
        "select journal_append(deployment_id, 'restored', '{}') from journal_heads",
        "select append_record(deployment_id, 'restored', '{}') from journal_heads",
    ],
)
async def test_no_application_role_writes_a_journal(database: str, subject: StoreUnderTest, change: str) -> None:
    """Not even one that was granted all tables: facts stay, heads only grow, and the functions are not its."""
    before = await head_of(subject)
    with pytest.raises((errors.IntegrityError, errors.InsufficientPrivilege)):
        execute_as(database, "plain_role", change)
    assert await head_of(subject) == before


async def test_an_edit_by_the_owner_breaks_the_chain_and_is_written_down(
    database: str, subject: StoreUnderTest
) -> None:
    """The owner may do everything; that it was done stays."""
    execute(database, "update journal set record = replace(record, 'runner-1', 'runner-9') where seq = 2")
    entries = await subject.store.journal.after(DEPLOYMENT, 0, 9)
    assert not isinstance(verify_chain(empty_chain(DEPLOYMENT), entries), Verified)
    edits = execute(database, "select relation, verb, key ->> 'seq' from owner_edits")
    assert edits == [("public.journal", "update", "2")]


async def test_what_is_rolled_back_was_never_journaled(database: str, subject: StoreUnderTest) -> None:
    """A record is part of the transaction of its effect."""
    before = await head_of(subject)
    effect = "update deployments set status = 'paused'"
    execute(database, f"begin; {effect}; rollback")
    assert await head_of(subject) == before
    execute(database, f"begin; {effect}; commit")
    assert (await head_of(subject)).seq == before.seq + 1


async def test_writers_at_once_make_one_chain(subject: StoreUnderTest) -> None:
    """Whoever comes second waits for the head, and follows."""

    async def write(writer: int) -> None:
        for minute in range(20):
            wanted = decision(subject.skill, minute=100 * writer + minute)
            await subject.store.decisions.record(subject.fence, wanted, HELD)
            await subject.store.commands.queue(DEPLOYMENT, CommandKind.SNAPSHOT, payload={}, at=AT)

    async with anyio.create_task_group() as tasks:
        for writer in range(4):
            tasks.start_soon(write, writer)
    assert (await head_of(subject)).seq == 2 + 4 * 20 * 2


@pytest.mark.parametrize("is_postgres", [False, True])
async def test_signed_heads_are_kept_once_and_only_of_the_chain(database: str, is_postgres: bool) -> None:
    """A head that the chain does not have is refused, a second signature of one record changes nothing."""
    async with open_store(database) as postgres:
        subject = await in_postgres(postgres, database) if is_postgres else await in_memory(journaled=True)
        journal, head = subject.store.journal, await head_of(subject)
        assert [due.deployment for due in await journal.due(2)] == [DEPLOYMENT]
        assert await journal.due(3) == ()
        signed = Checkpoint(
            deployment=DEPLOYMENT,
            seq=head.seq,
            hash=head.hash,
            key_id="k1",
            statement="{}",
            signature=bytes(64),
            made_at=AT,
        )
        foreign = replace(signed, seq=1)
        assert await journal.add_checkpoint(signed)
        assert not await journal.add_checkpoint(signed)
        with pytest.raises(Conflict, match="has no record 1 with the hash"):
            await journal.add_checkpoint(foreign)
        assert await journal.checkpoints(DEPLOYMENT) == (signed,)
        assert await journal.due(1) == ()


OLD_ROWS = """
insert into users (id) values ('OLD')
insert into skills (id, user_id, name, slug) values ('OLD', 'OLD', 'Old', 'old')
insert into skill_versions (skill_id, version, payload, payload_hash) values ('OLD', 1, '{}', repeat('0', 64))
insert into deployments (id, user_id, skill_id, skill_version, broker_kind, status, account_key) \
values ('OLD', 'OLD', 'OLD', 1, 'paper', 'running', 'paper:OLD')
insert into leases (account_key, epoch, holder, state, expires_at, deployment_id) \
values ('paper:OLD', 1, 'runner-1', 'held', now() + interval '1 hour', 'OLD')
"""
OLD_COMMANDS = """
insert into agent_commands (id, deployment_id, seq, kind, issued_at, state) \
select gen_random_uuid(), 'OLD', seq, 'pause', now(), 'queued' from generate_series(1, 2) as seq
update agent_commands set state = 'applied', outcome = 'paused', acked_at = now() where seq = 1
"""
"""What was left behind once; OLD is the id of everything."""


async def test_deployments_from_before_get_a_journal_that_says_so(empty_database: str) -> None:
    """Their genesis is marked as adopted and their lease is known, so that epochs go on from there."""
    shipped = shipped_migrations()
    await migrate(empty_database, [each for each in shipped if each.version < 8])
    for row in OLD_ROWS.strip().split("\n"):
        execute(empty_database, row.replace("OLD", DEPLOYMENT))
    await migrate(empty_database, shipped)
    async with open_store(empty_database) as store:
        first, second = await store.journal.after(DEPLOYMENT, 0, 9)
        assert ('"adopted":true' in first.record, first.kind, second.kind, second.epoch) == (
            True,
            "genesis",
            "lease",
            1,
        )
        fence = Fence(account=PAPER, epoch=1)
        await store.decisions.record(fence, decision(SkillId(DEPLOYMENT)), HELD)
        assert [entry.kind for entry in await store.journal.after(DEPLOYMENT, 2, 9)] == ["decision"]


async def test_commands_from_before_they_could_be_claimed_still_fit_their_journal(empty_database: str) -> None:
    """Acknowledged was done: their records say nothing of an end, and the end that they are given is that one."""
    shipped = shipped_migrations()
    await migrate(empty_database, [each for each in shipped if each.version < 14])
    for row in (OLD_ROWS + OLD_COMMANDS).strip().split("\n"):
        execute(empty_database, row.replace("OLD", DEPLOYMENT))
    await migrate(empty_database, shipped)
    async with open_store(empty_database) as store:
        waiting, done = await store.commands.recent(DEPLOYMENT, 9)
        report = await audit_journal(store, DEPLOYMENT, {})
    assert (waiting.finished_at, waiting.acked_at, waiting.steps) == (None, None, ())
    assert done.finished_at == done.acked_at is not None
    assert report.is_whole, report
