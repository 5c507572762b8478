"""A way to a database that a test can cut at one message, heard by the server or not."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

__all__ = ["COMMITTED", "NEXT", "CuttingProxy", "cutting_proxy"]

_SOCKET = ".s.PGSQL.5432"
_MOST = 65_536

NEXT = b""
"""In every message."""
COMMITTED = b"COMMIT\0"
"""How the server answers once a transaction is stored."""


class CuttingProxy:
    """Passes everything on, until the first message that holds the bytes it was told of."""

    def __init__(self, dsn: str, folder: Path) -> None:
        """Take where the server is, and listen in a folder."""
        known = conninfo_to_dict(dsn)
        self._server = f"{known['host']}/.s.PGSQL.{known['port']}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        self._listener.listen()
        self._at: bytes | None = None
        self.dsn = make_conninfo(dsn, host=str(folder), port=5432)
        """Where the same database is, this way."""
        self.cuts = 0

    def cut_at(self, message: bytes) -> None:
        """Drop the connection instead of passing on the next message with these bytes, whoever sends it."""
        self._at = message

    def serve(self) -> None:
        """Let connections in until it is closed."""
        threads = []
        with self._listener, suppress(OSError):
            while True:
                program, _ = self._listener.accept()
                threads.append(threading.Thread(target=self._pass_on, args=[program]))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def close(self) -> None:
        """Let nobody in any more."""
        self._listener.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, program: socket.socket) -> None:
        with program, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
            server.connect(self._server)
            others = {program: server, server: program}
            while True:
                for source in select.select(list(others), [], [])[0]:
                    content = source.recv(_MOST)
                    if not content or self._is_cut(content):
                        return
                    others[source].sendall(content)

    def _is_cut(self, content: bytes) -> bool:
        if self._at is None or self._at not in content:
            return False
        self._at = None
        self.cuts += 1
        return True


@contextmanager
def cutting_proxy(dsn: str, folder: Path) -> Iterator[CuttingProxy]:
    """Open another way to a database; it ends once all who use it are gone."""
    proxy = CuttingProxy(dsn, folder)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
