"""A process's way to the provider; stands for the transport of the shipped chat model and notes all that leaves."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from agentic_core.chat.transport import NO_HEADERS, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain.chat import CallId
from tests.unattended.chat.answers import Wire
from tests.unattended.chat.arrivals import Arrival
from tests.unattended.chat.stage import ChatStage
from tests.unattended.vitals import ProcessClock, Steps, Vitals

__all__ = ["ProviderLink"]

_GONE = "the process is gone"
_UNREACHABLE = 60
"""Of a thousand connections so many come about to nobody, where that is played."""


class ProviderLink:
    """One process's connections to the provider."""

    def __init__(
        self,
        stage: ChatStage,
        number: int,
        body: tuple[Vitals, Steps, ProcessClock],
    ) -> None:
        """Join a process, its number, its vitals, its steps and its clock to the provider."""
        self._stage = stage
        self._provider = stage.provider
        self._is_held = stage.book.is_covered
        self._chance = stage.links
        self._number = number
        self._vitals, self._steps, self._clock = body

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
        """Ask, unless the process is dead by then."""
        del headers
        assert path == "/chat/completions", f"nobody serves {path}"
        assert call is not None, "every question is one of a turn"
        self._stage.cut(self._vitals, self._steps)
        self._steps.step()
        await self._vitals.awake()
        if self._vitals.is_dead:
            return NoAnswer(cause=_GONE, never_left=True)
        if self._chance is not None and self._chance.happens(_UNREACHABLE) and not self._provider.is_calm:
            return NoAnswer(cause="nobody there", never_left=True)
        asked = body if question is None else question
        arrival = self._provider.takes(self._number, call, body, asked, was_held=self._is_held(call))
        try:
            return await self._answered(arrival, within_ms)
        finally:
            arrival.over = self._provider.ms

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Read what an answer cost."""
        del headers
        about = urlsplit(path)
        assert about.path == "/generation", f"nobody serves {path}"
        self._steps.step()
        await self._clock.sleep(0.05)
        wire = self._provider.tells(parse_qs(about.query)["id"][0])
        if wire is None:
            await self._clock.sleep(within_ms / 1_000)
            return NoAnswer(cause="no answer in time", timed_out=True)
        return _raw(wire)

    async def _answered(self, arrival: Arrival, within_ms: int) -> HttpOutcome:
        served = arrival.served
        in_time = served.wire is not None and served.delay_ms < within_ms
        await self._clock.sleep((served.delay_ms if in_time else within_ms) / 1_000)
        await self._vitals.awake()
        self._steps.step()
        if self._vitals.is_dead:
            return NoAnswer(cause=_GONE)
        arrival.was_handed_over = True
        if served.wire is None or not in_time:
            return NoAnswer(cause=f"no answer within {within_ms} ms", timed_out=True)
        return _raw(served.wire)


def _raw(wire: Wire) -> RawAnswer:
    return RawAnswer(status=wire.status, headers=wire.headers, body=wire.body)
