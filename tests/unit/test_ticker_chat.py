"""A running deployment whose chat model decides: what it is told of earlier turns, and what earlier runners left."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import TypeVar

import msgspec

from agentic_core.chat import ScriptedChatModel, said
from agentic_core.chat.effects import Ask, Refused, Reserve, Reserved
from agentic_core.domain import Fence, Instant, Side, TickId, Usd
from agentic_core.domain.chat import CallId, ChatPurpose, CostCaps, CostSource
from agentic_core.domain.deployment_states import DeploymentEvent
from agentic_core.domain.records import Lease
from agentic_core.errors import VenueUnavailable
from agentic_core.logevents import LogEvent
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage
from agentic_core.runtime import ByChatModel, ByRules, Decider
from agentic_core.runtime.chat_session import counted_by, desk_of
from agentic_core.simulation.world import World
from tests.support.clocks import VirtualClock
from tests.support.thinking import failed, scripted, thinking_by, unreadable
from tests.support.ticker_room import MINUTE, TickerRoom, room
from tests.support.turns import DEPLOYMENT, Says, filled, limits, open_of
from tests.support.turns import World as Replies

_Result = TypeVar("_Result")
D = Decimal
MIDNIGHT = Instant(1_767_225_600_000)
CENT, BOUND = Usd(D("0.01")), Usd(D("0.05"))
TOO_MUCH = said(open_of(Side.BUY, "9"), usage=CallUsage(cost_usd=CENT))
EARLIER = CallId(deployment=DEPLOYMENT, decision=TickId(deployment=DEPLOYMENT, mark=MIDNIGHT).decision, step=0)


def played(
    main: Callable[[TickerRoom], Coroutine[object, object, _Result]],
    reply: CallOutcome = TOO_MUCH,
    decider: Decider | None = None,
) -> _Result:
    """Play something in a room whose chat model always says the same."""

    async def inside(world: World) -> _Result:
        replies = Replies(*[filled] * 9, reply=reply)
        place = await room(world, decider or scripted(bound=BOUND), replies)
        replies.account = place.session.account_now
        return await main(place)

    return World(0, start=MIDNIGHT, shuffled=False).run(inside)


def shown(place: TickerRoom) -> list[str]:
    """Return what the chat model was shown in each turn."""
    return [asked.request.messages[1].content for asked in place.session.replies.of(Ask)]


def test_chat_model_is_told_why_its_last_wish_was_denied() -> None:
    """From the second turn on."""

    async def main(place: TickerRoom) -> None:
        await place.live(place.ticker(), 1.5)
        first, second = shown(place)
        assert "R5_POSITION_CAP" not in first
        assert "R5_POSITION_CAP" in second

    played(main)


def test_chat_model_is_told_of_the_turn_that_an_earlier_runner_took() -> None:
    """It stands in the store."""

    async def main(place: TickerRoom) -> None:
        await place.live(place.ticker(), 0.5)
        await place.live(place.ticker(), 1.2)
        assert ["R5_POSITION_CAP" in text for text in shown(place)] == [False, True]

    played(main)


def test_ticker_settles_what_an_earlier_runner_left_held() -> None:
    """Nobody will ever say what it cost, so it counts as all that was held; that is said."""

    async def main(place: TickerRoom) -> None:
        costs, fence, now = place.store.costs, place.context.fence, place.clock.now()
        caps = CostCaps(month_usd=Usd(D(1)))
        assert await costs.reserve(fence, EARLIER, ChatPurpose.LOOK, BOUND, caps, at=now) is None
        await place.store.leases.release(Lease(account=fence.account, epoch=fence.epoch, holder="ticker", ttl_ms=1))
        lease = await place.store.leases.acquire(fence.account, "next", 1 << 40, deployment=DEPLOYMENT)
        assert lease is not None
        place.context = msgspec.structs.replace(place.context, fence=Fence(account=lease.account, epoch=lease.epoch))
        place.session.pause = _sleep_on(place)
        await place.live(place.ticker(), 0.1)
        record = await costs.find(EARLIER)
        assert record is not None
        assert (record.cost_usd, record.source) == (BOUND, CostSource.BOUND)
        assert len(place.said(LogEvent.CHAT_CALLS_ABANDONED)) == 1

    played(main)


def test_human_is_called_where_a_chat_model_gives_nothing_usable() -> None:
    """After the third turn in a row; every one of them is told of."""
    paged: list[str] = []

    async def main(place: TickerRoom) -> None:
        place.context = msgspec.structs.replace(place.context, page=paged.append)
        await place.live(place.ticker(), 3.5)
        assert len(place.said(LogEvent.CHAT_UNUSABLE)) == 4
        assert len(place.said(LogEvent.CHAT_DEGRADED)) == len(paged) == 1

    played(main, unreadable(CENT))


def test_cap_that_somebody_lowers_binds_the_next_call() -> None:
    """As it was read last, not as it was when the session was opened."""

    async def main(place: TickerRoom) -> None:
        caps = [limits(cost_usd_month_max=Usd(D(1)))]
        context = msgspec.structs.replace(place.context, limits=lambda: caps[-1])
        desk = desk_of(context, now=place.clock.now)
        assert desk is not None
        wish = Reserve(call=EARLIER, purpose=ChatPurpose.LOOK, bound=BOUND)
        caps.append(limits(cost_usd_month_max=CENT))
        assert isinstance(await desk.reserve(wish), Refused)
        caps.pop()
        assert await desk.reserve(wish) == Reserved()

    played(main)


def test_thought_of_a_deployment_that_is_paused_meanwhile_pays_for_no_further_call() -> None:
    """The one that is under way is waited for, because a pause waits for nothing."""

    async def main(place: TickerRoom) -> None:
        async def pause(what: str) -> None:
            if what == "Ask":
                await place.standing.follow(DeploymentEvent.PAUSE)

        place.session.pause = pause
        await place.live(place.ticker(), 0.5)
        assert place.session.begun == ["observe", "Reserve", "Ask", "Record"]
        assert place.said(LogEvent.CHAT_UNUSABLE) == ["over_budget: nobody is asked while it is paused"]

    patient = ByChatModel(thinking=thinking_by(ScriptedChatModel((), bound=BOUND), attempts_max=3))
    played(main, failed(CallFailure.RATE_LIMITED, cost=CENT), patient)


def test_deployment_whose_rules_decide_has_no_way_to_a_chat_model() -> None:
    """None is opened, and nothing of one is looked for."""

    async def main(place: TickerRoom) -> None:
        assert desk_of(place.context, now=place.clock.now) is None
        await place.live(place.ticker(), 0.5)
        assert place.session.ended == ["observe", "Persist", "Send", "Record"]

    played(main, decider=ByRules(policy=Says(open_of(Side.BUY, "0.01"))))


def _sleep_on(place: TickerRoom) -> Callable[[str], Coroutine[object, object, None]]:
    async def pause(_what: str) -> None:
        await place.clock.sleep(MINUTE)

    return pause


def test_costs_are_counted_by_the_time_of_the_venue_and_by_ours_while_it_is_not_known() -> None:
    """As marks are, so that both mean the same month."""

    def unknown() -> Instant:
        raise VenueUnavailable("nobody has told the time yet")

    clock = VirtualClock(Instant(MIDNIGHT + 40 * MINUTE))
    assert counted_by(lambda: MIDNIGHT, clock)() == MIDNIGHT
    assert counted_by(unknown, clock)() == MIDNIGHT + 40 * MINUTE
