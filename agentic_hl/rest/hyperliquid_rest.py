"""The venue's two doors: questions, which may be asked again, and actions, which are sent once."""

import sys
from http import HTTPStatus
from typing import Final, TypeVar

import anyio
import msgspec

from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_hl.rest.failures import FailureKind, RestFailure, failure_of, unreadable_answer
from agentic_hl.rest.ip_budget import IpBudget, Priority
from agentic_hl.rest.queries import Query
from agentic_hl.rest.transport import Answered, HttpOutcome, HttpTransport, NeverLeft, Unclear
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.weights import items_weight, query_weight

__all__ = ["HyperliquidRest", "RestLimits"]

_T = TypeVar("_T")

_JITTER_ONE: Final = 256
_GRACE_MS: Final = 100
_MS_PER_S: Final = 1_000


class RestLimits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long and how often is asked."""

    query_deadline_ms: int = 20_000
    """For a question and all its repetitions, the waits between them included."""

    attempt_ms: int = 8_000
    """For each try of a question."""

    urgent_attempt_ms: int = 1_500
    """For the first try of one that is urgent; after each that took too long twice as much, for a slow venue."""

    attempts: int = 5
    exchange_deadline_ms: int = 10_000
    """For an action, the wait for weight included."""

    first_pause_ms: int = 250
    pause_max_ms: int = 8_000


class HyperliquidRest:
    """Asks and acts over a transport, within the weight that the address has."""

    def __init__(
        self,
        transport: HttpTransport,
        clock: Clock,
        entropy: Entropy,
        budget: IpBudget,
        limits: RestLimits | None = None,
    ) -> None:
        """Take what posts, what tells the time, what jitter is drawn from, and the weight to share."""
        self._transport = transport
        self._clock = clock
        self._entropy = entropy
        self._budget = budget
        self._limits = limits or RestLimits()

    async def query(
        self, query: Query[_T], *, priority: Priority = Priority.NORMAL, deadline_ms: int | None = None
    ) -> _T | RestFailure:
        """Ask a question, again where its failure says that this can help, all within one deadline."""
        deadline = self._clock.boottime_ms() + (deadline_ms or self._limits.query_deadline_ms)
        limits = self._limits
        patience = limits.urgent_attempt_ms if priority is Priority.URGENT else limits.attempt_ms
        attempt = 1
        while True:
            answer = await self._ask(query, priority, deadline, patience)
            if not isinstance(answer, RestFailure):
                return answer
            pause = self._pause_ms(answer, attempt)
            left = deadline - self._clock.boottime_ms()
            if not answer.retryable or attempt >= limits.attempts or pause >= left:
                return answer
            await self._clock.sleep(pause / _MS_PER_S)
            attempt += 1
            if answer.kind is FailureKind.TIMED_OUT:
                patience = min(2 * patience, limits.attempt_ms)

    async def exchange(
        self,
        body: bytes,
        *,
        weight: int = 1,
        priority: Priority = Priority.URGENT,
        deadline_ms: int | None = None,
    ) -> HttpOutcome:
        """Post a signed action of some weight (`weights.action_ip_weight`) once, whatever happens.

        Only `NeverLeft` says that the venue cannot have acted. An `Answered` may come from the venue or from something
        before it: `agentic_hl.wire.replies` tells what its status and text prove.
        """
        deadline = self._clock.boottime_ms() + (deadline_ms or self._limits.exchange_deadline_ms)
        return await self._post(_Post(path="/exchange", body=body, weight=weight), priority, deadline)

    async def _ask(self, query: Query[_T], priority: Priority, deadline: int, timeout_ms: int) -> _T | RestFailure:
        post = _Post(path="/info", body=query.body, weight=query_weight(query.kind), timeout_ms=timeout_ms)
        outcome = await self._post(post, priority, deadline)
        failure = failure_of(outcome, query.kind)
        if failure is not None:
            return failure
        assert isinstance(outcome, Answered), "whatever is no answer is a failure"
        answer = query.reader.read(outcome.body)
        if isinstance(answer, Unreadable):
            return unreadable_answer(outcome, query.kind, answer.cause)
        if isinstance(answer, list | tuple):
            await self._budget.charge(items_weight(query.kind, len(answer)))
        return answer

    async def _post(self, post: "_Post", priority: Priority, deadline: int) -> HttpOutcome:
        if wait := await self._budget.acquire(post.weight, priority, deadline):
            cause = f"the address has not enough weight left for another {wait} ms"
            return NeverLeft(cause=cause, waits_for_weight_ms=wait)
        outcome: HttpOutcome = NeverLeft(cause="the deadline passed before it was its turn")
        timeout = min(deadline - self._clock.boottime_ms(), post.timeout_ms)
        if timeout > 0:
            # The transport knows best what left, so it is given a little less time than it is waited for.
            with anyio.move_on_after(timeout / _MS_PER_S) as scope:
                outcome = await self._transport.post(post.path, post.body, max(1, timeout - _GRACE_MS))
            if scope.cancelled_caught:
                outcome = Unclear(cause=f"no whole answer within {timeout} ms", timed_out=True)
        if isinstance(outcome, NeverLeft):
            await self._budget.give_back(post.weight)
        if isinstance(outcome, Answered) and outcome.status == HTTPStatus.TOO_MANY_REQUESTS:
            await self._budget.refused(outcome.retry_after_ms)
        return outcome

    def _pause_ms(self, failure: RestFailure, attempt: int) -> int:
        # At least what was asked for, and otherwise half of the doubling wait and up to the whole of it.
        whole = min(self._limits.pause_max_ms, self._limits.first_pause_ms << attempt)
        drawn = self._entropy.token_bytes(1)[0]
        return (failure.retry_after_ms or 0) + whole // 2 + whole * drawn // (2 * _JITTER_ONE)


class _Post(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    path: str
    body: bytes
    weight: int
    timeout_ms: int = sys.maxsize
