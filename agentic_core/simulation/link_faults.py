"""What goes wrong between processes and a venue: the script first, then the weather."""

from typing import TypeAlias

import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.ports.simulated_venue import (
    CutLink,
    DelayMessage,
    Direction,
    GarbleReply,
    LinkFault,
    LoseMessage,
    MessageFate,
    RepeatRequest,
    Weather,
)
from agentic_core.simulation.chance import Chance

__all__ = ["LinkFaults"]

_LATENCY_MS = 10

_Scripted: TypeAlias = LoseMessage | DelayMessage | RepeatRequest | GarbleReply


class LinkFaults:
    """Decides the fate of messages, for whatever carries them."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        """Take the time that cuts last by, and what the weather is drawn from."""
        self._clock = clock
        self._chance = chance
        self._script: list[_Scripted] = []
        self._weather = Weather()
        self._cut_until: dict[str, int] = {}

    def inject(self, fault: LinkFault) -> None:
        """Make something go wrong from now on."""
        match fault:
            case Weather():
                self._weather = fault
            case CutLink():
                self._cut_until[fault.link] = self._clock.boottime_ms() + fault.for_ms
            case _:
                self._script.append(fault)

    def is_cut(self, link: str) -> bool:
        """Tell whether nothing leaves."""
        now = self._clock.boottime_ms()
        return any(self._cut_until.get(name, 0) > now for name in ("", link))

    def of_exchange(self, direction: Direction, link: str, kind: str) -> MessageFate:
        """Decide the fate of a request or a reply."""
        weather, chance = self._weather, self._chance
        fate = MessageFate(lost=chance.happens(weather.lose), delay_ms=_LATENCY_MS)
        if chance.happens(weather.delay):
            fate.delay_ms += chance.below(weather.delay_ms_max + 1)
        if direction is Direction.REPLY:
            fate.garbled = chance.happens(weather.garble)
        elif chance.happens(weather.repeat):
            fate.copy_after_ms = chance.below(weather.delay_ms_max + 1)
        return self._scripted(fate, direction, link, kind)

    def of_stream(self, direction: Direction, link: str, kind: str) -> MessageFate:
        """Decide the fate of a message of a stream, which weather only slows."""
        fate = MessageFate(delay_ms=_LATENCY_MS)
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
