"""What lies between processes and the venue in a simulated world, and what goes wrong there.

Requests and replies meet every fault. Of streams, messages go in order as TCP keeps them: what is scripted may lose or
hold one up, weather only slows them, and a cut ends them.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.ports.simulated_venue import (
    CutLink,
    DelayMessage,
    Direction,
    GarbleReply,
    LoseMessage,
    RepeatRequest,
    Weather,
)

__all__ = ["Dice", "LinkFault", "MessageFate", "Network", "Surroundings"]

_LATENCY_MS = 10

_Scripted: TypeAlias = LoseMessage | DelayMessage | RepeatRequest | GarbleReply
LinkFault: TypeAlias = _Scripted | CutLink | Weather


class Dice(Protocol):
    """Seeded chance."""

    def happens(self, per_mille: int) -> bool:
        """Draw whether something happens that does so in so many of a thousand cases."""
        ...

    def below(self, count: int) -> int:
        """Draw a whole number from 0 up to, but not including, `count`."""
        ...


class Surroundings(Protocol):
    """A simulated world, as far as a venue in it needs one."""

    @property
    def clock(self) -> Clock:
        """The world's time."""
        ...

    def chance(self, name: str) -> Dice:
        """Begin a stream of draws."""
        ...

    def record(self, who: str, what: str, **facts: str | int | None) -> None:
        """Write an event into the trace."""
        ...

    def after(self, ms: int, action: Callable[[], object]) -> None:
        """Let something happen later, whatever becomes of the task that caused it."""
        ...


class MessageFate(msgspec.Struct, kw_only=True):
    """What becomes of one message."""

    lost: bool = False
    delay_ms: int = _LATENCY_MS
    copy_after_ms: int | None = None
    garbled: bool = False


class Network:
    """Decides the fate of messages: the script first, then the weather."""

    def __init__(self, world: Surroundings) -> None:
        """Take the world that messages travel in."""
        self._world = world
        self._chance = world.chance("network")
        self._script: list[_Scripted] = []
        self._weather = Weather()
        self._cut_until: dict[str, int] = {}

    def inject(self, fault: LinkFault) -> None:
        """Make something go wrong from now on."""
        match fault:
            case Weather():
                self._weather = fault
            case CutLink():
                self._cut_until[fault.link] = self._world.clock.boottime_ms() + fault.for_ms
            case _:
                self._script.append(fault)

    def is_cut(self, link: str) -> bool:
        """Tell whether nothing leaves."""
        now = self._world.clock.boottime_ms()
        return any(self._cut_until.get(name, 0) > now for name in ("", link))

    def of_exchange(self, direction: Direction, link: str, kind: str) -> MessageFate:
        """Decide the fate of a request or a reply."""
        weather, chance = self._weather, self._chance
        fate = MessageFate(lost=chance.happens(weather.lose))
        if chance.happens(weather.delay):
            fate.delay_ms += chance.below(weather.delay_ms_max + 1)
        if direction is Direction.REPLY:
            fate.garbled = chance.happens(weather.garble)
        elif chance.happens(weather.repeat):
            fate.copy_after_ms = chance.below(weather.delay_ms_max + 1)
        return self._scripted(fate, direction, link, kind)

    def of_stream(self, direction: Direction, link: str, kind: str) -> MessageFate:
        """Decide the fate of a message of a stream."""
        fate = MessageFate()
        if self._chance.happens(self._weather.delay):
            fate.delay_ms += self._chance.below(self._weather.delay_ms_max + 1)
        return self._scripted(fate, direction, link, kind)

    def _scripted(self, fate: MessageFate, direction: Direction, link: str, kind: str) -> MessageFate:
        waiting: list[_Scripted] = []
        for fault in self._script:
            if not _fits(fault, direction, link, kind):
                waiting.append(fault)
            elif fault.skip > 0:
                waiting.append(msgspec.structs.replace(fault, skip=fault.skip - 1))
            else:
                _apply(fault, fate)
        self._script = waiting
        return fate


def _fits(fault: _Scripted, direction: Direction, link: str, kind: str) -> bool:
    match fault:
        case RepeatRequest():
            way = Direction.REQUEST
        case GarbleReply():
            way = Direction.REPLY
        case _:
            way = fault.direction
    return way is direction and fault.link in {"", link} and fault.of in {"", kind}


def _apply(fault: _Scripted, fate: MessageFate) -> None:
    match fault:
        case LoseMessage():
            fate.lost = True
        case DelayMessage():
            fate.delay_ms += fault.by_ms
        case RepeatRequest():
            fate.copy_after_ms = fault.by_ms
        case GarbleReply():
            fate.garbled = True
