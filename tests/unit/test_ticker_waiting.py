"""A turn that waits for a chat model: broken off at its deadline, for others who hold the turns back, or for good."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from typing import TypeVar

import anyio

from agentic_core.chat import said
from agentic_core.domain import DeploymentStatus, Instant, Noop, Side, Usage, Usd
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.trading import Restriction
from agentic_core.logevents import LogEvent
from agentic_core.ports.chat_model import CallUsage
from agentic_core.simulation.world import World
from tests.support.markets import BTC, held
from tests.support.thinking import scripted
from tests.support.ticker_room import TickerRoom, room
from tests.support.turns import DEPLOYMENT, filled, open_of
from tests.support.turns import World as Replies

_Result = TypeVar("_Result")
D = Decimal
MIDNIGHT = Instant(1_767_225_600_000)
BOUND = Usd(D("0.05"))
BUY = said(open_of(Side.BUY, "0.01"), "up", usage=CallUsage(cost_usd=Usd(D("0.02"))))
ASKED = ["observe", "Reserve", "Ask"]
BOUGHT = [*ASKED, "Look", "Persist", "Send", "Record"]


def played(main: Callable[[TickerRoom], Coroutine[object, object, _Result]]) -> _Result:
    """Play something in a room whose chat model wants to buy."""

    async def inside(world: World) -> _Result:
        replies = Replies(*[filled] * 9, reply=BUY)
        place = await room(world, scripted(bound=BOUND), replies)
        replies.account = place.session.account_now
        return await main(place)

    return World(0, start=MIDNIGHT, shuffled=False).run(inside)


def thinks(place: TickerRoom, seconds: float, *, slow: str = "Ask") -> None:
    """Let something take so long."""

    async def pause(what: str) -> None:
        await place.clock.sleep(seconds if what == slow else 0)

    place.session.pause = pause


async def only_decision(place: TickerRoom) -> DecisionRecord:
    """Return the one decision there is."""
    (record,) = await place.store.decisions.recent(DEPLOYMENT, 9)
    return record


def test_chat_model_that_answers_in_time_is_heard() -> None:
    """47 of 48 seconds are in time, and the account is looked at again before anything is sent."""

    async def main(place: TickerRoom) -> None:
        thinks(place, 47)
        await place.live(place.ticker(), 0.9)
        assert place.session.ended == [*BOUGHT]

    played(main)


def test_chat_model_that_takes_too_long_is_broken_off_at_its_bound() -> None:
    """Four fifths of the interval after the mark its answer is worth nothing; what it may have cost is written down."""

    async def main(place: TickerRoom) -> None:
        thinks(place, 300)
        await place.clock.sleep(3)
        await place.live(place.ticker(), 0.9)
        assert place.session.ended == ["observe", "Reserve", "Forgo", "Record"]
        record = await only_decision(place)
        assert record.decision.verdict == Noop(reason="unusable_reply: broken_off")
        assert record.decision.final_text == "broken_off: there was no answer within 45 s"
        assert record.decision.usage == Usage(cost_usd=BOUND)
        (line,) = [one for one in place.lines if one.event is LogEvent.TICK_FINISHED]
        assert line.data == {"duration_ms": 45_000, "late_ms": 3_000}

    played(main)


def test_chat_model_is_broken_off_for_whoever_holds_the_turns_back() -> None:
    """Within the same instant, with its cost written down, and nothing begins until they let go."""

    async def main(place: TickerRoom) -> None:
        thinks(place, 30)
        ticker = place.ticker()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ticker.run)
            await place.clock.sleep(10)
            async with ticker.suspended():
                assert place.clock.now() == MIDNIGHT + 10_000
                assert place.session.ended == ["observe", "Reserve", "Forgo", "Record"]
                await place.clock.sleep(155)
                assert place.session.begun == [*ASKED, "Forgo", "Record"]
            await place.clock.sleep(60)
            tasks.cancel_scope.cancel()
        assert place.session.marks == [MIDNIGHT, MIDNIGHT + 180_000]
        assert "2 mark(s)" in place.said(LogEvent.TICK_SKIPPED)[0]

    played(main)


def test_turn_that_sends_is_waited_for_by_whoever_holds_the_turns_back() -> None:
    """A turn past its answer comes to its record."""

    async def main(place: TickerRoom) -> None:
        thinks(place, 20, slow="Send")
        ticker = place.ticker()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ticker.run)
            await place.clock.sleep(10)
            async with ticker.suspended():
                assert place.clock.now() == MIDNIGHT + 20_000
                assert place.session.ended == BOUGHT
            tasks.cancel_scope.cancel()

    played(main)


def test_turns_held_back_by_two_go_on_when_both_let_go() -> None:
    """A drain holds them back while a command does."""

    async def main(place: TickerRoom) -> None:
        ticker = place.ticker()
        async with anyio.create_task_group() as tasks:
            async with ticker.suspended():
                async with ticker.suspended():
                    tasks.start_soon(ticker.run)
                    await place.clock.sleep(2)
                await place.clock.sleep(2)
                assert place.session.begun == []
            await place.clock.sleep(1)
            assert place.session.ended == BOUGHT
            tasks.cancel_scope.cancel()

    played(main)


def test_close_after_a_halt_is_broken_off_for_whoever_holds_the_turns_back() -> None:
    """A kill that comes meanwhile closes by itself."""

    async def main(place: TickerRoom) -> None:
        await place.status(DeploymentStatus.HALTED, "drawdown: by hand")
        place.session.account_now.hold(held(BTC, "0.01", cost="500"))
        thinks(place, 3_600, slow="flatten")
        ticker = place.ticker()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ticker.run)
            await place.clock.sleep(10)
            async with ticker.suspended():
                assert place.clock.now() == MIDNIGHT + 10_000
            tasks.cancel_scope.cancel()
        assert "closing was broken off" in place.said(LogEvent.TICK_FINISHED)[0]

    played(main)


def test_ticker_that_is_torn_down_writes_down_what_an_answer_may_cost() -> None:
    """Its runner ends for another reason while a chat model thinks."""

    async def main(place: TickerRoom) -> None:
        thinks(place, 30)
        await place.live(place.ticker(), 0.25)
        record = await only_decision(place)
        assert record.decision.usage.cost_usd == BOUND
        assert record.decision.final_text == "broken_off: the runner was torn down"
        assert place.clock.now() == MIDNIGHT + 15_000

    played(main)


def test_chat_model_is_not_asked_where_nothing_could_come_of_it() -> None:
    """With nothing held and nothing to be opened, no answer is worth its cost; with something held it may close."""

    async def main(place: TickerRoom, *, holds: bool) -> None:
        place.standing.hold(Restriction.PLATFORM_OFF)
        if holds:
            place.session.account_now.hold(held(BTC, "0.01", cost="500"))
        ticker = place.ticker()
        await place.live(ticker, 0.5)
        assert (place.session.ended, ticker.ticks) == (([*ASKED, "Record"], 1) if holds else (["observe"], 0))

    for holds in (True, False):
        played(partial(main, holds=holds))


def test_chat_model_is_not_asked_when_looking_took_all_the_time() -> None:
    """The turn is left out, and that is said."""

    async def main(place: TickerRoom) -> None:
        thinks(place, 50, slow="observe")
        await place.live(place.ticker(), 0.9)
        assert place.session.ended == ["observe"]
        assert place.said(LogEvent.TICK_SKIPPED) == [
            "overrun: looking at the market took so long that nobody was asked"
        ]

    played(main)
