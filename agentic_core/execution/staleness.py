"""The staleness gate: an open needs a young mark, a close never waits for one."""

from typing import TypeAlias

import msgspec

from agentic_core.domain.market import Mark
from agentic_core.domain.times import Instant

__all__ = ["Fresh", "Freshness", "Stale", "check_mark"]


class Fresh(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The mark may be used."""


class Stale(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The mark is missing or too old."""

    detail: str
    age_ms: int | None


Freshness: TypeAlias = Fresh | Stale

_FRESH = Fresh()


def check_mark(mark: Mark | None, now: Instant, age_ms_max: int) -> Freshness:
    """Tell whether a mark is young enough to open a position on."""
    if mark is None:
        return Stale(detail="no mark is known", age_ms=None)
    age_ms = now - mark.as_of
    if age_ms > age_ms_max:
        return Stale(detail=f"the mark of {mark.symbol} is {age_ms} ms old, more than {age_ms_max} ms", age_ms=age_ms)
    return _FRESH
