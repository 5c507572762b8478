"""What ends a paper deployment: a failing turn, a lost lease, a store that goes away; each alone and told as it is."""

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

import pytest

from agentic_core.backtest.replay import Replay
from agentic_core.domain import DeploymentStatus, Fill, Instant, ProposedAction, Side, Symbol, paper_account
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import IndicatorKind, IndicatorSpec, MarketView
from agentic_core.errors import AgenticError, CandlesInvalid, Fenced, StoreUnavailable
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import Does, Script, dataset_of, flat
from tests.support.breaking_stores import BreakingStore
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, LISTED
from tests.support.paper_runs import RUN, Stage, staged
from tests.support.turns import close_of, mandate, open_of

pytestmark = pytest.mark.anyio

D = Decimal
ACCOUNT = paper_account(RUN)
BUSY = {at: open_of(Side.BUY, "1") if at % 2 == 0 else close_of() for at in range(20)}
"""An order at every mark."""


async def stage_of(policy: RulePolicy, store: BreakingStore | None = None) -> Stage:
    """Set up twenty minutes."""
    clock = VirtualClock()
    used = store.as_store() if store is not None else MemoryStore(now=clock.now)
    return await staged(used, mandate(policy), dataset_of(flat(20)), clock=clock)


async def fills_of(stage: Stage) -> tuple[Fill, ...]:
    """Return what was executed and stored."""
    return await stage.store.intents.fills(ACCOUNT)


def breaking(store: BreakingStore, method: str) -> Callable[[], Awaitable[None]]:
    """Return what breaks a method of the store."""

    async def break_it() -> None:
        store.broken = method

    return break_it


class Forgetful(Replay):
    """A venue that has settled funding and does not say at which rate."""

    async def funding(self, symbol: Symbol, *, after: Instant, until: Instant) -> Mapping[Instant, Decimal]:
        """Return nothing."""
        return {}


def failing_at(mark: int, error: Exception) -> Does:
    """Return a policy that breaks at the mark of this number."""
    seen = []

    def decide(view: MarketView, account: AccountView) -> ProposedAction | None:
        seen.append(view.as_of)
        if len(seen) > mark:
            raise error
        return BUSY[len(seen) - 1]

    return Does(decide)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (LookupError("no such figure"), "LookupError: no such figure"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
    ids=["lookup", "arithmetic"],
)
async def test_turn_that_fails_ends_the_deployment_in_status_error(error: Exception, text: str) -> None:
    """The error comes out as it was, not in a group; the row, the turn's line and the last line carry its text."""
    stage = await stage_of(failing_at(5, error))
    with pytest.raises(type(error)) as raised:
        await stage.run()
    assert raised.value is error
    row = await stage.store.deployments.load(RUN)
    assert (row.status, row.error_text) == (DeploymentStatus.ERROR, text)
    grave = [line for line in stage.lines if line.level == "error"]
    told = [(line.event, line.level, line.message) for line in grave]
    assert told == [("tick_failed", "error", text), ("runner_fatal", "error", text)]
    assert raised.value.__notes__ == [f"trace {grave[0].trace_id}"]
    kept = await stage.store.logs.recent(RUN, 2)
    assert "runner_fatal" in {line.event for line in kept}


async def test_turn_that_fails_leaves_what_was_done_before_it() -> None:
    """Five orders are stored, the sixth turn sent nothing, and the lease is free again."""
    stage = await stage_of(failing_at(5, LookupError("x")))
    with pytest.raises(LookupError):
        await stage.run()
    assert len(await fills_of(stage)) == 5
    assert len(await stage.store.decisions.recent(RUN, 99)) == 5
    assert await stage.has_given_back()


async def test_turn_that_breaks_a_rule_of_the_house_is_told_and_the_next_one_is_taken() -> None:
    """An error that somebody foresaw costs its turn; the others go on."""
    stage = await stage_of(failing_at(5, AgenticError("a rule of the house")))
    run = await stage.run()
    failed = [line.message for line in stage.lines if line.event == "tick_failed"]
    assert failed == ["AgenticError: a rule of the house"] * 14
    assert (run.ticks, len(run.fills)) == (19, 5)
    assert (await stage.store.deployments.load(RUN)).status is DeploymentStatus.STOPPED


async def test_policy_that_looks_ahead_is_caught_on_paper_too() -> None:
    """Its turns fail, with the name of the indicator, and nothing is traded."""

    def peek(view: MarketView, account: AccountView) -> None:
        view.indicator(BTC, IndicatorSpec(IndicatorKind.EMA, 9), back=-1)

    stage = await stage_of(Does(peek))
    run = await stage.run()
    failed = {line.message for line in stage.lines if line.event == "tick_failed"}
    assert failed == {"LookAhead: ema(9) of BTC was asked 1 candle(s) ahead of the mark"}
    assert run.fills == ()


async def test_state_that_cannot_be_written_ends_nothing() -> None:
    """It is a sign of life, and the next one tells the same."""
    store = BreakingStore(MemoryStore())
    stage = await stage_of(Script(BUSY), store)
    stage.before[6] = breaking(store, "states.write")
    run = await stage.run()
    assert len(run.fills) == 19


async def test_log_that_cannot_be_written_ends_nothing() -> None:
    """Its lines wait; whoever listens has heard them."""
    store = BreakingStore(MemoryStore())
    stage = await stage_of(Script(BUSY), store)
    stage.before[6] = breaking(store, "logs.append")
    with pytest.raises(StoreUnavailable):  # the last of them, at the end
        await stage.run()
    assert len(await fills_of(stage)) == 19
    assert (await store.real.deployments.load(RUN)).status is DeploymentStatus.STOPPED
    assert stage.said()[-1] == "stopped after 19 turn(s)"


async def test_position_held_through_an_hour_without_a_rate_ends_the_deployment() -> None:
    """A venue that forgets a rate leaves an account nobody can value; nothing is guessed."""
    stage = await staged(MemoryStore(), mandate(Script({0: open_of(Side.BUY, "1")})), dataset_of(flat(90)))
    stage.replay = Forgetful(stage.dataset, LISTED, clock=stage.clock)
    with pytest.raises(CandlesInvalid, match="no funding rate of BTC is known for the hour"):
        await stage.run()
    row = await stage.store.deployments.load(RUN)
    assert row.status is DeploymentStatus.ERROR


@pytest.mark.parametrize(
    ("method", "executed"),
    [
        ("intents.prepare", 6),
        ("intents.settle", 6),
        ("decisions.record", 7),
        ("deployments.move", 19),
    ],
)
async def test_store_that_goes_away_ends_the_run_with_its_error_alone(method: str, executed: int) -> None:
    """At the seventh mark a method fails: no group of errors, nothing sent after it, and the lease is given back."""
    store = BreakingStore(MemoryStore())
    stage = await stage_of(Script(BUSY), store)
    stage.before[6] = breaking(store, method)
    with pytest.raises(StoreUnavailable, match=f"the database went away during {method}"):
        await stage.run()
    assert len(await fills_of(stage)) == executed
    assert await store.real.leases.acquire(ACCOUNT, "someone else", 1_000) is not None


async def test_store_that_went_away_leaves_the_status_alone() -> None:
    """Whether the deployment is gone is not known to anyone while the database is away."""
    store = BreakingStore(MemoryStore())
    stage = await stage_of(Script(BUSY), store)
    stage.before[6] = breaking(store, "decisions.record")
    with pytest.raises(StoreUnavailable):
        await stage.run()
    assert (await store.real.deployments.load(RUN)).status is DeploymentStatus.RUNNING


async def test_lease_that_is_lost_ends_the_run_fenced_and_nothing_is_sent_after() -> None:
    """The process stood still for longer than its lease; somebody else trades now, and keeps the lease."""
    stage = await stage_of(Script(BUSY))

    async def lose_it() -> None:
        stage.clock.freeze(15_001)
        assert await stage.store.leases.acquire(ACCOUNT, "the other", 60_000) is not None

    stage.before[6] = lose_it
    with pytest.raises(Fenced):
        await stage.run()
    assert len(await fills_of(stage)) == 6
    assert len(await stage.store.decisions.recent(RUN, 99)) == 6
    assert (await stage.store.deployments.load(RUN)).status is DeploymentStatus.RUNNING
    assert await stage.store.leases.acquire(ACCOUNT, "a third", 1_000) is None


async def test_lease_that_ran_out_is_no_right_even_where_nobody_took_it() -> None:
    """A fence is live or it is not."""
    stage = await stage_of(Script(BUSY))

    async def stand_still() -> None:
        stage.clock.freeze(15_001)

    stage.before[6] = stand_still
    with pytest.raises(Fenced):
        await stage.run()
    assert len(await fills_of(stage)) == 6
