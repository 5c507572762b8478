"""Between two marks: commands are heard, the lease is kept, and a stop does not wait for the market."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, RunRecord, Side, paper_account
from agentic_core.errors import AgenticError, Fenced
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import Script, candles_of, dataset_of, flat
from tests.support.breaking_stores import BreakingStore
from tests.support.clocks import VirtualClock, settle
from tests.support.paper_runs import RUN, Stage, staged
from tests.support.turns import mandate, open_of

pytestmark = pytest.mark.anyio

D = Decimal
ACCOUNT = paper_account(RUN)
MINUTE_MS = 60_000
TTL_MS = 15_000


class Running:
    """A deployment that runs beside the test, one mark a minute of the test's clock."""

    def __init__(self, stage: Stage, script: Script) -> None:
        self.stage = stage
        self.script = script
        self.ended: RunRecord | AgenticError | None = None
        """What it ended with; None while it runs."""

    async def run(self) -> None:
        """Run to the end, whatever it is."""
        try:
            self.ended = await self.stage.run()
        except AgenticError as error:
            self.ended = error

    async def let_pass(self, milliseconds: int) -> None:
        """Let time pass."""
        await self.stage.clock.let_pass(milliseconds)
        await settle()

    async def order(self, kind: CommandKind) -> None:
        """Order something now."""
        await self.stage.store.commands.queue(RUN, kind, payload={}, at=self.stage.clock.now())

    async def outcomes(self) -> list[str | None]:
        """Return what became of all commands."""
        return [command.outcome for command in await self.stage.commands()]


@asynccontextmanager
async def running(
    script: Script, *, breaks: BreakingStore | None = None, prices: list[tuple[int, int]] | None = None
) -> AsyncIterator[Running]:
    """Run a deployment beside the test, booted and waiting for its first mark."""
    clock = VirtualClock()
    store = MemoryStore(now=clock.now) if breaks is None else breaks.as_store()
    market = flat(5) if prices is None else candles_of(prices)
    stage = await staged(store, mandate(script), dataset_of(market), clock=clock)
    stage.live()
    beside = Running(stage, script)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beside.run)
        await settle()
        yield beside
        tasks.cancel_scope.cancel()


async def test_marks_come_in_their_own_time() -> None:
    """One turn a minute, and the end when the market ends."""
    async with running(Script({})) as beside:
        for minute in range(5):
            assert beside.script.asked == list(range(min(minute, 4)))
            await beside.let_pass(MINUTE_MS)
        assert isinstance(beside.ended, RunRecord)
        assert beside.ended.ticks == 4


async def test_command_between_marks_is_answered_within_a_quarter_of_a_second() -> None:
    """Nobody waits for the next candle to be heard."""
    async with running(Script({})) as beside:
        await beside.let_pass(MINUTE_MS)
        await beside.order(CommandKind.PAUSE)
        await beside.let_pass(250)
        assert await beside.outcomes() == ["paused; positions stay open and are still watched"]
        assert (await beside.stage.store.deployments.load(RUN)).status is DeploymentStatus.PAUSED
        await beside.let_pass(MINUTE_MS)
        assert beside.script.asked == [0]


async def test_flatten_between_marks_closes_at_once() -> None:
    """What is held is sold while the next mark is still away."""
    async with running(Script({0: open_of(Side.BUY, "10")})) as beside:
        await beside.let_pass(MINUTE_MS)
        await beside.order(CommandKind.FLATTEN)
        await beside.let_pass(250)
        assert await beside.outcomes() == ["flat; 1 position(s) closed; paused"]
        assert len(await beside.stage.store.intents.fills(ACCOUNT)) == 2


@pytest.mark.parametrize(
    ("kind", "fills", "outcome"),
    [
        (CommandKind.STOP, 1, "stopped; still open: BTC 10; nothing happens any more to what is open on paper"),
        (CommandKind.KILL, 2, "flat; 1 position(s) closed; stopped"),
    ],
)
async def test_stop_between_marks_does_not_wait_for_the_next_one(kind: CommandKind, fills: int, outcome: str) -> None:
    """The run ends within a quarter of a second, with a complete record of what was."""
    async with running(Script({0: open_of(Side.BUY, "10")})) as beside:
        await beside.let_pass(MINUTE_MS)
        await beside.order(kind)
        await beside.let_pass(250)
        assert isinstance(beside.ended, RunRecord)
        assert (beside.ended.ticks, len(beside.ended.fills), len(beside.ended.equity)) == (1, fills, 1)
        assert await beside.outcomes() == [outcome]
        row = await beside.stage.store.deployments.load(RUN)
        assert (row.status, row.error_text) == (DeploymentStatus.STOPPED, None)
        assert await beside.stage.has_given_back()


async def test_stop_before_the_first_mark_ends_a_run_in_which_nothing_was() -> None:
    """A deployment can be stopped before the market has moved."""
    async with running(Script({})) as beside:
        await beside.order(CommandKind.STOP)
        await beside.let_pass(250)
        assert isinstance(beside.ended, RunRecord)
        assert (beside.ended.ticks, beside.ended.equity, beside.ended.final_equity) == (0, (), D(10_000))


async def test_stop_is_not_overtaken_by_a_halt_of_the_next_mark() -> None:
    """The price falls at the mark that follows the stop; the deployment ends stopped, not in error."""
    crash = [(100, 100), (100, 100), (100, 50), (50, 50)]
    async with running(Script({0: open_of(Side.BUY, "100")}), prices=crash) as beside:
        await beside.let_pass(3 * MINUTE_MS - 300)
        await beside.order(CommandKind.STOP)
        await beside.let_pass(MINUTE_MS)
        assert isinstance(beside.ended, RunRecord)
        row = await beside.stage.store.deployments.load(RUN)
        assert (row.status, row.error_text) == (DeploymentStatus.STOPPED, None)


async def test_lease_is_renewed_while_the_market_stands_still() -> None:
    """A minute is four times the lease; nobody else can take it."""
    async with running(Script({})) as beside:
        for _ in range(50):
            await beside.let_pass(1_000)
            assert await beside.stage.store.leases.acquire(ACCOUNT, "someone else", TTL_MS) is None
        assert beside.ended is None


async def test_lost_lease_is_noticed_between_marks() -> None:
    """The heartbeat finds out within five seconds; no turn is taken after that, and the other keeps the lease."""
    async with running(Script({at: open_of(Side.BUY, "1") for at in range(4)})) as beside:
        await beside.let_pass(MINUTE_MS)
        beside.stage.clock.freeze(TTL_MS + 1)
        assert await beside.stage.store.leases.acquire(ACCOUNT, "the other", MINUTE_MS) is not None
        await beside.let_pass(5_000)
        assert isinstance(beside.ended, Fenced)
        assert "could not be renewed" in str(beside.ended)
        await beside.let_pass(3 * MINUTE_MS)
        assert len(await beside.stage.store.intents.fills(ACCOUNT)) == 1


async def test_renewals_that_fail_end_the_run_before_somebody_else_may_trade() -> None:
    """Three seconds before the lease runs out the run ends fenced; until then nothing is opened, all else goes on."""
    store = BreakingStore(MemoryStore())
    async with running(Script({}), breaks=store) as beside:
        await beside.let_pass(MINUTE_MS)
        store.broken = "leases.renew"
        await beside.let_pass(6_999)
        assert beside.ended is None
        await beside.let_pass(5_001)
        assert isinstance(beside.ended, Fenced)


@pytest.mark.parametrize("method", ["commands.pending", "logs.append"])
async def test_part_of_a_store_that_goes_away_between_marks_is_waited_for(method: str) -> None:
    """Commands are looked for again and lines wait, as long as the lease can be kept; then both are caught up with."""
    store = BreakingStore(MemoryStore())
    async with running(Script({}), breaks=store) as beside:
        await beside.let_pass(MINUTE_MS)
        store.broken = method
        await beside.order(CommandKind.PAUSE)
        await beside.let_pass(20_000)
        assert beside.ended is None
        store.broken = ""
        await beside.let_pass(5_000)
        assert await beside.outcomes() == ["paused; positions stay open and are still watched"]
        assert len(await store.real.logs.recent(RUN, 99)) == len(beside.stage.lines)


async def test_command_given_twice_is_answered_once_each() -> None:
    """The table is the truth: what has its outcome is not applied again."""
    async with running(Script({})) as beside:
        await beside.order(CommandKind.PAUSE)
        await beside.let_pass(2_000)
        states = [command.state for command in await beside.stage.commands()]
        assert states == [CommandState.APPLIED]
        assert sum(line.event == "command_applied" for line in beside.stage.lines) == 1
