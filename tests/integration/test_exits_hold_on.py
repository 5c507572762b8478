"""Exits that have to wait for one thing do not forget the others: what rests is followed, what is bare is covered."""

from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import Size, TradingState
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import GarbleReply
from agentic_core.runtime.exits import CloseReport, FlattenReport
from agentic_hl.venue.fault_values import ErrorInstead, LaggedReads, PostOnly
from agentic_hl.venue.terms import Tif
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC, ETH

D = Decimal
HALTED = Shape(state=TradingState.HALTED)


def test_close_whose_answer_was_lost_is_priced_anew_once_it_is_seen_to_rest() -> None:
    """The post-only order was taken though an error came back; it is taken back after its five seconds."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(PostOnly(for_ms=8_000))
        place.sim.inject(GarbleReply(of="order", skip=1))
        began = place.world.clock.boottime_ms()
        report = await place.exits.close(BTC, cause="test")
        assert report == CloseReport(symbol=BTC, closed=Size(D(2)), held=Size(D(0)))
        assert place.world.clock.boottime_ms() - began < 20_000
        assert Tif.ALO in {order.tif for order in place.placed()}
        assert place.lines(LogEvent.HUMAN_NEEDED) == []

    play(story, HALTED, watches=False)


@pytest.mark.parametrize("flattens", [False, True])
def test_position_gets_a_stop_while_the_fate_of_its_close_is_not_known(*, flattens: bool) -> None:
    """The close never arrived and its nonce cannot be burned: until it expired nothing else may close."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(ErrorInstead(of="order"), ErrorInstead(of="noop"))
        ended: list[CloseReport | FlattenReport] = []

        async def leave() -> None:
            way = place.exits.flatten("test") if flattens else place.exits.close(BTC, cause="test")
            ended.append(await way)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave)
            await place.pass_time(6)
            assert ended == []
            assert (place.held(), place.stops()) == (D(2), [D(98)])
        assert (place.held(), place.orders()) == (D(0), [])
        assert ended[0].is_flat

    play(story, HALTED)


def test_flatten_closes_at_once_what_no_read_had_shown_when_it_began() -> None:
    """Reads lag by three seconds; a position of a second ago is closed as soon as it is seen, not a round later."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101", symbol=ETH)
        await place.pass_time(4)
        place.go_wrong(LaggedReads(by_ms=3_000))
        await place.pass_time(1)
        place.take("2", "101")
        began = place.world.clock.boottime_ms()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(place.exits.flatten, "test")
            while place.held():
                await place.pass_time(0.1)
            assert place.world.clock.boottime_ms() - began < 14_000
        assert (place.held(), place.held(ETH)) == (D(0), D(0))

    play(story, HALTED, watches=False)
