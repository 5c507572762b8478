"""A websocket server on this machine that sends a frame so often to whoever is told to listen.

It answers `[name, subscriptions, frame, count, pause_us]` by sending to the connection that asked for
`/<name>/ws`, once it has subscribed so often. With a pause each frame comes alone, as the venue's do; without one they
come as fast as they can be read.
"""

import json
import threading
import time
from collections import Counter

from websockets.frames import Frame, Opcode
from websockets.sync.server import ServerConnection, serve

from tests.bench.frame_samples import SOCKET_FRAMES, end_frame
from tests.bench.workers import attend, tell

_ARRIVAL_S = 10
_CLOSE_S = 1


class _House:
    def __init__(self) -> None:
        self._guests: dict[str, ServerConnection] = {}
        self._subscriptions: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._frames = {channel: _on_the_wire(content) for channel, content in SOCKET_FRAMES.items()}

    def receive(self, guest: ServerConnection) -> None:
        assert guest.request is not None, "it has shaken hands"
        name = guest.request.path.split("/")[1]
        with self._changed:
            self._guests[name] = guest
            self._changed.notify_all()
        for text in guest:
            asked = json.loads(text)
            with self._changed:
                if asked["method"] == "ping":
                    guest.send('{"channel":"pong"}')
                    continue
                guest.send(json.dumps({"channel": "subscriptionResponse", "data": asked}))
                self._subscriptions[name] += 1
                self._changed.notify_all()

    def send(self, name: str, subscriptions: int, channel: str, count: int, pause_us: int) -> str:
        with self._changed:
            self._changed.wait_for(
                lambda: name in self._guests and self._subscriptions[name] >= subscriptions, _ARRIVAL_S
            )
            assert name in self._guests, f"{name} did not connect"
            self._pour(name, channel, count, pause_us)
        return "sent"

    def _pour(self, name: str, channel: str, count: int, pause_us: int) -> None:
        # Past the library, which would be slower than whoever is measured.
        wire, frame = self._guests[name].socket, self._frames[channel]
        if pause_us:
            for _ in range(count):
                wire.sendall(frame)
                time.sleep(pause_us / 1e6)
        else:
            wire.sendall(frame * count)
        wire.sendall(_on_the_wire(end_frame()))


def _on_the_wire(content: bytes) -> bytes:
    return Frame(Opcode.TEXT, content).serialize(mask=False)


def main() -> None:
    """Serve until the bench has no more orders; the first line is the port."""
    house = _House()
    with serve(house.receive, "127.0.0.1", 0, compression=None, close_timeout=_CLOSE_S) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tell(server.socket.getsockname()[1])
        attend(house.send)
        server.shutdown()


if __name__ == "__main__":
    main()
