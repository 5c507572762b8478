"""The desk itself: what is prepared with what, who may send, what is followed how often, and what is forgotten."""

from collections.abc import Mapping
from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import (
    Accepted,
    Denied,
    Instant,
    IntentState,
    OrderIntent,
    Price,
    Rejected,
    Side,
    SkillId,
    TradingState,
    Trigger,
    TriggerKind,
)
from agentic_core.errors import Conflict, UsageError
from agentic_core.execution.evidence import OrderSeen, OrderStatus
from agentic_core.execution.stop_pricing import ProtectiveStop
from agentic_core.logevents import LogEvent
from agentic_core.runtime.orders import OrderDesk, stop_id
from tests.support.markets import BTC
from tests.support.order_replies import Answer, accepted, lost, refused
from tests.support.order_room import CLOSE, PLAIN, SIGNER, STOP, OrderRoom, Setup, gated, in_room
from tests.support.stored_values import decision

S = IntentState
E = LogEvent
D = Decimal
FILLED = accepted(S.FILLED, "2", "2")


def protective(entry: OrderIntent) -> ProtectiveStop:
    """Protect a purchase at 90, and take 80 at worst."""
    trigger = Trigger(kind=TriggerKind.STOP, price=Price(D(90)))
    return ProtectiveStop(side=entry.side.opposite, trigger=trigger, limit_price=Price(D(80)))


WITH_STOPS = Setup(plan_stop=protective)


def test_entry_is_prepared_together_with_its_stop() -> None:
    """Only the entry is handed out; the stop waits without a nonce and counts for nothing."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare()
        cloid = stop_id(room.fence.account, prepared.intent.cloid)
        waiting = room.desk.waiting_stop(BTC)
        assert waiting is not None
        assert (waiting.cloid, waiting.prepared.nonce, waiting.prepared.expires_at) == (cloid, None, None)
        stop = waiting.intent
        assert (stop.side, stop.reduce_only) == (Side.SELL, True)
        assert (stop.size, stop.limit_price) == (D(2), D(80))
        assert waiting.prepared.decision == prepared.decision
        assert room.desk.is_waiting(waiting)
        assert room.desk.unresolved == 1
        assert [each.cloid for each in room.desk.worst_case()] == [prepared.intent.cloid]
        living = await room.store.living(room.fence.account)
        assert {record.prepared.intent.cloid for record in living} == {prepared.intent.cloid, cloid}

    in_room(story, WITH_STOPS)


@pytest.mark.parametrize(
    ("setup", "changes"),
    [(PLAIN, {}), (Setup(rests_stops=False, plan_stop=protective), {}), (WITH_STOPS, CLOSE), (WITH_STOPS, STOP)],
)
def test_order_is_prepared_alone_where_no_stop_belongs_to_it(setup: Setup, changes: Mapping[str, object]) -> None:
    """None is planned, the broker rests none, or nothing is opened."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare(1, **changes)
        assert list(room.desk.lives) == [prepared.intent.cloid]

    in_room(story, setup)


def test_stop_that_is_assigned_can_be_sent_and_one_that_is_not_cannot() -> None:
    """It gets the next nonce and ten seconds from then on, not from when it was prepared."""

    async def story(room: OrderRoom) -> None:
        entry = await room.sent(1, FILLED)
        waiting = room.desk.waiting_stop(BTC)
        assert waiting is not None
        with pytest.raises(UsageError, match="submit what `assign` returns"):
            await room.desk.submit(waiting.prepared)
        await room.clock.sleep(20)
        stop = await room.desk.assign(waiting.prepared)
        assert entry.nonce is not None
        assert stop.nonce is not None
        assert stop.nonce > entry.nonce
        assert (stop.expires_at, stop.signer) == (room.clock.now() + 10_000, SIGNER)
        room.broker.answers.append(accepted(S.RESTING))
        assert isinstance(await room.desk.submit(stop), Accepted)
        assert room.desk.waiting_stop(BTC) is None
        assert room.only(E.STOP_PLACED).facts["cloid"] == stop.intent.cloid
        with pytest.raises(Conflict):
            await room.desk.assign(stop)

    in_room(story, WITH_STOPS)


@pytest.mark.parametrize(("answer", "waits_ms"), [(refused, 0), (FILLED, 59_900)])
def test_stop_that_nobody_wants_is_withdrawn(answer: Answer, waits_ms: int) -> None:
    """At once where its entry ended with nothing, else a minute after it was prepared; nothing is told of it."""

    async def story(room: OrderRoom) -> None:
        await room.sent(1, answer)
        waiting = room.desk.waiting_stop(BTC)
        assert waiting is not None
        await room.attends(waits_ms)
        assert room.desk.waiting_stop(BTC) is not None
        await room.attends(200)
        life = room.desk.lives[waiting.cloid]
        assert (life.state, life.sends, life.burns) == (S.DEAD, 0, 0)
        assert {line.facts["cloid"] for line in room.said}.isdisjoint({waiting.cloid})

    in_room(story, WITH_STOPS)


def test_gate_says_no_and_the_order_with_its_stop_is_given_up() -> None:
    """Nothing leaves, nothing stays open, and nothing is told as placed or cancelled."""

    async def story(room: OrderRoom) -> None:
        room.state = TradingState.HALTED
        prepared = await room.prepare()
        denied = await room.desk.submit(prepared)
        assert isinstance(denied, Denied)
        assert denied.rule == "R3_HALTED"
        await room.attends(1_000)
        assert {life.state for life in room.desk.lives.values()} == {S.DEAD}
        assert (room.said, room.broker.calls) == ([], [])
        assert await room.desk.submit(prepared) == Rejected(
            cloid=prepared.intent.cloid, reason="nothing of it executed: withdrawn"
        )

    in_room(story, WITH_STOPS)


def test_unresolved_open_lets_closes_pass_and_no_open() -> None:
    """What is not known may still execute; what only shrinks a position never waits for it."""

    async def story(room: OrderRoom) -> None:
        room.broker.takes_ms = 10
        await room.sent(1, lost)
        denied = await room.desk.submit(await room.prepare(2))
        assert isinstance(denied, Denied)
        assert denied.rule == "R3_UNRESOLVED_ORDER"
        room.broker.answers.append(accepted(S.FILLED, "2", "2"))
        assert isinstance(await room.desk.submit(await room.prepare(3, **CLOSE)), Accepted)

    in_room(story)


def test_two_opens_at_once_are_gated_one_after_the_other() -> None:
    """The second meets what became of the first: its fate is open, so it is denied."""

    async def story(room: OrderRoom) -> None:
        room.broker.takes_ms = 500
        room.broker.answers.extend([lost, FILLED])
        first, second = await room.prepare(1), await room.prepare(2)
        outcomes: list[object] = []

        async def submit(number: int) -> None:
            outcomes.append(await room.desk.submit((first, second)[number]))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(submit, 0)
            tasks.start_soon(submit, 1)
        assert sorted(type(each).__name__ for each in outcomes) == ["Denied", "Unresolved"]
        assert room.broker.count("send") == 1

    for seed in range(20):
        in_room(story, seed=seed)


def test_order_that_is_submitted_twice_at_once_is_sent_once() -> None:
    """Whoever comes second waits for the answer and is told what is known by then."""

    async def story(room: OrderRoom) -> None:
        room.broker.takes_ms = 500
        room.broker.answers.append(FILLED)
        prepared, outcomes = await room.prepare(1, **CLOSE), list[object]()

        async def submit() -> None:
            outcomes.append(await room.desk.submit(prepared))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(submit)
        assert [type(each) for each in outcomes] == [Accepted] * 3
        assert (room.broker.count("send"), room.state_of(prepared)) == (1, S.BOOKED)

    in_room(story)


def test_order_that_nobody_sends_is_withdrawn_when_it_is_too_late() -> None:
    """Seven seconds are there to send it; then it stands in nobody's way any more."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare()
        await room.attends(7_000)
        assert room.state_of(prepared) is S.PREPARED
        await room.attends(200)
        assert room.state_of(prepared) is S.DEAD
        assert room.broker.calls == []

    in_room(story)


def test_order_that_is_submitted_too_late_is_denied() -> None:
    """Less than three seconds before it expires nothing leaves, of a close neither."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare(1, **CLOSE)
        await room.clock.sleep(7.001)
        denied = await room.desk.submit(prepared)
        assert isinstance(denied, Denied)
        assert denied.rule == "R4_TOO_LATE"
        assert (room.state_of(prepared), room.broker.calls) == (S.DEAD, [])

    in_room(story)


def test_desk_that_has_not_recovered_prepares_nothing_and_counts_something_open() -> None:
    """What earlier runners left is not known before."""

    async def story(room: OrderRoom) -> None:
        desk = OrderDesk(
            fence=room.fence,
            store=room.store,
            gate=gated(room.broker, room.market, room.clock.now, lambda: TradingState.ACTIVE),
            venue_now=room.clock.now,
            clock=room.clock,
            say=room.say,
            signer=SIGNER,
        )
        assert (desk.unresolved, desk.may_open()) == (1, False)
        with pytest.raises(UsageError, match="await recover"):
            await desk.prepare(decision(SkillId("1")), [room.order()])
        await desk.recover()
        assert (desk.unresolved, desk.may_open()) == (0, True)

    in_room(story)


def test_order_of_another_account_or_desk_is_not_taken() -> None:
    """What was never prepared here cannot be submitted, withdrawn or settled; what is told of it is not ours."""

    async def story(room: OrderRoom) -> None:
        other = await OrderRoom.open(room.world)
        stranger = await other.prepare(7)
        for refused_call in (
            room.desk.submit(stranger),
            room.desk.withdraw(stranger, "no"),
            room.desk.settle([stranger.intent.cloid], until=Instant(room.clock.now() + 1)),
        ):
            with pytest.raises(UsageError, match="was never prepared for"):
                await refused_call
        assert await room.desk.learn(stranger.intent.cloid, OrderSeen(status=OrderStatus.RESTING)) is None
        room.desk.look(stranger.intent.cloid)
        assert await room.desk.attend() is None

    in_room(story)


def test_unsigned_desk_assigns_nothing() -> None:
    """On paper there is no nonce to give."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare(1, **STOP)
        assert prepared.nonce is None
        with pytest.raises(UsageError, match="needs no nonce"):
            await room.desk.assign(prepared)

    in_room(story, Setup(signer=None))


def test_unsigned_order_that_nobody_sends_is_withdrawn() -> None:
    """It has no expiry, but whoever wrote it down may be gone; it holds opens back no longer than a signed one."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare(1)
        assert prepared.expires_at is None
        await room.attends(6_900)
        assert not room.desk.may_open()
        await room.attends(200)
        assert room.desk.may_open()
        assert room.desk.lives[prepared.intent.cloid].state is S.DEAD

    in_room(story, Setup(signer=None))
