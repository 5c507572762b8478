"""What the deployer may order: each command with its effect, its acknowledgement and its refusals."""

from decimal import Decimal

import pytest

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, Executed, RunRecord, Side
from agentic_core.runtime import Mandate
from agentic_core.store.memory import MemoryStore
from tests.support.backtests import Script, candles_of, dataset_of, flat, mark_of
from tests.support.paper_runs import RUN, Stage, staged
from tests.support.turns import close_of, mandate, open_of

pytestmark = pytest.mark.anyio

D = Decimal
BUY = open_of(Side.BUY, "10")
PAUSE, RESUME, CLEAR = CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CLEAR_HALT
FLATTEN, STOP, KILL, SNAPSHOT = CommandKind.FLATTEN, CommandKind.STOP, CommandKind.KILL, CommandKind.SNAPSHOT
APPLIED, REFUSED = CommandState.APPLIED, CommandState.REFUSED
FALLS = [(100, 100), (100, 100), (100, 85), (85, 85), (85, 85), (85, 85), (85, 100), (100, 100), (100, 100)]
"""100 units lose 1,500 of 10,000 dollars at the third mark and have them back at the seventh."""


async def stage_of(script: Script, prices: list[tuple[int, int]] | None = None) -> Stage:
    """Set up ten minutes at 100 dollars, or at these prices."""
    market = flat(10) if prices is None else candles_of(prices)
    wanted: Mandate = mandate(script)
    return await staged(MemoryStore(), wanted, dataset_of(market))


async def acknowledged(stage: Stage) -> list[tuple[CommandKind, CommandState, str | None]]:
    """Return what became of every command, oldest first."""
    return [(command.kind, command.state, command.outcome) for command in await stage.commands()]


async def status_of(stage: Stage) -> DeploymentStatus:
    """Return the stored status."""
    return (await stage.store.deployments.load(RUN)).status


async def ordered(
    script: Script, *orders: tuple[int, CommandKind], prices: list[tuple[int, int]] | None = None
) -> tuple[Stage, RunRecord]:
    """Run a script while the deployer orders something before certain marks."""
    stage = await stage_of(script, prices)
    for mark in {mark for mark, _ in orders}:
        stage.order(mark, *(kind for at, kind in orders if at == mark))
    return stage, await stage.run()


async def test_pause_stops_the_turns_and_resume_lets_them_go_on() -> None:
    """From the first mark after the pause to the resume nobody is asked; the account is still watched."""
    script = Script({})
    stage, run = await ordered(script, (3, PAUSE), (6, RESUME))
    assert script.asked == [0, 1, 2, 6, 7, 8]
    assert await acknowledged(stage) == [
        (PAUSE, APPLIED, "paused; positions stay open and are still watched"),
        (RESUME, APPLIED, "running"),
    ]
    assert (run.ticks, len(run.equity)) == (6, 10)


async def test_pause_leaves_positions_open() -> None:
    """What is held at the pause is held at the end."""
    _, run = await ordered(Script({0: BUY, 5: close_of()}), (3, PAUSE))
    assert [fill.side for fill in run.fills] == [Side.BUY]
    assert run.equity[-1].exposure == 1_000


@pytest.mark.parametrize(("kind", "first"), [(PAUSE, PAUSE), (RESUME, SNAPSHOT)])
async def test_order_of_what_is_already_so_does_no_harm(kind: CommandKind, first: CommandKind) -> None:
    """A second pause and a resume of what runs are done at once."""
    stage, _ = await ordered(Script({}), (2, first), (4, kind))
    assert (await acknowledged(stage))[1][:2] == (kind, APPLIED)


async def test_clear_halt_is_refused_while_nothing_is_halted() -> None:
    """A running deployment has no halt to clear."""
    stage, run = await ordered(Script({}), (2, CLEAR))
    assert await acknowledged(stage) == [(CLEAR, REFUSED, "clear_halt does nothing while the deployment is running")]
    assert run.ticks == 9


async def test_halt_latches_until_it_is_cleared_and_resume_does_not_clear_it() -> None:
    """The halt at the third mark closes and refuses opens; cleared, it latches again while the day's loss stands."""
    flip = open_of(Side.SELL, "10")
    script = Script({0: open_of(Side.BUY, "100"), 4: flip, 7: flip})
    stage, run = await ordered(script, (5, RESUME), (7, CLEAR), prices=FALLS)
    assert await acknowledged(stage) == [
        (RESUME, REFUSED, "a halt is latched; read its reason and send clear_halt"),
        (CLEAR, APPLIED, "the halt is cleared; running"),
    ]
    assert [halt.time for halt in run.halts] == [mark_of(2), mark_of(7)]
    assert [fill.time for fill in run.fills] == [mark_of(0), mark_of(2)]


async def test_halt_cleared_while_the_loss_stands_latches_again() -> None:
    """Clearing is not forgetting: at the next mark the loss of the day is still there."""
    stage, run = await ordered(Script({0: open_of(Side.BUY, "100")}), (4, CLEAR), prices=FALLS)
    assert [state for _, state, _ in await acknowledged(stage)] == [APPLIED]
    assert [halt.time for halt in run.halts] == [mark_of(2), mark_of(4)]


async def test_halt_is_stored_with_its_reason_and_cleared_with_it() -> None:
    """The row says why; cleared, it says nothing."""
    stage = await stage_of(Script({0: open_of(Side.BUY, "100")}), FALLS)
    seen: list[tuple[DeploymentStatus, str | None]] = []

    async def look() -> None:
        row = await stage.store.deployments.load(RUN)
        seen.append((row.status, row.halt_reason))

    stage.before = {2: look, 3: look}
    stage.order(7, CLEAR)
    stage.obeyed = {7: look}
    await stage.run()
    assert seen == [
        (DeploymentStatus.RUNNING, None),
        (DeploymentStatus.HALTED, "daily_loss: lost 1500 USD since the day's first mark, the cap is 1000"),
        (DeploymentStatus.RUNNING, None),
    ]


async def test_halt_can_latch_while_paused() -> None:
    """A paused deployment is watched; what it loses halts it, and a resume does not undo that."""
    script = Script({0: open_of(Side.BUY, "100")})
    stage, run = await ordered(script, (1, PAUSE), (4, RESUME), prices=FALLS)
    assert [halt.time for halt in run.halts] == [mark_of(2)]
    assert [state for _, state, _ in await acknowledged(stage)] == [APPLIED, REFUSED]


async def test_flatten_closes_everything_and_ends_paused() -> None:
    """The position is sold between two marks, and the turn of the next is not taken any more."""
    script = Script({0: BUY, 5: BUY})
    stage, run = await ordered(script, (4, FLATTEN))
    assert await acknowledged(stage) == [(FLATTEN, APPLIED, "flat; 1 position(s) closed; paused")]
    assert [(fill.side, fill.size, fill.time) for fill in run.fills] == [
        (Side.BUY, D(10), mark_of(0)),
        (Side.SELL, D(10), mark_of(3)),
    ]
    assert script.asked == [0, 1, 2, 3]
    (flattening,) = [record for record in run.decisions if record.decision.decided_by == "command:flatten"]
    assert isinstance(flattening.result, Executed)


async def test_flatten_of_a_flat_account_pauses_all_the_same() -> None:
    """Whoever wants to be flat does not want to be opened again."""
    stage, run = await ordered(Script({5: BUY}), (4, FLATTEN))
    assert await acknowledged(stage) == [(FLATTEN, APPLIED, "flat; 0 position(s) closed; paused")]
    assert run.fills == ()


async def test_flatten_of_a_halted_deployment_leaves_it_halted() -> None:
    """Being flat is no reason to lift a halt."""
    script = Script({0: open_of(Side.BUY, "100")})
    stage, run = await ordered(script, (4, FLATTEN), prices=FALLS)
    assert await acknowledged(stage) == [(FLATTEN, APPLIED, "flat; 0 position(s) closed; halted")]
    assert len(run.fills) == 2


async def test_flatten_that_cannot_close_says_what_is_still_open() -> None:
    """The next open is two per cent away from the mark, which the collar does not allow."""
    prices = [(100, 100), (100, 100), (100, 100), (98, 98), (98, 98)]
    stage, run = await ordered(Script({0: BUY}), (3, FLATTEN), prices=prices)
    assert await acknowledged(stage) == [(FLATTEN, APPLIED, "closed what could be closed; still open: BTC; paused")]
    assert run.equity[-1].exposure == 980


async def test_flatten_shares_its_trace_id_with_its_log_lines() -> None:
    """The orders of the command are found by the decision it left, and the tick's lines keep their own."""
    stage, run = await ordered(Script({0: BUY}), (4, FLATTEN))
    (flattening,) = [record.decision for record in run.decisions if record.decision.decided_by == "command:flatten"]
    lines = [line.message for line in stage.lines if line.trace_id == flattening.trace_id]
    assert lines == [
        "sell 10 BTC at 99 or better, reduce only",
        "sell 10 BTC at 100, fee 0 USD",
    ]


@pytest.mark.parametrize(
    ("kind", "script", "words"),
    [
        (STOP, {}, "stopped; flat"),
        (STOP, {0: BUY}, "stopped; still open: BTC 10; nothing happens any more to what is open on paper"),
        (KILL, {}, "flat; 0 position(s) closed; stopped"),
        (KILL, {0: BUY}, "flat; 1 position(s) closed; stopped"),
    ],
)
async def test_stop_ends_the_run_at_once_and_only_a_kill_closes(
    kind: CommandKind, script: dict[int, object], words: str
) -> None:
    """The next mark is not reached any more, and the record is complete."""
    policy = Script(dict.fromkeys(script, BUY))
    stage, run = await ordered(policy, (4, kind))
    assert await acknowledged(stage) == [(kind, APPLIED, words)]
    assert policy.asked == [0, 1, 2, 3]
    assert (run.end, run.ticks) == (mark_of(3), 4)
    assert len(run.fills) == len(script) * (2 if kind is KILL else 1)
    row = await stage.store.deployments.load(RUN)
    assert (row.status, row.error_text) == (DeploymentStatus.STOPPED, None)
    assert row.stopped_at is not None


async def test_snapshot_publishes_the_state() -> None:
    """What is stored is what the account is at the moment of the command."""
    stage, _ = await ordered(Script({0: BUY}), (3, SNAPSHOT))
    assert await acknowledged(stage) == [(SNAPSHOT, APPLIED, "state written")]


async def test_commands_of_one_moment_have_each_one_outcome_and_the_strongest_wins() -> None:
    """Beside a stop nothing else is obeyed but what harms nobody, whatever came first."""
    stage, run = await ordered(Script({}), (3, PAUSE), (3, RESUME), (3, STOP), (3, PAUSE), (3, RESUME), (3, SNAPSHOT))
    assert await acknowledged(stage) == [
        (PAUSE, REFUSED, "pause does nothing while the deployment is stopping"),
        (RESUME, REFUSED, "stop (command 3) came after what its sender had seen; look again before repeating it"),
        (STOP, APPLIED, "stopped; flat"),
        (PAUSE, REFUSED, "pause does nothing while the deployment is stopping"),
        (RESUME, REFUSED, "resume does nothing while the deployment is stopping"),
        (SNAPSHOT, APPLIED, "state written"),
    ]
    assert all(command.acked_at is not None for command in await stage.commands())
    assert run.ticks == 3


async def test_commands_are_told_in_the_log_with_their_outcome() -> None:
    """Refusals as warnings, obedience as information."""
    stage, _ = await ordered(Script({}), (2, PAUSE), (3, CLEAR))
    told = [(line.event, line.level, line.message) for line in stage.lines if line.data.get("command")]
    assert told == [
        ("command_applied", "info", "pause: paused; positions stay open and are still watched"),
        ("command_refused", "warn", "clear_halt: clear_halt does nothing while the deployment is paused"),
    ]


async def test_command_given_at_the_very_end_is_still_answered() -> None:
    """What comes after the last mark and before the end does not stay open."""
    stage, _ = await ordered(Script({}), (10, PAUSE))
    assert [state for _, state, _ in await acknowledged(stage)] == [APPLIED]
    assert await status_of(stage) is DeploymentStatus.STOPPED
