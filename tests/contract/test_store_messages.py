"""What both stores promise about log lines and commands."""

import msgspec
import pytest

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentId, Instant
from agentic_core.errors import NotFound, UsageError
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, log_line, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.repositories.LogStore", "agentic_core.ports.repositories.CommandStore")

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
    assert acked == msgspec.structs.replace(pause, state=state, outcome="paused", acked_at=LATER)
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
