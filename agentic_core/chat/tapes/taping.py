"""Transports that write on a tape and read from one.

A tape stands at the wire: what was asked, byte for byte, and what came back, whatever it was. So a replay runs all of
the reading of answers again. What finds an exchange is the SHA-256 of its question and the attempt; time, identity and
prices are in neither, so the same question asked again meets the same answer.
"""

from collections import deque
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NoReturn
from urllib.parse import parse_qs, urlsplit
from weakref import WeakValueDictionary

import anyio
import msgspec

from agentic_core.chat.transport import NO_HEADERS, ChatTransport, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain.chat import CallId
from agentic_core.domain.likeness import differences
from agentic_core.errors import TapeMiss
from agentic_core.ports.clock import Clock
from agentic_core.ports.tape import Tape, TapeEntry, TapeKey

__all__ = ["NO_ANSWER", "LimitedTransport", "ReplayTransport", "TapingTransport", "outcome_of", "tape_key"]

NO_ANSWER: Final = 0
"""The status under which a tape keeps that no whole answer came."""

_LOOKUPS: Final = "/generation"
_OK: Final = 200
_RECENT: Final = 32


def tape_key(question: bytes, attempt: int) -> TapeKey:
    """Return the key of an exchange."""
    return TapeKey(f"{sha256(question).hexdigest()}/{attempt}")


def outcome_of(entry: TapeEntry) -> HttpOutcome:
    """Return what a kept exchange came to."""
    if entry.status == NO_ANSWER:
        return msgspec.json.decode(entry.body, type=NoAnswer)
    return RawAnswer(status=entry.status, headers=entry.headers, body=entry.body)


class TapingTransport:
    """Passes everything on and keeps what came of it.

    Kept are the exchanges of calls, answered or not, and what a provider said afterwards about the cost of one. An
    exchange that is broken off is not kept: nobody knows what came of it.
    """

    def __init__(self, inner: ChatTransport, tape: Tape, clock: Clock) -> None:
        """Join a transport to a tape; the clock dates the entries."""
        self._inner, self._tape, self._clock = inner, tape, clock
        self._recent: deque[tuple[CallId, bytes]] = deque(maxlen=_RECENT)

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
        """Post, and keep the exchange where it is one of a call."""
        outcome = await self._inner.post(path, body, headers, within_ms=within_ms, call=call, question=question)
        if call is not None:
            self._recent.append((call, _told(outcome)))
            asked = body if question is None else question
            await self._keep(tape_key(asked, call.attempt), call, asked, outcome)
        return outcome

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Read, and keep the answer where it tells what a call cost."""
        outcome = await self._inner.get(path, headers, within_ms=within_ms)
        call = self._asked_about(path)
        if call is not None and isinstance(outcome, RawAnswer) and outcome.status == _OK:
            question = _question(path)
            await self._keep(tape_key(question, 0), call, question, outcome)
        return outcome

    def _asked_about(self, path: str) -> CallId | None:
        about = urlsplit(path)
        ids = parse_qs(about.query).get("id", [])
        if about.path != _LOOKUPS or not ids:
            return None
        return next((call for call, told in reversed(self._recent) if ids[0].encode() in told), None)

    async def _keep(self, key: TapeKey, call: CallId, request: bytes, outcome: HttpOutcome) -> None:
        answer = outcome
        if isinstance(answer, NoAnswer):
            answer = RawAnswer(status=NO_ANSWER, body=msgspec.json.encode(answer))
        entry = TapeEntry(
            key=key,
            call=call,
            request=request,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            recorded_at=self._clock.now(),
        )
        # Whoever cancels now has paid for the answer, so it is kept all the same.
        with anyio.CancelScope(shield=True):
            await self._tape.keep(entry)


class ReplayTransport:
    """Answers from a tape; what is not on it goes on to another transport, or nowhere.

    Of two that ask the same at the same moment the second waits for what the first one gets.
    """

    def __init__(self, tape: Tape, otherwise: ChatTransport | None = None) -> None:
        """Take the tape.

        Args:
            tape: what was recorded.
            otherwise: who is asked what is not on the tape, and should keep it there; None fails closed.
        """
        self._tape, self._otherwise = tape, otherwise
        self._under_way: WeakValueDictionary[TapeKey, anyio.Lock] = WeakValueDictionary()

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
        """Return the kept answer, or pass the question on.

        Raises:
            TapeMiss: there is neither the exchange nor anybody to ask.
        """
        if call is None:
            return await self._untaped(path, body, headers, within_ms)
        asked = body if question is None else question
        key = tape_key(asked, call.attempt)
        lock = self._under_way.setdefault(key, anyio.Lock())
        async with lock:
            entry = await self._tape.find(key)
            if entry is not None:
                return outcome_of(entry)
            if self._otherwise is None:
                await self._missed(asked, call)
            return await self._otherwise.post(path, body, headers, within_ms=within_ms, call=call, question=question)

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Return the kept answer, pass the question on, or say that nobody was asked."""
        entry = await self._tape.find(tape_key(_question(path), 0))
        if entry is not None:
            return outcome_of(entry)
        if self._otherwise is None:
            return NoAnswer(cause="a replay asks nobody", never_left=True)
        return await self._otherwise.get(path, headers, within_ms=within_ms)

    async def _untaped(self, path: str, body: bytes, headers: Mapping[str, str], within_ms: int) -> HttpOutcome:
        if self._otherwise is None:
            return NoAnswer(cause="a replay asks nobody", never_left=True)
        return await self._otherwise.post(path, body, headers, within_ms=within_ms)

    async def _missed(self, asked: bytes, call: CallId) -> NoReturn:
        said = f"{_name(call)} is not on the tape"
        nearest = await self._tape.nearest(asked)
        if nearest is None:
            raise TapeMiss(f"{said}, which is empty; record it first")
        if nearest.request == asked:
            raise TapeMiss(f"{said}, only attempt {nearest.call.attempt} of the same request; record it again")
        changed = "; ".join(differences(nearest.request, asked))
        raise TapeMiss(
            f"{said}; nearest to it is {_name(nearest.call)}, from which it differs in {changed}. "
            "Undo the change, or record it"
        )


class LimitedTransport:
    """Lets only so many exchanges be under way at once; the others wait their turn."""

    def __init__(self, inner: ChatTransport, at_once: int) -> None:
        """Take the transport and the limit, at least 1."""
        self._inner, self._limit = inner, anyio.CapacityLimiter(at_once)

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
        """Post when it is its turn; the time counts from then."""
        async with self._limit:
            return await self._inner.post(path, body, headers, within_ms=within_ms, call=call, question=question)

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Read when it is its turn; the time counts from then."""
        async with self._limit:
            return await self._inner.get(path, headers, within_ms=within_ms)


def _question(path: str) -> bytes:
    return f"GET {path}".encode()


def _told(outcome: HttpOutcome) -> bytes:
    return outcome.body if isinstance(outcome, RawAnswer) else outcome.part


def _name(call: CallId) -> str:
    again = f", attempt {call.attempt}" if call.attempt else ""
    return f"step {call.step}{again} of turn {call.decision}"
