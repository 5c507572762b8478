"""Exchanges on tapes, and a transport that answers from a list."""

from collections.abc import Iterable, Mapping

import anyio

from agentic_core.chat.tapes.taping import tape_key
from agentic_core.chat.transport import NO_HEADERS, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain import DecisionId, DeploymentId, Instant
from agentic_core.domain.chat import CallId
from agentic_core.ports.tape import TapeEntry
from tests.support.stored_values import DEPLOYMENT

__all__ = ["RECORDED_AT", "Answers", "answer", "call_of", "exchange"]

RECORDED_AT = Instant(1_700_000_000_000)


def call_of(step: int = 0, attempt: int = 0, *, deployment: DeploymentId = DEPLOYMENT) -> CallId:
    """Return a call of one turn."""
    decision = DecisionId("00000000-0000-8000-8000-00000000000d")
    return CallId(deployment=deployment, decision=decision, step=step, attempt=attempt)


def exchange(
    request: bytes, body: bytes = b"{}", *, step: int = 0, attempt: int = 0, status: int = 200, at: int = RECORDED_AT
) -> TapeEntry:
    """Return an exchange with its true key."""
    return TapeEntry(
        key=tape_key(request, attempt),
        call=call_of(step, attempt),
        request=request,
        status=status,
        headers=(("content-type", "application/json"),),
        body=body,
        recorded_at=Instant(at),
    )


class Answers:
    """A transport that gives outcomes in their order, each once whoever waits at the gate is let through."""

    def __init__(self, outcomes: Iterable[HttpOutcome] = (), *, gate: anyio.Event | None = None) -> None:
        self._outcomes = list(outcomes)
        self._gate = gate
        self.posted: list[tuple[bytes, CallId | None]] = []
        self.read: list[str] = []
        self.under_way = 0
        self.most_under_way = 0

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
        """Give the next outcome."""
        self.posted.append((body, call))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self._gate is not None:
                await self._gate.wait()
            return self._outcomes.pop(0)
        finally:
            self.under_way -= 1

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Give the next outcome."""
        self.read.append(path)
        return self._outcomes.pop(0) if self._outcomes else NoAnswer(cause="nothing more was written down")


def answer(body: bytes = b"{}", status: int = 200) -> RawAnswer:
    """Return an answer."""
    return RawAnswer(status=status, body=body)
