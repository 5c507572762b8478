"""How one request leaves the process, and what became of it."""

from typing import Protocol, TypeAlias

import msgspec

__all__ = ["Answered", "HttpOutcome", "HttpTransport", "NeverLeft", "Unclear"]


class Answered(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="outcome", tag="answered"):
    """A whole answer came back; whether it is the venue's or a proxy's, its text has to tell."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after_ms: int | None = None
    """How long the answer asks to wait, where it does."""


class NeverLeft(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="outcome", tag="never_left"):
    """No byte of the request left this process, so the venue cannot have acted on it."""

    cause: str
    waits_for_weight_ms: int | None = None
    """Where it was our own budget: how long until there may be enough."""


class Unclear(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="outcome", tag="unclear"):
    """Something may have left and no whole answer came back: the venue may or may not have acted."""

    cause: str
    timed_out: bool = False


HttpOutcome: TypeAlias = Answered | NeverLeft | Unclear


class HttpTransport(Protocol):
    """Posts JSON; it follows no redirect and repeats nothing by itself."""

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Post a body to a path of the venue within a total time, from the first byte sent to the last one read."""
