"""A store in PostgreSQL 15 or newer; the only package that knows psycopg."""

from agentic_core.store.postgres.store import PostgresStore, open_store

__all__ = ["PostgresStore", "open_store"]
