"""Links between processes and the venue, and what goes wrong on them."""

from collections.abc import Callable
from typing import TypeAlias

import anyio
import msgspec

from agentic_core.ports.simulated_venue import (
    CutLink,
    DelayMessage,
    Direction,
    GarbleReply,
    LoseMessage,
    RepeatRequest,
    Weather,
)
from agentic_core.simulation.chance import Chance
from agentic_core.simulation.minimal_venue.messages import (
    NoReply,
    NothingLeft,
    Reply,
    Request,
    ServerError,
)
from agentic_core.simulation.world import World

__all__ = ["LinkFault", "MinimalLink", "Network"]

_LATENCY_MS = 10
_PATIENCE_MS = 5_000
_BAD_GATEWAY = 502

_ScriptedFault: TypeAlias = LoseMessage | DelayMessage | RepeatRequest | GarbleReply
LinkFault: TypeAlias = _ScriptedFault | CutLink | Weather


class MinimalLink:
    """One process's way to the venue."""

    def __init__(self, name: str, network: "Network") -> None:
        """Take the name that faults may use."""
        self._name = name
        self._network = network

    async def ask(self, request: Request, *, patience_ms: int = _PATIENCE_MS) -> Reply:
        """Put a request on its way and wait for what comes back; what is on its way outlives the caller."""
        arrived = anyio.Event()
        replies: list[Reply] = []

        def take(reply: Reply) -> None:
            replies.append(reply)
            arrived.set()

        if not self._network.carry(self._name, request, take):
            return NothingLeft(cause=f"link {self._name} is cut")
        with anyio.move_on_after(patience_ms / 1000):
            await arrived.wait()
        return replies[0] if replies else NoReply(after_ms=patience_ms)


class _Fate(msgspec.Struct, kw_only=True):
    # What becomes of one message.
    lost: bool = False
    delay_ms: int = _LATENCY_MS
    copy_after_ms: int | None = None
    garbled: bool = False


class Network:
    """Carries requests and replies, and applies faults: those of the script first, then those of the weather."""

    def __init__(self, world: World, serve: Callable[[Request], Reply]) -> None:
        """Take the world that messages travel in, and what serves them."""
        self._world = world
        self._serve = serve
        self._chance: Chance = world.chance("network")
        self._script: list[_ScriptedFault] = []
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

    def carry(self, link: str, request: Request, take: Callable[[Reply], None]) -> bool:
        """Put a request on its way; False means that nothing left."""
        now = self._world.clock.boottime_ms()
        if any(self._cut_until.get(name, 0) > now for name in ("", link)):
            self._record(link, "cannot send", request)
            return False
        self._record(link, "sends", request)
        fate = self._fate(Direction.REQUEST, link, _kind(request))
        if fate.lost:
            self._record("network", "loses the request", request)
        else:
            self._world.after(fate.delay_ms, lambda: self._arrive(link, request, take))
        if fate.copy_after_ms is not None:
            self._record("network", "repeats the request", request)
            self._world.after(fate.delay_ms + fate.copy_after_ms, lambda: self._arrive(link, request, take))
        return True

    def _arrive(self, link: str, request: Request, take: Callable[[Reply], None]) -> None:
        reply = self._serve(request)
        fate = self._fate(Direction.REPLY, link, _kind(request))
        if fate.garbled:
            self._record("network", "answers with an error in place of the venue", request)
            reply = ServerError(status=_BAD_GATEWAY)
        if fate.lost:
            self._record("network", "loses the reply", request)
            return
        answered = reply
        self._world.after(fate.delay_ms, lambda: take(answered))

    def _fate(self, direction: Direction, link: str, kind: str) -> _Fate:
        fate = self._by_chance(direction)
        waiting: list[_ScriptedFault] = []
        for fault in self._script:
            if not _fits(fault, direction, link, kind):
                waiting.append(fault)
            elif fault.skip > 0:
                waiting.append(msgspec.structs.replace(fault, skip=fault.skip - 1))
            else:
                _apply(fault, fate)
        self._script = waiting
        return fate

    def _by_chance(self, direction: Direction) -> _Fate:
        weather, chance = self._weather, self._chance
        fate = _Fate(lost=chance.happens(weather.lose))
        if chance.happens(weather.delay):
            fate.delay_ms += chance.below(weather.delay_ms_max + 1)
        if direction is Direction.REPLY:
            fate.garbled = chance.happens(weather.garble)
        elif chance.happens(weather.repeat):
            fate.copy_after_ms = chance.below(weather.delay_ms_max + 1)
        return fate

    def _record(self, who: str, what: str, request: Request) -> None:
        self._world.record(who, what, kind=_kind(request))


def _kind(request: Request) -> str:
    return str(request.__struct_config__.tag)


def _fits(fault: _ScriptedFault, direction: Direction, link: str, kind: str) -> bool:
    match fault:
        case RepeatRequest():
            way = Direction.REQUEST
        case GarbleReply():
            way = Direction.REPLY
        case _:
            way = fault.direction
    return way is direction and fault.link in {"", link} and fault.of in {"", kind}


def _apply(fault: _ScriptedFault, fate: _Fate) -> None:
    match fault:
        case LoseMessage():
            fate.lost = True
        case DelayMessage():
            fate.delay_ms += fault.by_ms
        case RepeatRequest():
            fate.copy_after_ms = fault.by_ms
        case GarbleReply():
            fate.garbled = True
