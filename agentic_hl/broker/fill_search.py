"""Finds the executions of one order among those of the account."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.times import Instant
from agentic_hl.broker.asking import Asking
from agentic_hl.rest.failures import readable
from agentic_hl.rest.paging import FILL_PAGES, PagedLog
from agentic_hl.rest.queries import fills_by_time
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.conversions import fill_id_of, fill_of
from agentic_hl.wire.messages.fills import WireFill

__all__ = ["FillSearch", "Sought"]


class Sought(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which fills are looked for."""

    cloid: ClientOrderId
    since: Instant
    oid: int | None = None
    """The venue's number of the order where it is known; a fill may name that one alone."""


class FillSearch:
    """Picks the fills of one order out of those of the account."""

    def __init__(self, asking: Asking, account: Address) -> None:
        """Take where to ask."""

        async def page(start: int) -> Sequence[WireFill]:
            return await asking.ask(fills_by_time(account, start=start))

        self._log: Final = PagedLog("fills", ask=page, time_of=_time_of, key_of=fill_id_of, limits=FILL_PAGES)
        self._account: Final = account

    async def find(self, sought: Sought) -> tuple[Fill, ...]:
        """Return what is listed of an order by now, oldest first, each fill once.

        Raises:
            VenueUnavailable: the venue does not answer, or there are more fills of others than can be read through.
        """
        return self.pick(await self.listed(sought.since), sought)

    async def listed(self, since: Instant) -> tuple[WireFill, ...]:
        """Return every fill of the account that is listed by now, whoever caused it, oldest first, each once.

        Raises:
            VenueUnavailable: as for `find`.
        """
        return await self._log.since(since)

    def pick(self, listed: Iterable[WireFill], sought: Sought) -> tuple[Fill, ...]:
        """Return those of an order.

        Raises:
            VenueUnavailable: one of them cannot be read.
        """
        return tuple(
            readable(fill_of(each, user=self._account, cloid=sought.cloid)) for each in listed if _is_of(each, sought)
        )


def _is_of(fill: WireFill, sought: Sought) -> bool:
    if fill.cloid:
        return fill.cloid.lower() == sought.cloid
    return sought.oid is not None and fill.oid == sought.oid


def _time_of(fill: WireFill) -> int:
    return fill.time
