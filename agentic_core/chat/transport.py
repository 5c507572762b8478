"""How one request to a provider of chat models leaves the process, and what became of it."""

from collections.abc import Mapping
from typing import Final, Protocol, TypeAlias

import msgspec

from agentic_core.domain.chat import CallId

__all__ = ["NO_HEADERS", "ChatTransport", "HttpOutcome", "NoAnswer", "RawAnswer"]

NO_HEADERS: Final[Mapping[str, str]] = {}


class RawAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A whole answer, of any status."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Those that are read, lower case: content-type, retry-after and retry-after-ms."""
    body: bytes


class NoAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """No whole answer came back."""

    cause: str
    """For people; names neither a key nor what was asked."""
    never_left: bool = False
    """Whether provably no byte of the body left this process, so that nobody can have answered it."""
    timed_out: bool = False
    part: bytes = b""
    """What had come until then: a stream that broke names the generation it belongs to."""


HttpOutcome: TypeAlias = RawAnswer | NoAnswer


class ChatTransport(Protocol):
    """One provider's address, with the key that opens it; follows no redirect and repeats nothing by itself.

    What is passed in holds no key and what comes out holds none, so both may be recorded.
    """

    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        """Post a body to a path below the address, such as `/chat/completions`, within a total time.

        Args:
            path: with a slash in front.
            body: JSON, sent byte for byte.
            headers: further ones, which change from call to call and no tape keeps.
            within_ms: from the first byte sent to the last one read.
            call: whose exchange this is; None is none that a tape keeps.
            question: what of the body the chat model is asked, without what may be charged for it: a tape finds the
                exchange by it. None where that is all of the body.

        Raises:
            TapeMiss: it only replays, and this exchange is not on its tape.
        """

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Read a path below the address within a total time; a transport that only replays gives a NoAnswer."""
