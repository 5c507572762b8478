"""A plain websocket to a served venue: text goes out, text comes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.venue_room import DEADLINE_S, VenueRoom

__all__ = ["GREETING", "RawStream", "open_stream"]

GREETING = "Websocket connection established."
"""What the venue says first; it is no JSON."""

Json = Any


class RawStream:
    """One connection, of which every frame can be seen."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def tell(self, message: Json) -> None:
        """Send a message; text goes as it is."""
        self._connection.send(message if isinstance(message, str) else msgspec.json.encode(message).decode())

    def hear_text(self) -> str:
        """Wait for the next frame."""
        text = self._connection.recv(timeout=DEADLINE_S)
        assert isinstance(text, str)
        return text

    def hear(self) -> Json:
        """Wait for the next frame, which is JSON."""
        return msgspec.json.decode(self.hear_text())

    def hear_of(self, channel: str) -> Json:
        """Wait for the next frame of a channel, and return what it holds; others are passed over."""
        while True:
            frame = self.hear()
            if frame["channel"] == channel:
                return frame.get("data")

    def follow(self, **subscription: Json) -> Json:
        """Subscribe, and return how the venue repeats the subscription."""
        self.tell({"method": "subscribe", "subscription": subscription})
        answer = self.hear_of("subscriptionResponse")
        assert answer["method"] == "subscribe"
        return answer["subscription"]

    def ask(self, number: int, kind: str, payload: Json) -> Json:
        """Post a request, and return the response."""
        self.tell({"method": "post", "id": number, "request": {"type": kind, "payload": payload}})
        answer = self.hear_of("post")
        assert answer["id"] == number
        return answer["response"]

    def ping(self) -> list[Json]:
        """Return what came before the answer to a ping."""
        self.tell({"method": "ping"})
        heard = []
        while (frame := self.hear()) != {"channel": "pong"}:
            heard.append(frame)
        return heard

    def hear_end(self) -> str:
        """Wait until the venue ends the connection; what comes before is passed over."""
        try:
            while True:
                self._connection.recv(timeout=DEADLINE_S)
        except ConnectionClosed as ended:
            return "" if ended.rcvd is None else ended.rcvd.reason

    def is_silent(self, seconds: float) -> bool:
        """Tell whether nothing at all comes for so long."""
        try:
            self._connection.recv(timeout=seconds)
        except TimeoutError:
            return True
        return False

    def leave(self) -> None:
        """Break off without a word."""
        self._connection.socket.close()


@contextmanager
def open_stream(room: VenueRoom, *, greeted: bool = True) -> Iterator[RawStream]:
    """Connect to a venue, and take its greeting."""
    with connect(f"ws://127.0.0.1:{room.port}/ws", open_timeout=DEADLINE_S, close_timeout=0.2) as connection:
        stream = RawStream(connection)
        if greeted:
            assert stream.hear_text() == GREETING
        yield stream
