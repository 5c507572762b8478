"""Every rule of the tables, by its name: one change breaks it, and what people are told is right."""

import json
import re
from collections.abc import Iterator
from enum import StrEnum

import anyio
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from agentic_core.domain import (
    BrokerKind,
    CommandKind,
    CommandState,
    DeploymentStatus,
    Desired,
    FillKind,
    IntentKind,
    IntentState,
    Interval,
    LeaseState,
    Liquidity,
    Side,
    SimRunStatus,
    TimeInForce,
    TriggerKind,
)
from agentic_core.domain.chat import ChatPurpose, CostSource
from agentic_core.domain.placed_orders import PlacedStatus
from agentic_core.errors import AgenticError, Conflict, NotFound, UsageError
from agentic_core.logevents import LogLevel
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.identity import Difference
from agentic_core.store.postgres.translation import translated
from tests.support.by_hand import execute
from tests.support.refused_rows import CHECKS, FURTHER_ROWS, REFERENCES, UNIQUE
from tests.support.store_under_test import in_postgres
from tests.support.unit_work import work

pytest_plugins = ["tests.support.postgres"]

RULES = """
select conname::text, conrelid::regclass::text, contype::text, conkey from pg_constraint
where contype = any (%s) and connamespace in (select oid from pg_namespace where nspname in ('public', 'vault'))
order by 1
"""
INDEXES = """
select indexrelid::regclass::text, indrelid::regclass::text from pg_index
where indisunique and not exists (select from pg_constraint where conindid = indexrelid)
  and (select relnamespace::regnamespace::text from pg_class where oid = indrelid) in ('public', 'vault')
"""
WORDS: dict[str, type[StrEnum]] = {
    "agent_commands_kind_check": CommandKind,
    "agent_commands_state_check": CommandState,
    "agent_logs_level_check": LogLevel,
    "chat_calls_purpose_check": ChatPurpose,
    "chat_calls_source_check": CostSource,
    "deployments_broker_kind_check": BrokerKind,
    "deployments_desired": Desired,
    "deployments_status_check": DeploymentStatus,
    "fills_kind_check": FillKind,
    "fills_liquidity_check": Liquidity,
    "fills_side_check": Side,
    "leases_state_check": LeaseState,
    "mainnet_orders_side_check": Side,
    "mainnet_orders_status_check": PlacedStatus,
    "order_intents_kind_check": IntentKind,
    "order_intents_side_check": Side,
    "order_intents_state_check": IntentState,
    "order_intents_time_in_force_check": TimeInForce,
    "order_intents_trigger_kind_check": TriggerKind,
    "restores_reason_check": Difference,
    "sim_runs_bars_interval_check": Interval,
    "sim_runs_status_check": SimRunStatus,
}


async def _furnish(dsn: str) -> None:
    async with open_store(dsn) as store:
        await work(store, await in_postgres(store, dsn, live=True))


@pytest.fixture
def furnished(database: str) -> Iterator[psycopg.Connection]:
    """Yield a connection to a database with a row in every table; nothing that is done on it stays."""
    anyio.run(_furnish, database)
    execute(database, FURTHER_ROWS)
    with psycopg.connect(database) as connection:
        yield connection
        connection.rollback()


def _tables_of(connection: psycopg.Connection, kinds: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(RULES, [list(kinds)])}


def _told(connection: psycopg.Connection, table: str, *statements: str | SQL) -> AgenticError:
    """Say statements without the table's own triggers, of which the last is refused, and return how; undo all."""
    named = SQL(".").join(map(Identifier, table.split(".")))
    connection.execute(SQL("alter table {} disable trigger user").format(named))
    for statement in statements[:-1]:
        connection.execute(str(statement).encode())
    try:
        with translated("the database"):
            connection.execute(str(statements[-1]).encode())
    except AgenticError as error:
        return error
    finally:
        connection.rollback()
    message = f"{statements[-1]} was not refused"
    raise AssertionError(message)


def _changed(table: str, change: str) -> str:
    return f"update {table} set {change}"  # noqa: S608 - our own words


def _another(table: str, change: object) -> str:
    return (
        f"insert into {table} overriding system value"  # noqa: S608 - our own words
        f" select (jsonb_populate_record(kept, '{json.dumps(change)}')).* from {table} as kept"
        " order by to_jsonb(kept) ->> 'email' limit 1"
    )


def test_every_table_has_a_row_to_break(furnished: psycopg.Connection) -> None:
    """Or nothing of what follows would be refused."""
    tables = set(_tables_of(furnished, "p").values())
    empty = [name for name in tables if furnished.execute(f"select from {name}".encode()).fetchone() is None]
    assert empty == []


def test_every_check_refuses_what_it_is_there_for(furnished: psycopg.Connection) -> None:
    """By its own name, as a mistake of the caller."""
    known = _tables_of(furnished, "c")
    assert known.keys() == CHECKS.keys()
    for name, change in CHECKS.items():
        told = _told(furnished, known[name], _changed(known[name], change))
        assert (type(told), f'"{name}"' in str(told)) == (UsageError, True), f"{name}: {told}"


def test_every_reference_refuses_what_is_not_there(furnished: psycopg.Connection) -> None:
    """And says what is missing."""
    known = _tables_of(furnished, "f")
    assert known.keys() == REFERENCES.keys()
    for name, (change, sentence) in REFERENCES.items():
        statement = change if change.startswith("insert") else _changed(known[name], change)
        told = _told(furnished, known[name], statement)
        assert (type(told), str(told).split(": ")[0]) == (NotFound, sentence), f"{name}: {told}"


def test_every_rule_of_uniqueness_refuses_a_second_row(furnished: psycopg.Connection) -> None:
    """By name, with a sentence of its own wherever a person can meet it."""
    rows = furnished.execute(RULES, [["p", "u"]]).fetchall()
    keys = {table: set(columns) for _, table, kind, columns in rows if kind == "p"}
    # What holds a primary key is unique already; it is there to be referred to.
    implied = {name for name, table, kind, columns in rows if kind == "u" and keys[table] <= set(columns)}
    assert implied == {"deployments_one_account", "skills_of_user"}
    known = {name: table for name, table, _, _ in rows if name not in implied}
    known |= {index.rpartition(".")[2]: table for index, table in furnished.execute(INDEXES)}
    primary = {name for name, _, kind, _ in rows if kind == "p"}
    assert known.keys() == UNIQUE.keys() | primary
    for name, table in known.items():
        changes, sentence = UNIQUE.get(name, (({},), None))
        told = _told(furnished, table, *(_another(table, change) for change in changes))
        assert isinstance(told, Conflict), f"{name}: {told}"
        assert told.constraint == name
        assert str(told) == (sentence or f"the rule {name} allows such a row only once")


def test_every_column_that_has_to_be_there_refuses_nothing(furnished: psycopg.Connection) -> None:
    """As a mistake of the caller, who is told which column it is."""
    columns = furnished.execute(
        "select attrelid::regclass::text, attname::text from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where relkind = 'r' and relnamespace in (select oid from pg_namespace where nspname in ('public', 'vault'))"
        " and attnum > 0 and attnotnull and attidentity = '' order by 1, 2"
    ).fetchall()
    assert len(columns) > 200
    for table, column in columns:
        told = _told(furnished, table, _changed(table, f'"{column}" = null'))
        assert (type(told), f'"{column}"' in str(told)) == (UsageError, True), f"{table}.{column}: {told}"


def test_words_that_a_column_may_hold_are_those_of_the_code(furnished: psycopg.Connection) -> None:
    """No status, kind or state that one of them does not know."""
    rules = furnished.execute("select conname::text, pg_get_constraintdef(oid) from pg_constraint")
    definitions: dict[str, str] = dict(rules.fetchall())
    assert [
        (name, words)
        for name, words in WORDS.items()
        if set(re.findall(r"'([^']*)'::text", definitions[name])) != {word.value for word in words}
    ] == []
    lists = {
        name for name, text in definitions.items() if re.fullmatch(r"CHECK \(\(\w+ = ANY \(ARRAY\['.*\]\)\)\)", text)
    }
    # What only the database writes, and two kinds of intent that a venue has orders of.
    assert lists - WORDS.keys() == {
        "hyperliquid_agents_ended_by_check",
        "key_openings_purpose_check",
        "mainnet_orders_kind_check",
        "owner_edits_verb_check",
    }
