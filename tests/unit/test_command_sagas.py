"""Flatten, stop and kill as they are carried out: what they wait for, what they say, and what each leaves behind."""

import anyio
import pytest

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus, Desired, Restriction
from agentic_core.logevents import LogEvent
from tests.support.control_room import ControlRoom, Epoch, in_control
from tests.support.stored_values import DEPLOYMENT

S = DeploymentStatus
K = CommandKind
APPLIED = CommandState.APPLIED
MINUTE_MS = 60_000
HELD = {"BTC": "2", "ETH": "-0.50"}
CLOSING = "no turns are taken; closing what is held"
BOTH = "still open: BTC 2, ETH -0.5; nothing happens any more to what is open on paper"


async def outcomes(room: ControlRoom) -> list[tuple[CommandKind, CommandState, str | None]]:
    """Return what became of every command, oldest first."""
    return [(command.kind, command.state, command.outcome) for command in await room.commands()]


async def steps(room: ControlRoom) -> list[list[str]]:
    """Return what was noted of every command, oldest first."""
    return [[step.text for step in command.steps] for command in await room.commands()]


async def obeyed(room: ControlRoom, epoch: Epoch, *kinds: CommandKind, within_ms: int = 5_000) -> None:
    """Order this and let it be obeyed for a while."""

    async def order() -> None:
        await room.order(*kinds)
        await room.wait(within_ms)

    await room.during(epoch, order)


def test_flatten_pauses_first_closes_everything_and_ends_paused() -> None:
    """The state that is stored at the end is flat."""

    async def story(room: ControlRoom) -> None:
        room.opens = False
        epoch = await room.epoch(status=S.RUNNING)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            (flatten,) = await room.order(K.FLATTEN)
            await room.wait(1_000)
            (claimed,) = await room.commands()
            assert (claimed.state, (await room.row()).status) == (CommandState.CLAIMED, S.PAUSED)
            assert epoch.turns.held_back == 1
            epoch.is_open.set()
            await room.wait(1_000)
            tasks.cancel_scope.cancel()
        assert await outcomes(room) == [(K.FLATTEN, APPLIED, "flat; 2 position(s) closed; paused")]
        assert await steps(room) == [[CLOSING, "flat; 2 position(s) closed"]]
        assert (room.book.closed, room.book.causes) == (["BTC", "ETH"], [f"command:{flatten.id}"])
        stored = await room.store.states.read(DEPLOYMENT)
        assert (stored is not None and stored.positions, epoch.turns.held_back) == ((), 0)

    in_control(story, held=HELD)


def test_flatten_of_a_halted_deployment_leaves_it_halted() -> None:
    """Being flat is no reason to lift a halt."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.HALTED)
        await obeyed(room, epoch, K.FLATTEN)
        assert await outcomes(room) == [(K.FLATTEN, APPLIED, "flat; 2 position(s) closed; halted")]
        assert (await room.row()).status is S.HALTED

    in_control(story, held=HELD)


def test_flatten_that_cannot_close_something_says_what_is_left_and_calls_a_human() -> None:
    """It is over all the same; whoever reads it decides what comes next."""

    async def story(room: ControlRoom) -> None:
        room.book.stuck = {"ETH": 1}
        epoch = await room.epoch(status=S.RUNNING)
        await obeyed(room, epoch, K.FLATTEN)
        said = "closed what could be closed; still open: a position in ETH"
        assert await outcomes(room) == [(K.FLATTEN, APPLIED, f"{said}; paused")]
        assert epoch.pages == ["flatten: still open: a position in ETH"]

    in_control(story, held=HELD)


@pytest.mark.parametrize("kind", [K.FLATTEN, K.KILL])
def test_closing_waits_for_a_venue_that_cannot_be_read_and_calls_a_human_meanwhile(kind: CommandKind) -> None:
    """Three times it cannot; then it can."""

    async def story(room: ControlRoom) -> None:
        room.book.unread = 3
        epoch = await room.epoch(status=S.RUNNING)
        await obeyed(room, epoch, kind, within_ms=20_000)
        ((_, state, _),) = await outcomes(room)
        assert (state, room.book.closed) == (APPLIED, ["BTC", "ETH"])
        assert epoch.pages == [f"{kind.value}: still open: nobody answers"]

    in_control(story, held=HELD)


def test_stop_waits_until_nothing_is_under_way_and_leaves_positions_open() -> None:
    """Every minute it says what it waits for; the outcome says what stays open, and nothing was closed."""

    async def story(room: ControlRoom) -> None:
        room.book.unresolved = 5
        epoch = await room.epoch(status=S.RUNNING)
        (stop,) = await room.order(K.STOP)
        await epoch.control.run()
        row = await room.row()
        assert (row.status, row.desired, room.book.closed) == (S.STOPPED, Desired.STOPPED, [])
        assert await outcomes(room) == [(K.STOP, APPLIED, f"stopped; {BOTH}")]
        waits = [line.ts - stop.issued_at for line in room.lines if line.event is LogEvent.ORDER_UNRESOLVED]
        assert [wait // MINUTE_MS for wait in waits] == [0, 1]
        stored = await room.store.states.read(DEPLOYMENT)
        assert stored is not None
        assert [position.symbol for position in stored.positions] == ["BTC", "ETH"]

    in_control(story, held=HELD)


@pytest.mark.parametrize(("held", "unread", "words"), [({}, 0, "stopped; flat"), (HELD, 1, None)])
def test_stop_says_what_is_known_to_be_open(held: dict[str, str], unread: int, words: str | None) -> None:
    """A venue that cannot be read keeps nobody from stopping."""

    async def story(room: ControlRoom) -> None:
        room.book.unread = unread
        epoch = await room.epoch(status=S.RUNNING)
        await room.order(K.STOP)
        await epoch.control.run()
        unknown = "stopped; the account could not be read, so look at the venue for what is open"
        assert await outcomes(room) == [(K.STOP, APPLIED, words or unknown)]

    in_control(story, held=held)


def test_kill_goes_on_until_it_is_proven_flat_and_calls_a_human_every_minute() -> None:
    """It is latched from the first moment and wanted durably; what it had to try again is noted."""

    async def story(room: ControlRoom) -> None:
        room.book.stuck = {"ETH": 12}
        epoch = await room.epoch(status=S.RUNNING)
        await room.order(K.KILL)
        await epoch.control.begin()
        assert epoch.standing.restrictions == {Restriction.KILL_LATCH}
        assert ((await room.row()).status, (await room.row()).desired) == (S.STOPPING, Desired.FLATTEN)
        await epoch.control.run()
        row = await room.row()
        assert (row.status, row.desired) == (S.STOPPED, Desired.STOPPED)
        assert await outcomes(room) == [(K.KILL, APPLIED, "flat; 2 position(s) closed; stopped")]
        assert epoch.pages == ["kill: still open: a position in ETH"] * 2
        ((first, second, *_, last),) = await steps(room)
        words = [
            CLOSING,
            "it is tried again; still open: a position in ETH",
            "flat; 2 position(s) closed",
        ]
        assert [first, second, last] == words

    in_control(story, held=HELD)


def test_kill_takes_over_from_a_stop_that_waits() -> None:
    """Whatever is under way is closed, and both have the kill's outcome."""

    async def story(room: ControlRoom) -> None:
        room.book.unresolved = 1_000
        epoch = await room.epoch(status=S.RUNNING)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            await room.order(K.STOP)
            await room.wait(MINUTE_MS + 7)
            await room.order(K.KILL)
            await room.wait(2_000)
        assert {outcome for _, _, outcome in await outcomes(room)} == {"flat; 2 position(s) closed; stopped"}

    in_control(story, held=HELD)


def test_kill_that_is_taken_up_as_a_stop_ends_is_carried_out() -> None:
    """The stop has nothing to wait for any more, and finds that it is not due."""

    async def story(room: ControlRoom) -> None:
        room.book.unresolved = 1
        epoch = await room.epoch(status=S.RUNNING)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            await room.order(K.STOP)
            await room.wait(19_000)
            async with epoch.standing.changing:
                await room.order(K.KILL)
                await room.wait(5_000)
        assert room.book.unresolved == 0
        assert {outcome for _, _, outcome in await outcomes(room)} == {"flat; 2 position(s) closed; stopped"}

    in_control(story, held=HELD)


def test_flatten_goes_before_a_stop_that_waits_and_the_stop_goes_on_after_it() -> None:
    """Stopping, it ends flat."""

    async def story(room: ControlRoom) -> None:
        room.book.unresolved = 2
        epoch = await room.epoch(status=S.RUNNING)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            await room.order(K.STOP)
            await room.wait(5_000)
            await room.order(K.FLATTEN)
            await room.wait(2_000)
            assert room.book.closed == ["BTC", "ETH"]
        assert await outcomes(room) == [
            (K.STOP, APPLIED, "stopped; flat"),
            (K.FLATTEN, APPLIED, "flat; 2 position(s) closed; stopping"),
        ]

    in_control(story, held=HELD)


def test_commands_of_a_kind_are_carried_out_once_and_each_has_the_outcome() -> None:
    """Given together, and while the first is being carried out."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(epoch.control.run)
            await room.order(K.KILL, K.FLATTEN, K.STOP, K.KILL)
        assert (len(room.book.causes), room.book.closed) == (1, ["BTC", "ETH"])
        assert {outcome for _, _, outcome in await outcomes(room)} == {"flat; 2 position(s) closed; stopped"}

    in_control(story, held=HELD)


def test_command_that_came_too_late_expires_with_the_end() -> None:
    """The runner was gone before it looked; nothing stays open."""

    async def story(room: ControlRoom) -> None:
        epoch = await room.epoch(status=S.RUNNING)
        late: list[Command] = []

        async def order() -> None:
            late.extend(await room.order(K.PAUSE))

        room.book.at_draining = order
        await room.order(K.STOP)
        await epoch.control.run()
        states = [(command.kind, command.state) for command in await room.commands()]
        assert states == [(K.STOP, APPLIED), (K.PAUSE, CommandState.EXPIRED)]

    in_control(story)


@pytest.mark.parametrize(("desired", "closed"), [(Desired.FLATTEN, ["BTC", "ETH"]), (Desired.RUNNING, [])])
def test_deployment_that_is_to_end_ends_though_no_command_says_so(desired: Desired, closed: list[str]) -> None:
    """Its row is enough: one that shall be flat is killed, one that is stopping is stopped."""

    async def story(room: ControlRoom) -> None:
        await room.bring_to(S.RUNNING if desired is Desired.FLATTEN else S.STOPPING)
        await room.store.deployments.set_desired(DEPLOYMENT, desired)
        epoch = await room.epoch()
        await epoch.control.run()
        assert ((await room.row()).status, room.book.closed) == (S.STOPPED, closed)

    in_control(story, held=HELD)


def test_account_that_does_not_open_is_waited_for_and_that_is_said() -> None:
    """Once a minute, by the name of what waits."""

    async def story(room: ControlRoom) -> None:
        room.opens = False
        epoch = await room.epoch(status=S.RUNNING)
        await obeyed(room, epoch, K.STOP, within_ms=2 * MINUTE_MS + 5_000)
        said = [line.message for line in room.lines if line.event is LogEvent.ORDER_UNRESOLVED]
        assert said == ["stop waits: the account is not open yet"] * 2

    in_control(story)
