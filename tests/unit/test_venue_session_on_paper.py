"""The same session over a paper account at a live market: nothing is signed, everything else is as with real money."""

from agentic_core import domain as d
from agentic_core.logevents import LogEvent
from tests.support.session_place import Room, play


def test_paper_session_buys_protects_and_gets_flat() -> None:
    """A stop rests without a nonce, and two reads agree on nothing left."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            assert place.events()[:2] == [LogEvent.BROKER_STARTED, LogEvent.RECONCILED]
            bought = await place.buys()
            assert isinstance(bought.result, d.Executed), bought.result
            stop = await place.stop()
            assert stop.trigger is not None
            flat = await place.session.flatten("command:1")
            assert (flat.closed, flat.left) == (1, ())
            assert (place.halts, place.pages) == ([], [])
            assert (await place.session.account()).positions == {}

    play(story, on_paper=True)


def test_paper_session_that_is_opened_again_goes_on_with_what_is_held() -> None:
    """The position, its stop and the counters of the day are found again, and nothing drifted."""

    async def story(room: Room) -> None:
        async with room.running() as place:
            await place.buys()
            await place.stop()
            before = await place.session.account()
        await room.world.clock.sleep(5)
        async with room.running() as place:
            after = await place.session.account()
            assert (after.positions, after.equity) == (before.positions, before.equity)
            assert (after.day.baseline, after.day.orders) == (before.day.baseline, 1)
            assert len((await place.live.live.exits.ports.reads.orders()).orders) == 1
            assert LogEvent.STATE_DRIFT not in place.events()
            assert place.session.restrictions == frozenset()

    play(story, on_paper=True)
