"""What the desk makes of every answer a broker can give, and how it goes on."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from agentic_core.domain import (
    Accepted,
    IntentKind,
    IntentState,
    Rejected,
    SendOutcome,
    Size,
    TimeInForce,
    Unresolved,
)
from agentic_core.errors import InputError, UsageError
from agentic_core.logevents import LogEvent
from agentic_core.ports.broker import Burned, NotBurned
from tests.support.order_replies import (
    BURNED,
    UNPROVEN,
    Answer,
    Look,
    absent,
    accepted,
    known,
    lost,
    never_left,
    refused,
    silent,
)
from tests.support.order_room import CLOSE, RESTING, STOP, OrderRoom, in_room

S = IntentState
E = LogEvent
GTC = TimeInForce.GTC
NONE = Decimal(0)


@pytest.mark.parametrize(
    ("style", "answer", "state", "filled", "events"),
    [
        ({}, accepted(S.FILLED, "2", "2"), S.BOOKED, "2", [E.ORDER_PLACED, E.ORDER_FILLED]),
        ({}, accepted(S.FILLED, "2", "0.5", "1.5"), S.BOOKED, "2", [E.ORDER_PLACED, E.ORDER_FILLED, E.ORDER_FILLED]),
        ({}, accepted(S.FILLED, None, "2"), S.BOOKED, "2", [E.ORDER_PLACED, E.ORDER_FILLED]),
        ({}, accepted(S.FILLED, "2", "0.5"), S.FILLED, "2", [E.ORDER_PLACED, E.ORDER_FILLED]),
        ({}, accepted(S.FILLED, "2"), S.FILLED, "2", [E.ORDER_PLACED]),
        ({}, accepted(S.PARTIAL, "0.5", "0.5"), S.BOOKED, "0.5", [E.ORDER_PLACED, E.ORDER_FILLED, E.ORDER_CANCELLED]),
        ({}, accepted(S.PARTIAL, "0.5"), S.PARTIAL, "0.5", [E.ORDER_PLACED, E.ORDER_CANCELLED]),
        ({}, accepted(S.DEAD), S.DEAD, "0", [E.ORDER_PLACED, E.ORDER_CANCELLED]),
        ({}, accepted(S.REJECTED), S.REJECTED, "0", [E.ORDER_PLACED, E.ORDER_REJECTED]),
        ({}, accepted(S.SENT), S.UNKNOWN, "0", [E.ORDER_PLACED, E.ORDER_UNRESOLVED]),
        ({}, accepted(S.SENT, None, "0.5"), S.SENT, "0.5", [E.ORDER_PLACED, E.ORDER_FILLED]),
        ({}, refused, S.REJECTED, "0", [E.ORDER_PLACED, E.ORDER_REJECTED]),
        ({}, lost, S.UNKNOWN, "0", [E.ORDER_PLACED, E.ORDER_UNRESOLVED]),
        ({}, never_left, S.PREPARED, "0", [E.ORDER_PLACED, E.ORDER_UNRESOLVED]),
        (CLOSE, accepted(S.FILLED, "1", "1"), S.BOOKED, "1", [E.ORDER_PLACED, E.ORDER_FILLED, E.ORDER_CANCELLED]),
        (RESTING, accepted(S.RESTING), S.RESTING, "0", [E.ORDER_PLACED]),
        (RESTING, accepted(S.RESTING, "0.5", "0.5"), S.RESTING, "0.5", [E.ORDER_PLACED, E.ORDER_FILLED]),
        (RESTING, accepted(S.FILLED, "2", "2"), S.BOOKED, "2", [E.ORDER_PLACED, E.ORDER_FILLED]),
    ],
)
def test_answer_to_a_send_is_known_and_written_and_told(
    style: Mapping[str, object], answer: Answer, state: IntentState, filled: str, events: list[LogEvent]
) -> None:
    """The desk, the store and the listener say the same of it; what executed is in the ledger once."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, answer, **style)
        life = room.desk.lives[prepared.intent.cloid]
        assert (life.state, life.filled, life.sends) == (state, Size(Decimal(filled)), 1)
        assert await room.store.find(room.fence.account, life.cloid) == life.record()
        assert room.events == events
        assert {line.facts["cloid"] for line in room.said} == {life.cloid}
        assert sum((fill.size for fill in await room.store.fills(room.fence.account)), NONE) == life.booked
        assert room.desk.may_open() is (state not in {S.UNKNOWN, S.PREPARED, S.SENT})
        assert room.contradictions == []

    in_room(story)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (accepted(S.FILLED, "2", "2"), Accepted),
        (refused, Rejected),
        (lost, Unresolved),
        (never_left, Unresolved),
    ],
)
def test_submitting_again_sends_nothing_and_says_what_is_known(answer: Answer, outcome: type[SendOutcome]) -> None:
    """The first answer in the words of a second; one of which nothing left is sent again by attending only."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, answer)
        again = await room.desk.submit(prepared)
        assert isinstance(again, outcome)
        assert room.broker.calls == [("send", prepared.intent.cloid)]

    in_room(story)


@pytest.mark.parametrize(
    ("burned", "state", "calls"),
    [
        (BURNED, S.DEAD, ["send", "burn"]),
        (UNPROVEN, S.UNKNOWN, ["send", "burn", "observe"]),
    ],
)
def test_lost_order_is_burned_once_then_asked_about(
    burned: Burned | NotBurned, state: IntentState, calls: list[str]
) -> None:
    """An acknowledged burn ends it at once; any other answer proves nothing, and no second one is tried."""

    async def story(room: OrderRoom) -> None:
        room.broker.burns.append(burned)
        prepared = await room.sent(1, lost)
        await room.attends(1_100)
        assert room.state_of(prepared) is state
        assert [name for name, _ in room.broker.calls] == calls
        await room.attends(5_000)
        assert room.broker.count("burn") == 1

    in_room(story)


@pytest.mark.parametrize(
    ("style", "look", "state", "filled"),
    [
        ({}, known(S.FILLED, "2", "2"), S.BOOKED, "2"),
        ({}, known(S.FILLED, "2"), S.FILLED, "2"),
        ({}, known(S.PARTIAL, "0.5", "0.5"), S.BOOKED, "0.5"),
        ({}, known(S.DEAD), S.DEAD, "0"),
        ({}, known(S.REJECTED), S.REJECTED, "0"),
        ({}, known(S.UNKNOWN), S.UNKNOWN, "0"),
        ({}, known(S.SENT, "0.5", "0.5"), S.UNKNOWN, "0.5"),
        ({}, absent, S.UNKNOWN, "0"),
        ({}, silent, S.UNKNOWN, "0"),
        (RESTING, known(S.RESTING), S.RESTING, "0"),
        (RESTING, known(S.RESTING, "0.5", "0.5"), S.RESTING, "0.5"),
        (CLOSE, known(S.FILLED, "1", "1"), S.FILLED, "1"),
    ],
)
def test_lost_order_becomes_what_the_venue_shows(
    style: Mapping[str, object], look: Look, state: IntentState, filled: str
) -> None:
    """Only what is shown counts; a reduce-only order called filled stays open until its count is sure."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.append(look)
        prepared = await room.sent(1, lost, **style)
        await room.attends(1_100)
        life = room.desk.lives[prepared.intent.cloid]
        assert (life.state, life.filled) == (state, Size(Decimal(filled)))
        assert await room.store.find(room.fence.account, life.cloid) == life.record()

    in_room(story)


def test_order_that_is_nowhere_is_dead_by_two_looks_after_its_deadline() -> None:
    """Fifteen seconds after it was prepared absence begins to count, two seconds later it is proven."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.sent(1, lost)
        await room.attends(16_900)
        assert room.state_of(prepared) is S.UNKNOWN
        assert not room.desk.may_open()
        await room.attends(200)
        assert room.state_of(prepared) is S.DEAD
        assert room.desk.may_open()
        assert room.only(E.ORDER_CANCELLED).facts["reason"] == "it never arrived before it expired"
        asked = room.broker.count("observe")
        await room.attends(120_000)
        assert room.broker.count("observe") == asked

    in_room(story)


def test_silence_of_the_venue_is_told_once_and_proves_nothing() -> None:
    """However long it lasts, the order stays unresolved; the first answers afterwards settle it."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([silent] * 60)
        prepared = await room.sent(1, lost)
        await room.attends(60_000)
        assert room.state_of(prepared) is S.UNKNOWN
        told = [line for line in room.said if "the venue does not say what became of it" in line.message]
        assert len(told) == 1
        await room.attends(4_000)
        assert room.state_of(prepared) is S.DEAD

    in_room(story)


def test_order_of_which_nothing_left_is_sent_again_by_attending() -> None:
    """The same intent with the same nonce, a second later; it is placed only once in the eyes of a reader."""

    async def story(room: OrderRoom) -> None:
        room.broker.answers.append(never_left)
        prepared = await room.prepare()
        await room.desk.submit(prepared)
        room.broker.answers.append(accepted(S.FILLED, "2", "2"))
        await room.attends(1_500)
        life = room.desk.lives[prepared.intent.cloid]
        assert (life.state, life.sends) == (S.BOOKED, 2)
        assert room.broker.calls == [("send", life.cloid)] * 2
        assert room.events.count(E.ORDER_PLACED) == 1
        assert room.book.day.orders == 1

    in_room(story)


def test_order_that_never_leaves_is_burned_when_its_time_is_nearly_over() -> None:
    """Three seconds before it expires it is sent no more; nothing can have arrived, and yet only proof ends it."""

    async def story(room: OrderRoom) -> None:
        room.broker.answers.extend([never_left] * 30)
        room.broker.burns.append(BURNED)
        prepared = await room.sent()
        await room.attends(8_500)
        assert room.broker.count("send") == 8
        assert (room.broker.count("burn"), room.state_of(prepared)) == (1, S.DEAD)

    in_room(story)


def test_send_that_breaks_on_our_side_leaves_the_order_unknown() -> None:
    """A refusal of our own to write it down for the venue is no proof; a wrong call passes through."""

    async def story(room: OrderRoom) -> None:
        prepared = await room.prepare()
        room.broker.answers.append(_raising(InputError("no such symbol")))
        outcome = await room.desk.submit(prepared)
        assert outcome == Unresolved(cloid=prepared.intent.cloid, cause="no such symbol")
        assert room.state_of(prepared) is S.UNKNOWN
        other = await room.prepare(2, **CLOSE)
        room.broker.answers.append(_raising(UsageError("of another account")))
        with pytest.raises(UsageError, match="of another account"):
            await room.desk.submit(other)
        assert room.state_of(other) is S.SENT

    in_room(story)


@pytest.mark.parametrize("kind", [IntentKind.CANCEL, IntentKind.LEVERAGE])
@pytest.mark.parametrize(
    ("answer", "state"), [(accepted(S.FILLED, "0"), S.FILLED), (refused, S.REJECTED), (lost, S.UNKNOWN)]
)
def test_action_without_size_ends_with_its_answer(kind: IntentKind, answer: Answer, state: IntentState) -> None:
    """Nothing of it executes or is booked; a lost one is burned, or outlived like an order."""

    async def story(room: OrderRoom) -> None:
        changes = {"size": Size(NONE), "kind": kind, "leverage": 2}
        prepared = await room.sent(1, answer, **changes)
        assert room.state_of(prepared) is state
        await room.attends(17_100)
        ended = S.DEAD if state is S.UNKNOWN else state
        assert room.state_of(prepared) is ended
        assert await room.desk.attend() is None
        assert await room.store.living(room.fence.account) == ()
        assert room.book.day.orders == 0

    in_room(story)


def test_lost_stop_is_found_resting_and_told() -> None:
    """As any order: `stop_placed` is said when the venue shows it."""

    async def story(room: OrderRoom) -> None:
        stop = await room.desk.assign(await room.prepare(1, **STOP))
        room.broker.answers.append(lost)
        room.broker.looks.append(known(S.RESTING))
        await room.desk.submit(stop)
        await room.attends(1_100)
        assert room.state_of(stop) is S.RESTING
        assert room.events == [E.ORDER_UNRESOLVED, E.STOP_PLACED]

    in_room(story)


def _raising(error: Exception) -> Answer:
    def answer(_: object) -> SendOutcome:
        raise error

    return answer
