"""The SQL of the launch checklist runs as written on the tables that exist, and answers what its reader expects."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus
from agentic_core.skills.versions import payload_hash
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.by_hand import execute
from tests.support.store_under_test import PAYLOAD, StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, decision, log_line, state

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

SKILLS = """
select s.name, s.slug, sv.version, sv.payload->'model' as model
from public.skills s
join public.skill_versions sv on sv.skill_id = s.id
order by s.created_at desc limit 5;
"""
COST_PER_TICK = """
select tick_at, prompt_tokens, completion_tokens, cost_usd
from public.decision_snapshots
where deployment_id = '<uuid>'
order by tick_at desc limit 5;
"""
MONTH_TO_DATE = """
select sum(cost_usd) as mtd_usd
from public.decision_snapshots
where deployment_id = '<uuid>'
and tick_at >= date_trunc('month', now() at time zone 'utc');
"""
LOWER_THE_CAP = """
update public.skill_versions
set payload = jsonb_set(payload, '{risk,maxMonthlyCostUsd}', '0.01'::jsonb)
where skill_id = '<skill-uuid>' and version = <ver>;
"""
STATUS = "select status, error_text from public.deployments where id = '<uuid>';"
ORDER_LOGS = """
select ts, level, event, message
from public.agent_logs
where deployment_id = '<uuid>'
and event in ('order_placed', 'order_filled', 'order_cancelled')
order by ts desc limit 20;
"""
FRESHNESS = """
select d.id, d.broker_kind, d.status,
s.updated_at as last_heartbeat,
extract(epoch from (now() - s.updated_at))::int as seconds_stale
from public.deployments d
left join public.agent_state s on s.deployment_id = d.id
where d.status in ('running', 'paused', 'halted')
order by seconds_stale desc nulls first;
"""
SPEND_TODAY = """
select d.id, sum(ds.cost_usd) as today_usd, count(*) as ticks
from public.deployments d
join public.decision_snapshots ds on ds.deployment_id = d.id
where ds.tick_at >= date_trunc('day', now() at time zone 'utc')
group by d.id
order by today_usd desc;
"""
LONG_AGO = 4  # minutes after the tests' instant in 2022, hence of an earlier month than now


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store."""
    async with open_store(database) as store:
        yield await in_postgres(store, database)


def _run(database: str, statement: str, subject: StoreUnderTest) -> list[tuple[object, ...]]:
    for blank, value in (("<uuid>", DEPLOYMENT), ("<skill-uuid>", subject.skill), ("<ver>", "1")):
        statement = statement.replace(blank, value)
    return execute(database, statement)


async def _tick_now(database: str, subject: StoreUnderTest, cost: Decimal | None) -> None:
    await subject.store.decisions.record(subject.fence, decision(subject.skill, minute=0, cost=cost), HELD)
    execute(
        database, "update decision_snapshots set tick_at = now() where id = %s", decision(subject.skill).decision_id
    )


async def test_checklist_finds_the_saved_skill(database: str, subject: StoreUnderTest) -> None:
    """Name, slug, version and the model of the payload."""
    assert _run(database, SKILLS, subject) == [("Crossing", "crossing", 1, "rules")]


async def test_checklist_sees_the_cost_of_each_tick(database: str, subject: StoreUnderTest) -> None:
    """The newest tick first, an unknown cost as null."""
    for minute, cost in ((0, Decimal("0.25")), (1, None)):
        await subject.store.decisions.record(subject.fence, decision(subject.skill, minute=minute, cost=cost), HELD)
    rows = _run(database, COST_PER_TICK, subject)
    assert [row[1:] for row in rows] == [(1200, 80, None), (1200, 80, Decimal("0.25"))]


async def test_checklist_sums_the_month_to_date(database: str, subject: StoreUnderTest) -> None:
    """This month's cost, without what was spent before it."""
    await subject.store.decisions.record(subject.fence, decision(subject.skill, minute=LONG_AGO, cost=Decimal(7)), HELD)
    assert _run(database, MONTH_TO_DATE, subject) == [(None,)]
    await _tick_now(database, subject, Decimal("0.25"))
    assert _run(database, MONTH_TO_DATE, subject) == [(Decimal("0.25"),)]


async def test_checklist_spend_of_today_counts_todays_ticks(database: str, subject: StoreUnderTest) -> None:
    """By deployment."""
    await subject.store.decisions.record(subject.fence, decision(subject.skill, minute=LONG_AGO, cost=Decimal(7)), HELD)
    await _tick_now(database, subject, Decimal("0.25"))
    assert [(str(row[0]), *row[1:]) for row in _run(database, SPEND_TODAY, subject)] == [
        (DEPLOYMENT, Decimal("0.25"), 1)
    ]


async def test_checklist_lowers_the_cap_and_the_runner_sees_it(database: str, subject: StoreUnderTest) -> None:
    """The owner's edit takes effect at the next read, and the hash gives it away."""
    _run(database, LOWER_THE_CAP, subject)
    edited = await subject.store.skills.version(subject.skill, 1)
    assert edited.payload == PAYLOAD.replace("200", "0.01")
    assert edited.payload_hash == payload_hash(PAYLOAD)
    assert edited.payload_hash != payload_hash(edited.payload)


async def test_checklist_cost_guard_evidence_is_where_it_is_looked_for(database: str, subject: StoreUnderTest) -> None:
    """A pause with its reason in the payload, and acknowledged."""
    pause = await subject.store.commands.queue(
        DEPLOYMENT, CommandKind.PAUSE, payload={"reason": "cost_guard: 0.02 of 0.01 USD"}, at=AT
    )
    await subject.store.commands.ack(pause, CommandState.APPLIED, "paused", at=AT)
    found = execute(
        database, "select kind, payload->>'reason' like 'cost_guard:%%', acked_at is not null from agent_commands"
    )
    assert found == [("pause", True, True)]


async def test_checklist_status_says_why_a_deployment_failed(database: str, subject: StoreUnderTest) -> None:
    """Status and error text."""
    await subject.store.deployments.move(DEPLOYMENT, DeploymentStatus.ERROR, at=AT, reason="heartbeat lost: 16 min")
    assert _run(database, STATUS, subject) == [("error", "heartbeat lost: 16 min")]


async def test_checklist_order_logs_are_found_by_event(database: str, subject: StoreUnderTest) -> None:
    """The event names are those of the checklist."""
    await subject.store.logs.append([log_line("bought")])
    assert [row[1:] for row in _run(database, ORDER_LOGS, subject)] == [("info", "order_placed", "bought")]


async def test_checklist_freshness_shows_the_heartbeat(database: str, subject: StoreUnderTest) -> None:
    """Active deployments with the age of their state; one that never ticked stands first, without an age."""
    await subject.store.deployments.move(DEPLOYMENT, DeploymentStatus.RUNNING, at=AT)
    ((_, kind, status, heartbeat, stale),) = _run(database, FRESHNESS, subject)
    assert (kind, status, heartbeat, stale) == ("paper", "running", None, None)
    await subject.store.states.write(subject.fence, state("10000"))
    ((_, _, _, _, stale),) = _run(database, FRESHNESS, subject)
    assert isinstance(stale, int)
    assert stale > 86_400


async def test_checklist_borders_are_utc_in_our_sessions(database: str) -> None:
    """The queries compare with a bare timestamp, which is right in a UTC session only."""
    ((name,),) = execute(database, "select quote_ident(current_database())")
    execute(database, f"alter database {name} set timezone to 'Asia/Tokyo'")
    async with open_store(database) as store:
        assert await _timezone(store) == "UTC"


async def _timezone(store: PostgresStore) -> str:
    async with store.database.transaction() as session:
        cursor = await session.connection.execute("select current_setting('timezone') as name")
        row = await cursor.fetchone()
    assert row is not None
    return str(row["name"])
