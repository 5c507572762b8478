"""Asking about an order whose answer may be lost: how often, and whose answer counts."""

import pytest

from agentic_core.domain import IntentState, PreparedIntent
from agentic_core.errors import UsageError, VenueUnavailable
from agentic_core.ports.broker import Known, Observation
from agentic_core.runtime.orders.looking import look
from agentic_core.simulation.world import World
from tests.support.intents import made
from tests.support.order_replies import accepted, known
from tests.support.order_room import RESTING, OrderRoom, in_room

S = IntentState


class Lossy:
    """Answers the first question after so many milliseconds, the second after the next number, and so on."""

    def __init__(self, world: World, *takes: int | Exception) -> None:
        self.world = world
        self.asked_at: list[int] = []
        self._takes = list(takes)
        self._began = world.clock.boottime_ms()

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Answer late, or break at once."""
        number, takes = len(self.asked_at) + 1, self._takes.pop(0)
        self.asked_at.append(self.world.clock.boottime_ms() - self._began)
        if isinstance(takes, Exception):
            raise takes
        await self.world.clock.sleep(takes / 1_000)
        if takes >= 5_000:
            message = f"question {number} was lost"
            raise VenueUnavailable(message)
        return known(S.FILLED, str(number))(prepared, self.world.clock.now())


def asked(*takes: int | Exception, presses: bool = True) -> tuple[Observation | Exception, list[int], int]:
    """Ask; return the answer or what was raised, when each question left, and how long all took."""

    async def main(world: World) -> tuple[Observation | Exception, list[int], int]:
        broker, began = Lossy(world, *takes), world.clock.boottime_ms()
        result: Observation | Exception
        try:
            result = await look(broker.observe, world.clock, made(), presses=presses)
        except (VenueUnavailable, UsageError) as error:
            result = error
        return result, broker.asked_at, world.clock.boottime_ms() - began

    return World(1).run(main)


def units(seen: Observation | Exception) -> int:
    """Return which question was answered: it is told as the units that executed."""
    assert isinstance(seen, Known), seen
    assert seen.total is not None
    return int(seen.total)


@pytest.mark.parametrize(
    ("takes", "answered", "asked_at", "took_ms"),
    [
        ([60], 1, [0], 60),
        ([749], 1, [0], 749),
        ([2_000, 60], 2, [0, 750], 810),
        ([800, 60], 1, [0, 750], 800),
        ([9_000, 9_000, 60], 3, [0, 750, 1_500], 1_560),
        ([9_000, 9_000, 9_000, 500], 4, [0, 750, 1_500, 2_250], 2_750),
        ([9_000, 9_000, 9_000, 3_000], 4, [0, 750, 1_500, 2_250], 5_250),
    ],
)
def test_question_that_takes_long_is_put_again_beside_itself(
    takes: list[int], answered: int, asked_at: list[int], took_ms: int
) -> None:
    """Every three quarters of a second, four times at most; the first answer counts, whichever it is of."""
    seen, questions, took = asked(*takes)
    assert (units(seen), questions, took) == (answered, asked_at, took_ms)


def test_question_that_does_not_press_is_put_once() -> None:
    """However long its answer takes."""
    seen, questions, took = asked(4_000, presses=False)
    assert (units(seen), questions, took) == (1, [0], 4_000)


def test_failure_that_comes_at_once_is_raised_at_once() -> None:
    """Whoever refuses is not asked again in the same breath."""
    refusal = VenueUnavailable("too many questions", retry_after_ms=4_000)
    assert asked(refusal) == (refusal, [0], 0)


def test_failure_does_not_hide_the_answer_to_an_earlier_question() -> None:
    """As long as one is waited for, nothing is over."""
    seen, questions, took = asked(1_000, VenueUnavailable("refused"), 60)
    assert (units(seen), questions, took) == (1, [0, 750], 1_000)


def test_venue_that_answers_none_of_four_is_unavailable() -> None:
    """The last failure ends it."""
    result, questions, took = asked(9_000, 9_000, 9_000, 9_000)
    assert str(result) == "question 4 was lost"
    assert (questions, took) == ([0, 750, 1_500, 2_250], 11_250)


def test_wrong_call_is_raised_as_it_is() -> None:
    """An error of ours is nothing to wait about, and comes in no group."""
    error = UsageError("of another account")
    assert asked(2_000, error) == (error, [0, 750], 750)


def test_only_what_is_unresolved_is_asked_about_twice() -> None:
    """Of what rests nothing presses."""

    async def story(room: OrderRoom) -> None:
        room.broker.takes_ms = 2_000
        await room.sent(1, accepted(S.RESTING), **RESTING)
        await room.attends(17_500)
        assert room.broker.count("observe") == 1
        lost_one = await room.prepare(2)
        await room.desk.submit(lost_one)
        await room.attends(4_500)
        assert room.broker.count("observe", lost_one.intent.cloid) == 3

    in_room(story)
