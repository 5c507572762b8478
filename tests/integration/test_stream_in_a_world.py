"""Our stream on the simulated Hyperliquid, over minutes of trouble: what is fresh is so, and nothing is lost.

From each seed, prices move, an account trades, links slow down, break and fall silent, requests are lost and refused,
messages vanish and the wall clock jumps. A judge who sees the wire looks twice a second; calm follows, and then all has
to be right.
"""

from collections.abc import Callable

import anyio
import pytest

from agentic_core.ports.clock import Clock
from agentic_core.simulation.world import World
from agentic_hl.rest import HttpOutcome, HttpTransport
from agentic_hl.simulated import SimulatedHyperliquid
from agentic_hl.stream import LinkChanged
from agentic_hl.venue.fault_values import SocketsDropped
from tests.support.markets import BTC, ETH
from tests.support.stream_follower import Bug, Doors, Follower
from tests.support.stream_trader import TRADER
from tests.support.streamed_night import play_streams

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_stream_in_trouble_is_never_fresh_too_early_and_right_in_the_end(seed: int) -> None:
    """Marks are the venue's, each fill was told once, each order is what it is."""
    assert play_streams(seed).faults == []


def test_trouble_is_real() -> None:
    """Over the seeds, links are lost for every reason there is, and fills come in all ways."""
    nights = [play_streams(seed) for seed in SEEDS[:20]]
    judges = [night.follower.judge for night in nights]
    reasons = {event.reason for judge in judges for event in judge.events if isinstance(event, LinkChanged)}
    assert reasons >= {
        "connected",
        "the link is cut",
        "no pong within 10000 ms",
        "the venue ended it: dropped",
    }
    assert sum(judge.links.count(False) for judge in judges) > 100
    assert sum(len(judge.fills) for judge in judges) > 150
    assert sum(night.recoveries for night in nights) > 300
    assert sum(night.follower.connection.session.duplicates for night in nights) > 150


def test_seed_plays_the_same_twice() -> None:
    """To the last event and the last fill; another seed plays differently."""
    first, again, other = play_streams(7), play_streams(7), play_streams(8)
    assert first.world.trace.digest == again.world.trace.digest
    assert first.world.trace.digest != other.world.trace.digest
    assert len(first.world.trace) > 50


@pytest.mark.parametrize(
    ("bug", "words"),
    [
        (Bug.HASTY, "fresh without having been read"),
        (Bug.DEAF, "fresh without having been read"),
        (Bug.HEEDLESS, "delivered twice"),
    ],
)
def test_planted_bug_is_noticed(bug: str, words: str) -> None:
    """Within a few seeds, for what it is."""
    found = [fault for seed in SEEDS[:5] for fault in play_streams(seed, bug=bug).faults]
    assert any(words in fault for fault in found)


class _Stubborn:
    # Requests that take three seconds and cannot be broken off.
    def __init__(self, inner: HttpTransport, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        with anyio.CancelScope(shield=True):
            await self._clock.sleep(3)
        return await self._inner.post(path, body, timeout_ms)


def test_nothing_is_fresh_on_a_link_that_ended_while_questions_are_still_under_way() -> None:
    """Those who fill gaps take their time to end; freshness ends at once, and comes back on the next link."""

    async def main(world: World) -> None:
        place, clock = SimulatedHyperliquid(world, account=TRADER), world.clock
        link = place.connect("follower")
        follower = Follower(Doors(_Stubborn(link, clock), link, clock, world.entropy), (BTC, ETH), TRADER)

        async def until(holds: Callable[[], bool]) -> None:
            with anyio.fail_after(120):
                while not holds():
                    await clock.sleep(0.05)

        def fresh() -> int:
            return sum(follower.connection.is_fresh(topic) for topic in follower.topics)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follower.connection.run)
            await until(lambda: 0 < fresh() < len(follower.topics))
            place.spoil(SocketsDropped())
            await clock.sleep(0.1)
            assert follower.judge.in_flight > 0
            assert fresh() == 0
            await until(follower.is_whole)
            tasks.cancel_scope.cancel()
        assert follower.judge.faults == []

    World(seed=3).run(main)
