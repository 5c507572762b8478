"""Questions about tables that only grow are answered from an index that was made for them."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from agentic_core.store.postgres.statements import statement
from tests.support.checklist import BLOCKS
from tests.support.stored_values import DEPLOYMENT

pytest_plugins = ["tests.support.postgres"]

_LONG = """
insert into agent_logs (deployment_id, ts, level, event, message, trace_id)
select %(run)s, now() - line * interval '1 minute', case when line = 9000 then 'error' else 'info' end,
    case when line %% 1000 = 0 then 'order_placed' else 'reconciled' end, 'as usual', md5(line::text)
from generate_series(1, 9999) as line;
insert into decision_snapshots (
    id, deployment_id, trace_id, skill_id, skill_version, tick_at, decided_by, verdict, equity_usd, marks, cost_usd
)
select gen_random_uuid(), %(run)s, md5(tick::text), %(run)s, 1, now() - tick * interval '15 minutes', 'chat', '{}', 1,
    '{}', 0.01
from generate_series(1, 9999) as tick
"""


@pytest.fixture
def long_run(database: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """Yield the owner's connection to a database in which a deployment has a long past."""
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as connection:
        connection.execute("set session_replication_role = replica")  # the deployment itself is not needed
        for insert in _LONG.split(";"):
            connection.execute(insert.encode(), {"run": DEPLOYMENT})
        connection.execute("vacuum (analyze) agent_logs, decision_snapshots")
        yield connection


def _plan(connection: psycopg.Connection[TupleRow], asked: str) -> str:
    return "\n".join(line for (line,) in connection.execute(f"explain {asked}".encode()))


def test_order_lines_of_a_deployment_are_found_without_reading_the_others(
    long_run: psycopg.Connection[TupleRow],
) -> None:
    """The launch checklist looks for ten among ten thousand."""
    asked = BLOCKS["log of the orders of a deployment"].replace("<uuid>", DEPLOYMENT)
    assert "using agent_logs_orders on agent_logs" in _plan(long_run, asked)


def test_newest_error_of_a_deployment_is_found_without_reading_its_other_lines(
    long_run: psycopg.Connection[TupleRow],
) -> None:
    """Whoever marks a silent runner asks for it."""
    moved = statement("move_deployment").decode()
    values = {"status": "'error'", "deployment": f"'{DEPLOYMENT}'", "reason": "'lost'", "at": "0", "final": "false"}
    for name, value in {**values, "sources": "'{running}'"}.items():
        moved = moved.replace(f"%({name})s", value)
    assert "using agent_logs_errors on agent_logs" in _plan(long_run, moved)


def test_cost_of_today_is_added_up_from_an_index_alone(long_run: psycopg.Connection[TupleRow]) -> None:
    """As the launch checklist asks for it, of all deployments there are."""
    plan = _plan(long_run, BLOCKS["cost of today"])
    assert "Index Only Scan using decision_snapshots_by_time on decision_snapshots" in plan


def test_month_to_date_is_one_row_of_the_rollup(long_run: psycopg.Connection[TupleRow]) -> None:
    """However many decisions there are."""
    long_run.execute(
        "insert into cost_rollups select gen_random_uuid(), date '2022-01-01', 1, 0 from generate_series(1, 9999)"
    )
    long_run.execute("analyze cost_rollups")
    asked = statement("month_to_date").decode().replace("%(deployment)s", f"'{DEPLOYMENT}'").replace("%(at)s", "0")
    assert _plan(long_run, asked).startswith("Index Scan using cost_rollups_pkey on cost_rollups")
