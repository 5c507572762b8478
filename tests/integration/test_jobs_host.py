"""The host of the jobs as a process: it serves, keeps its times, waits for its database, and ends when it is told."""

import json
from base64 import b64encode

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.domain import DeploymentId, DeploymentStatus
from agentic_core.store.postgres import open_store
from tests.support.by_hand import execute
from tests.support.command_room import NOWHERE
from tests.support.jobs_process import ended, jobs_process
from tests.support.mortal_server import MortalPostgres
from tests.support.stored_values import uuid_of
from tests.support.watched_deployments import WatchedPlace

pytest_plugins = ["tests.support.postgres", "tests.support.mortal_postgres"]

SWEEP, COLLECT = "/api/jobs/heartbeat-sweep", "/api/jobs/pending-agents-gc"


async def _add_lost(dsn: str, name: str) -> None:
    async with open_store(dsn) as store:
        await WatchedPlace(store).add(name)


async def _status(dsn: str, name: str) -> DeploymentStatus:
    async with open_store(dsn) as store:
        return (await store.deployments.load(DeploymentId(uuid_of(name)))).status


def test_host_keeps_its_times_serves_both_addresses_and_ends_when_told(database: str) -> None:
    """All with the role of the jobs: it marks by itself what it finds, then what callers make it look for."""
    anyio.run(_add_lost, database, "found at the start")
    seed = b64encode(bytes(range(32))).decode()
    variables = {"DATABASE_URL": make_conninfo(database, user="agentic_jobs"), "AGENTIC_JOURNAL_KEY": seed}
    with jobs_process(variables) as host:
        host.wait_for("heartbeat_lost")
        assert anyio.run(_status, database, "found at the start") is DeploymentStatus.ERROR
        # All five have run by then, in whatever order.
        while len(execute(database, "select 1 from job_runs where finished_at is not null")) < 5:
            host.wait_for("job_finished")
        anyio.run(_add_lost, database, "found by a caller")
        answer = host.get(SWEEP)
        assert (answer.status_code, answer.text) == (200, '{"checked":1,"marked":1}')
        assert (host.get(COLLECT).status_code, host.get(COLLECT).text) == (200, '{"deleted":0}')
        assert host.get(SWEEP, secret="another one").status_code == 401
        assert json.loads(host.get("/api/jobs/journal-verification").text) == {"whole": 2, "broken": 0}
        assert execute(database, "select count(*) from journal_checkpoints") == [(1,)]
        assert host.end() == 0


def test_host_answers_while_its_database_is_away(database: str) -> None:
    """In words, with 503; whoever may not call is told that first."""
    with jobs_process({"DATABASE_URL": NOWHERE}) as host:
        told = host.wait_for("database_away")
        assert "127.0.0.1:1 cannot be used" in str(told["message"])
        answer = host.get(SWEEP)
        assert (answer.status_code, "hunter2" in answer.text) == (503, False)
        assert host.get(SWEEP, secret="nobody's").status_code == 401
        assert host.get("/healthz").status_code == 200
        assert host.end() == 0


def test_host_finds_a_database_that_comes_later(postgres_server: str, migrated_template: str) -> None:
    """It does not have to be started again."""
    later = "comes_later"
    with jobs_process({"DATABASE_URL": make_conninfo(postgres_server, dbname=later)}) as host:
        host.wait_for("database_away")
        assert host.get(SWEEP).status_code == 503
        execute(postgres_server, f"create database {later} template {migrated_template}")
        host.wait_for("job_finished")
        answer = host.get(SWEEP)
        assert (answer.status_code, answer.text) == (200, '{"checked":0,"marked":0}')
        assert host.end() == 0
    execute(postgres_server, f"drop database {later} with (force)")


def test_host_outlives_its_database(mortal_postgres: MortalPostgres) -> None:
    """Callers are told while it is away, and served again once it is back."""
    mortal_postgres.recover()
    with jobs_process({"DATABASE_URL": mortal_postgres.dsn("gated")}) as host:
        host.wait_for("job_finished")
        mortal_postgres.kill()
        assert host.get(SWEEP).status_code == 503
        mortal_postgres.recover()
        while (answer := host.get(SWEEP)).status_code == 503:
            pass
        assert (answer.status_code, answer.text) == (200, '{"checked":0,"marked":0}')
        assert host.end() == 0


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({}, 2, "jobs: set SUPABASE_DB_URL, or SUPABASE_URL + (SUPABASE_DB_PASSWORD | POSTGRES_PASSWORD), or DATABASE"),
        ({"DATABASE_URL": NOWHERE, "AGENTIC_WRAPPING_KEY": "x"}, 2, "holds no key of a wallet; unset AGENTIC_WRAPPING"),
        ({"DATABASE_URL": NOWHERE, "AGENTIC_LISTEN": "here"}, 2, "jobs: AGENTIC_LISTEN is 'here'; set it to a host"),
        ({"DATABASE_URL": NOWHERE, "AGENTIC_LISTEN": "192.0.2.1:80"}, 2, "jobs: cannot listen on 192.0.2.1:80"),
        ({"DATABASE_URL": NOWHERE, "AGENTIC_JOURNAL_KEY": "?"}, 2, "jobs: AGENTIC_JOURNAL_KEY is not base64"),
        ({"DATABASE_URL": NOWHERE, "HYPERLIQUID_NETWORK": "moon", "HYPERLIQUID_URL": ""}, 2, "HYPERLIQUID_NETWORK is"),
    ],
)
def test_host_says_which_setting_is_wrong_and_ends(variables: dict[str, str], code: int, said: str) -> None:
    """In one line, before anything is served."""
    found, output = ended(variables)
    assert (found, said in output.splitlines()[-1]) == (code, True), output


def test_host_ends_where_the_database_was_never_migrated(empty_database: str) -> None:
    """Waiting would not help."""
    code, output = ended({"DATABASE_URL": empty_database})
    assert (code, "run: agentic db migrate" in output) == (1, True), output
