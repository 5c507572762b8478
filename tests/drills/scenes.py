"""Single troubles of real processes: a frozen runner, a handover, an unheard command, a kill that is cut short."""

from collections.abc import Callable

import msgspec

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus
from agentic_hl.venue.fault_values import AnswersLate
from tests.drills.cycles import READY, instant_of
from tests.drills.ending import flat_at_last, judged_flat
from tests.drills.seeding import Seeded
from tests.drills.stage import Runner, Stage
from tests.support.by_hand import execute
from tests.support.mortal_server import MortalPostgres

__all__ = ["Seen", "frozen", "handed_over", "killed_while_killing", "ready", "unheard_pause", "without_database"]

_ORDER = "order"
_LATE_MS = 1_500
_KILLED = -9

_QUEUED_SILENTLY = """
    with counted as (
        update deployments set commands_issued = commands_issued + 1 where id = %s returning id, commands_issued
    )
    insert into agent_commands (id, deployment_id, seq, kind, payload, issued_at, state)
    select gen_random_uuid(), id, commands_issued, 'pause', '{}', to_timestamp(%s / 1000.0), 'queued' from counted
"""
_LEFT_OPEN = """
    select cloid, state from order_intents
    where account_key = %s and kind = 'order' and state in ('prepared', 'sent', 'unknown')
"""
_ACKED_AFTER_MS = """
    select (extract(epoch from acked_at - issued_at) * 1000)::bigint from agent_commands
    where deployment_id = %s and kind = 'pause' and state = 'applied'
"""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one trouble."""

    faults: list[str]
    ms: int
    """How long what it is about took, in the drill's time."""


async def frozen(stage: Stage, seeded: Seeded, dsn: str, *, after_ms: int | None = None) -> Seen:
    """Freeze a runner until another has traded in its place, and let it go on.

    Args:
        stage: where.
        seeded: what is run.
        dsn: the database as its owner.
        after_ms: so long after a mark; None is as soon as the venue has an order that it did not answer yet.
    """
    first = await ready(stage, seeded, "a")
    await stage.inject(AnswersLate(by_ms=_LATE_MS, of=_ORDER))
    if after_ms is None:
        await stage.order_of(first)
    else:
        await stage.until_after_mark(after_ms)
    first.freeze()
    frozen_at = stage.clock.now()
    second = await stage.start(seeded, "b")
    ready_at = instant_of(await second.says("runner_started", READY, within_s=stage.patience_s))
    await second.says("tick_finished", within_s=stage.patience_s)
    first.thaw()
    woken_at = stage.clock.now()
    await first.says("runner_started", "waiting", within_s=stage.patience_s)
    await second.says("tick_finished", times=2, within_s=stage.patience_s)
    faults = await flat_at_last(stage, seeded, dsn, second)
    if code := await first.gone(stage.patience_s):
        faults.append(f"the first runner ended with {code}: {first}")
    late = [each for each in stage.requests() if each.door == first.name and each.time >= woken_at]
    faults += [f"the first runner sent {each} after it had woken" for each in late]
    if not any(each.door == second.name and each.kind == _ORDER for each in stage.requests()):
        faults.append("the second runner sent no order")
    return Seen(faults=faults, ms=ready_at - frozen_at)


async def handed_over(stage: Stage, seeded: Seeded, dsn: str) -> tuple[Seen, Runner]:
    """Tell a runner to end that waits for the venue's answer to an order; return the one that goes on from there."""
    first = await ready(stage, seeded, "a")
    await stage.inject(AnswersLate(by_ms=_LATE_MS, of=_ORDER))
    await stage.order_of(first)
    first.terminate()
    told_at = stage.clock.now()
    code = await first.gone(stage.patience_s)
    faults = []
    if code or not first.said("lease_released"):
        faults.append(f"the first runner ended with {code}: {first}")
    left = execute(dsn, _LEFT_OPEN, seeded.account)
    faults += [f"the first runner left {cloid} {state}" for cloid, state in left]
    second = await ready(stage, seeded, "a")
    if second.said("runner_started", "waiting"):
        faults.append(f"the second had to wait for the lease: {second}")
    released = [instant_of(line) for line in first.said("lease_released")]
    return Seen(faults=faults, ms=max(released, default=told_at) - told_at), second


async def without_database(stage: Stage, seeded: Seeded, dsn: str, server: MortalPostgres, *, away_ms: int) -> Seen:
    """Kill the database under a runner that holds something, for longer than its lease, and bring it back."""
    runner = await ready(stage, seeded, "a")
    await runner.says("order_filled", within_s=stage.patience_s)
    gone_at = stage.clock.now()
    server.kill()
    await stage.pause(away_ms)
    back_at = stage.clock.now()
    server.recover()
    await runner.says("runner_started", READY, times=2, within_s=stage.patience_s)
    ready_at = stage.clock.now()
    await runner.says("tick_finished", times=len(runner.said("tick_finished")) + 1, within_s=stage.patience_s)
    taken_at = instant_of(runner.said("lease_taken")[-1])
    until = gone_at + stage.timings.lease_ms - stage.timings.margin_ms
    sent = [each for each in stage.requests() if until < each.time < taken_at]
    faults = [f"{each} was sent without a lease" for each in sent]
    await stage.store_is_back()
    return Seen(faults=[*faults, *await flat_at_last(stage, seeded, dsn, runner)], ms=ready_at - back_at)


async def killed_while_killing(stage: Stage, seeded: Seeded, dsn: str, *, when: Callable[[Runner], bool]) -> Seen:
    """Kill the process that carries out a kill command, and let another finish it."""
    first = await ready(stage, seeded, "a")
    await first.says("order_filled", within_s=stage.patience_s)
    queued_at = stage.clock.now()
    await stage.store.commands.queue(seeded.id, CommandKind.KILL, payload={}, at=queued_at)
    await first.until(lambda: when(first), "the middle of the kill", stage.patience_s)
    first.kill()
    faults = [] if await first.gone() == _KILLED else [f"the first runner ended by itself: {first}"]
    second = await stage.start(seeded, "a")
    if code := await second.gone(stage.patience_s):
        faults.append(f"the second runner ended with {code}: {second}")
    ms = stage.clock.now() - queued_at
    deployment = await stage.store.deployments.load(seeded.id)
    (kill,) = await stage.store.commands.recent(seeded.id, 9)
    if (deployment.status, kill.state) != (DeploymentStatus.STOPPED, CommandState.APPLIED):
        faults.append(f"the deployment is {deployment.status}, the kill {kill.state}: {kill.outcome}")
    third = await stage.start(seeded, "a")
    if (code := await third.gone(stage.patience_s)) or third.said("lease_taken"):
        faults.append(f"a runner of what has stopped did something, and ended with {code}: {third}")
    return Seen(faults=[*faults, *await judged_flat(stage, seeded, dsn)], ms=ms)


async def unheard_pause(stage: Stage, seeded: Seeded, dsn: str, runner: Runner) -> int:
    """Order a pause of which no word is sent, and return how many milliseconds it took until it was obeyed."""
    execute(dsn, _QUEUED_SILENTLY, seeded.id, stage.clock.now())
    await runner.says("command_applied", "pause", within_s=stage.patience_s)
    ((ms,),) = execute(dsn, _ACKED_AFTER_MS, seeded.id)
    return int(str(ms))


async def ready(stage: Stage, seeded: Seeded, machine: str) -> Runner:
    """Start a runner, and wait until its account is clear."""
    runner = await stage.start(seeded, machine)
    await runner.says("runner_started", READY, within_s=stage.patience_s)
    return runner
