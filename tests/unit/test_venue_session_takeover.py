"""The next process finds what the one before it left half done, brings it to its end, and only then opens anything."""

import anyio
import pytest

from agentic_core import domain as d
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import DelayMessage, Direction, LoseMessage
from tests.support.session_place import Room, play

READY_MS = 60_000


async def leave_half_done(room: Room) -> None:
    """Let a process die while it waits for the answer to its order."""
    async with room.running() as place, anyio.create_task_group() as tasks:
        tasks.start_soon(place.buys)
        await place.hears(LogEvent.ORDER_PLACED)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("arrives_ms", [None, 1, 3_000])
def test_order_whose_answer_nobody_heard_is_resolved_before_anything_is_opened(arrives_ms: int | None) -> None:
    """Whether it never arrived, at once, or while the next process was starting; it is never sent again."""

    async def story(room: Room) -> None:
        room.venue.inject(
            LoseMessage(direction=Direction.REQUEST, of="order")
            if arrives_ms is None
            else DelayMessage(direction=Direction.REQUEST, by_ms=arrives_ms, of="order")
        )
        await leave_half_done(room)
        began_at = room.world.clock.now()
        async with room.running() as place:
            assert room.world.clock.now() - began_at < READY_MS
            await room.world.clock.sleep(20)
            assert place.live.live.orders.unresolved == 0
            held = await room.positions()
            account = await place.session.account()
            assert {str(symbol): one.size for symbol, one in account.positions.items()} == held
            assert len((await place.live.live.exits.ports.reads.orders()).orders) == len(held)
            assert account.day.orders == 1
            await room.world.clock.sleep(60)
            assert isinstance((await place.buys(100)).result, d.Executed)
            assert (place.halts, place.pages) == ([], [])

    play(story)


def test_flatten_that_was_broken_off_is_gone_on_with_by_the_next_process() -> None:
    """From what is there, under names of its own."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            await place.buys()
            await place.stop()
            with anyio.move_on_after(0.3):
                await place.session.flatten("command:1")
        async with room.running() as place:
            assert (await place.session.flatten("command:1")).left == ()
            assert await room.positions() == {}

    play(story)
