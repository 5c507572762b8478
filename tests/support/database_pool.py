"""Databases for tests: one in which only rows were changed is emptied and lent again, under another name.

Whatever else a test changed, its database is dropped: its tables, rights, settings or statistics, roles of the server.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import Connection, OperationalError, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

__all__ = ["DatabasePool", "Kind", "marks"]

_HARNESS = Path(__file__).with_name("narrow_roles.sql")
_OPTIONS = "-c timezone=UTC -c synchronous_commit=off"

_OF_THE_SERVER = ("pg_auth_members", "pg_authid", "pg_db_role_setting", "pg_parameter_acl", "pg_tablespace")
# Nothing depends on something else, and nothing stops depending on it, without a change in another catalog.
_CATALOGS = """
select relname from pg_class
where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared and relname <> 'pg_depend'
"""
_DATABASE = """
select (to_jsonb(known) - '{datname,datfrozenxid,datminmxid}'::text[])::text
from pg_database as known where datname = current_database()
"""
_TABLES = """
select nspname || '.' || relname, pg_relation_size(relation.oid) > 0, pg_total_relation_size(relation.oid)
from pg_class as relation join pg_namespace as space on space.oid = relnamespace
where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema')
"""
_OTHERS_ENDED = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'
"""
_SEQUENCES = """
select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
from pg_sequences where last_value is not null
"""

_NUMBERS = count(1)  # no name twice, whichever pool of a server gives it


class Kind(NamedTuple):
    """What a database is like when it is lent."""

    template: str
    owner: str | None = None
    is_narrow: bool = False
    """Whether the harness of `tests.support.narrow_roles` is in it already."""


@dataclass(slots=True, kw_only=True)
class _Database:
    kind: Kind
    name: str
    kept: tuple[str, ...]
    """The tables whose rows came with it; they are as fixed as its catalogs."""
    marks: dict[str, object]
    lends: int = 0


class DatabasePool:
    """The databases of one server."""

    def __init__(self, server: str, *, lends_max: int = 50, bytes_max: int = 8_000_000) -> None:
        """Take the server's address, as a superuser.

        Args:
            server: any database of it.
            lends_max: how often a database is lent, since what was deleted stays in its files.
            bytes_max: how large its tables may have become.
        """
        self._server = server
        self._lends_max = lends_max
        self._bytes_max = bytes_max
        self._idle: defaultdict[Kind, list[_Database]] = defaultdict(list)
        self._hand: Connection[TupleRow] | None = None

    def close(self) -> None:
        """Let go of the server; what was made there stays."""
        if self._hand is not None:
            self._hand.close()

    @contextmanager
    def lend(self, kind: Kind) -> Iterator[str]:
        """Yield the address of a database in which nothing was done; no other ever had its name."""
        lent = self._idle[kind].pop() if self._idle[kind] else self._made(kind)
        name = f"test_{next(_NUMBERS)}"
        self._order("alter database {} rename to {}", lent.name, name)
        lent.name = name
        lent.lends += 1
        lent.marks.update(self._at_the_server().execute(_changes(_OF_THE_SERVER)).fetchall())
        try:
            yield self._address(name)
        finally:
            if lent.lends < self._lends_max and self._is_emptied(lent):
                self._idle[kind].append(lent)
            else:
                self._order("drop database if exists {} with (force)", name)

    def _made(self, kind: Kind) -> _Database:
        name = f"pooled_{next(_NUMBERS)}"
        owned = " owner {}" if kind.owner else ""
        self._order("create database {} template {}" + owned, name, kind.template, *filter(None, [kind.owner]))
        with psycopg.connect(self._address(name), autocommit=True, options=_OPTIONS) as inside:
            if kind.is_narrow:
                inside.execute(_HARNESS.read_bytes())
            kept = tuple(table for table, has_pages, _ in inside.execute(_TABLES) if has_pages)
            return _Database(kind=kind, name=name, kept=kept, marks=marks(inside, kept))

    def _is_emptied(self, lent: _Database) -> bool:
        try:
            with psycopg.connect(self._address(lent.name), autocommit=True, options=_OPTIONS) as inside:
                if not all(ended for (ended,) in inside.execute(_OTHERS_ENDED)):
                    return False
                if not lent.kind.is_narrow:
                    inside.execute("drop schema if exists harness cascade")
                return marks(inside, lent.kept) == lent.marks and _emptied(inside, lent.kept) <= self._bytes_max
        except psycopg.Error:  # it is gone, lets nobody in, or lets nothing be deleted
            return False

    def _address(self, name: str) -> str:
        return make_conninfo(self._server, dbname=name)

    def _order(self, order: str, *names: str) -> None:
        self._at_the_server().execute(sql.SQL(order).format(*map(sql.Identifier, names)))

    def _at_the_server(self) -> Connection[TupleRow]:
        if self._hand is not None:
            try:
                self._hand.execute("")
            except OperationalError:  # a test ended it, or the server
                self._hand.close()
        if self._hand is None or self._hand.closed:
            self._hand = psycopg.connect(self._server, autocommit=True, options=_OPTIONS)
        return self._hand


def marks(inside: Connection[TupleRow], kept: Sequence[str]) -> dict[str, object]:
    """Tell what is in a database apart from rows, and which roles its server has, by numbers that change with it.

    Args:
        inside: a superuser's connection to the database.
        kept: tables whose rows count too.
    """
    catalogs = [str(name) for (name,) in inside.execute(_CATALOGS)]
    found: dict[str, object] = dict(inside.execute(_changes([*catalogs, *_OF_THE_SERVER, *kept])).fetchall())
    return found | {"pg_database": inside.execute(_DATABASE).fetchall()}


# A row that is new or changed has the number of a later transaction, and where one is gone there are fewer.
def _changes(tables: Sequence[str]) -> bytes:
    newest = "select {name!r}, count(*) || ' to ' || coalesce(max(xmin::text::bigint), 0) from {name}"
    return " union all ".join(newest.format(name=name) for name in tables).encode()


def _emptied(inside: Connection[TupleRow], kept: Sequence[str]) -> int:
    tables = inside.execute(_TABLES).fetchall()
    with inside.transaction():
        inside.execute("set local session_replication_role = replica")  # no table's own rules, no references
        for table, has_pages, _ in tables:
            if has_pages and table not in kept:
                inside.execute(sql.SQL("delete from {}").format(sql.Identifier(*str(table).split("."))))
        inside.execute(_SEQUENCES)
    inside.execute("select pg_stat_reset()")  # or a table is analyzed for what others did in it
    return sum(size for _, _, size in tables)
