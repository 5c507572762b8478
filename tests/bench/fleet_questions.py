"""What is asked about a fleet of deployments, by whom, and how to ask it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import count
from typing import TypeAlias

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from agentic_core.domain import AccountKey, DeploymentId, Instant, UserId
from agentic_core.store.postgres import PostgresStore, open_store
from tests.bench.scratch_database import runner_login, service_login
from tests.support.by_hand import execute
from tests.support.checklist import BLOCKS

__all__ = ["asking"]

Question: TypeAlias = Callable[[], Awaitable[object]]

_STRIDE = 389
"""Prime, so that every deployment has its turn and neighbours do not follow each other."""

_NETWORK = "Mainnet"
_CHECKPOINT_EVERY = 1

STATUS_PAGE = b"""
select d.id, d.broker_kind, d.status, d.desired, d.error_text, d.halt_reason, d.started_at, skill.name, skill.slug,
    s.equity_usd, s.day_pnl_usd, s.positions, s.marks, s.last_tick_at, s.updated_at,
    extract(epoch from now() - s.updated_at)::integer as seconds_stale, spent.cost_usd, spent.unknown_costs
from public.deployments as d
join public.skills as skill on skill.id = d.skill_id
left join public.agent_state as s on s.deployment_id = d.id
left join public.cost_rollups as spent
    on spent.deployment_id = d.id and spent.month = date_trunc('month', now() at time zone 'UTC')::date
where d.user_id = %s
order by d.created_at desc, d.id
"""

HEARTBEAT_SWEEP = b"""
select d.id, d.account_key, d.status, s.updated_at, lease.epoch, lease.holder, lease.state, lease.expires_at
from public.deployments as d
left join public.agent_state as s on s.deployment_id = d.id
left join public.leases as lease on lease.account_key = d.account_key
where d.status in ('provisioning', 'running', 'paused', 'halted', 'stopping')
order by s.updated_at nulls first
"""

NEWEST_ERROR = b"""
select trace_id from agent_logs
where deployment_id = %s and level = 'error'
order by ts desc, id desc
limit 1
"""

BY_HAND = (
    "freshness of what is active",
    "cost of today",
    "orders of the last day",
    "month to date",
    "cost of the newest ticks",
    "orders of a deployment",
    "log of the orders of a deployment",
)
"""Blocks of the launch checklist, whose operators are the tables' owner."""


class Member(msgspec.Struct, frozen=True, array_like=True):
    """A deployment of the fleet."""

    deployment: DeploymentId
    user: UserId
    account: AccountKey


class Doors(msgspec.Struct, frozen=True):
    """Everybody who asks: a store each, and a connection for what no store asks yet."""

    web: PostgresStore
    runner: PostgresStore
    jobs: PostgresStore
    web_connection: AsyncConnection[TupleRow]
    jobs_connection: AsyncConnection[TupleRow]
    owner_connection: AsyncConnection[TupleRow]


class Asking:
    """The questions, each of which is about the next deployment whenever it is asked."""

    def __init__(self, members: tuple[Member, ...], now: Instant, doors: Doors) -> None:
        self._members = members
        self._now = now
        self._doors = doors
        self._numbers = count()

    def questions(self) -> dict[str, Question]:
        """Return what is asked, by what a reader calls it."""
        by_hand = {f"checklist: {name}": partial(self._by_hand, name) for name in BY_HAND}
        return {
            "web: a user's deployments, state, freshness, cost": self._status_page,
            "web: newest 100 log lines": self._logs,
            "web: newest 50 decisions": self._decisions,
            "web: newest 50 orders": self._orders,
            "web: newest 20 commands": self._commands,
            "runner: month to date": self._month,
            "runner: waiting commands": self._pending,
            "runner: living intents": self._living,
            "jobs: heartbeat sweep": self._sweep,
            "jobs: journals due for a checkpoint": self._due,
            "jobs: wallets to watch": self._watched,
            "a move to error: its newest error line": self._newest_error,
            **by_hand,
        }

    def _next(self) -> Member:
        return self._members[next(self._numbers) * _STRIDE % len(self._members)]

    async def _status_page(self) -> object:
        user, connection = self._next().user, self._doors.web_connection
        async with connection.pipeline():
            await connection.execute(b"begin")
            await connection.execute(b"select set_config('agentic.user_id', %s, true)", [user])
            answer = await connection.execute(STATUS_PAGE, [user])
            await connection.execute(b"commit")
        return _found(await answer.fetchall())

    async def _logs(self) -> object:
        member = self._next()
        return _found(await self._doors.web.acting_for(member.user).logs.recent(member.deployment, 100))

    async def _decisions(self) -> object:
        member = self._next()
        return _found(await self._doors.web.acting_for(member.user).decisions.recent(member.deployment, 50))

    async def _orders(self) -> object:
        member = self._next()
        return await self._doors.web.acting_for(member.user).ledger.orders(member.deployment, 50)

    async def _commands(self) -> object:
        member = self._next()
        return _found(await self._doors.web.acting_for(member.user).commands.recent(member.deployment, 20))

    async def _month(self) -> object:
        return await self._doors.runner.decisions.month_to_date(self._members[0].deployment, self._now)

    async def _pending(self) -> object:
        return await self._doors.runner.commands.pending(self._members[0].deployment)

    async def _living(self) -> object:
        return await self._doors.runner.intents.living(self._members[0].account)

    async def _sweep(self) -> object:
        return _found(await (await self._doors.jobs_connection.execute(HEARTBEAT_SWEEP)).fetchall())

    async def _due(self) -> object:
        return _found(await self._doors.jobs.journal.due(_CHECKPOINT_EVERY))

    async def _watched(self) -> object:
        return _found(await self._doors.jobs.wallets.watched(_NETWORK))

    async def _newest_error(self) -> object:
        answer = await self._doors.owner_connection.execute(NEWEST_ERROR, [self._next().deployment])
        return await answer.fetchall()

    async def _by_hand(self, name: str) -> object:
        typed = BLOCKS[name].replace("<uuid>", self._next().deployment).encode()
        return await (await self._doors.owner_connection.execute(typed)).fetchall()


def _found(rows: Sequence[object]) -> Sequence[object]:
    assert rows, "there is something for everybody to see"
    return rows


@asynccontextmanager
async def asking(dsn: str) -> AsyncIterator[dict[str, Question]]:
    """Sign everybody in, and yield the questions by what a reader calls them."""
    rows = execute(dsn, "select id::text, user_id::text, account_key from deployments order by account_key")
    members = msgspec.convert(rows, tuple[Member, ...])
    ((now,),) = execute(dsn, "select instant_ms(now())")
    web, jobs = (service_login(dsn, f"agentic_{service}") for service in ("web", "jobs"))
    async with AsyncExitStack() as stack:
        doors = Doors(
            web=await stack.enter_async_context(open_store(web)),
            runner=await stack.enter_async_context(open_store(runner_login(dsn, members[0].deployment))),
            jobs=await stack.enter_async_context(open_store(jobs)),
            web_connection=await stack.enter_async_context(_connected(web)),
            jobs_connection=await stack.enter_async_context(_connected(jobs)),
            owner_connection=await stack.enter_async_context(_connected(dsn)),
        )
        yield Asking(members, msgspec.convert(now, Instant), doors).questions()


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[AsyncConnection[TupleRow]]:
    options = "-c timezone=UTC -c plan_cache_mode=force_generic_plan"
    async with await AsyncConnection.connect(
        address, autocommit=True, prepare_threshold=0, options=options
    ) as connection:
        yield connection
