"""What a month cost so far: the row that every decision keeps up to date, beside adding the decisions up.

    python -m tests.bench.database_costs --decisions 1000000

One deployment has that many decisions in one month; a thousand others have a year of rows of what theirs cost. Ours is
`DecisionStore.month_to_date`, as the owner of the tables and as the runner's own login, which row-level security holds
back. The other side is a bare prepared statement on one connection, with an index made for nothing else, fresh from a
vacuum; it is checked that its plan reads only the index and no row of the table, and that both answer the same. Times
are those of the caller.

Exit code 0: the bars are met, 1: one is not.
"""

import argparse
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import anyio
import msgspec
from psycopg import AsyncConnection
from rich.console import Console

from agentic_core.domain import MonthCost, Usd
from agentic_core.domain.times import from_datetime
from agentic_core.store.postgres import open_store
from tests.bench.latency import Bar, Call, show_latencies, waited_in_turn
from tests.bench.paired import Pair, judged, machine
from tests.bench.scratch_database import in_bulk, runner_login, scratch_database
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import DEPLOYMENT

P50_MS_BAR, RATIO_BAR = 0.2, 100.0
MONTH = datetime(2024, 1, 1, tzinfo=UTC)
AT = from_datetime(MONTH + timedelta(days=30))
A_TICK_EVERY_4_MINUTES = 10_000
WHOLE, PART = "sum of all, index only", "sum of a tick every 4 minutes, index only"

_LOAD = """
insert into decision_snapshots (
    id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, verdict, engine_result, final_text,
    equity_usd, marks, prompt_tokens, completion_tokens, cost_usd
)
select gen_random_uuid(), deployment.id, md5(number::text), deployment.skill_id, deployment.skill_version,
    timestamptz '2024-01-01 00:00Z' + number * (interval '31 days' / current_setting('bench.decisions')::integer),
    'chat', '{"kind": "noop"}', '{"kind": "noop_result", "reason": "nothing_proposed"}', 'Held: nothing stood out.',
    10000.123456, '{"BTC": "46377.50"}', 1200, 80, (number % 997) * 0.000123
from deployments as deployment, generate_series(0, current_setting('bench.decisions')::integer - 1) as number;

insert into cost_rollups (deployment_id, month, cost_usd, unknown_costs)
select deployment_id, date_trunc('month', tick_at at time zone 'UTC')::date, sum(cost_usd), 0
from decision_snapshots
group by 1, 2;

insert into cost_rollups (deployment_id, month, cost_usd, unknown_costs)
select md5(other::text)::uuid, date '2023-03-01' + month * interval '1 month', 12.3456, 0
from generate_series(1, 1000) as other, generate_series(0, 11) as month;

create index bench_covering on decision_snapshots (deployment_id, tick_at) include (cost_usd);
"""

_SUM = b"select sum(cost_usd) from decision_snapshots where deployment_id = %s and tick_at >= %s and tick_at < %s"


class _Plan(msgspec.Struct, rename={"kind": "Node Type", "fetches": "Heap Fetches", "parts": "Plans"}):
    kind: str
    fetches: int = 0
    parts: list["_Plan"] = []


async def index_only(connection: AsyncConnection[tuple[object, ...]], values: tuple[object, ...]) -> str:
    """Return the names of a plan's nodes, outermost first.

    Raises:
        AssertionError: the sum would read rows of the table.
    """
    answer = await connection.execute(b"explain (analyze, format json) " + _SUM, values)
    (found,) = await answer.fetchone() or ()
    (whole,) = msgspec.convert(found, list[dict[str, object]])
    nodes = [msgspec.convert(whole["Plan"], _Plan)]
    for node in nodes:
        nodes += node.parts
    assert any(node.kind == "Index Only Scan" for node in nodes), nodes
    assert not any("Seq Scan" in node.kind or "Heap" in node.kind or node.fetches for node in nodes), nodes
    return " > ".join(node.kind for node in nodes)


class Sum:
    """Adds up the newest decisions of the month, on one connection, with a prepared statement."""

    def __init__(self, connection: AsyncConnection[tuple[object, ...]], decisions: int, of: int) -> None:
        self._connection = connection
        self._values = (DEPLOYMENT, MONTH + timedelta(days=31) * (1 - decisions / of), MONTH + timedelta(days=31))

    async def __call__(self) -> Usd:
        """Ask for the sum."""
        answer = await self._connection.execute(_SUM, self._values)
        (found,) = await answer.fetchone() or ()
        return msgspec.convert(found, Usd)

    async def plan(self) -> str:
        """Return how it is found."""
        return await index_only(self._connection, self._values)


async def compare(dsn: str, decisions: int, rounds: int, console: Console) -> bool:
    """Fill the database, ask both sides in turn, and tell whether the bars are met."""
    async with open_store(dsn) as store:
        await in_postgres(store, dsn)
    in_bulk(dsn, _LOAD, decisions=decisions)
    login = runner_login(dsn, DEPLOYMENT)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(
            await AsyncConnection.connect(dsn, autocommit=True, prepare_threshold=0)
        )
        for other in (b"seqscan", b"bitmapscan"):
            await connection.execute(b"set enable_" + other + b" = off")
        few = min(decisions, A_TICK_EVERY_4_MINUTES)
        whole, part = Sum(connection, decisions, decisions), Sum(connection, few, decisions)
        console.print(f"adding up {decisions:,} decisions: {await whole.plan()}")
        console.print(f"adding up {few:,} decisions: {await part.plan()}")
        subjects: dict[str, tuple[Call, int]] = {}
        for name, address in (("month to date", dsn), ("month to date, runner's login", login)):
            store = await stack.enter_async_context(open_store(address))
            ours = partial(store.decisions.month_to_date, DEPLOYMENT, AT)
            assert await ours() == MonthCost(cost_usd=await whole()), "both sides answer the same"
            subjects[name] = (ours, 300)
        found = await waited_in_turn({**subjects, WHOLE: (whole, 5), PART: (part, 50)}, rounds=rounds)
    bars = {name: Bar(p50_ms=P50_MS_BAR) for name in subjects}
    met = show_latencies("what a caller waits for", found, console, bars)
    pairs = [
        *(Pair(f"{name}, beside all of it", name, WHOLE, RATIO_BAR) for name in subjects),
        *(Pair(f"{name}, beside a tick every 4 minutes", name, PART) for name in subjects),
    ]
    return judged(pairs, {name: latency.timing() for name, latency in found.items()}, console) and met


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, help="where to make the server's folder")
    options = parser.parse_args()
    console = Console(width=120)
    console.print(machine())
    with scratch_database(options.folder) as dsn:
        return 0 if anyio.run(compare, dsn, options.decisions, options.rounds, console) else 1


if __name__ == "__main__":
    sys.exit(main())
