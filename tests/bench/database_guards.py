"""What it costs that the database guards itself: triggers that project and journal, and a login that may do little.

    python -m tests.bench.database_guards [--orders 500]

One order of a live account goes through prepare, two notes and the decision's result, in four copies of one database:
with every trigger of ours asleep, with those awake that keep rules and projections, with the journal's too, and as the
runner's own login, which row-level security holds back. The copies take turns with every order; what is added is the
median of the differences within an order. Waiting for the disk is the same for all, so the server's folder is in memory
where the system has such a place; `--folder` names another one.
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import anyio
import msgspec
from rich.console import Console
from rich.table import Table

from agentic_core.domain import Fence, Instant, IntentState, Size, SkillId
from agentic_core.domain.records import IntentRecord
from agentic_core.store.postgres import PostgresStore, open_store
from tests.bench.paired import machine
from tests.bench.scratch_database import copy_of, runner_login, scratch_database
from tests.support.by_hand import execute
from tests.support.numbered_intents import SIGNING
from tests.support.store_under_test import in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, decision, executed, fill, intent

MEMORY = Path("/dev/shm")  # noqa: S108 - the server makes a folder of its own in it
WARM_UP = 20
STEPS = ("prepare", "note that it is sent", "note that it filled", "record the result")
BARE, PROJECTED, JOURNALED, NARROW = "no triggers", "rules, projections", "and the journal", "and a narrow login"
TEXT = "The short average crossed the long one from below, the spread is usual, and nothing is held. " * 4

Times: TypeAlias = dict[str, tuple[float, ...]]
"""Microseconds of each step of one order, by database."""

_ASLEEP = """
do $$
declare
    found record;
begin
    for found in
        select quote_ident(tgname) as name, tgrelid::regclass as relation
        from pg_trigger join pg_proc as called on called.oid = tgfoid
        where not tgisinternal and called.proname like '{}'
    loop
        execute format('alter table %s disable trigger %s', found.relation, found.name);
    end loop;
end $$
"""


class Desk(msgspec.Struct, frozen=True):
    """A copy of the database, and who is to trade in it."""

    store: PostgresStore
    fence: Fence
    skill: SkillId


async def furnish(dsn: str) -> tuple[Fence, SkillId]:
    """Deploy a skill on mainnet and take its account's lease for a day."""
    async with open_store(dsn) as store:
        subject = await in_postgres(store, dsn, live=True)
    execute(dsn, "update leases set expires_at = clock_timestamp() + interval '1 day'")
    return subject.fence, subject.skill


def addresses(dsn: str) -> dict[str, str]:
    """Copy the database for everybody, and return where each finds its own."""
    found: dict[str, str] = {}
    for name, asleep in ((BARE, "%"), (PROJECTED, r"journal\_%"), (JOURNALED, ""), (NARROW, "")):
        address = copy_of(dsn, f"copy_{len(found)}")
        execute(address, _ASLEEP.format(asleep))
        found[name] = runner_login(address, DEPLOYMENT) if name == NARROW else address
    return found


async def one_order(desk: Desk, minute: int) -> tuple[float, ...]:
    """Take an order through its life, and return what each step took."""
    store, fence = desk.store, desk.fence
    wanted = decision(desk.skill, minute=minute, cost=Decimal("0.0042"), opens=True, text=TEXT)
    order, at = intent(minute, account=LIVE), Instant(AT + minute)
    times = [time.perf_counter()]
    (made,) = await store.intents.prepare(fence, wanted, [order], at=at, signing=SIGNING)
    times.append(time.perf_counter())
    sent = IntentRecord(prepared=made, state=IntentState.SENT, sends=1)
    await store.intents.note(fence, sent, at=at)
    times.append(time.perf_counter())
    units = Size(Decimal("0.00130"))
    booked = msgspec.structs.replace(
        sent, state=IntentState.BOOKED, filled=units, booked=units, ended_by="executed_all"
    )
    await store.intents.note(fence, booked, [fill(f"fill {minute}", order.cloid)], at=at, venue_order_id=str(minute))
    times.append(time.perf_counter())
    await store.decisions.record(fence, wanted, executed(order.cloid))
    times.append(time.perf_counter())
    return tuple((after - before) * 1e6 for before, after in pairwise(times))


async def measure(dsn: str, orders: int) -> list[Times]:
    """Take every order through its life in each copy, and return what that took."""
    fence, skill = await furnish(dsn)
    found: list[Times] = []
    async with AsyncExitStack() as stack:
        desks = {
            name: Desk(await stack.enter_async_context(open_store(address)), fence, skill)
            for name, address in addresses(dsn).items()
        }
        for number in range(orders + WARM_UP):
            order = list(desks)[:: 1 if number % 2 == 0 else -1]
            times = {name: await one_order(desks[name], number) for name in order}
            if number >= WARM_UP:
                found.append(times)
    return found


def added(found: list[Times]) -> Mapping[str, dict[str, float]]:
    """Return by step what the first database takes, and what each next one adds to the one before."""
    steps: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for place, step in enumerate(STEPS):
        steps[step][BARE] = statistics.median(times[BARE][place] for times in found)
        for before, name in pairwise((BARE, PROJECTED, JOURNALED, NARROW)):
            steps[step][name] = statistics.median(times[name][place] - times[before][place] for times in found)
    return steps


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--folder", type=Path, default=MEMORY if MEMORY.is_dir() else None)
    options = parser.parse_args()
    console = Console(width=120)
    console.print(machine())
    with scratch_database(options.folder) as dsn:
        found = anyio.run(measure, dsn, options.orders)
    table = Table(title=f"microseconds of a caller: the median of {len(found)}, and what each guard adds to it")
    table.add_column("step")
    for name in (BARE, PROJECTED, JOURNALED, NARROW):
        table.add_column(name if name == BARE else f"+ {name}", justify="right")
    for step, row in added(found).items():
        table.add_row(step, *(f"{row[name]:.0f}" for name in (BARE, PROJECTED, JOURNALED, NARROW)))
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
