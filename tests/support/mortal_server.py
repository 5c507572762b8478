"""A server that tests may kill."""

import os
import signal
from contextlib import suppress

import psycopg
from psycopg import OperationalError
from psycopg.conninfo import make_conninfo

from agentic_core.store.embedded import EmbeddedPostgres
from tests.support.embedded_postgres import all_gone, family_of

__all__ = ["MortalPostgres"]


class MortalPostgres:
    """One server, which is killed and started again and again."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        """Take the server, which runs."""
        self._server = server

    def dsn(self, name: str) -> str:
        """Return where a database is."""
        return make_conninfo(self._server.dsn, dbname=name)

    def kill(self) -> None:
        """Kill the server and every process of it, none of which can do anything about it."""
        assert self._server.pid is not None
        os.kill(self._server.pid, signal.SIGSTOP)  # so that nobody is born whom we do not see
        family = family_of(self._server.pid)
        for pid in family:
            with suppress(ProcessLookupError):  # they follow their main process at once
                os.kill(pid, signal.SIGKILL)
        assert all_gone(family, within_s=10)

    def kill_one(self, pid: int) -> None:
        """Kill the process that serves one connection; the server throws all others out and recovers by itself."""
        assert self._server.pid is not None
        assert pid in family_of(self._server.pid)
        os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """End the server at once: nothing of what the tests have left is written out, and no shared memory stays."""
        self.recover()
        assert self._server.pid is not None
        os.kill(self._server.pid, signal.SIGQUIT)
        assert all_gone([self._server.pid], within_s=10)

    def recover(self) -> None:
        """Start the server where it is down, and wait until it lets people in."""
        if self._server.pid is not None and not all_gone([self._server.pid], within_s=0):
            while not self._lets_in():
                pass
            return
        self._server.stop()
        self._server.start()

    def _lets_in(self) -> bool:
        try:
            psycopg.connect(self._server.dsn).close()
        except OperationalError:
            return False
        return True
