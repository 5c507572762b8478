"""Drills with real runner processes: killed, frozen, told to end, without their database, behind a pooler.

`python -m tests.drills` does the first of them for as long as one likes.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from agentic_core.runtime.timings import Timings
from agentic_core.store.postgres.migrator import migrate
from tests.drills.command import drill
from tests.drills.ending import flat_at_last
from tests.drills.judging import Evidence, faults_of
from tests.drills.scenes import (
    frozen,
    handed_over,
    killed_while_killing,
    unheard_pause,
    without_database,
)
from tests.drills.seeding import Seeded, seed_mainnet
from tests.drills.stage import Stage, on_stage
from tests.support.by_hand import execute
from tests.support.mortal_server import MortalPostgres
from tests.support.pgbouncer import Lends, pgbouncer

pytest_plugins = ["tests.support.postgres", "tests.support.mortal_postgres"]
pytestmark = pytest.mark.anyio

PATIENT = Timings(lease_ms=30_000, renew_ms=7_000, margin_ms=6_000)
"""So that a machine that is busy with other tests loses no lease for it."""


async def _seeded(stage: Stage, database: str) -> Seeded:
    stage.timings = PATIENT
    return await seed_mainnet(stage.store, database, stage.clock.now())


def _doctored(evidence: Evidence) -> Iterator[tuple[Evidence, str]]:
    # What the judge has to see, or its verdict on the real evidence would be worth nothing.
    change, books, first = msgspec.structs.replace, evidence.books, evidence.books.executions[0]
    order = next(each for each in evidence.requests if each.names)
    late = change(evidence.requests[0], door="a runner that was killed")
    requests = evidence.requests
    names = dict(books.orders_taken)
    yield change(evidence, account_value=evidence.account_value + Decimal("1e-9")), "the account is worth"
    yield change(evidence, books=change(books, executions=(*books.executions, first))), "only the venue has"
    yield change(evidence, books=change(books, executions=books.executions[1:])), "only the ledger has"
    yield change(evidence, books=change(books, orders_taken={**names, str(first.cloid): 2})), "more than one order"
    yield change(evidence, books=change(books, orders_taken={**names, "0xff": 1})), "knows nothing of it"
    yield change(evidence, books=change(books, living=("0xff",))), "may still execute"
    yield change(evidence, requests=(late, *requests, late)), "another had taken over"
    yield change(evidence, requests=(*requests, change(order, nonce=order.nonce + 1))), "signed 2 times"


async def test_killed_runners_double_and_lose_no_order(database: str, tmp_path: Path) -> None:
    """The venue's books, its request log and the ledger agree to the last digit after kills at seeded instants."""
    judged = await drill(database, tmp_path, cycles=1, factor=10, seed=49)
    assert judged.faults == ()
    assert judged.figures.cycles == 1
    for doctored, words in _doctored(judged.evidence):
        assert any(words in fault for fault in faults_of(database, doctored)), words


async def test_frozen_runner_sends_nothing_once_it_wakes(database: str, tmp_path: Path) -> None:
    """Its order was at the venue when it froze: the second runner books it, and trades on until both are done."""
    async with on_stage(database, tmp_path) as stage:
        seen = await frozen(stage, await _seeded(stage, database), database)
    assert seen.faults == []


async def test_kill_that_was_cut_short_is_finished_by_the_next_process(database: str, tmp_path: Path) -> None:
    """It ends flat and stopped with exit code 0, and whoever is started after that does nothing."""
    async with on_stage(database, tmp_path) as stage:
        seeded = await _seeded(stage, database)
        seen = await killed_while_killing(
            stage, seeded, database, when=lambda runner: bool(runner.said("flatten_started"))
        )
    assert seen.faults == []


async def test_runner_outlives_its_database(mortal_postgres: MortalPostgres, tmp_path: Path) -> None:
    """The same process takes its account up again, and sends nothing while its lease is not certain."""
    mortal_postgres.recover()
    execute(mortal_postgres.dsn("postgres"), "create database outlived")
    dsn = mortal_postgres.dsn("outlived")
    await migrate(dsn)
    async with on_stage(dsn, tmp_path) as stage:
        seeded = await _seeded(stage, dsn)
        seen = await without_database(stage, seeded, dsn, mortal_postgres, away_ms=40_000)
    assert seen.faults == []


async def test_runner_behind_a_pooler_hands_over_in_time_and_obeys_what_nobody_told_it_of(
    database: str, shared_home: Path, tmp_path: Path
) -> None:
    """Told to end, it hears first what became of its order; the next cannot listen for commands, and looks for them."""
    async with on_stage(database, tmp_path, factor=5) as stage:
        seeded = await _seeded(stage, database)
        with pgbouncer(seeded.settings["DATABASE_URL"], shared_home, Lends.TRANSACTION) as address:
            pooled = msgspec.structs.replace(seeded, settings={**seeded.settings, "DATABASE_URL": address})
            seen, second = await handed_over(stage, pooled, database)
            paused_ms = await unheard_pause(stage, seeded, database, second)
            faults = await flat_at_last(stage, seeded, database, second)
    assert [*seen.faults, *faults] == []
    assert seen.ms <= 4_000
    assert paused_ms <= 4_000
