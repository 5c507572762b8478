"""Waiting until a database says so."""

from typing import LiteralString

import psycopg
from anyio import to_thread

__all__ = ["SOMEBODY_WAITS", "until", "wait_until"]

SOMEBODY_WAITS = "exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"
"""For a lock in this database."""

_PAUSE = "select pg_sleep(0.01)"


def wait_until(dsn: str, condition: LiteralString) -> None:
    """Ask again and again, on one connection, until a condition in SQL holds."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(f"select {condition}").fetchone() != (True,):
            connection.execute(_PAUSE)


async def until(dsn: str, condition: LiteralString) -> None:
    """Do the same and let others run."""
    await to_thread.run_sync(wait_until, dsn, condition)
