"""What somebody who has taken a runner over does to what its calls cost and to its tape."""

import psycopg
import pytest
from psycopg import errors

from tests.support.role_world import World, tried

pytest_plugins = ["tests.support.role_fixtures"]

RUNNER = "runner of anna's live"
SETTLED = "update chat_calls set cost_usd = 0, source = 'reported', settled_at = now()"


@pytest.mark.parametrize(
    "again",
    [
        "cost_usd = 0.01",
        "cost_usd = null, source = null, settled_at = null",
        "source = 'never_left'",
        "settled_at = now() + '1 s'",
    ],
)
def test_runner_says_once_what_a_call_cost(role_world: World, again: str) -> None:
    """And neither another cost afterwards, nor that it is held again."""
    with psycopg.connect(role_world.logins[RUNNER]) as connection, connection.transaction(force_rollback=True):
        connection.execute(SETTLED)
        with pytest.raises(errors.RestrictViolation, match="is settled at 0 USD, and stays so"):
            connection.execute("update chat_calls set @".replace("@", again).encode())


@pytest.mark.parametrize(
    "change",
    [
        "update chat_calls set bound_usd = 0",
        "update chat_calls set reserved_at = now() - interval '40 days'",
        "update chat_calls set purpose = 'position'",
        "delete from chat_calls",
        "delete from chat_months",
        "update chat_tape set body = 'another'",
        "delete from chat_tape",
        "truncate chat_tape",
    ],
)
def test_runner_takes_nothing_of_a_call_or_a_tape_back(role_world: World, change: str) -> None:
    """It may add, and settle."""
    with psycopg.connect(role_world.logins[RUNNER]) as connection:
        assert str(tried(connection, change)).startswith("42501 permission denied")
