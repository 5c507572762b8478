"""Links over the `websockets` library; the only module that imports it."""

from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from agentic_hl.stream.transport import LinkEnded, NotConnected

__all__ = ["WebsocketsTransport"]

_OPEN_TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 1.0
_MESSAGE_MAX_BYTES: Final = 16 * 1024 * 1024
_WAITING_MAX: Final = 64
"""Messages that wait to be read before the socket is left alone."""


class WebsocketsTransport:
    """Connects to one address such as `ws://localhost:3001/ws`.

    No proxy is taken from the environment. There is no compression, which would cost more time than it saves, and no
    ping of the protocol, because the session pings in the venue's own words and a middlebox cannot answer those.
    """

    def __init__(self, url: str, *, message_max_bytes: int = _MESSAGE_MAX_BYTES) -> None:
        """Take the address; a longer message than the limit ends the link."""
        self._url = url
        self._message_max = message_max_bytes
        # glibc gives freed memory back page by page and takes it again for the next long message, which costs more than
        # reading one. Once a block of this length was freed, it keeps as much; nothing is written into the block.
        bytes(message_max_bytes)

    async def connect(self) -> "_Link | NotConnected":
        """Make a new link within ten seconds."""
        try:
            socket = await connect(
                self._url,
                compression=None,
                proxy=None,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=_CLOSE_TIMEOUT_S,
                ping_interval=None,
                max_size=self._message_max,
                max_queue=_WAITING_MAX,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            return NotConnected(cause=f"{self._url}: {type(error).__name__} {error}".strip())
        return _Link(socket)


class _Link:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def transmit(self, text: bytes) -> None:
        try:
            await self._socket.send(text, text=True)
        except ConnectionClosed:
            return

    async def receive(self) -> bytes | LinkEnded:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as closed:
            return LinkEnded(cause=str(closed))

    async def aclose(self) -> None:
        await self._socket.close()
