"""What a runner makes of the orders that earlier ones left, and what a runner does that was replaced."""

from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import Accepted, IntentState, PreparedIntent
from agentic_core.errors import Fenced
from agentic_core.execution.evidence import OrderSeen, OrderStatus
from agentic_core.logevents import LogEvent
from tests.support.markets import BTC
from tests.support.order_replies import BURNED, Answer, absent, accepted, known, lost, never_left
from tests.support.order_room import CLOSE, RESTING, STOP, OrderRoom, Setup, in_room

S = IntentState
E = LogEvent
D = Decimal
FILLED = accepted(S.FILLED, "2", "2")


def test_inherited_order_that_was_never_sent_is_burned_and_never_sent() -> None:
    """Only the runner that prepared it knows whether it left; the next one makes it impossible."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare()
        after = await room.successor()
        assert not after.desk.may_open()
        after.broker.burns.append(BURNED)
        await after.attends(1_000)
        assert after.broker.calls == [("burn", prepared.intent.cloid)]
        assert after.state_of(prepared) is S.DEAD
        assert after.desk.may_open()

    in_room(story)


@pytest.mark.parametrize("answer", [lost, never_left])
def test_inherited_order_of_unknown_fate_is_burned_or_outlived(answer: Answer) -> None:
    """Submitting it again sends nothing, whatever the runner before knew of it."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, answer)
        after = await room.successor()
        await after.desk.submit(prepared)
        await after.attends(17_200)
        assert after.state_of(prepared) is S.DEAD
        assert (after.broker.count("send"), after.broker.count("burn")) == (0, 1)

    in_room(story)


def test_burn_that_began_is_not_tried_again_by_the_next_runner() -> None:
    """Its noop may be under way; an acknowledged second one would prove nothing."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, lost)
        room.broker.takes_ms = 500
        with anyio.move_on_after(0.2):
            await room.desk.attend()
        assert room.broker.count("burn") == 1
        after = await room.successor()
        after.broker.burns.append(BURNED)
        await after.attends(17_200)
        assert (after.broker.count("burn"), after.state_of(prepared)) == (0, S.DEAD)

    in_room(story)


def test_inherited_order_of_another_key_is_outlived() -> None:
    """A noop of this key uses up nothing of that one."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, lost)
        after = await room.successor(Setup(signer="0x" + "6" * 40))
        await after.attends(16_900)
        assert after.state_of(prepared) is S.UNKNOWN
        await after.attends(300)
        assert (after.broker.count("burn"), after.state_of(prepared)) == (0, S.DEAD)

    in_room(story)


def test_inherited_order_that_rests_is_adopted() -> None:
    """It is followed to its end, and its executions are booked."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, accepted(S.RESTING), **RESTING)
        after = await room.successor()
        assert after.desk.may_open()
        after.broker.looks.append(known(S.PARTIAL, "0.5", "0.5"))
        await after.attends(100)
        assert after.state_of(prepared) is S.BOOKED
        assert after.events == [E.ORDER_FILLED, E.ORDER_CANCELLED]

    in_room(story)


def test_inherited_fills_that_are_not_booked_are_searched_for() -> None:
    """The answer told how much executed, and the runner died before the executions were listed."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, accepted(S.FILLED, "2", "0.5"))
        after = await room.successor()
        after.broker.looks.extend([absent, known(S.FILLED, "2", "0.5", "1.5")])
        await after.attends(1_500)
        assert after.state_of(prepared) is S.BOOKED
        booked = await room.store.fills(room.fence.account)
        assert [fill.size for fill in booked] == [D("0.5"), D("1.5")]
        assert after.events.count(E.ORDER_FILLED) == 1

    in_room(story)


def test_inherited_stop_that_was_never_signed_is_dead_without_a_call() -> None:
    """Nobody can have sent it, and nobody will."""

    async def story(room: OrderRoom) -> None:
        stop = await room.prepare(1, **STOP)
        after = await room.successor()
        assert after.desk.waiting_stop(BTC) is not None
        assert after.desk.may_open()
        await after.attends(100)
        assert (after.state_of(stop), after.broker.calls) == (S.DEAD, [])

    in_room(story)


def test_inherited_unsigned_order_is_dead_as_soon_as_the_broker_says_so() -> None:
    """Where nothing is signed, the broker alone knows whether it was sent."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare()
        after = await room.successor(Setup(signer=None))
        after.broker.burns.append(BURNED)
        await after.attends(100)
        assert after.state_of(prepared) is S.DEAD

    in_room(story, Setup(signer=None))


def test_order_that_a_replaced_runner_still_sends_is_found() -> None:
    """Its send was written down before the lease went over; the next runner asks until it knows."""

    async def story(room: OrderRoom) -> None:
        room.broker.takes_ms = 3_000
        prepared = await room.prepare(1, **CLOSE)
        room.broker.answers.append(FILLED)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_submit_in_vain, room, prepared)
            await room.clock.sleep(0.1)
            after = await room.successor()
            after.broker.looks.append(known(S.FILLED, "2", "2"))
            await after.attends(1_500)
            assert after.state_of(prepared) is S.BOOKED
        assert [fill.size for fill in await room.store.fills(room.fence.account)] == [D(2)]

    in_room(story)


def test_order_that_is_heard_of_while_its_sending_is_written_down_is_not_sent() -> None:
    """Somebody else uses our names: what rests there already is followed, and nothing of ours leaves."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare(1, **CLOSE)
        room.slow_store.note_takes_ms = 100
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(room.desk.learn, prepared.intent.cloid, OrderSeen(status=OrderStatus.RESTING))
            await room.clock.sleep(0.05)
            outcome = await room.desk.submit(prepared)
        assert isinstance(outcome, Accepted)
        assert (outcome.state, room.broker.count("send")) == (S.RESTING, 0)

    in_room(story)


async def _submit_in_vain(room: OrderRoom, prepared: PreparedIntent) -> None:
    with pytest.raises(Fenced):
        await room.desk.submit(prepared)


def test_fenced_desk_sends_nothing() -> None:
    """The lease went to another: the order cannot be written as being sent, so it is not."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare(1, **CLOSE)
        await room.successor()
        with pytest.raises(Fenced):
            await room.desk.submit(prepared)
        with pytest.raises(Fenced):
            await room.prepare(2)
        assert room.broker.calls == []

    in_room(story)


def test_outcome_that_cannot_be_written_ends_the_runner() -> None:
    """It was sent; whoever holds the lease now finds it in the store as sent."""

    async def story(room: OrderRoom) -> None:
        room.broker.takes_ms = 500
        prepared = await room.prepare(1, **CLOSE)
        room.broker.answers.append(FILLED)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_take_over_after, room, 0.2)
            with pytest.raises(Fenced):
                await room.desk.submit(prepared)
        record = await room.store.find(room.fence.account, prepared.intent.cloid)
        assert record is not None
        assert (record.state, record.sends) == (S.SENT, 1)

    in_room(story)


async def _take_over_after(room: OrderRoom, seconds: float) -> None:
    await room.clock.sleep(seconds)
    await room.successor()
