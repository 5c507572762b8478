"""Orders that the venue slices over time."""

import msgspec

from agentic_hl.wire.messages.reading import Millis

__all__ = ["TwapRecord", "TwapState", "TwapStatus"]


class TwapState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A sliced order and how far it came."""

    coin: str
    user: str
    side: str
    sz: str
    executed_sz: str
    executed_ntl: str
    minutes: int
    timestamp: Millis
    randomize: bool = False
    reduce_only: bool = False
    stop_px: str | None = None


class TwapStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How it stands: `activated`, `finished`, `terminated`, `error`, or something newer."""

    status: str
    description: str | None = None
    """Of an error."""


class TwapRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One entry of its history."""

    time: int
    """Seconds since the epoch, unlike every other time of the venue."""
    state: TwapState
    status: TwapStatus
    twap_id: int | None = None
