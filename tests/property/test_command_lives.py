"""Commands given at any moment to runners that die at any moment: what holds of every one of them at the end."""

from contextlib import suppress
from functools import partial
from typing import NamedTuple

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus
from agentic_core.runtime.together import first_of
from tests.support.control_room import ControlRoom, Epoch, in_control
from tests.support.mortal_store import Died, Fate

K = CommandKind
S = DeploymentStatus
HELD = {"BTC": "2", "ETH": "-0.5"}
HOLDING_BACK = {K.PAUSE, K.FLATTEN, K.STOP, K.KILL}
WITHIN_MS = 1_000
WAITING_MS = 120_000
WEIGHED = [K.PAUSE, K.RESUME, K.RESUME, K.FLATTEN, K.CLEAR_HALT, K.SNAPSHOT, K.STOP, K.KILL]


class Given(NamedTuple):
    """A command and when it is given, after the one before it."""

    after_ms: int
    kind: CommandKind
    seen: int | None


GIVEN = st.builds(
    Given, st.sampled_from([0, 0, 3, 40, 900, 2_500]), st.sampled_from(WEIGHED), st.none() | st.integers(0, 8)
)
BEGINS = st.sampled_from([S.RUNNING, S.PAUSED, S.HALTED])


@settings(max_examples=60)
@given(
    orders=st.lists(GIVEN, min_size=1, max_size=8),
    deaths=st.lists(st.integers(1, 25), max_size=4),
    begins=BEGINS,
    troubles=st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2)),
    hints=st.booleans(),
    seed=st.integers(0, 99),
)
def test_every_command_has_one_outcome_in_time_and_the_end_is_what_they_say(
    orders: list[Given],
    deaths: list[int],
    begins: DeploymentStatus,
    troubles: tuple[int, int, int],
    hints: bool,
    seed: int,
) -> None:
    """However they cross, with a venue that cannot be read, orders under way and positions that will not close."""

    async def story(room: ControlRoom) -> None:
        room.book.unread, room.book.unresolved, stuck = troubles
        room.book.stuck = {"BTC": stuck}
        await room.bring_to(begins)
        leased_at: list[int] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_give, room, orders)
            for dies_at in deaths:
                await _live(room, await _lease(room, Fate(dies_at), hints=hints), leased_at, len(orders))
            await _live(room, await _lease(room, Fate(), hints=hints), leased_at, len(orders))
        await _judge(room, begins, leased_at)

    in_control(story, held=HELD, seed=seed)


async def _give(room: ControlRoom, orders: list[Given]) -> None:
    for order in orders:
        await room.wait(order.after_ms)
        payload = {} if order.seen is None or order.kind is not K.RESUME else {"expects_seq": str(order.seen)}
        await room.order(order.kind, **payload)


async def _lease(room: ControlRoom, fate: Fate, *, hints: bool) -> Epoch | None:
    if (await room.row()).status is S.STOPPED:
        return None
    epoch = await room.epoch(fate)
    epoch.store.hints = hints
    return epoch


async def _live(room: ControlRoom, epoch: Epoch | None, leased_at: list[int], given: int) -> None:
    if epoch is None:
        return
    leased_at.append(room.now())
    with anyio.move_on_after(WAITING_MS / 1_000):
        await first_of(partial(_obey, epoch), partial(room.answered, given))


async def _obey(epoch: Epoch) -> None:
    with suppress(Died):
        await epoch.control.run()


async def _judge(room: ControlRoom, begins: DeploymentStatus, leased_at: list[int]) -> None:
    row, commands = await room.row(), await room.commands()
    ended = row.status is S.STOPPED
    answered = [command for command in commands if command.outcome is not None]
    # Who orders something of what has ended is told so elsewhere.
    assert ended or answered == commands
    applied = [command for command in answered if command.state is CommandState.APPLIED]
    kinds = {command.kind for command in applied}
    assert ended is bool(kinds & {K.STOP, K.KILL})
    if K.KILL in kinds:
        assert not room.book.held
    assert len(room.book.closed) == len(set(room.book.closed)), "each is closed once"
    for command in applied:
        if command.kind in {K.RESUME, K.CLEAR_HALT}:
            _undoes_nothing(command, commands)
    assert all(_in_time(command, leased_at) for command in answered)
    if not kinds - {K.SNAPSHOT}:
        assert row.status is begins


def _undoes_nothing(command: Command, commands: list[Command]) -> None:
    # What came after it, and was there when it was answered, refuses it.
    seen = min(command.seq, int(command.payload.get("expects_seq", command.seq)))
    assert command.finished_at is not None
    newer = [each for each in commands if each.seq > seen and each.kind in HOLDING_BACK]
    assert all(each.issued_at >= command.finished_at for each in newer)
    closing = [each for each in commands if each.kind is K.FLATTEN and each.acked_at is not None]
    assert not [each for each in closing if (each.acked_at or 0) < command.finished_at < (each.finished_at or 0)]


def _in_time(command: Command, leased_at: list[int]) -> bool:
    assert command.acked_at is not None
    since = max([command.issued_at, *(at for at in leased_at if at <= command.acked_at)])
    return command.acked_at - since < WITHIN_MS
