"""What a question that was not answered becomes: an error of the core's tree."""

from typing import TypeVar

from agentic_core.errors import VenueUnavailable
from agentic_hl.market.queries import Queries
from agentic_hl.rest.failures import RestFailure
from agentic_hl.rest.queries import Query
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["ask", "readable"]

_T = TypeVar("_T")


async def ask(venue: Queries, query: Query[_T]) -> _T:
    """Put a question and return its answer.

    Raises:
        VenueUnavailable: there is none.
    """
    answer = await venue.query(query)
    if isinstance(answer, RestFailure):
        message = answer.message
        raise VenueUnavailable(message, retryable=answer.retryable, retry_after_ms=answer.retry_after_ms)
    return answer


def readable(value: _T | Unreadable) -> _T:
    """Return a value of the venue.

    Raises:
        VenueUnavailable: what the venue wrote makes no sense.
    """
    if isinstance(value, Unreadable):
        message = f"the venue's {value.what or 'answer'} makes no sense: {value.cause}; a newer release may know it"
        raise VenueUnavailable(message, retryable=False)
    return value
