"""The way out of a backtest: paid from a purse, and patient, because the time of the candles stands still.

What passes is not written down as a turn that failed: it is asked again, and in the end the run stops where it is, to
be gone on with. So a tape of a backtest holds answers, and refusals of what was asked.
"""

from collections.abc import Mapping
from typing import Final

from agentic_core.backtest.chat.purse import Purse
from agentic_core.chat.transport import NO_HEADERS, ChatTransport, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain.chat import CallId
from agentic_core.errors import ConfigError, VenueUnavailable
from agentic_core.ports.clock import Clock

__all__ = ["PayingTransport"]

_TRIES: Final = 6
_WAIT_S_MAX: Final = 60.0
_REFUSED: Final = {
    401: "the key is not accepted; set the right one",
    402: "there is no credit left, or the key's limit is reached; add some",
    404: "there is no such model, or none that takes what the skill requires; name another one",
}
_PASSING: Final = frozenset({408, 409, 425, 429})
_SERVER_ERROR: Final = 500
_NEVER_BEGAN: Final = frozenset({409, 425, 429, 503, 529})
"""Statuses that say that no model has begun with an answer, so that nothing is to be paid."""


class PayingTransport:
    """Lets a call leave once its worst case is held, and asks again where the provider cannot answer now."""

    def __init__(self, inner: ChatTransport, purse: Purse, clock: Clock) -> None:
        """Take the real transport, the purse and the clock to wait by."""
        self._inner, self._purse, self._clock = inner, purse, clock

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
        """Post until there is an answer; each time that may have cost something counts against the purse.

        Raises:
            TapeMiss: the purse does not hold enough.
            ConfigError: the provider will not answer before somebody has changed something.
            VenueUnavailable: it did not answer for a while.
        """
        if call is None:
            return await self._inner.post(path, body, headers, within_ms=within_ms)
        last = ""
        for tried in range(_TRIES):
            if tried:
                await self._clock.sleep(min(_WAIT_S_MAX, 2.0**tried))
            self._purse.take(call)
            outcome = await self._inner.post(path, body, headers, within_ms=within_ms, call=call, question=question)
            if not _may_pass(outcome):
                return self._final(call, outcome)
            self._purse.lose(call, is_free=_is_free(outcome))
            last = _said(outcome)
            await self._wait_as_told(outcome)
        raise VenueUnavailable(
            f"the provider of the chat model did not answer {_TRIES} times in a row, last: {last}; "
            "what was asked so far is on the tape, so the same command goes on from here"
        )

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Read; that costs nothing."""
        return await self._inner.get(path, headers, within_ms=within_ms)

    def _final(self, call: CallId, outcome: HttpOutcome) -> HttpOutcome:
        if isinstance(outcome, RawAnswer) and outcome.status in _REFUSED:
            self._purse.lose(call, is_free=True)
            raise ConfigError(
                f"the provider of the chat model says {outcome.status}: {_REFUSED[outcome.status]}; what was asked so "
                "far is on the tape, so the same command goes on from here"
            )
        return outcome

    async def _wait_as_told(self, outcome: HttpOutcome) -> None:
        if not isinstance(outcome, RawAnswer):
            return
        told = dict(outcome.headers).get("retry-after", "")
        if told.isascii() and told.isdigit():
            await self._clock.sleep(min(_WAIT_S_MAX, float(told)))


def _may_pass(outcome: HttpOutcome) -> bool:
    match outcome:
        case NoAnswer():
            return True
        case RawAnswer(status=status):
            return status in _PASSING or status >= _SERVER_ERROR


def _is_free(outcome: HttpOutcome) -> bool:
    match outcome:
        case NoAnswer(never_left=never_left):
            return never_left
        case RawAnswer(status=status):
            return status in _NEVER_BEGAN


def _said(outcome: HttpOutcome) -> str:
    return outcome.cause if isinstance(outcome, NoAnswer) else f"status {outcome.status}"
