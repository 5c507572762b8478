"""Exits where what is read is old, what was sent has no answer, or what rested went without a word."""

from decimal import Decimal

import pytest

from agentic_core.domain import ClientOrderId, Side, TradingState
from agentic_core.execution.close_ladder import CloseRules
from agentic_core.runtime.exits import ExitRules
from agentic_hl.venue.fault_values import AnswerLost, ErrorAfterCommit, ErrorInstead, Fault, LaggedReads, PostOnly
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC

D = Decimal
HALTED = Shape(state=TradingState.HALTED)


def triggers_placed(place: ExitPlace) -> int:
    """Return how many stops the venue ever took."""
    return len([order for order in place.placed() if order.trigger is not None])


@pytest.mark.parametrize("lag_ms", [1_000, 3_000])
def test_close_does_not_believe_an_old_read_that_shows_nothing(lag_ms: int) -> None:
    """What is read is from before the position was there."""

    async def story(place: ExitPlace) -> None:
        await place.pass_time(10)
        place.go_wrong(LaggedReads(by_ms=lag_ms))
        place.take("2", "101")
        report = await place.exits.close(BTC, cause="test")
        assert (place.held(), report.closed, report.paged) == (D(0), D(2), None)

    play(story, HALTED, watches=False)


@pytest.mark.parametrize("lag_ms", [1_000, 3_000])
def test_flatten_does_not_believe_an_old_read_that_shows_nothing(lag_ms: int) -> None:
    """Nor two of them."""

    async def story(place: ExitPlace) -> None:
        await place.pass_time(10)
        place.go_wrong(LaggedReads(by_ms=lag_ms))
        place.take("2", "101")
        report = await place.exits.flatten("test")
        assert (place.held(), report.is_flat) == (D(0), True)

    play(story, HALTED, watches=False)


def test_old_read_does_not_cost_the_stop_that_was_prepared() -> None:
    """The account reads flat for a second and a half after the entry executed."""

    async def story(place: ExitPlace) -> None:
        await place.pass_time(10)
        place.go_wrong(LaggedReads(by_ms=1_500))
        prepared = await place.prepare("2")
        spare = place.desk.waiting_stop(BTC)
        assert spare is not None
        await place.desk.submit(prepared)
        await place.pass_time(10)
        assert [order.cloid for order in place.orders()] == [spare.cloid]

    play(story)


@pytest.mark.parametrize(
    "fault", [AnswerLost(of="order"), ErrorAfterCommit(of="order"), ErrorAfterCommit(of="order", count=2)]
)
def test_stop_whose_answer_was_lost_is_not_placed_twice(fault: Fault) -> None:
    """Nobody knew for a while whether it rests; it did."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(fault)
        await place.pass_time(30)
        assert (place.held(), place.stops(), triggers_placed(place)) == (D(2), [D(98)], 1)

    play(story)


@pytest.mark.parametrize("count", [1, 2])
def test_stop_that_never_arrived_is_placed_in_time(count: int) -> None:
    """It provably cannot rest any more before another one is sent, and the position stays."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(ErrorInstead(of="order", count=count))
        await place.pass_time(10)
        assert (place.held(), place.stops()) == (D(2), [D(98)]) or place.held() == 0
        await place.pass_time(20)
        assert len(place.stops()) == (1 if place.held() else 0)

    play(story)


def test_position_opened_right_after_a_close_has_a_stop_of_its_own() -> None:
    """The one of the position before went with it, without a word to anybody."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(9)
        assert place.stops() == [D(98)]
        await place.exits.close(BTC, cause="test")
        place.take("2", "101")
        assert place.stops() == []
        await place.pass_time(3)
        assert place.stops() == [D(98)]

    play(story)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("kind", ["cancel", "cancelByCloid"])
def test_cancel_that_got_lost_is_sent_again_until_nothing_waits(side: Side, kind: str) -> None:
    """An account without positions, where a trigger or a bid of somebody waits."""

    async def story(place: ExitPlace) -> None:
        cloid = ClientOrderId("0x" + "7" * 32) if kind == "cancelByCloid" else None
        place.take("1", "101")
        if side is Side.BUY:
            place.by_hand(place.hand.order("1", "90", cloid=cloid, rests=True, now=place.world.clock.now()))
        else:
            place.place_trigger(reduces=False, cloid=cloid)
        place.go_wrong(ErrorInstead(of=kind, count=2))
        report = await place.exits.flatten("test")
        assert (place.held(), place.orders(), report.is_flat) == (D(0), [], True)

    play(story, watches=False)


def test_order_that_rests_when_time_is_up_is_taken_back() -> None:
    """Eight seconds are given to a close in a phase that takes post-only orders alone; nothing executes later."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.quote("100", bids=[("99.8", "50")], asks=[("100.2", "50")])
        place.go_wrong(PostOnly())
        report = await place.exits.close(BTC, cause="test")
        assert report.paged is not None
        assert report.paged.startswith("BTC is not closed: it took longer than ")
        assert len([order for order in place.placed() if order.status == "canceled"]) == 2
        assert place.orders() == []

    hurried = CloseRules(view_age_ms_max=5_000, deadline_ms=8_000)
    play(story, Shape(state=TradingState.HALTED, rules=ExitRules(close=hurried)), watches=False)
