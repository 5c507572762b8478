"""What both stores promise about log lines and commands."""

import msgspec
import pytest

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentId, Fence, Instant
from agentic_core.errors import Fenced, NotFound, UsageError
from tests.support.agent_wallets import live_deployment
from tests.support.store_under_test import TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, PAPER, log_line, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.messages.LogStore",)

NOTHING = DeploymentId(uuid_of("nothing"))
LATER = Instant(AT + 900)


async def test_log_lines_come_back_exactly_and_newest_first(subject: StoreUnderTest) -> None:
    """By time, and within one instant the one appended last is the newest."""
    lines = [log_line("first"), log_line("second"), log_line("late", at=AT + 5), log_line("between", at=AT + 1)]
    await subject.store.logs.append(lines[:3])
    await subject.store.logs.append(lines[3:])
    assert await subject.store.logs.recent(DEPLOYMENT, 9) == (lines[2], lines[3], lines[1], lines[0])
    assert await subject.store.logs.recent(DEPLOYMENT, 2) == (lines[2], lines[3])


async def test_log_lines_may_be_none(subject: StoreUnderTest) -> None:
    """Appending nothing is nothing."""
    await subject.store.logs.append([])
    assert await subject.store.logs.recent(DEPLOYMENT, 9) == ()


async def test_log_lines_of_an_unknown_deployment_let_none_in(subject: StoreUnderTest) -> None:
    """All lines are written, or none."""
    stray = msgspec.structs.replace(log_line("stray"), deployment_id=NOTHING)
    with pytest.raises(NotFound, match="deployment"):
        await subject.store.logs.append([log_line("mine"), stray])
    assert await subject.store.logs.recent(DEPLOYMENT, 9) == ()


async def test_log_line_with_a_key_is_appended_once(subject: StoreUnderTest) -> None:
    """Whoever does not know whether a line is stored says it again; in one call or two, the first one stays."""
    keyed = [
        msgspec.structs.replace(log_line(said), line_key=uuid_of(key))
        for said, key in [("first", "a"), ("second", "b"), ("again", "a")]
    ]
    await subject.store.logs.append([*keyed[:2], log_line("plain")])
    await subject.store.logs.append([keyed[2], keyed[1], keyed[1], log_line("plain")])
    assert await subject.store.logs.recent(DEPLOYMENT, 9) == (log_line("plain"), log_line("plain"), keyed[1], keyed[0])


async def test_log_lines_of_two_deployments_share_no_keys(subject: StoreUnderTest) -> None:
    """Nobody keeps a line of somebody else's from being written."""
    live = await live_deployment(subject.store, subject.skill)
    mine = msgspec.structs.replace(log_line("mine"), line_key=uuid_of("key"))
    other = msgspec.structs.replace(mine, deployment_id=live.id, message="other")
    await subject.store.logs.append([mine])
    await subject.store.logs.append([other])
    assert await subject.store.logs.recent(DEPLOYMENT, 9) == (mine,)
    assert await subject.store.logs.recent(live.id, 9) == (other,)


async def test_log_message_may_hold_any_character(subject: StoreUnderTest) -> None:
    """A venue's words cannot keep a line out of the log."""
    await subject.store.logs.append([log_line('50 % "off" \\ ☃ \0 end')])
    (line,) = await subject.store.logs.recent(DEPLOYMENT, 9)
    assert line.message.startswith('50 % "off" \\ ☃ ')


async def _queued(subject: StoreUnderTest, *kinds: CommandKind) -> list[Command]:
    queue = subject.store.commands.queue
    return [await queue(DEPLOYMENT, kind, payload={"reason": f"why {kind}"}, at=AT) for kind in kinds]


async def test_commands_are_numbered_in_the_order_they_were_queued(subject: StoreUnderTest) -> None:
    """Sequence numbers start at one and have no gap; what is queued is pending."""
    pause, stop = await _queued(subject, CommandKind.PAUSE, CommandKind.STOP)
    assert (pause.seq, stop.seq) == (1, 2)
    assert (pause.kind, pause.payload, pause.issued_at) == (CommandKind.PAUSE, {"reason": "why pause"}, AT)
    assert (pause.state, pause.outcome, pause.acked_at) == (CommandState.QUEUED, None, None)
    assert pause.id != stop.id
    assert await subject.store.commands.pending(DEPLOYMENT) == (pause, stop)


async def test_pause_that_a_runner_orders_itself_is_numbered_like_the_others(subject: StoreUnderTest) -> None:
    """Its deployer sees it, with the reason."""
    await _queued(subject, CommandKind.SNAPSHOT)
    pause = await subject.store.commands.pause_own(DEPLOYMENT, "cost_guard: spent", at=AT)
    assert (pause.kind, pause.seq, pause.state) == (CommandKind.PAUSE, 2, CommandState.QUEUED)
    assert (pause.payload, pause.issued_at) == ({"reason": "cost_guard: spent"}, AT)
    (stop,) = await _queued(subject, CommandKind.STOP)
    assert stop.seq == 3
    assert [command.seq for command in await subject.store.commands.pending(DEPLOYMENT)] == [1, 2, 3]
    with pytest.raises(NotFound, match="no deployment"):
        await subject.store.commands.pause_own(NOTHING, "why", at=AT)


async def test_command_with_a_payload_too_long_for_the_journal_is_refused(subject: StoreUnderTest) -> None:
    """A record that does not fit into a runner's copy would keep it from sending anything."""
    with pytest.raises(UsageError, match="4001 characters, and 4000 is the most"):
        await subject.store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={"a": "b" * 4_000}, at=AT)
    taken = await subject.store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={"a": "\n" * 3_999}, at=AT)
    acked = await subject.store.commands.ack(taken, CommandState.REFUSED, "\u20ac" * 5_000, at=LATER)
    assert acked.outcome == "\u20ac" * 3_999 + "…"


async def test_command_for_an_unknown_deployment_is_refused(subject: StoreUnderTest) -> None:
    """There is nobody to order."""
    with pytest.raises(NotFound, match="no deployment"):
        await subject.store.commands.queue(NOTHING, CommandKind.STOP, payload={}, at=AT)


@pytest.mark.parametrize("state", [CommandState.APPLIED, CommandState.REFUSED, CommandState.EXPIRED])
async def test_command_acknowledged_has_its_outcome_and_is_not_pending(
    subject: StoreUnderTest, state: CommandState
) -> None:
    """The outcome says what happened and when."""
    pause, stop = await _queued(subject, CommandKind.PAUSE, CommandKind.STOP)
    acked = await subject.store.commands.ack(pause, state, "paused", at=LATER)
    assert acked == msgspec.structs.replace(pause, state=state, outcome="paused", acked_at=LATER, finished_at=LATER)
    assert await subject.store.commands.pending(DEPLOYMENT) == (stop,)


async def test_command_has_one_outcome_and_the_first_one_stays(subject: StoreUnderTest) -> None:
    """A second acknowledgement is ignored and gets the first."""
    (pause,) = await _queued(subject, CommandKind.PAUSE)
    first = await subject.store.commands.ack(pause, CommandState.REFUSED, "already stopping", at=LATER)
    second = await subject.store.commands.ack(pause, CommandState.APPLIED, "paused", at=Instant(LATER + 1))
    assert second == first
    assert await subject.store.commands.recent(DEPLOYMENT, 9) == (first,)


@pytest.mark.parametrize("state", [CommandState.QUEUED, CommandState.CLAIMED])
async def test_command_is_not_acknowledged_with_a_state_that_is_no_outcome(
    subject: StoreUnderTest, state: CommandState
) -> None:
    """Being claimed is not an end."""
    (pause,) = await _queued(subject, CommandKind.PAUSE)
    with pytest.raises(UsageError, match="applied, refused or expired"):
        await subject.store.commands.ack(pause, state, "x", at=LATER)
    assert await subject.store.commands.pending(DEPLOYMENT) == (pause,)


async def test_command_that_was_never_queued_cannot_be_acknowledged(subject: StoreUnderTest) -> None:
    """An outcome needs its command."""
    (pause,) = await _queued(subject, CommandKind.PAUSE)
    with pytest.raises(NotFound, match="no command"):
        await subject.store.commands.ack(
            msgspec.structs.replace(pause, id=uuid_of("other")), CommandState.APPLIED, "x", at=LATER
        )


async def test_commands_recent_are_the_newest_first_with_or_without_outcome(subject: StoreUnderTest) -> None:
    """The list for people: everything, from the newest."""
    pause, resume, stop = await _queued(subject, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.STOP)
    acked = await subject.store.commands.ack(resume, CommandState.APPLIED, "running", at=LATER)
    assert await subject.store.commands.recent(DEPLOYMENT, 2) == (stop, acked)
    assert await subject.store.commands.recent(DEPLOYMENT, 9) == (stop, acked, pause)


async def test_command_acknowledged_by_the_holder_of_the_lease_has_its_outcome(subject: StoreUnderTest) -> None:
    """With the fence of the account that the deployment trades; a second acknowledgement gets the first."""
    pause = await subject.store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={"reason": "tea ☕"}, at=AT)
    ack = subject.store.commands.ack
    first = await ack(pause, CommandState.APPLIED, "paused", at=LATER, fence=subject.fence)
    assert (first.state, first.outcome) == (CommandState.APPLIED, "paused")
    assert (first.acked_at, first.finished_at, first.claimed_epoch) == (LATER, LATER, None)
    assert await ack(pause, CommandState.REFUSED, "no", at=Instant(LATER + 1), fence=subject.fence) == first


async def test_command_is_not_acknowledged_by_who_lost_the_lease(subject: StoreUnderTest) -> None:
    """Whoever took over applies it."""
    commands = subject.store.commands
    pause = await commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
    subject.run_out(PAPER)
    for fence in (subject.fence, Fence(account=PAPER, epoch=2)):
        with pytest.raises(Fenced):
            await commands.ack(pause, CommandState.APPLIED, "paused", at=LATER, fence=fence)
    assert await commands.pending(DEPLOYMENT) == (pause,)


async def test_command_is_not_acknowledged_with_the_fence_of_another_account(subject: StoreUnderTest) -> None:
    """A lease covers the commands of its own deployments."""
    commands = subject.store.commands
    pause = await commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={}, at=AT)
    live = await live_deployment(subject.store, subject.skill)
    lease = await subject.store.leases.acquire(live.account_key, "runner-2", TTL_MS, deployment=live.id)
    assert lease is not None
    fence = Fence(account=live.account_key, epoch=lease.epoch)
    with pytest.raises(NotFound, match="no command"):
        await commands.ack(pause, CommandState.APPLIED, "paused", at=LATER, fence=fence)
    assert await commands.pending(DEPLOYMENT) == (pause,)
