"""What both stores promise about commands that take a while: claims, steps, and what becomes of those nobody ends."""

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    Command,
    CommandKind,
    CommandState,
    CommandStep,
    DeploymentId,
    DeploymentStatus,
    Desired,
    Fence,
    Instant,
)
from agentic_core.errors import Fenced, NotFound, UsageError
from tests.support.agent_wallets import live_deployment
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, PAPER, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.messages.CommandStore",)

LATER, LATEST = Instant(AT + 900), Instant(AT + 5_000)


async def queued(subject: StoreUnderTest, kind: CommandKind = CommandKind.FLATTEN) -> Command:
    """Queue a command."""
    return await subject.store.commands.queue(DEPLOYMENT, kind, payload={}, at=AT)


async def next_fence(subject: StoreUnderTest) -> Fence:
    """Let the same holder take the lease once more."""
    lease = await subject.store.leases.acquire(PAPER, HOLDER, TTL_MS, deployment=DEPLOYMENT)
    assert lease is not None
    return Fence(account=PAPER, epoch=lease.epoch)


async def test_command_claimed_is_acknowledged_and_still_pending(subject: StoreUnderTest) -> None:
    """The claim says when somebody took it up; the outcome comes later, and that instant stays."""
    commands = subject.store.commands
    flatten = await queued(subject)
    claimed = await commands.claim(flatten, fence=subject.fence, at=LATER)
    wanted = replace(flatten, state=CommandState.CLAIMED, acked_at=LATER, claimed_epoch=subject.fence.epoch)
    assert claimed == wanted
    assert await commands.pending(DEPLOYMENT) == (claimed,)
    done = await commands.ack(claimed, CommandState.APPLIED, "flat", at=LATEST, fence=subject.fence)
    assert done == replace(claimed, state=CommandState.APPLIED, outcome="flat", finished_at=LATEST)
    assert await commands.pending(DEPLOYMENT) == ()


async def test_command_is_claimed_again_by_the_next_epoch(subject: StoreUnderTest) -> None:
    """It was acknowledged when the first one took it up; claiming twice under one lease changes nothing."""
    commands = subject.store.commands
    first = await commands.claim(await queued(subject), fence=subject.fence, at=LATER)
    assert await commands.claim(first, fence=subject.fence, at=LATEST) == first
    fence = await next_fence(subject)
    assert await commands.claim(first, fence=fence, at=LATEST) == replace(first, claimed_epoch=fence.epoch)
    with pytest.raises(Fenced):
        await commands.claim(first, fence=subject.fence, at=LATEST)


async def test_command_with_an_outcome_is_claimed_by_nobody(subject: StoreUnderTest) -> None:
    """Whoever comes late is told the outcome, and notes nothing of it."""
    commands = subject.store.commands
    refused = await commands.ack(await queued(subject), CommandState.REFUSED, "no", at=LATER, fence=subject.fence)
    assert await commands.claim(refused, fence=subject.fence, at=LATEST) == refused
    assert await commands.step(refused, "closed BTC", fence=subject.fence, at=LATEST) == refused
    assert await commands.recent(DEPLOYMENT, 9) == (refused,)


async def test_steps_of_a_command_are_kept_in_their_order(subject: StoreUnderTest) -> None:
    """What is said twice in a row stands there once; the outcome keeps them all."""
    commands = subject.store.commands
    command = await commands.claim(await queued(subject), fence=subject.fence, at=AT)
    said = [("paused", AT), ("waiting ☕", LATER), ("waiting ☕", LATEST), ("paused", LATEST)]
    for text, at in said:
        command = await commands.step(command, text, fence=subject.fence, at=Instant(at))
    steps = (
        CommandStep(at=AT, text="paused"),
        CommandStep(at=LATER, text="waiting ☕"),
        CommandStep(at=LATEST, text="paused"),
    )
    assert command.steps == steps
    done = await commands.ack(command, CommandState.APPLIED, "flat", at=LATEST, fence=subject.fence)
    assert done.steps == steps


async def test_steps_are_of_the_epoch_that_claimed(subject: StoreUnderTest) -> None:
    """A command nobody took up, and one an earlier epoch did, is claimed before anything is noted of it."""
    commands = subject.store.commands
    command = await queued(subject)
    with pytest.raises(UsageError, match="flatten 1 was not claimed by epoch 1; claim it"):
        await commands.step(command, "x", fence=subject.fence, at=AT)
    await commands.claim(command, fence=subject.fence, at=AT)
    fence = await next_fence(subject)
    with pytest.raises(UsageError, match="was not claimed by epoch 2"):
        await commands.step(command, "x", fence=fence, at=AT)
    (known,) = await commands.pending(DEPLOYMENT)
    assert known.steps == ()


async def test_steps_beyond_the_room_for_them_replace_the_newest(subject: StoreUnderTest) -> None:
    """The first ones stay, and so does what was said last; each is cut at 200 characters."""
    commands = subject.store.commands
    command = await commands.claim(await queued(subject), fence=subject.fence, at=AT)
    for number in range(34):
        text = f"{number} {'€' * 400}"
        command = await commands.step(command, text, fence=subject.fence, at=AT)
    assert [step.text.split()[0] for step in command.steps] == [*map(str, range(31)), "33"]
    assert {len(step.text) for step in command.steps} == {200}


async def test_command_is_neither_claimed_nor_noted_by_who_lost_the_lease(subject: StoreUnderTest) -> None:
    """Whoever took over goes on with it."""
    commands = subject.store.commands
    command = await queued(subject)
    subject.run_out(PAPER)
    with pytest.raises(Fenced):
        await commands.claim(command, fence=subject.fence, at=LATER)
    with pytest.raises(Fenced):
        await commands.step(command, "x", fence=subject.fence, at=LATER)
    assert await commands.pending(DEPLOYMENT) == (command,)


async def test_command_is_not_claimed_with_the_fence_of_another_account(subject: StoreUnderTest) -> None:
    """A lease covers the commands of its own deployments; one that was never queued is nobody's."""
    commands = subject.store.commands
    command = await queued(subject)
    live = await live_deployment(subject.store, subject.skill)
    lease = await subject.store.leases.acquire(live.account_key, "runner-2", TTL_MS, deployment=live.id)
    assert lease is not None
    fence = Fence(account=live.account_key, epoch=lease.epoch)
    with pytest.raises(NotFound, match="no command"):
        await commands.claim(command, fence=fence, at=LATER)
    with pytest.raises(NotFound, match="no command"):
        await commands.step(command, "x", fence=fence, at=LATER)
    with pytest.raises(NotFound, match="no command"):
        await commands.claim(replace(command, id=uuid_of("other")), fence=subject.fence, at=LATER)


async def test_commands_that_nobody_ends_expire_together(subject: StoreUnderTest) -> None:
    """Claimed ones too, in sequence; those that have their outcome keep it, and again there is nothing to do."""
    commands = subject.store.commands
    done, claimed, waiting = [await queued(subject, CommandKind.SNAPSHOT) for _ in range(3)]
    done = await commands.ack(done, CommandState.APPLIED, "written", at=LATER)
    claimed = await commands.claim(claimed, fence=subject.fence, at=LATER)
    expired = await commands.expire_rest(DEPLOYMENT, "nobody runs it", at=LATEST)
    over = {"state": CommandState.EXPIRED, "outcome": "nobody runs it", "finished_at": LATEST}
    assert expired == (replace(claimed, **over), replace(waiting, acked_at=LATEST, **over))
    assert await commands.recent(DEPLOYMENT, 9) == (expired[1], expired[0], done)
    assert await commands.expire_rest(DEPLOYMENT, "again", at=LATEST) == ()
    assert await commands.expire_rest(DeploymentId(uuid_of("nothing")), "x", at=LATEST) == ()


@pytest.mark.parametrize("kind", CommandKind)
async def test_kill_alone_makes_a_deployment_one_that_shall_be_flattened(
    subject: StoreUnderTest, kind: CommandKind
) -> None:
    """From the moment it is queued: whoever takes the lease next does so for that."""
    await queued(subject, kind)
    wanted = Desired.FLATTEN if kind is CommandKind.KILL else Desired.RUNNING
    assert await subject.store.deployments.desired(DEPLOYMENT) is wanted


async def test_kill_leaves_a_deployment_that_shall_be_stopped_as_it_is(subject: StoreUnderTest) -> None:
    """Nobody takes its lease any more."""
    await subject.store.deployments.move(DEPLOYMENT, DeploymentStatus.ERROR, at=AT, reason="x")
    await subject.store.deployments.set_desired(DEPLOYMENT, Desired.STOPPED)
    await queued(subject, CommandKind.KILL)
    assert await subject.store.deployments.desired(DEPLOYMENT) is Desired.STOPPED
