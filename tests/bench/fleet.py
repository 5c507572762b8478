"""What a fleet's operators and users wait for: status pages, sweeps and the questions of the launch checklist.

    python -m tests.bench.fleet --deployments 1000 --logs 10000000

The database has that many deployments and log lines, a tenth as many decisions, and the orders, commands, payments and
signed heads that go with them; today's decisions lie between midnight UTC and now, so that it is always the end of a
day. Everybody asks as the role that asks in life, in statements of the store where it has one, about one deployment
after the other. Loading takes a few minutes and some gigabytes; nobody writes while it is measured.

Exit code 0: the bar is met by every question, 1: one is slower.
"""

import argparse
import sys
import time
from pathlib import Path

import anyio
from rich.console import Console
from rich.table import Table

from agentic_core.domain import SkillId
from agentic_core.store.postgres.codec import encode, encode_action
from tests.bench.fleet_questions import asking
from tests.bench.latency import Bar, show_latencies, waited_in_turn
from tests.bench.paired import machine
from tests.bench.scratch_database import in_bulk, scratch_database
from tests.support.by_hand import execute
from tests.support.stored_values import HELD, decision, state, uuid_of

P99_MS_BAR = 50.0
ROWS = Path(__file__).with_name("fleet_rows.sql")
LINES_PER_TICK = 10
LOADED_IN_BULK = ("wal_level = minimal", "max_wal_senders = 0", "max_wal_size = '8GB'")

_SIZES = """
select relname, reltuples::bigint, pg_relation_size(oid), pg_indexes_size(oid)
from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r' and reltuples > 0
order by 3 desc
limit 6
"""


_AS_AUTOVACUUM_LEAVES_IT = """
begin;
set local session_replication_role = replica;
update decision_snapshots set prompt_tokens = prompt_tokens
where id in (select id from decision_snapshots order by tick_at desc limit 2000);
rollback
"""
"""The newest decisions came after the last vacuum, so that an index alone does not tell whether they are there."""


def load(dsn: str, options: argparse.Namespace, console: Console) -> None:
    """Fill the database and say what is in it."""
    began = time.perf_counter()
    ticks = max(1, options.logs // LINES_PER_TICK // options.deployments)
    decided, seen = decision(SkillId(uuid_of("skill")), opens=True), state("10000.123456")
    assert decided.proposed_action is not None, "it opens"
    in_bulk(
        dsn,
        ROWS.read_text(encoding="utf-8"),
        deployments=options.deployments,
        ticks=ticks,
        ticks_today=min(ticks, options.ticks_today),
        logs=options.logs,
        action=encode_action(decided.proposed_action),
        verdict=encode(decided.verdict),
        result=encode(HELD),
        marks=encode(decided.marks),
        positions=encode(seen.positions),
    )
    execute(dsn, _AS_AUTOVACUUM_LEAVES_IT)
    table = Table(title=f"loaded in {time.perf_counter() - began:.0f} s")
    for heading in ("table", "rows", "MB", "indexes MB"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    for name, *numbers in execute(dsn, _SIZES):
        rows, size, indexes = (int(str(number)) for number in numbers)
        table.add_row(str(name), f"{rows:,}", f"{size / 1e6:,.0f}", f"{indexes / 1e6:,.0f}")
    console.print(table)


async def measure(dsn: str, calls: int, rounds: int, console: Console) -> bool:
    """Ask everything in turn, and tell whether all of it was quick enough."""
    async with asking(dsn) as questions:
        found = await waited_in_turn({name: (ask, calls // rounds) for name, ask in questions.items()}, rounds=rounds)
    return show_latencies("what somebody waits for", found, console, dict.fromkeys(found, Bar(p99_ms=P99_MS_BAR)))


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--deployments", type=int, default=1_000)
    parser.add_argument("--logs", type=int, default=10_000_000)
    parser.add_argument("--ticks-today", type=int, default=96, help="of each deployment")
    parser.add_argument("--calls", type=int, default=300, help="of each question")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where to make the server's folder")
    options = parser.parse_args()
    console = Console(width=120)
    console.print(machine())
    with scratch_database(options.folder, settings=LOADED_IN_BULK) as dsn:
        load(dsn, options, console)
        console.print(f"measured at {machine().rpartition(', ')[2]}")
        return 0 if anyio.run(measure, dsn, options.calls, options.rounds, console) else 1


if __name__ == "__main__":
    sys.exit(main())
