"""However a ticker is disturbed: what an answer led to comes to its record, and nobody's hold is broken."""

from decimal import Decimal

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.chat import said
from agentic_core.domain import Instant, ProposedAction, Side, Usd
from agentic_core.ports.chat_model import CallUsage
from agentic_core.runtime import ByRules, Decider
from agentic_core.runtime.ticker import Ticker
from agentic_core.simulation.world import World
from tests.support.thinking import scripted
from tests.support.ticker_room import TickerRoom, room
from tests.support.turns import DEPLOYMENT, Says, filled, open_of
from tests.support.turns import World as Replies

MIDNIGHT = Instant(1_767_225_600_000)
MINUTE = 60_000
BUY: ProposedAction = open_of(Side.BUY, "0.01")
BOUND = Usd(Decimal("0.05"))
CARRIED_OUT = ("Look", "Persist", "Send", "Record")
"""What is never cut once it has begun."""

DECIDERS: dict[str, Decider] = {
    "rules": ByRules(policy=Says(BUY)),
    "chat": scripted(bound=BOUND),
}
PAUSES = st.lists(st.sampled_from([0.0, 0.5, 7.0, 20.0, 70.0, 200.0]), min_size=5, max_size=40)
HOLDS = st.lists(st.tuples(st.integers(0, 240_000), st.integers(0, 150_000)), max_size=4)
ENDS = st.integers(0, 420_000)


class Disturbed:
    """A ticker whose every step takes a drawn time, while others hold the turns back at drawn times."""

    def __init__(self, place: TickerRoom, ticker: Ticker, pauses: list[float]) -> None:
        self.place, self.ticker = place, ticker
        self._pauses = pauses
        self._steps = 0
        self.held = 0
        self.broken = False
        place.session.pause = self.pause

    async def pause(self, what: str) -> None:
        """Take the next drawn time, and see that nobody holds the turns back when a step begins or ends."""
        self._see(what)
        self._steps += 1
        await self.place.clock.sleep(self._pauses[self._steps % len(self._pauses)])
        self._see(what)

    async def hold(self, after_ms: int, for_ms: int) -> None:
        """Hold the turns back for a while."""
        await self.place.clock.sleep(after_ms / 1_000)
        async with self.ticker.suspended():
            self.held += 1
            try:
                await self.place.clock.sleep(for_ms / 1_000)
            finally:
                self.held -= 1

    def _see(self, what: str) -> None:
        self.broken = self.broken or (self.held > 0 and what != "")


def disturbed(decider: Decider, pauses: list[float], holds: list[tuple[int, int]], end_ms: int) -> TickerRoom:
    """Let a ticker run to its end under all that, and return what stands around it."""

    async def main(world: World) -> TickerRoom:
        replies = Replies(*[filled] * 20, reply=said(BUY, usage=CallUsage(cost_usd=BOUND)))
        place = await room(world, decider, replies)
        replies.account = place.session.account_now
        ticker = place.ticker()
        scene = Disturbed(place, ticker, pauses)
        with anyio.move_on_after(end_ms / 1_000):
            async with anyio.create_task_group() as tasks:
                for after_ms, for_ms in holds:
                    tasks.start_soon(scene.hold, after_ms, for_ms)
                await ticker.run()
        assert not scene.broken, "a turn was under way while somebody held the turns back"
        return place

    return World(1, start=MIDNIGHT, shuffled=True).run(main)


@given(st.sampled_from(sorted(DECIDERS)), PAUSES, HOLDS, ENDS)
@settings(max_examples=60)
def test_turn_that_goes_beyond_its_answer_is_carried_out_however_it_is_disturbed(
    decider: str, pauses: list[float], holds: list[tuple[int, int]], end_ms: int
) -> None:
    """Whoever holds the turns back waits for it, and a runner that is torn down does too."""
    session = disturbed(DECIDERS[decider], pauses, holds, end_ms).session
    begun = [what for what in session.begun if what in CARRIED_OUT]
    assert [what for what in session.ended if what in CARRIED_OUT] == begun
    assert begun.count("Persist") == begun.count("Send") <= begun.count("Record")
    assert session.marks == sorted(set(session.marks))


@given(st.sampled_from(sorted(DECIDERS)), PAUSES, HOLDS, ENDS)
@settings(max_examples=40)
def test_every_question_that_was_asked_is_written_down_with_its_cost(
    decider: str, pauses: list[float], holds: list[tuple[int, int]], end_ms: int
) -> None:
    """A mark is decided once, and what a broken-off call may have cost counts like an answer."""
    place = disturbed(DECIDERS[decider], pauses, holds, end_ms)

    async def recorded(_world: World) -> list[tuple[Instant, Usd | None]]:
        records = await place.store.decisions.recent(DEPLOYMENT, 99)
        return [(one.decision.tick_at, one.decision.usage.cost_usd) for one in records]

    found = World(0).run(recorded)
    asked = place.session.begun.count("Ask")
    assert len({mark for mark, _ in found}) == len(found)
    assert [cost for _, cost in found].count(BOUND) == asked


@given(PAUSES, HOLDS, st.integers(300_000, 900_000))
@settings(max_examples=25)
def test_every_mark_that_went_by_is_either_come_to_or_counted_as_missed(
    pauses: list[float], holds: list[tuple[int, int]], end_ms: int
) -> None:
    """From the first mark to the last one that was come to, each once."""
    place = disturbed(DECIDERS["rules"], pauses, holds, end_ms)
    marks = place.session.marks
    skips = [line for line in place.lines if line.message.endswith("went by without a turn")]
    missed = sum(int(str(line.data["marks"])) for line in skips)
    if marks:
        assert (marks[-1] - marks[0]) // MINUTE + 1 == len(marks) + missed
