"""A provider of chat completions that answers every request with the same bytes, in a process of its own.

    python -m tests.bench.chat_stub

It prints its port, and answers each connection in a thread until its input ends: a raw socket, so that what it takes
is next to nothing and the same for everybody.
"""

import socket
import sys
import threading

from tests.bench.chat_samples import ANSWER
from tests.bench.workers import tell

__all__ = ["main"]

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_PIECE = 1 << 16


def main() -> None:
    """Answer until the input ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        tell(server.getsockname()[1])
        sys.stdin.read()


def _accept(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    answer = _HEAD % len(ANSWER) + ANSWER
    waiting = b""
    while True:
        while _END not in waiting:
            piece = connection.recv(_PIECE)
            if not piece:
                return
            waiting += piece
        head, _, body = waiting.partition(_END)
        needed = next(int(line[len(_LENGTH) :]) for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH))
        while len(body) < needed:
            body += connection.recv(_PIECE)
        waiting = body[needed:]
        connection.sendall(answer)


if __name__ == "__main__":
    main()
