"""The simulated venue in this process as a place for questions, without HTTP."""

from typing import TypeVar

from agentic_core.ports.clock import Clock
from agentic_hl.rest.failures import RestFailure, failure_of, unreadable_answer
from agentic_hl.rest.queries import Query
from agentic_hl.rest.transport import Answered
from agentic_hl.venue.venue import Venue
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["VenueQueries"]

_T = TypeVar("_T")


class VenueQueries:
    """`Queries` that the venue answers at once, at the time of a clock."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self._venue = venue
        self._clock = clock

    async def query(self, query: Query[_T]) -> _T | RestFailure:
        """Ask one question, once."""
        reply = self._venue.post("/info", query.body, self._clock.now())
        outcome = Answered(status=reply.status, body=reply.body, content_type=reply.content_type)
        failure = failure_of(outcome, query.kind)
        if failure is not None:
            return failure
        answer = query.reader.read(outcome.body)
        return unreadable_answer(outcome, query.kind, answer.cause) if isinstance(answer, Unreadable) else answer
