"""What the database itself refuses, whoever asks, and what it keeps in step by itself."""

from collections.abc import AsyncIterator
from decimal import Decimal

import psycopg
import pytest
from psycopg import errors

from agentic_core.domain import DecisionRecord, DeploymentId, DeploymentStatus, Fence, TickId
from agentic_core.errors import Fenced, NotFound, UsageError
from agentic_core.logevents import LogLevel
from agentic_core.store.postgres import open_store
from tests.support.agent_wallets import live_deployment
from tests.support.by_hand import execute, execute_as
from tests.support.narrow_roles import open_narrow_store
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_postgres
from tests.support.stored_values import (
    AT,
    DEPLOYMENT,
    HELD,
    MINUTE_MS,
    PAPER,
    decision,
    fill,
    intent,
    log_line,
    sim_run,
    uuid_of,
)

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

RUN = DeploymentId(uuid_of("run"))


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store."""
    async with open_narrow_store(database) as store:
        yield await in_postgres(store, database)


@pytest.mark.parametrize("change", ["update fills set fee = 0", "delete from fills", "truncate fills"])
async def test_fills_are_never_changed(database: str, subject: StoreUnderTest, change: str) -> None:
    """Not by a role that was granted everything, and nobody empties the table."""
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [fill("f1")], at=AT)
    with pytest.raises(errors.RestrictViolation, match="rows of fills are facts"):
        execute_as(database, "plain_role", change)
    assert execute(database, "select count(*), (select count(*) from owner_edits) from fills") == [(1, 0)]


@pytest.mark.parametrize(
    "change",
    [
        "delete from skill_versions",
        "truncate skill_versions cascade",
        "update skill_versions set payload = '{}'",
        "update skill_versions set payload_hash = repeat('0', 64)",
        "update skill_versions set loss_bound = null",
        "update skill_versions set created_at = now()",
    ],
)
async def test_skill_versions_are_immutable(database: str, subject: StoreUnderTest, change: str) -> None:
    """Whatever a role was granted, it saves a new version instead."""
    with pytest.raises(errors.RestrictViolation, match="rows of skill_versions are facts"):
        execute_as(database, "plain_role", change)


@pytest.mark.parametrize("table", ["fills", "skill_versions", "owner_edits"])
async def test_facts_are_never_emptied_at_once(database: str, table: str) -> None:
    """Not even by the owner, of whose edits there would be no trace."""
    with pytest.raises(errors.RestrictViolation, match=f"rows of {table} are facts and leave no trace"):
        execute(database, f"truncate {table} cascade")


async def test_owner_edits_facts_as_typed_and_leaves_a_row_that_says_so(database: str, subject: StoreUnderTest) -> None:
    """Who, when, which row, and what it was and became; the rows that say so are facts like the others."""
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [fill("f1")], at=AT)
    execute(database, "update fills set fee = 0.5")
    execute(database, "delete from fills")
    assert execute(database, "select count(*) from fills") == [(0,)]
    rows = execute(
        database,
        "select role = session_user, now() - at < interval '1 minute', relation, verb, key, before -> 'fee' as was,"
        " after -> 'fee' as becomes from owner_edits order by id",
    )
    key = {"account_key": PAPER, "fill_id": "f1"}
    assert rows == [
        (True, True, "public.fills", "update", key, 0.027145, 0.5),
        (True, True, "public.fills", "delete", key, 0.5, None),
    ]
    execute(database, "delete from owner_edits where verb = 'update'")
    assert execute(database, "select relation, verb from owner_edits order by id") == [
        ("public.fills", "delete"),
        ("public.owner_edits", "delete"),
    ]
    with pytest.raises(errors.RestrictViolation, match="rows of owner_edits are facts"):
        execute_as(database, "plain_role", "delete from owner_edits")


async def test_skill_version_notes_may_be_written_by_any_role_that_is_granted(
    database: str, subject: StoreUnderTest
) -> None:
    """A note about a version is no part of it."""
    execute_as(database, "plain_role", "update skill_versions set notes = 'fine'")
    assert execute(database, "select notes from skill_versions") == [("fine",)]


@pytest.mark.parametrize("change", ["update leases set epoch = epoch - 1", "delete from leases", "truncate leases"])
async def test_lease_epoch_never_goes_back(database: str, subject: StoreUnderTest, change: str) -> None:
    """Epochs only grow, and a row that could start anew is never deleted."""
    execute(database, "update leases set epoch = 7, state = 'free'")
    with pytest.raises(errors.RestrictViolation, match="only grows"):
        execute(database, change)


async def test_lease_revoked_by_an_operator_fences_and_stays_revoked(database: str, subject: StoreUnderTest) -> None:
    """One statement stops the holder, and nobody takes over until an operator frees the account."""
    execute(database, "update leases set epoch = epoch + 1, state = 'revoked' where account_key = %s", PAPER)
    leases = subject.store.leases
    assert not await leases.renew(subject.lease)
    for epoch in (1, 2):
        with pytest.raises(Fenced):
            await subject.store.decisions.record(Fence(account=PAPER, epoch=epoch), decision(subject.skill), HELD)
    subject.run_out(PAPER)
    assert await leases.acquire(PAPER, subject.lease.holder, TTL_MS) is None
    execute(database, "update leases set state = 'free' where account_key = %s", PAPER)
    taken = await leases.acquire(PAPER, "runner-2", TTL_MS)
    assert taken is not None
    assert taken.epoch == 3


@pytest.mark.parametrize(
    "change",
    [
        "update decision_snapshots set deployment_id = null",
        "update decision_snapshots set sim_run_id = (select id from sim_runs)",
    ],
)
async def test_decision_has_exactly_one_origin(database: str, subject: StoreUnderTest, change: str) -> None:
    """A deployment or a backtest, never both and never none."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    await subject.store.decisions.record(subject.fence, decision(subject.skill), HELD)
    with pytest.raises(errors.CheckViolation, match="one_origin"):
        execute(database, change)


@pytest.mark.parametrize(
    "change",
    [
        "update decision_snapshots set cost_usd = -0.01",
        "update decision_snapshots set prompt_tokens = -1",
        "update order_intents set side = 'long'",
        "update order_intents set size = 0",
        "update order_intents set state = 'lost'",
        "update deployments set status = 'gone'",
        "update deployments set account_key = 'mainnet:0xabc'",
        "update skills set latest_version = -1",
    ],
)
async def test_row_that_means_nothing_is_refused(database: str, subject: StoreUnderTest, change: str) -> None:
    """Words outside the lists and amounts of the wrong sign do not enter."""
    await subject.store.intents.prepare(subject.fence, decision(subject.skill, opens=True), [intent(0)], at=AT)
    with pytest.raises((errors.CheckViolation, errors.ForeignKeyViolation)):
        execute(database, change)


async def test_cost_rollup_is_the_sum_of_the_month(database: str, subject: StoreUnderTest) -> None:
    """Each decision counts once, however it was written, in the UTC month of its tick; unknown costs are counted."""
    month_end = (31 * 24 * 60) - 1
    record = subject.store.decisions.record
    prepared = decision(subject.skill, minute=1, opens=True, cost=Decimal("0.20"))
    await subject.store.intents.prepare(subject.fence, prepared, [intent(1)], at=AT)
    await record(subject.fence, prepared, HELD)
    for minute, cost in ((2, Decimal("0.03")), (3, None), (month_end, Decimal("0.50")), (month_end + 1, Decimal(4))):
        await record(subject.fence, decision(subject.skill, minute=minute, cost=cost), HELD)
    await record(subject.fence, decision(subject.skill, minute=2, cost=Decimal("0.03")), HELD)
    rows = execute(database, "select month::text, cost_usd, unknown_costs from cost_rollups order by month")
    assert rows == [("2022-01-01", Decimal("0.73"), 1), ("2022-02-01", Decimal(4), 0)]
    assert MINUTE_MS * (month_end + 1) == 31 * 86_400_000


async def test_cost_rollup_has_no_row_while_everything_was_free(database: str, subject: StoreUnderTest) -> None:
    """A rule policy's ticks cost nothing, not even a second write."""
    await subject.store.decisions.record(subject.fence, decision(subject.skill), HELD)
    assert execute(database, "select * from cost_rollups") == []


async def test_sim_run_keeps_what_its_decisions_cost(database: str, subject: StoreUnderTest) -> None:
    """The sum, until the cost of one is unknown."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    for minute, cost, total in (
        (0, Decimal("0.25"), Decimal("0.25")),
        (1, Decimal(1), Decimal("1.25")),
        (2, None, None),
    ):
        done = DecisionRecord(decision=decision(subject.skill, run=RUN, minute=minute, cost=cost), result=HELD)
        await subject.store.sim_runs.record(RUN, [done])
        assert execute(database, "select cost_usd from sim_runs") == [(total,)]


async def test_deployment_in_error_points_at_the_trace_of_its_last_error(
    database: str, subject: StoreUnderTest
) -> None:
    """Whoever reads the error text finds the log lines."""
    await subject.store.logs.append([log_line("broke", level=LogLevel.ERROR), log_line("fine", at=AT + 1)])
    await subject.store.deployments.move(DEPLOYMENT, DeploymentStatus.ERROR, at=AT, reason="broke")
    trace = TickId(deployment=DEPLOYMENT, mark=AT).trace
    assert execute(database, "select error_trace_id from deployments") == [(trace,)]


async def test_trace_joins_a_tick_with_its_orders(database: str, subject: StoreUnderTest) -> None:
    """Decision, intent and log line carry one trace id."""
    await subject.store.intents.prepare(subject.fence, decision(subject.skill, opens=True), [intent(0)], at=AT)
    await subject.store.logs.append([log_line("placed")])
    joined = execute(
        database,
        "select count(*) from decision_snapshots join order_intents using (trace_id) join agent_logs using (trace_id)",
    )
    assert joined == [(1,)]


async def test_fill_of_a_deployment_on_another_account_is_refused(database: str, subject: StoreUnderTest) -> None:
    """What happened on an account belongs to a deployment that trades it, even where the owner writes it."""
    live = await live_deployment(subject.store, subject.skill)
    lease = await subject.store.leases.acquire(live.account_key, "runner-1", TTL_MS, deployment=live.id)
    assert lease is not None
    fence = Fence(account=live.account_key, epoch=1)
    async with open_store(database) as owned:
        with pytest.raises(NotFound, match="no such deployment on this account"):
            await owned.intents.record_fills(fence, DEPLOYMENT, [fill("f1")], at=AT)


async def test_malformed_ids_are_never_found(subject: StoreUnderTest) -> None:
    """A mistyped id is answered like an unknown one."""
    with pytest.raises(NotFound, match="no row can have this id"):
        await subject.store.deployments.load(DeploymentId("not-a-uuid"))


async def test_row_refused_by_a_check_is_a_mistake_of_the_caller(subject: StoreUnderTest) -> None:
    """The rule that refused is named."""
    with pytest.raises(UsageError, match="skill_versions_payload_hash_check"):
        await subject.store.skills.save(
            sim_run(subject.skill).user_id, name="x", slug="x", payload="{}", payload_hash="x"
        )


async def test_instants_are_stored_to_the_millisecond(database: str) -> None:
    """Every millisecond of a minute, and instants a hundred years away, come back as they went in."""
    with psycopg.connect(database) as connection:
        wrong = connection.execute(
            "select count(*) from generate_series(1640995200000, 1640995260000) as ms"
            " where instant_ms(instant_at(ms)) <> ms or extract(milliseconds from instant_at(ms)) <> mod(ms, 60000)"
        ).fetchone()
        far = [-1, 0, 1, 4102444799999, -2208988800001]
        back = connection.execute(
            "select array_agg(instant_ms(instant_at(ms)) order by n)"
            " from unnest(%s::bigint[]) with ordinality as t (ms, n)",
            [far],
        ).fetchone()
    assert wrong == (0,)
    assert back == (far,)
