"""SQL as an operator types it."""

import psycopg
from psycopg import sql

__all__ = ["execute", "execute_as"]


def execute(dsn: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run SQL as the database's owner, as an operator would by hand, and return its rows."""
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c synchronous_commit=off") as connection:
        cursor = connection.execute(statement.encode(), values or None)
        return list(cursor.fetchall()) if cursor.description else []


def execute_as(dsn: str, role: str, statement: str) -> None:
    """Run SQL as a role with every right on the tables, of which it owns none; where there is none, it is made."""
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c synchronous_commit=off") as connection:
        for granted in (
            "do $$ begin create role {} bypassrls; exception when unique_violation or duplicate_object then end $$",
            "grant usage on schema public to {}",
            "grant all on all tables in schema public to {}",
            "set role {}",
        ):
            connection.execute(sql.SQL(granted).format(sql.Identifier(role)))
        connection.execute(statement.encode())
