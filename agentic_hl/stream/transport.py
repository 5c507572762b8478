"""A link to the venue that carries text both ways, however it is made."""

from typing import Protocol

import msgspec

__all__ = ["LinkEnded", "NotConnected", "StreamLink", "StreamTransport"]


class NotConnected(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="link", tag="not_connected"):
    """No link was made, and why."""

    cause: str


class LinkEnded(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="link", tag="ended"):
    """Nothing more will come over the link, and why."""

    cause: str


class StreamLink(Protocol):
    """One connection; it ends once and for all."""

    async def transmit(self, text: bytes) -> None:
        """Send one text message; where the link has ended this does nothing, because `receive` tells."""

    async def receive(self) -> bytes | LinkEnded:
        """Return the next message as it came, or the end; once ended, always the end."""

    async def aclose(self) -> None:
        """End the link without waiting for the other side."""


class StreamTransport(Protocol):
    """Makes links; it does not reconnect by itself and sends nothing of its own."""

    async def connect(self) -> StreamLink | NotConnected:
        """Make a new link, within a time of its own."""
