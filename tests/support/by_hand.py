"""SQL as an operator types it."""

import psycopg

__all__ = ["execute"]


def execute(dsn: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run SQL as the database's owner, as an operator would by hand, and return its rows."""
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c synchronous_commit=off") as connection:
        cursor = connection.execute(statement.encode(), values or None)
        return list(cursor.fetchall()) if cursor.description else []
