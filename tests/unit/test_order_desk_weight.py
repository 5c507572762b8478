"""What following costs where the venue answers and nothing is ever learned: weight that closes need flows back."""

from typing import NoReturn

import pytest

from agentic_core.domain import Instant, IntentState, PreparedIntent
from agentic_core.errors import VenueUnavailable
from tests.support.order_replies import Look, accepted, known, lost, silent
from tests.support.order_room import OrderRoom, in_room

S = IntentState
MISSING = known(S.FILLED, "2", "1.9")
WHOLE = known(S.FILLED, "2", "1.9", "0.1")


def unreadable(prepared: PreparedIntent, now: Instant) -> NoReturn:
    """Answer with something that asking again does not cure."""
    message = f"more fills than can be read through, about {prepared.intent.cloid} at {now}"
    raise VenueUnavailable(message, retryable=False)


@pytest.mark.parametrize("look", [MISSING, unreadable])
def test_fills_that_are_never_listed_are_soon_looked_for_as_seldom_as_what_rests(look: Look) -> None:
    """A look a second takes more weight than the venue lets flow back, so nothing could be closed any more."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([look] * 400)
        await room.sent(1, accepted(S.FILLED, "2"))
        await room.attends(60_000)
        before = room.broker.count("observe")
        await room.attends(120_000)
        assert room.broker.count("observe") - before == 8

    in_room(story)


def test_fills_that_are_listed_minutes_late_are_booked() -> None:
    """Seldom is not never."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([MISSING] * 36 + [WHOLE])
        prepared = await room.sent(1, accepted(S.FILLED, "2"))
        await room.attends(120_000)
        assert room.state_of(prepared) is S.BOOKED

    in_room(story)


def test_order_of_unknown_status_is_soon_asked_about_seldom_and_at_once_where_somebody_waits() -> None:
    """Whoever closes a position waits for the answer, so a wait for it asks every second as before."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([known(S.UNKNOWN)] * 400)
        prepared = await room.sent(1, lost)
        await room.attends(60_000)
        before = room.broker.count("observe")
        await room.attends(60_000)
        assert room.broker.count("observe") - before == 4
        await room.desk.settle([prepared.intent.cloid], until=Instant(room.clock.now() + 5_000))
        assert room.broker.count("observe") - before >= 8

    in_room(story)


def test_order_that_nobody_answers_about_is_asked_about_every_second() -> None:
    """Once the venue is back, the fate of what was sent is to be known at once."""

    async def story(room: OrderRoom) -> None:
        room.broker.looks.extend([known(S.UNKNOWN), *[silent] * 400])
        await room.sent(1, lost)
        await room.attends(90_000)
        before = room.broker.count("observe")
        await room.attends(10_000)
        assert room.broker.count("observe") - before >= 9

    in_room(story)
