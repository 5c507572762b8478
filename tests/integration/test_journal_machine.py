"""Whatever is done to an account, the journals of both stores tell the same of it and add up to the tables."""

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.by_hand import execute
from tests.support.journal_machine import JournalMachine
from tests.support.journal_orders import Place
from tests.support.narrow_roles import open_narrow_store

pytest_plugins = ["tests.support.postgres"]

KINDS = {
    "genesis",
    "decision",
    "result",
    "intent",
    "numbered",
    "noted",
    "fill",
    "funding",
    "transfer",
    "lease",
    "command",
    "status",
}


MORE_LOGINS = """
do $$ begin
    for number in 65..900 loop
        begin
            execute format('create role %I login in role agentic_runner', 'agentic_runner_of_test_' || number);
        exception when duplicate_object or unique_violation then null;
        end;
    end loop;
end $$
"""
"""For as many deployments as the machine makes, and as it takes to find a smallest failure."""


@pytest.fixture
def place(database: str) -> Iterator[Place]:
    """Open the database, each call as the role that makes it, on a loop that outlives the examples."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(open_narrow_store(database)) as store,
    ):
        execute(database, MORE_LOGINS)
        yield Place(portal=portal, database=store, dsn=database)


def test_journals_of_both_stores_tell_all_that_happened(place: Place) -> None:
    """Record by record, chain by chain, sum by sum; over the runs every kind of record comes about."""
    JournalMachine.place = place
    JournalMachine.seen.clear()
    run_state_machine_as_test(
        JournalMachine,
        settings=settings(max_examples=120, stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
    assert set(JournalMachine.seen) == KINDS
