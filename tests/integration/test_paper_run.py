"""A paper deployment over PostgreSQL: the same story as in memory, every turn in the rows, and ends that are told."""

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

import pytest

from agentic_core.backtest.funding import constant_funding
from agentic_core.domain import (
    CommandKind,
    CommandState,
    DeploymentStatus,
    Interval,
    ProposedAction,
    Side,
    TickId,
    paper_account,
)
from agentic_core.errors import ConfigError, Fenced, StoreUnavailable
from agentic_core.runtime.terms import Terms
from agentic_core.store.postgres import PostgresStore
from tests.support.backtests import Script, backtest, candles_of, dataset_of, mark_of
from tests.support.by_hand import execute
from tests.support.drawn_scenes import story
from tests.support.narrow_roles import open_narrow_store
from tests.support.paper_runs import RUN, Stage, staged
from tests.support.turns import close_of, mandate, open_of

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

ACCOUNT = paper_account(RUN)
CANDLES = candles_of([(100 + at % 5, 100 + (at + 1) % 5) for at in range(40)], interval=Interval.H1)
TRADES = {
    1: open_of(Side.BUY, "10"),
    4: open_of(Side.SELL, "5"),
    9: close_of(),
    12: open_of(Side.BUY, "1000"),
    20: open_of(Side.BUY, "10"),
}
BUSY = {at: open_of(Side.BUY, "1") if at % 2 == 0 else close_of() for at in range(40)}
"""An order at every mark."""

RATES = constant_funding(Decimal("0.0004"))


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    """Open the store of a database of the test's own."""
    async with open_narrow_store(database) as opened:
        yield opened


async def stage_of(store: PostgresStore, actions: Mapping[int, ProposedAction]) -> Stage:
    """Admit a deployment that follows a script over forty hours."""
    script = Script(actions, interval=Interval.H1)
    wanted = mandate(script, interval=Interval.H1)
    return await staged(store, wanted, dataset_of(CANDLES, rates=RATES), terms=Terms())


async def test_paper_into_the_database_trades_as_a_backtest_does(store: PostgresStore, database: str) -> None:
    """Fills, refusals, funding, curve and final equity to the last digit; and the rows hold the same fills."""
    stage = await stage_of(store, TRADES)
    paper = await stage.run()
    tested = backtest(Script(TRADES, interval=Interval.H1), CANDLES, terms=Terms(), rates=RATES)
    assert story(paper) == story(tested)
    assert len(paper.fills) == 5
    assert await store.intents.fills(ACCOUNT) == paper.fills
    assert execute(database, "select count(*) from order_intents") == [(5,)]


async def test_paper_keeps_every_turn_with_its_verdict_result_and_trace(store: PostgresStore, database: str) -> None:
    """39 turns are 39 decisions, holds included; each line of the log leads to one of them, or to the boot."""
    stage = await stage_of(store, TRADES)
    run = await stage.run()
    rows = await store.decisions.recent(RUN, 999)
    assert [row.decision.tick_at for row in reversed(rows)] == [
        mark_of(at, interval=Interval.H1) for at in range(len(CANDLES) - 1)
    ]
    by_mark = {row.decision.tick_at: row for row in rows}
    assert all(by_mark[one.decision.tick_at] == one for one in run.decisions)
    traces = {row.decision.trace_id for row in rows}
    told = await store.logs.recent(RUN, 999)
    assert {line.trace_id for line in told if line.event in {"order_filled", "action_denied"}} <= traces
    assert sorted(told, key=repr) == sorted(stage.lines, key=repr)
    assert execute(database, "select count(distinct trace_id) from decision_snapshots") == [(39,)]


async def test_paper_boot_is_in_the_log_in_its_order(store: PostgresStore, database: str) -> None:
    """Read back in the order they were written."""
    await (await stage_of(store, {})).run()
    written = execute(database, "select message from agent_logs order by id limit 6")
    assert [message for (message,) in written] == [
        f"live-runner: booting deployment {RUN}",
        f"lease of {ACCOUNT} taken",
        "live-runner: loaded skill By hand (broker=paper)",
        "paper account with 10000 USD",
        "positions=0",
        "live-runner: status=running; entering tick loop",
    ]


async def test_paper_obeys_every_command_and_acknowledges_it(store: PostgresStore) -> None:
    """Pause, resume, flatten, snapshot and stop, each in its row with its outcome; a second pause does no harm."""
    stage = await stage_of(store, {0: open_of(Side.BUY, "10")})
    stage.order(3, CommandKind.SNAPSHOT, CommandKind.PAUSE, CommandKind.PAUSE)
    stage.order(6, CommandKind.RESUME)
    stage.order(9, CommandKind.FLATTEN)
    stage.order(12, CommandKind.STOP)
    run = await stage.run()
    assert [(one.kind, one.state, one.outcome) for one in await stage.commands()] == [
        (CommandKind.SNAPSHOT, CommandState.APPLIED, "state written"),
        (CommandKind.PAUSE, CommandState.APPLIED, "paused; positions stay open and are still watched"),
        (CommandKind.PAUSE, CommandState.APPLIED, "paused; positions stay open and are still watched"),
        (CommandKind.RESUME, CommandState.APPLIED, "running"),
        (CommandKind.FLATTEN, CommandState.APPLIED, "flat; 1 position(s) closed; paused"),
        (CommandKind.STOP, CommandState.APPLIED, "stopped; flat"),
    ]
    assert all(one.acked_at is not None for one in await stage.commands())
    assert (run.end, len(run.fills)) == (mark_of(11, interval=Interval.H1), 2)
    row = await store.deployments.load(RUN)
    assert (row.status, row.error_text) == (DeploymentStatus.STOPPED, None)


async def test_paper_state_is_the_newest_mark(store: PostgresStore) -> None:
    """One row, replaced at every mark."""
    stage = await stage_of(store, TRADES)
    run = await stage.run()
    state = await store.states.read(RUN)
    assert state is not None
    assert (state.last_tick_at, state.equity_usd) == (run.end, run.final_equity)
    assert state.marks == run.marks


async def test_paper_halt_is_stored_with_its_reason(store: PostgresStore) -> None:
    """A clear_halt lets the deployment go on; without it the row keeps the reason to the end."""
    falls = candles_of([(100, 100), (100, 80), (80, 80), (80, 80)], interval=Interval.H1)
    script = Script({0: open_of(Side.BUY, "90")}, interval=Interval.H1)
    stage = await staged(store, mandate(script, interval=Interval.H1), dataset_of(falls))
    seen: list[tuple[DeploymentStatus, str | None]] = []

    async def look() -> None:
        row = await store.deployments.load(RUN)
        seen.append((row.status, row.halt_reason))

    stage.before = {1: look, 2: look}
    run = await stage.run()
    reason = "daily_loss: lost 1800 USD since the day's first mark, the cap is 1000"
    assert seen == [(DeploymentStatus.RUNNING, None), (DeploymentStatus.HALTED, reason)]
    assert len(run.halts) == 1
    assert (await store.deployments.load(RUN)).halt_reason == reason


async def test_second_runner_of_an_account_is_turned_away(store: PostgresStore) -> None:
    """Nothing was started."""
    stage = await stage_of(store, TRADES)
    assert await store.leases.acquire(ACCOUNT, "the first", 60_000) is not None
    with pytest.raises(ConfigError, match="another process holds the trading lease of paper:"):
        await stage.run()
    assert (await store.deployments.load(RUN)).status is DeploymentStatus.PROVISIONING


async def test_lease_lost_in_the_middle_ends_the_run_and_nothing_is_sent_after(
    store: PostgresStore, database: str
) -> None:
    """Another process has it by now, and keeps it."""
    stage = await stage_of(store, BUSY)

    async def lose_it() -> None:
        execute(database, "update leases set expires_at = clock_timestamp() - interval '1 millisecond'")
        assert await store.leases.acquire(ACCOUNT, "the other", 60_000) is not None

    stage.before[6] = lose_it
    with pytest.raises(Fenced):
        await stage.run()
    assert len(await store.intents.fills(ACCOUNT)) == 6
    assert len(await store.decisions.recent(RUN, 99)) == 6
    assert await store.leases.acquire(ACCOUNT, "a third", 1_000) is None


async def test_database_lost_in_the_middle_ends_the_run_with_its_error_alone(
    store: PostgresStore, database: str
) -> None:
    """The connections are cut by an operator; what was written before is whole, and no order is left open."""
    stage = await stage_of(store, BUSY)

    async def cut() -> None:
        execute(
            database,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )

    stage.before[6] = cut
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        await stage.run()
    async with open_narrow_store(database) as fresh:
        assert len(await fresh.intents.fills(ACCOUNT)) == 6
        assert await fresh.intents.unresolved(ACCOUNT) == ()
        assert len(await fresh.decisions.recent(RUN, 99)) == 6


async def test_turn_that_fails_is_in_the_row_and_in_the_log(store: PostgresStore) -> None:
    """Status error with the text; the trace id of the failed turn leads to its line."""

    class Breaks(Script):
        def __call__(self, view: object, account: object) -> ProposedAction | None:
            message = "no such figure"
            raise LookupError(message)

    broken = mandate(Breaks({}), interval=Interval.H1)
    stage = await staged(store, broken, dataset_of(CANDLES, rates=RATES))
    with pytest.raises(LookupError, match="no such figure"):
        await stage.run()
    row = await store.deployments.load(RUN)
    assert (row.status, row.error_text) == (DeploymentStatus.ERROR, "LookupError: no such figure")
    failed = [line for line in await store.logs.recent(RUN, 9) if line.event == "tick_failed"]
    trace = TickId(deployment=RUN, mark=mark_of(0, interval=Interval.H1)).trace
    assert [(line.message, line.trace_id) for line in failed] == [("LookupError: no such figure", trace)]
