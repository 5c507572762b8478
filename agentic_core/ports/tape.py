"""A record of exchanges with chat models, found again by what was asked."""

from typing import NewType, Protocol

import msgspec

from agentic_core.domain.chat import CallId
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.times import Instant

__all__ = ["Tape", "TapeEntry", "TapeKey", "TapeStore"]

TapeKey = NewType("TapeKey", str)
"""SHA-256 of the request's bytes, hex, a slash, and the attempt."""


class TapeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange as it went over the wire."""

    key: TapeKey
    call: CallId
    """The first call that asked this."""
    request: bytes
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Those of the answer that are read: content-type and retry-after."""
    body: bytes
    """The answer as it came."""
    recorded_at: Instant


class Tape(Protocol):
    """Exchanges by their keys; what is kept once stays."""

    async def find(self, key: TapeKey) -> TapeEntry | None:
        """Return the exchange of a key, or None."""

    async def keep(self, entry: TapeEntry) -> None:
        """Keep an exchange; one that is there already under its key stays."""

    async def nearest(self, request: bytes) -> TapeEntry | None:
        """Return a kept exchange that resembles a request most, to name what changed; None on an empty tape."""


class TapeStore(Protocol):
    """The tapes of deployments; each belongs to one of them."""

    def of(self, deployment: DeploymentId) -> Tape:
        """Return the tape of a deployment, which is empty at first.

        Its `keep` refuses, as a UsageError, an entry whose key is not that of its request.
        """

    async def entries(
        self, deployment: DeploymentId, *, after: TapeKey | None = None, limit: int = 100
    ) -> tuple[TapeEntry, ...]:
        """Return exchanges of a deployment by their keys, those that come after one of them."""
