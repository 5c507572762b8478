"""Finds the executions of one order among those of the account."""

from typing import Final

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_hl.broker.asking import Asking
from agentic_hl.rest.failures import readable
from agentic_hl.rest.queries import fills_by_time
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.conversions import fill_of
from agentic_hl.wire.messages.fills import WireFill

__all__ = ["FillSearch", "Sought"]

_PAGE: Final = 2_000
_PAGES_MAX: Final = 5
"""The venue shows the last 10,000 fills of an account."""


class Sought(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which fills are looked for."""

    cloid: ClientOrderId
    since: Instant
    oid: int | None = None
    """The venue's number of the order where it is known; a fill may name that one alone."""


class FillSearch:
    """Asks for the fills of one account."""

    def __init__(self, asking: Asking, account: Address) -> None:
        """Take where to ask."""
        self._asking: Final = asking
        self._account: Final = account

    async def find(self, sought: Sought) -> tuple[Fill, ...]:
        """Return what is listed of an order by now, oldest first, each fill once.

        Raises:
            VenueUnavailable: the venue does not answer, or there are more fills of others than can be read through.
        """
        found: dict[str, Fill] = {}
        start = int(sought.since)
        for _ in range(_PAGES_MAX):
            page = await self._asking.ask(fills_by_time(self._account, start=max(0, start)))
            for each in page:
                if _is_of(each, sought):
                    fill = readable(fill_of(each, user=self._account, cloid=sought.cloid))
                    found.setdefault(fill.fill_id, fill)
            if len(page) < _PAGE:
                return tuple(found.values())
            start = max(each.time for each in page)  # several of one millisecond may lie on both pages
        message = f"the account has more than {_PAGE * _PAGES_MAX} fills since {sought.since}; ask for a later start"
        raise VenueUnavailable(message, retryable=False)


def _is_of(fill: WireFill, sought: Sought) -> bool:
    if fill.cloid:
        return fill.cloid.lower() == sought.cloid
    return sought.oid is not None and fill.oid == sought.oid
