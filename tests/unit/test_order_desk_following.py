"""How the desk follows its orders: how often it asks, what it is told meanwhile, and when it lets go."""

from decimal import Decimal
from functools import partial

import anyio
import pytest

from agentic_core.domain import Instant, IntentKind, IntentState, Size
from agentic_core.errors import Fenced
from agentic_core.execution.evidence import AnsweredResting, FillSeen, OrderSeen, OrderStatus
from agentic_core.execution.findings import Finding
from agentic_core.logevents import LogEvent, LogLevel
from tests.support.order_replies import accepted, fill, known, lost, silent
from tests.support.order_room import CLOSE, RESTING, OrderRoom, in_room

S = IntentState
E = LogEvent
D = Decimal
RESTS = accepted(S.RESTING)
STILL = known(S.RESTING)


def test_resting_order_is_asked_about_every_quarter_of_a_minute() -> None:
    """Streams lose words, so silence is not taken for rest for longer than that."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([STILL] * 20)
        await room.sent(1, RESTS, **RESTING)
        await room.attends(14_900)
        assert room.broker.count("observe") == 0
        await room.attends(135_200)
        assert room.broker.count("observe") == 10

    in_room(story)


def test_order_to_look_at_is_asked_about_at_the_next_round() -> None:
    """Once; then the old rhythm goes on."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([STILL] * 20)
        prepared = await room.sent(1, RESTS, **RESTING)
        await room.attends(5_000)
        room.desk.look(prepared.intent.cloid)
        due = await room.desk.attend()
        assert room.broker.count("observe") == 1
        assert due == room.clock.now() + 15_000

    in_room(story)


def test_order_to_look_at_is_asked_about_again_where_a_question_is_under_way() -> None:
    """That question may have been answered before whatever happened to the order."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([STILL, known(S.DEAD)])
        prepared = await room.sent(1, RESTS, **RESTING)
        room.broker.takes_ms = 400

        async def look() -> None:
            await room.clock.sleep(0.2)
            room.desk.look(prepared.intent.cloid)

        await room.attends(14_900)
        async with anyio.create_task_group() as tasks:
            await room.clock.sleep(0.1)
            tasks.start_soon(look)
            assert await room.desk.attend() == room.clock.now()
        await room.desk.attend()
        assert room.state_of(prepared) is S.DEAD

    in_room(story)


def test_order_that_rests_is_asked_about_soon_again_where_the_venue_did_not_answer() -> None:
    """Its rhythm is that of questions that are answered."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([silent, silent, known(S.DEAD)])
        prepared = await room.sent(1, RESTS, **RESTING)
        await room.attends(17_100)
        assert (room.broker.count("observe"), room.state_of(prepared)) == (3, S.DEAD)

    in_room(story)


def test_settle_asks_about_what_rests_every_second_until_it_ended() -> None:
    """It returns as soon as all have ended, and says so."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([STILL, STILL, known(S.DEAD)])
        prepared = await room.sent(1, RESTS, **RESTING)
        began = room.clock.now()
        settled = await room.desk.settle([prepared.intent.cloid], until=prepared.prepared_at)
        assert (settled, room.clock.now()) == (False, began)
        until = room.clock.now() + 60_000
        assert await room.desk.settle([prepared.intent.cloid], until=Instant(until))
        assert 3_000 <= room.clock.now() - began <= 3_400
        assert room.broker.count("observe") == 3

    in_room(story)


def test_settle_gives_up_at_its_time() -> None:
    """What has not ended by then is left to be attended."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([STILL] * 20)
        prepared = await room.sent(1, RESTS, **RESTING)
        began = room.clock.now()
        assert not await room.desk.settle([prepared.intent.cloid], until=Instant(began + 4_500))
        assert 4_500 <= room.clock.now() - began <= 4_600

    in_room(story)


def test_settle_ends_by_what_a_stream_tells() -> None:
    """Without a question in between."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, RESTS, **RESTING)
        cloid, began = prepared.intent.cloid, room.clock.now()

        async def tell() -> None:
            await room.clock.sleep(0.35)
            await room.desk.learn(cloid, OrderSeen(status=OrderStatus.CANCELED))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tell)
            assert await room.desk.settle([cloid], until=Instant(began + 10_000))
        assert room.clock.now() - began <= 500
        assert (room.broker.count("observe"), room.state_of(prepared)) == (0, S.DEAD)

    in_room(story)


def test_end_of_a_cancel_makes_its_target_be_asked_about() -> None:
    """Whatever became of the cancel proves nothing about the order."""

    async def story(room: OrderRoom) -> None:
        target = await room.sent(1, RESTS, **RESTING)
        room.broker.looks.append(known(S.DEAD))
        zero = Size(D(0))
        await room.sent(2, accepted(S.FILLED, "0"), kind=IntentKind.CANCEL, size=zero, target=target.intent.cloid)
        assert room.state_of(target) is S.RESTING
        await room.desk.attend()
        assert room.state_of(target) is S.DEAD

    in_room(story)


def test_fill_is_booked_and_told_once_whichever_way_it_comes() -> None:
    """By the answer, the stream, the stream again, and a search; after a restart as well."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, accepted(S.RESTING, "0.5", "0.5"), **RESTING)
        cloid = prepared.intent.cloid
        first, second = fill(cloid, "0.5", number=1), fill(None, "0.25", number=2)
        for _ in range(2):
            await room.desk.learn(cloid, fills=[first, second, second])
        room.broker.looks.append(known(S.RESTING, "0.75", "0.5", "0.25"))
        room.desk.look(cloid)
        await room.desk.attend()
        life = room.desk.lives[cloid]
        assert (life.state, life.filled, life.booked) == (S.RESTING, D("0.75"), D("0.75"))
        told = [line.facts["fill_id"] for line in room.said if line.event is E.ORDER_FILLED]
        assert told == ["BTC:1", "BTC:2"]

        after = await room.successor()
        await after.desk.learn(cloid, FillSeen(filled=Size(D("0.25"))), [second])
        assert after.desk.lives[cloid] == life
        assert after.said == []
        booked = await room.store.fills(room.fence.account)
        assert [(one.fill_id, one.cloid, one.size) for one in booked] == [
            ("BTC:1", cloid, D("0.5")),
            ("BTC:2", cloid, D("0.25")),
        ]

    in_room(story)


def test_order_that_ended_long_ago_is_let_go_and_found_again() -> None:
    """Ten minutes after its end; late news brings it back with all that was known, and it is let go again."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, accepted(S.FILLED, "2", "2"))
        cloid = prepared.intent.cloid
        life = room.desk.lives[cloid]
        await room.attends(599_000)
        assert cloid in room.desk.lives
        await room.attends(2_000)
        await room.desk.attend()
        assert cloid not in room.desk.lives
        assert await room.desk.learn(cloid, fills=[fill(cloid, number=1)]) == life
        assert cloid in room.desk.lives
        assert room.events.count(E.ORDER_FILLED) == 1
        await room.clock.sleep(601)
        await room.desk.attend()
        assert cloid not in room.desk.lives
        again = await room.desk.submit(prepared)
        assert getattr(again, "state", None) is S.BOOKED
        assert room.broker.count("send") == 1

    in_room(story)


def test_fill_of_a_dead_order_counts_and_people_are_told() -> None:
    """Facts win; opening is for whoever was called to decide."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, accepted(S.DEAD), **CLOSE)
        await room.desk.learn(prepared.intent.cloid, fills=[fill(prepared.intent.cloid, "2")])
        (contradiction,) = room.contradictions
        assert contradiction.finding is Finding.EXECUTED_ALL
        line = room.only(E.INTENT_CONTRADICTION)
        assert (line.level, line.message) == (LogLevel.ERROR, contradiction.detail)
        assert room.state_of(prepared) is S.BOOKED
        assert len(await room.store.fills(room.fence.account)) == 1

    in_room(story)


def test_order_seen_alive_again_is_followed_again() -> None:
    """It was called ended, so nobody asked any more."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, accepted(S.DEAD), **RESTING)
        assert await room.desk.attend() is None
        await room.desk.learn(prepared.intent.cloid, AnsweredResting(filled=Size(D("0.5"))))
        assert room.state_of(prepared) is S.RESTING
        assert await room.desk.attend() is not None
        room.broker.looks.append(known(S.PARTIAL, "0.5", "0.5"))
        await room.attends(31_000)
        assert room.state_of(prepared) is S.BOOKED

    in_room(story)


def test_runner_asks_about_one_order_while_the_answer_about_another_is_missing() -> None:
    """A question that takes a minute holds up nobody else."""

    async def story(room: OrderRoom) -> None:
        slow = await room.sent(1, lost, **CLOSE)
        quick = await room.sent(2, lost, **CLOSE)
        room.broker.slow[slow.intent.cloid] = 60_000
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(room.desk.run)
            await room.clock.sleep(17.5)
            assert (room.state_of(slow), room.state_of(quick)) == (S.UNKNOWN, S.DEAD)
            tasks.cancel_scope.cancel()

    in_room(story)


def test_run_ends_alone_by_the_lease_that_was_lost() -> None:
    """`Fenced` itself is raised, not a group of it."""

    async def story(room: OrderRoom) -> None:
        await room.sent(1, lost, **CLOSE)
        await room.sent(2, lost, **CLOSE)
        await room.successor()
        with pytest.raises(Fenced):
            await room.desk.run()
        with pytest.raises(Fenced):
            await room.desk.attend()

    in_room(story)


def test_wait_that_the_venue_asks_for_is_kept() -> None:
    """A refused question is not asked again before its time."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.append(partial(silent, retry_after_ms=4_000))
        await room.sent(1, lost, **CLOSE)
        await room.attends(1_100)
        assert room.broker.count("observe") == 1
        await room.attends(3_700)
        assert room.broker.count("observe") == 1
        await room.attends(400)
        assert room.broker.count("observe") == 2

    in_room(story)


def test_nothing_is_due_where_nothing_is_open() -> None:
    """A desk without orders has no next time, and asks nothing."""

    async def story(room: OrderRoom) -> None:
        assert await room.desk.attend() is None
        assert await room.desk.settle([], until=room.clock.now())
        assert room.broker.calls == []

    in_room(story)
