"""What the venue lists, kept until somebody asks for something that is not in it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import anyio
import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.ports.clock import Clock
from agentic_hl.market.queries import Queries
from agentic_hl.rest.failures import answered
from agentic_hl.rest.queries import meta
from agentic_hl.wire.messages.listings import Meta
from agentic_hl.wire.names import Universe

__all__ = ["Listed", "MetaCache"]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's own perpetuals at one time."""

    universe: Universe
    instruments: Mapping[Symbol, Instrument]
    """Those that can be traded, by symbol."""
    version: str
    """64 hex digits that change with any name, number or margin tier, and with nothing else."""
    asked_at: Instant


class MetaCache:
    """Asks once, and again on an unknown symbol; no timer, because a question costs weight and listings rarely change.

    An unknown symbol that stays unknown is asked for once a minute at most.
    """

    def __init__(self, venue: Queries, clock: Clock, *, pause_ms: int = MINUTE_MS) -> None:
        """Start with nothing known."""
        self._venue: Final = venue
        self._clock: Final = clock
        self._pause_ms: Final = pause_ms
        self._listed: Listed | None = None
        self._lock: Final = anyio.Lock()

    @property
    def version(self) -> str | None:
        """The version of what is known, or None before the first question."""
        return None if self._listed is None else self._listed.version

    async def listed(self) -> Listed:
        """Return what is known.

        Raises:
            VenueUnavailable: nothing was, and the venue does not answer.
        """
        return self._listed or await self.refresh()

    async def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return the rules of a symbol, asking the venue anew where it is not known; None when it cannot be traded.

        Raises:
            VenueUnavailable: the venue does not answer.
        """
        listed = await self.listed()
        found = listed.instruments.get(symbol)
        if found is None and self._clock.now() - listed.asked_at >= self._pause_ms:
            found = (await self.refresh(unless_after=listed.asked_at)).instruments.get(symbol)
        return found

    async def refresh(self, *, unless_after: Instant | None = None) -> Listed:
        """Ask the venue now, unless somebody else did after the instant named.

        Raises:
            VenueUnavailable: the venue does not answer; what was known stays.
        """
        async with self._lock:
            known = self._listed
            if known is not None and unless_after is not None and known.asked_at > unless_after:
                return known
            asked_at = self._clock.now()
            answer = await self._venue.query(meta())
            return self.note(answered(answer), asked_at)

    def note(self, content: Meta, asked_at: Instant) -> Listed:
        """Take over listings that came along with another answer."""
        version = sha256(msgspec.json.encode(content)).hexdigest()
        if self._listed is not None and self._listed.version == version:
            self._listed = msgspec.structs.replace(self._listed, asked_at=asked_at)
        else:
            universe = Universe.of(content)
            instruments = universe.instruments()
            self._listed = Listed(universe=universe, instruments=instruments, version=version, asked_at=asked_at)
        return self._listed
