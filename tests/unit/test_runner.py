"""A paper deployment from boot to stop: what it says, what it stores, and that it trades as a backtest does."""

from decimal import Decimal

import pytest

from agentic_core.backtest.funding import constant_funding
from agentic_core.chat import said
from agentic_core.domain import (
    DeploymentStatus,
    Desired,
    Interval,
    NoopResult,
    RunRecord,
    Side,
    TickId,
    Usd,
    paper_account,
)
from agentic_core.domain.records import AgentStateRecord
from agentic_core.errors import ConfigError, NotFound
from agentic_core.ports.chat_model import CallUsage
from agentic_core.runtime.terms import Terms
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import FREE, Script, backtest, candles_of, dataset_of, flat, mark_of
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, ETH
from tests.support.paper_runs import RUN, Stage, staged
from tests.support.thinking import scripted
from tests.support.turns import Says, close_of, limits, mandate, open_of

pytestmark = pytest.mark.anyio

D = Decimal
BUY = open_of(Side.BUY, "10")
WAVE = [(100 + at % 5, 100 + (at + 1) % 5) for at in range(30)]
TRADES = {1: BUY, 4: open_of(Side.SELL, "5"), 9: close_of(), 12: open_of(Side.BUY, "1000"), 20: BUY}


async def stage_of(script: Script | Says, terms: Terms = FREE) -> Stage:
    """Set up thirty minutes between 100 and 104 dollars."""
    return await staged(MemoryStore(), mandate(script), dataset_of(candles_of(WAVE)), terms=terms)


async def test_boot_is_logged_in_the_order_operators_look_for() -> None:
    """Booting, lease, skill and broker, the account, and then the loop; every line with one trace id."""
    stage = await stage_of(Says(None))
    await stage.run()
    boot = stage.lines[:6]
    assert [line.message for line in boot] == [
        f"live-runner: booting deployment {RUN}",
        f"lease of paper:{RUN} taken",
        "live-runner: loaded skill By hand (broker=paper)",
        "paper account with 10000 USD",
        "positions=0",
        "live-runner: status=running; entering tick loop",
    ]
    assert len({line.trace_id for line in boot}) == 1
    assert stage.said()[-1] == "stopped after 29 turn(s)"


async def test_log_in_the_store_is_what_the_listener_heard() -> None:
    """Nothing is told that is not kept, line for line."""
    stage = await stage_of(Script(TRADES))
    await stage.run()
    kept = await stage.store.logs.recent(RUN, 999)
    assert sorted(kept, key=repr) == sorted(stage.lines, key=repr)
    assert len(kept) > 12


async def test_deployment_runs_and_ends_stopped_with_its_times() -> None:
    """The row says when it started and stopped; nothing went wrong; the lease is free for the next."""
    stage = await stage_of(Says(None))
    seen: list[DeploymentStatus] = []

    async def look() -> None:
        seen.append((await stage.store.deployments.load(RUN)).status)

    stage.before = {0: look, 15: look}
    await stage.run()
    row = await stage.store.deployments.load(RUN)
    assert seen == [DeploymentStatus.RUNNING, DeploymentStatus.RUNNING]
    assert (row.status, row.error_text, row.halt_reason) == (DeploymentStatus.STOPPED, None, None)
    assert row.started_at is not None
    assert row.stopped_at is not None
    assert row.desired is Desired.STOPPED
    assert await stage.has_given_back()


async def test_paper_trades_as_a_backtest_does() -> None:
    """Fills, orders, refusals, funding, curve and final equity are the same to the last digit."""
    terms, rates = Terms(slippage_bps=D(3)), constant_funding(D("0.0004"))
    candles = candles_of([(100 + at % 5, 100 + (at + 1) % 5) for at in range(30)], interval=Interval.H1)
    script = Script(TRADES, interval=Interval.H1)
    dataset = dataset_of(candles, rates=rates)
    stage = await staged(MemoryStore(), mandate(script, interval=Interval.H1), dataset, terms=terms)
    paper = await stage.run()
    tested = backtest(Script(TRADES, interval=Interval.H1), candles, terms=terms, rates=rates)

    def story(run: RunRecord) -> list[object]:
        fills = [(one.time, one.symbol, one.side, one.size, one.price, one.fee, one.closed_pnl) for one in run.fills]
        results = [(one.decision.tick_at, type(one.result), one.decision.equity) for one in run.decisions]
        return [fills, results, run.funding, run.halts, run.equity, run.marks, run.final_equity, run.ticks]

    assert story(paper) == story(tested)
    assert len(paper.fills) == 5
    assert len(paper.funding) > 10
    assert (paper.environment, tested.environment) == ("paper", "backtest")
    assert paper.assumptions == tested.assumptions


async def test_every_turn_leaves_a_decision_with_its_result() -> None:
    """Holds included: 29 turns are 29 rows, each with the trace id of its tick."""
    stage = await stage_of(Script(TRADES))
    await stage.run()
    rows = await stage.store.decisions.recent(RUN, 999)
    assert [row.decision.tick_at for row in reversed(rows)] == [mark_of(index) for index in range(29)]
    assert {row.decision.trace_id for row in rows} == {
        TickId(deployment=RUN, mark=mark_of(index)).trace for index in range(29)
    }
    assert [row.result for row in rows].count(NoopResult(reason="nothing_proposed")) == 24


async def test_every_mark_publishes_the_state() -> None:
    """Equity, the day's result, positions and marks are those of the mark just taken; it is the heartbeat."""
    stage = await stage_of(Script({1: BUY}))
    seen: list[AgentStateRecord | None] = []

    async def look() -> None:
        seen.append(await stage.store.states.read(RUN))

    stage.before = dict.fromkeys((0, 1, 3, 5), look)
    await stage.run()
    assert seen[0] is None
    assert [state.last_tick_at for state in seen if state is not None] == [mark_of(0), mark_of(2), mark_of(4)]
    newest = seen[3]
    assert newest is not None
    assert (newest.equity_usd, newest.day_pnl_usd) == (D(9_980), D(-20))
    assert [(held.symbol, held.size) for held in newest.positions] == [(BTC, D(10))]
    assert newest.marks == {BTC: D(100)}


async def test_lines_of_a_turn_carry_the_trace_id_of_its_decision() -> None:
    """From any order line one finds the decision, and from any decision its lines."""
    stage = await stage_of(Script(TRADES))
    run = await stage.run()
    told = {line.trace_id for line in stage.lines if line.event in {"order_placed", "order_filled", "action_denied"}}
    assert told == {record.decision.trace_id for record in run.decisions}
    for line in stage.lines[6:-1]:
        assert line.trace_id == TickId(deployment=RUN, mark=line.ts).trace


async def test_each_mark_is_reported_after_its_turn() -> None:
    """Who shows progress is told of every mark once, the last one included."""
    stage = await stage_of(Says(None))
    marks: list[int] = []
    await stage.run(on_mark=marks.append)
    assert marks == [mark_of(index) for index in range(30)]


async def test_second_runner_of_an_account_is_turned_away() -> None:
    """The lease is somebody else's: nothing is started, and the message says what to do."""
    stage = await stage_of(Says(None))
    assert await stage.store.leases.acquire(paper_account(RUN), "the first", 60_000) is not None
    with pytest.raises(ConfigError) as refusal:
        await stage.run()
    assert str(refusal.value) == (
        f"another process holds the trading lease of paper:{RUN}; stop it, or wait until its lease runs out"
    )
    assert (await stage.store.deployments.load(RUN)).status is DeploymentStatus.PROVISIONING
    assert await stage.store.decisions.recent(RUN, 9) == ()


async def test_deployment_that_shall_be_stopped_is_not_run() -> None:
    """A start that comes late obeys, and says what it obeyed."""
    stage = await stage_of(Says(None))
    await stage.store.deployments.set_desired(RUN, Desired.STOPPED)
    with pytest.raises(ConfigError, match=r"the desired state of deployment .* is stopped, so nothing runs it"):
        await stage.run()
    assert (await stage.store.deployments.load(RUN)).status is DeploymentStatus.PROVISIONING


async def test_deployment_whose_lease_was_revoked_is_not_run() -> None:
    """Whoever took it away gives it back first."""
    stage = await stage_of(Says(None))
    await stage.store.leases.revoke(paper_account(RUN))
    with pytest.raises(ConfigError, match=r"the trading lease of paper:.* was revoked"):
        await stage.run()
    assert (await stage.store.deployments.load(RUN)).status is DeploymentStatus.PROVISIONING


async def test_deployment_that_has_ended_cannot_be_run_again() -> None:
    """Stopped is final, and the second attempt is told so."""
    stage = await stage_of(Says(None))
    await stage.run()
    again = Stage(stage.store, stage.mandate, stage.dataset, stage.clock, FREE)
    with pytest.raises(ConfigError, match="is stopped, which is final; deploy its skill anew"):
        await again.run()
    assert await stage.has_given_back()


async def test_deployment_that_does_not_exist_gives_its_lease_back() -> None:
    """A mistake in the name of a deployment blocks nobody."""
    ghost = mandate(Says(None))
    stage = Stage(MemoryStore(), ghost, dataset_of(flat(3)), VirtualClock(), FREE)
    with pytest.raises(NotFound):
        await stage.run()
    assert await stage.store.leases.acquire(ghost.account, "someone else", 1_000) is not None


async def test_market_without_a_symbol_of_the_skill_lets_the_others_trade() -> None:
    """A symbol without candles has no mark, so an open of it is denied and nothing is guessed."""
    script = Script({1: open_of(Side.BUY, "1", symbol=ETH), 2: BUY})
    stage = await staged(MemoryStore(), mandate(script, symbols=(BTC, ETH)), dataset_of(flat(5)))
    run = await stage.run()
    assert [fill.symbol for fill in run.fills] == [BTC]
    assert [line.data["rule"] for line in stage.lines if line.event == "action_denied"] == ["R4_NO_MARK"]


async def test_paper_run_of_one_mark_only_values_the_account() -> None:
    """There is no turn to take, and that is no error."""
    stage = await staged(MemoryStore(), mandate(Says(BUY)), dataset_of(flat(1)))
    run = await stage.run()
    assert (run.ticks, run.fills, run.final_equity) == (0, (), D(10_000))
    assert [point.time for point in run.equity] == [mark_of(0)]


async def test_chat_model_on_paper_is_asked_until_its_money_is_spent() -> None:
    """Two cents are two answers, each in its decision; after that every turn is skipped, told and not recorded."""
    cost = CallUsage(cost_usd=Usd(D("0.01")))
    answers = [said(BUY, "up", usage=cost), said(None, "wait", usage=cost)]
    decider = scripted(answers, bound=Usd(D("0.01")))
    wanted = mandate(decider, caps=limits(cost_usd_month_max=Usd(D("0.02"))))
    stage = await staged(MemoryStore(), wanted, dataset_of(flat(6)))
    run = await stage.run()
    rows = await stage.store.decisions.recent(RUN, 9)
    assert [row.decision.final_text for row in rows] == ["wait", "up"]
    assert (len(run.fills), run.ticks, run.decided_by) == (1, 5, "chat:scripted")
    skipped = [line for line in stage.lines if line.event == "tick_skipped"]
    assert [line.level for line in skipped] == ["warn"] * 3
    assert {line.message for line in skipped} == {"cost_guard: 0.03 USD would be committed this month, the cap is 0.02"}
