"""Giving a command: what it is tied to, what is refused at once, and how its outcome is watched."""

import anyio
import pytest

from agentic_core.deployments.commanding import follow_command, give_command
from agentic_core.domain import DeploymentRecord, DeploymentStatus, HaltReason, Instant
from agentic_core.domain.records import CommandKind, CommandState
from agentic_core.errors import IllegalTransition, InputError
from agentic_core.store.memory import MemoryStore
from tests.support.clocks import VirtualClock
from tests.support.stored_values import AT, USER, deployment, hash_of

pytestmark = pytest.mark.anyio

LATER = Instant(AT + 5_000)


async def room(*statuses: DeploymentStatus) -> tuple[MemoryStore, DeploymentRecord]:
    """Return a store with one deployment that went through these statuses."""
    store = MemoryStore()
    saved = await store.skills.save(USER, name="Cross", slug="cross", payload="{}", payload_hash=hash_of("{}"))
    record = deployment(saved.skill_id)
    await store.deployments.create(record)
    for status in statuses:
        reason = HaltReason.DAILY_LOSS if status is DeploymentStatus.HALTED else None
        record = await store.deployments.move(record.id, status, at=LATER, reason=reason)
    return store, record


async def test_command_keeps_the_reason() -> None:
    """Why somebody ordered it stands beside what was ordered."""
    store, record = await room(DeploymentStatus.RUNNING)
    command = await give_command(store.commands, record, CommandKind.PAUSE, at=AT, reason="lunch")
    assert (command.seq, command.payload, command.state) == (1, {"reason": "lunch"}, CommandState.QUEUED)


@pytest.mark.parametrize(("expects", "tied_to"), [(None, "2"), ("1", "1")])
async def test_resume_is_tied_to_the_newest_command_seen(expects: str | None, tied_to: str) -> None:
    """What is there now counts where the person does not say what they saw."""
    store, record = await room(DeploymentStatus.RUNNING)
    for kind in (CommandKind.PAUSE, CommandKind.SNAPSHOT):
        await give_command(store.commands, record, kind, at=AT)
    command = await give_command(store.commands, record, CommandKind.RESUME, at=AT, expects=expects)
    assert command.payload == {"expects_seq": tied_to}


async def test_resume_before_any_command_is_tied_to_none() -> None:
    """Numbers begin with one, so nought is before the first."""
    store, record = await room(DeploymentStatus.RUNNING)
    assert (await give_command(store.commands, record, CommandKind.RESUME, at=AT)).payload == {"expects_seq": "0"}


@pytest.mark.parametrize("expects", ["", " ", "abc", "-1", "#2", "1.0"])
async def test_resume_tied_to_what_is_no_number_is_refused(expects: str) -> None:
    """Nothing is queued: an empty variable of a shell must not loosen what somebody has seen."""
    store, record = await room(DeploymentStatus.PAUSED)
    with pytest.raises(InputError, match="take the number that `agentic deployments show` gives"):
        await give_command(store.commands, record, CommandKind.RESUME, at=AT, expects=expects)
    assert await store.commands.recent(record.id, 1) == ()


async def test_command_that_tightens_is_tied_to_nothing() -> None:
    """Whoever says what they saw expects that it is heeded."""
    store, record = await room(DeploymentStatus.RUNNING)
    with pytest.raises(InputError, match="only resume and clear_halt are"):
        await give_command(store.commands, record, CommandKind.PAUSE, at=AT, expects="1")


@pytest.mark.parametrize(("expects", "tied_to"), [(None, str(LATER)), ("77", "77")])
async def test_clear_halt_is_tied_to_the_halt_that_is_latched(expects: str | None, tied_to: str) -> None:
    """Another halt that latches meanwhile is not cleared with it."""
    store, record = await room(DeploymentStatus.RUNNING, DeploymentStatus.HALTED)
    command = await give_command(store.commands, record, CommandKind.CLEAR_HALT, at=AT, expects=expects)
    assert command.payload == {"expects_halt": tied_to}


async def test_clear_halt_where_nothing_is_halted_is_refused() -> None:
    """The status is told, and nothing is queued."""
    store, record = await room(DeploymentStatus.RUNNING)
    with pytest.raises(IllegalTransition, match="is running; there is no halt to clear"):
        await give_command(store.commands, record, CommandKind.CLEAR_HALT, at=AT)
    assert await store.commands.recent(record.id, 5) == ()


@pytest.mark.parametrize("end", [DeploymentStatus.ERROR, DeploymentStatus.STOPPED])
async def test_command_to_what_has_ended_is_refused(end: DeploymentStatus) -> None:
    """It would wait for ever."""
    way = (DeploymentStatus.RUNNING, DeploymentStatus.STOPPING, end)
    store, record = await room(*way)
    with pytest.raises(IllegalTransition, match=f"is {end} and obeys nothing any more; deploy its skill anew"):
        await give_command(store.commands, record, CommandKind.STOP, at=AT)


async def watched(within_ms: int, *, is_obeyed: bool) -> list[str]:
    """Watch a stop, which somebody may carry out after a second, and return what was told, the end last."""
    (store, record), clock, told = await room(DeploymentStatus.RUNNING), VirtualClock(), list[str]()
    command = await give_command(store.commands, record, CommandKind.STOP, at=AT)

    async def follow() -> None:
        end = await follow_command(
            store.commands, command, clock, within_ms=within_ms, tell=lambda seen: told.append(f"{seen.state}")
        )
        told.append(f"end {end.state}")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(follow)
        await clock.let_pass(1_000)
        if is_obeyed:
            await store.commands.ack(command, CommandState.APPLIED, "stopped", at=AT)
        await clock.let_pass(5_000)
    return told


async def test_command_is_watched_until_its_outcome() -> None:
    """The change is told once, and the outcome returned."""
    assert await watched(60_000, is_obeyed=True) == ["applied", "end applied"]


async def test_command_without_outcome_is_watched_until_the_time_is_over() -> None:
    """What was seen last is returned; nothing is withdrawn."""
    assert await watched(3_000, is_obeyed=False) == ["end queued"]
