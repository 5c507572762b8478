"""Two tenants with rows in every table, whose row is whose, and the logins that are tried on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5

import psycopg
from psycopg import Connection

from tests.support.by_hand import execute
from tests.support.stored_values import uuid_of

__all__ = ["ENVELOPE", "LOGINS", "Table", "World", "tried"]

ENVELOPE = f"v1.root.{'Z' * 80}.{'Y' * 80}"
"""What a sealed key looks like; nothing is in it."""

LOGINS = (
    *("web for anna", "web for nobody", "runner of anna's paper", "runner of anna's live", "runner of bert's live"),
    *("unbound runner", "jobs", "stranger"),
)
"""Who is tried. The last one is a login like any other on the server: what it may is what PUBLIC may."""


@dataclass(frozen=True)
class World:
    """A database of two tenants."""

    dsn: str
    """As its owner."""
    server: str
    """As a superuser of its server."""
    roles: Mapping[str, str]
    """What each of `LOGINS` is called there."""
    logins: Mapping[str, str]
    """The address that each connects with."""

    @staticmethod
    def values(tenant: str) -> dict[str, str]:
        """Return the ids and addresses of a tenant, by what they are called in the script."""
        ids = ("user", "skill", "master", "old_wallet", "live_wallet", "paper", "old", "live", "run")
        addresses = ("master_address", "old_address", "live_address", "pending_address")
        return {
            "tenant": tenant,
            "envelope": ENVELOPE,
            **{name: uuid_of(f"{tenant} {name}") for name in ids},
            **{
                name: "0x" + md5(f"{tenant} {name}".encode(), usedforsecurity=False).hexdigest() + "0" * 8
                for name in addresses
            },
        }

    @cached_property
    def _tokens(self) -> list[tuple[str, str]]:
        # The narrower first: a row of a deployment names its user, too.
        both = {tenant: self.values(tenant) for tenant in ("anna", "bert")}
        groups: tuple[Mapping[str, tuple[str, ...]], ...] = (
            {"paper": ("paper",), "old": ("old",), "live": ("live",), "run": ("run",)},
            {"old wallet": ("old_wallet", "old_address"), "live wallet": ("live_wallet", "live_address")},
        )
        narrow = [
            (values[name], f"{tenant} {label}")
            for group in groups
            for label, names in group.items()
            for name in names
            for tenant, values in both.items()
        ]
        versions = [(f"{tenant} version {number}",) * 2 for tenant in both for number in (1, 2)]
        wide = [
            (values[name], tenant)
            for name in ("user", "skill", "master", "pending_address")
            for tenant, values in both.items()
        ]
        return [*narrow, *versions, *wide]

    def label(self, row: object) -> str:
        """Return whose a row is: a tenant's, or of one's deployment, wallet, version or backtest; else `shared`."""
        text = json.dumps(row)
        return next((label for token, label in self._tokens if token in text), "shared")

    @cached_property
    def tables(self) -> dict[str, "Table"]:
        """Return the tables that are there, as they are before anything is tried."""
        found = execute(self.dsn, _TABLES)
        return {
            str(name): Table(
                columns=tuple(map(str, _listed(columns))),
                numbered=frozenset(map(str, _listed(numbered))),
                key=tuple(map(str, _listed(key))),
                rows=tuple(
                    (self.label(row), json.dumps(row)) for (row,) in execute(self.dsn, _ROWS.replace("@", str(name)))
                ),
            )
            for name, columns, numbered, key in found
        }


_ROWS = "select to_jsonb(kept) from public.@ as kept"
_TABLES = """
    select relname::text, array_agg(attname::text order by attnum),
        coalesce(array_agg(attname::text) filter (where attidentity <> ''), '{}'),
        coalesce(array_agg(attname::text) filter (where attnum = any (indkey)), '{}')
    from pg_class
    join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    left join pg_index on indrelid = pg_class.oid and indisprimary
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    group by relname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the world."""

    columns: tuple[str, ...]
    numbered: frozenset[str]
    """Columns whose values the server gives."""
    key: tuple[str, ...]
    """The columns of its primary key."""
    rows: tuple[tuple[str, str], ...]
    """Whose each row is, and the row as JSON."""

    @property
    def labels(self) -> frozenset[str]:
        """Return whose rows there are."""
        return frozenset(label for label, _ in self.rows)


def _listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def tried(connection: Connection, statement: str, *values: object) -> list[object] | str:
    """Run a statement and take it back; returns its first column, or the state and text of its error."""
    try:
        with connection.transaction(force_rollback=True):
            cursor = connection.execute(statement.encode(), values or None)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
