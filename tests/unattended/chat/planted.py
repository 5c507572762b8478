"""Mistakes with a chat model, its answers and its tools; each takes the place of what is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import anyio
from msgspec.structs import replace

from agentic_core.chat.toolbox import Toolbox
from agentic_core.chat.transport import NO_HEADERS, ChatTransport, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain import Bps
from agentic_core.domain.chat import CallId
from agentic_core.ports.tape import Tape, TapeEntry, TapeKey
from agentic_core.runtime import ByChatModel, Mandate
from agentic_core.runtime.runner_ports import RunnerPorts
from tests.unattended.chat.planted_costs import PLANTED_COSTS
from tests.unattended.mistakes import Mistake
from tests.unattended.plants import Plant

__all__ = ["PLANTED_CHAT"]

_OK = 200
_MANY = 20


@dataclass(frozen=True)
class _Around:
    # A way to the provider that is the shipped one, but for what a mistake does with it.
    inner: ChatTransport

    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        return await self.inner.post(path, body, headers, within_ms=within_ms, call=call, question=question)

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        return await self.inner.get(path, headers, within_ms=within_ms)


class _Insistent(_Around):
    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        first = await super().post(path, body, headers, within_ms=within_ms, call=call, question=question)
        if isinstance(first, NoAnswer) or first.status == _OK:
            return first
        return await super().post(path, body, headers, within_ms=within_ms, call=call, question=question)


class SameCallAgain(Mistake):
    """A request that failed is sent again under the reservation of the first."""

    def transport(self, link: ChatTransport) -> ChatTransport:
        """Return a way that insists."""
        return _Insistent(link)


class _Deaf(_Around):
    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        done: list[HttpOutcome] = []
        with anyio.CancelScope(shield=True):
            done.append(await super().post(path, body, headers, within_ms=within_ms, call=call, question=question))
        return done[0]


class NeverBrokenOff(Mistake):
    """A call is waited for to its end, whoever needs the turn and whatever its deadline is."""

    def transport(self, link: ChatTransport) -> ChatTransport:
        """Return a way that nobody can break off."""
        return _Deaf(link)


class _Generous(_Around):
    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        answer = await super().post(path, body, headers, within_ms=within_ms, call=call, question=question)
        if isinstance(answer, RawAnswer):
            return replace(answer, body=answer.body.replace(b'"cost": null', b'"cost": 0'))
        return answer


class UnknownIsFree(Mistake):
    """A cost that is not told is zero."""

    def transport(self, link: ChatTransport) -> ChatTransport:
        """Return a way on which null is nought."""
        return _Generous(link)


class _Meaning(_Around):
    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        answer = await super().post(path, body, headers, within_ms=within_ms, call=call, question=question)
        if isinstance(answer, RawAnswer):
            loose = answer.body.replace(rb"```json\n", b"").replace(rb"\n```", b"")
            return replace(answer, body=loose)
        return answer


class FencesTakenOff(Mistake):
    """An answer that is not what was asked for is made into it."""

    def transport(self, link: ChatTransport) -> ChatTransport:
        """Return a way that tidies up."""
        return _Meaning(link)


class AnyTool(Mistake):
    """Every tool of the host is offered, whatever the skill lists."""

    def mandate(self, mandate: Mandate, box: Toolbox) -> Mandate:
        """Return it with all tools."""
        decider = mandate.decider
        assert isinstance(decider, ByChatModel), "a chat model decides"
        return replace(mandate, decider=replace(decider, thinking=replace(decider.thinking, tools=box)))


class RepairedForever(Mistake):
    """An answer that cannot be read is asked for as often as there are steps."""

    def mandate(self, mandate: Mandate, box: Toolbox) -> Mandate:
        """Return it with many repairs."""
        del box
        decider = mandate.decider
        assert isinstance(decider, ByChatModel), "a chat model decides"
        return replace(mandate, decider=replace(decider, thinking=replace(decider.thinking, repairs_max=_MANY)))


class EndlessSteps(Mistake):
    """A thought goes on for as long as its chat model wishes for tools."""

    def mandate(self, mandate: Mandate, box: Toolbox) -> Mandate:
        """Return it with many steps."""
        del box
        decider = mandate.decider
        assert isinstance(decider, ByChatModel), "a chat model decides"
        return replace(mandate, decider=replace(decider, thinking=replace(decider.thinking, steps_max=_MANY)))


class WideEnvelope(Mistake):
    """What a chat model wishes for is not held against the caps of the skill."""

    def mandate(self, mandate: Mandate, box: Toolbox) -> Mandate:
        """Return it with caps that hold nothing."""
        del box
        wide = Bps(90_000)
        limits = replace(mandate.limits, position_bps_max=wide, exposure_bps_max=wide, leverage_max=_MANY)
        return replace(mandate, limits=limits)


class _Late:
    # Keeps an entry when the next one comes.
    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._waiting: list[TapeEntry] = []

    async def find(self, key: TapeKey) -> TapeEntry | None:
        return await self._tape.find(key)

    async def nearest(self, request: bytes) -> TapeEntry | None:
        return await self._tape.nearest(request)

    async def keep(self, entry: TapeEntry) -> None:
        waiting, self._waiting = self._waiting, [entry]
        for each in waiting:
            await self._tape.keep(each)


class TapedLater(Mistake):
    """The tape is written after the decision, when there is time."""

    def tape(self, tape: Tape) -> Tape:
        """Return one that is late."""
        return _Late(tape)


class NobodyCalled(Mistake):
    """No human hears of a chat model that gives no usable answers."""

    def ports(self, ports: RunnerPorts) -> RunnerPorts:
        """Return them without anybody to call."""

        def unheard(_words: str) -> None:
            pass

        return replace(ports, page=unheard)


PLANTED_CHAT: Final = (
    *PLANTED_COSTS,
    Plant(SameCallAgain(), ("refusals",), "reached the provider 2 times"),
    Plant(NeverBrokenOff(), ("waits", "endings"), "was waited for"),
    Plant(UnknownIsFree(), ("costs",), "and counts as 0"),
    Plant(FencesTakenOff(), ("garble",), "ended with fenced, and"),
    Plant(AnyTool(), ("tools",), "offered"),
    Plant(RepairedForever(), ("garble",), "was repaired"),
    Plant(EndlessSteps(), ("tools",), "is one too many"),
    Plant(WideEnvelope(), ("folly",), "which no cap allows"),
    Plant(NobodyCalled(), ("refusals", "garble"), "nobody was called"),
    Plant(TapedLater(), ("garble",), "is on no tape"),
)
"""Every one is caught by the same judge that finds nothing wrong with the shipped runtime."""
