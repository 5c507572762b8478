"""The seam between a program and its surroundings: one seed gives its time, its entropy and its troubles.

What runs here is the shipped code, unchanged; only the ports it is handed are a world's. Nothing outside is reached:
the loop refuses sockets, threads and processes, and the network is what a simulated venue's links do.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from math import ceil
from typing import TypeVar

from agentic_core.domain.times import Instant
from agentic_core.simulation.chance import Chance
from agentic_core.simulation.link_faults import LinkFaults
from agentic_core.simulation.loop import Timeline, after, run, wait
from agentic_core.simulation.trace import Fact, Trace, TraceEvent

__all__ = ["World", "WorldClock", "WorldEntropy"]

_Result = TypeVar("_Result")

_START = Instant(1_767_225_600_000)
"""2026-01-01, a midnight."""

_UPTIME_MS = 3_600_000
_MS_PER_S = 1_000
_UUID_VERSION_4 = 0x4
_UUID_VARIANT = "89ab"


class WorldClock:
    """Virtual time as one machine tells it."""

    def __init__(self, timeline: Timeline, start: Instant, offset_ms: int = 0) -> None:
        """Take the time that passes, when it began, and by how much this machine's wall clock is ahead."""
        self._timeline = timeline
        self._start = start
        self._offset_ms = offset_ms

    def now(self) -> Instant:
        """Return the present as this machine's wall clock has it."""
        return Instant(self._start + self._timeline.ms + self._offset_ms)

    def boottime_ms(self) -> int:
        """Return milliseconds since the machine booted, an hour before the world began."""
        return _UPTIME_MS + self._timeline.ms

    async def sleep(self, seconds: float) -> None:
        """Wait at least this long, to the next whole millisecond."""
        target_ms = self._timeline.ms + ceil(seconds * _MS_PER_S)
        await wait(max(0.0, target_ms / _MS_PER_S - self._timeline.seconds) if seconds > 0 else 0)

    def step(self, by_ms: int) -> None:
        """Set the wall clock forward, or back; waiting and time since boot take no notice."""
        self._offset_ms += by_ms


class WorldEntropy:
    """Values that nobody inside can guess and anybody with the seed can repeat."""

    def __init__(self, chance: Chance) -> None:
        """Take the stream to draw from."""
        self._chance = chance

    def uuid(self) -> str:
        """Draw a UUID (version 4) as text."""
        digits = self._chance.take(16).hex()
        variant = _UUID_VARIANT[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-{_UUID_VERSION_4}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"

    def token_bytes(self, count: int) -> bytes:
        """Draw this many bytes."""
        return self._chance.take(count)


class World:
    """Everything a program can meet, from one seed."""

    def __init__(self, seed: int, *, start: Instant = _START, shuffled: bool = True) -> None:
        """Begin a world; `shuffled` lets the seed pick which of the ready tasks runs next."""
        self.seed = seed
        self.trace = Trace()
        self._chance = Chance(seed)
        self._timeline = Timeline()
        self._start = start
        self._order = self._chance.stream("scheduling") if shuffled else None
        self.clock = WorldClock(self._timeline, start)
        self.entropy = WorldEntropy(self._chance.stream("entropy"))

    def chance(self, name: str) -> Chance:
        """Begin a stream of draws; draws of one name never move those of another."""
        return self._chance.stream(f"named:{name}")

    def link_faults(self) -> LinkFaults:
        """Begin what goes wrong on the links of one venue."""
        return LinkFaults(self.clock, self.chance("network"))

    def clock_ahead(self, by_ms: int) -> WorldClock:
        """Return the clock of a machine whose wall clock is so much ahead; negative is behind."""
        return WorldClock(self._timeline, self._start, by_ms)

    def record(self, who: str, what: str, **facts: Fact) -> None:
        """Write an event into the trace."""
        self.trace.add(TraceEvent(at_ms=self._timeline.ms, who=who, what=what, facts=tuple(facts.items())))

    def after(self, ms: int, action: Callable[[], object]) -> None:
        """Let something happen later, whatever becomes of the task that caused it: a message on its way, for example.

        May be called from inside `run` only.
        """
        after(ms / _MS_PER_S, action)

    def run(self, main: Callable[["World"], Awaitable[_Result]]) -> _Result:
        """Run a program in this world to its end; what is still under way then never happens.

        Raises:
            Deadlock: every task waits and nothing is left that could happen.
        """
        return run(partial(main, self), self._timeline, self._order)
