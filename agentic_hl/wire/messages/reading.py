"""How bytes of the venue become values: one reader per kind of payload, and a value for what cannot be read.

A reader types only the fields that are named, ignores keys it does not know, keeps decimals as the text they came in
and never makes a float. Whatever a reader is handed, it returns; it does not raise.
"""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, cast

import msgspec

__all__ = ["FAILURES", "Buffer", "Millis", "Reader", "Unreadable", "any_reader", "unreadable"]

Buffer: TypeAlias = bytes | bytearray | memoryview | msgspec.Raw
"""What a payload may lie in."""

Millis: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""UTC milliseconds since the epoch, up to the end of the year 9999, so that every later use of it can hold it."""

FAILURES = (ValueError, RecursionError)
"""What decoding foreign bytes may raise: bad JSON, a wrong type, bad UTF-8, and nesting deeper than the stack."""

_EXCERPT_BYTES = 120

_T = TypeVar("_T")


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A payload that was not understood; it says nothing about the market or the account."""

    cause: str
    """What was wrong, and where."""
    what: str = ""
    """What it should have been: a channel, or the type of a question."""
    excerpt: str = ""
    """How the payload begins."""


def unreadable(cause: Exception | str, what: str, raw: Buffer = b"") -> Unreadable:
    """Make the value for a payload that could not be read."""
    text = str(cause)
    if isinstance(cause, RecursionError):
        text = "JSON is nested too deeply"
    excerpt = bytes(memoryview(raw)[:_EXCERPT_BYTES]).decode("utf-8", "backslashreplace")
    return Unreadable(cause=text, what=what, excerpt=excerpt)


class Reader(Generic[_T]):
    """Reads one kind of payload."""

    __slots__ = ("_decode", "what")

    def __init__(self, kind: type[_T], what: str) -> None:
        """Take the type to read and the name it has at the venue."""
        self.what = what
        self._decode: Callable[[Buffer], _T] = msgspec.json.Decoder(kind).decode

    def read(self, raw: Buffer) -> _T | Unreadable:
        """Return what the payload says, or why it cannot be read."""
        try:
            return self._decode(raw)
        except FAILURES as exc:
            return unreadable(exc, self.what, raw)

    def __repr__(self) -> str:
        return f"Reader({self.what!r})"


def any_reader(kind: object, what: str) -> Reader[Any]:
    """Return a reader of a union such as `X | None`, which no type checker takes for a class."""
    return Reader(cast("type[Any]", kind), what)  # the decoder takes it all the same
