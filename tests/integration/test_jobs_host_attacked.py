"""The host of the jobs as strangers and bad moments meet it: odd bytes, SIGKILL while it marks, others beside it."""

import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

import anyio
import psycopg
from psycopg.conninfo import make_conninfo

from agentic_core.domain import DeploymentId
from agentic_core.store.postgres import open_store
from agentic_core.system import SystemClock
from tests.support.by_hand import execute
from tests.support.jobs_process import DEADLINE_S, JobsProcess, jobs_process
from tests.support.stored_values import uuid_of
from tests.support.watched_deployments import WatchedPlace

pytest_plugins = ["tests.support.postgres"]

DAILY = b"/api/jobs/journal-verification HTTP/1.1"
SECRET = b"said by whoever calls"
BEARER = b"Authorization: Bearer " + SECRET
IS_STUCK = """
select 1 from pg_stat_activity, pg_sleep(0.1) where wait_event_type = 'Lock' and query like '%insert into agent_logs%'
"""
ALL_FOUR = "select 1 from pg_sleep(0.2), job_runs where finished_at is not null"
RUN = DeploymentId(uuid_of("lost"))


class Standing(NamedTuple):
    """What the tables tell of the deployment that is lost."""

    status: object
    desired: object
    epoch: object
    lines: object


def standing(dsn: str) -> Standing:
    """Read it."""
    statement = """
        select status, desired, epoch, (select count(*) from agent_logs)
        from deployments join leases using (account_key) where deployments.id = %s
    """
    (row,) = execute(dsn, statement, RUN)
    return Standing(*row)


async def _lose(dsn: str) -> None:
    async with open_store(dsn) as store:
        place = WatchedPlace(store)
        await place.add("lost")
        await store.leases.release(await place.heard("lost", SystemClock().now()))
    execute(
        dsn,
        "set session_replication_role = replica; update leases set taken_at = taken_at - interval '1 day';"
        " update agent_state set updated_at = updated_at - interval '1 day'",
    )


def asked(host: JobsProcess, *lines: bytes) -> bytes:
    """Say something to the host, and return the first line of what it answers."""
    with socket.create_connection(("127.0.0.1", int(str(host.started["port"]))), timeout=DEADLINE_S) as caller:
        caller.sendall(b"\r\n".join((*lines, b"Host: jobs", b"Connection: close", b"", b"")))
        return caller.makefile("rb").readline().strip()


@contextmanager
def stuck_in_the_middle(dsn: str) -> Iterator[None]:
    """Let a sweep come as far as its log line, when everything else of it is written and nothing is committed."""
    with psycopg.connect(dsn) as holder:
        holder.execute("lock table agent_logs in share row exclusive mode")
        while not execute(dsn, IS_STUCK):
            pass
        yield


ODD: list[tuple[tuple[bytes, ...], bytes]] = [
    ((b"GET " + DAILY, b"Authorization: Bearer no", BEARER), b"401 Unauthorized"),
    ((b"GET " + DAILY, BEARER + b"," + SECRET), b"401 Unauthorized"),
    ((b"GET " + DAILY, b"Authorization: Bearer \xff\xfe"), b"401 Unauthorized"),
    ((b"GET " + DAILY, b"Authorization: Bearer " + b"a" * 60_000), b"401 Unauthorized"),
    ((b"GET " + DAILY, b"Cookie: " + BEARER), b"401 Unauthorized"),
    ((b"GET /api/jobs/journal-verification?secret=said+by+whoever+calls HTTP/1.1",), b"401 Unauthorized"),
    ((b"GET " + DAILY, b"X: " + b"a" * 200_000, BEARER), b"400 Bad Request"),
    ((b"HEAD " + DAILY, BEARER), b"405 Method Not Allowed"),
    ((b"POST " + DAILY, BEARER, b"X-HTTP-Method-Override: GET"), b"405 Method Not Allowed"),
    ((b"OPTIONS " + DAILY, BEARER), b"204 No Content"),
    ((b"GET /api/jobs/../../etc/passwd HTTP/1.1", BEARER), b"404 Not Found"),
    ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",), b"400 Bad Request"),
]


def test_only_the_secret_in_its_header_runs_a_job_whatever_comes_over_the_socket(database: str) -> None:
    """None of the odd ones runs it, and none of them ends the process."""
    ran = "select started_at from job_runs where name = 'journal-verification'"
    with jobs_process({"DATABASE_URL": make_conninfo(database, user="agentic_jobs")}) as host:
        for _ in range(4):
            host.wait_for("job_finished")
        before = execute(database, ran)
        for lines, status in ODD:
            assert (lines, asked(host, *lines)) == (lines, b"HTTP/1.1 " + status)
        assert execute(database, ran) == before
        assert asked(host, b"GET " + DAILY, BEARER) == b"HTTP/1.1 200 OK"
        assert execute(database, ran) != before
        assert host.end() == 0


def test_host_that_is_killed_while_it_marks_leaves_nothing_half_done(database: str) -> None:
    """Not fenced and not marked; the next one does both."""
    anyio.run(_lose, database)
    before = standing(database)
    assert before == Standing("running", "running", 1, 0)
    variables = {"DATABASE_URL": make_conninfo(database, user="agentic_jobs")}
    with jobs_process(variables) as host:
        with stuck_in_the_middle(database):
            host.process.kill()
            assert host.process.wait(DEADLINE_S) == -signal.SIGKILL
        assert standing(database) == before
    with jobs_process(variables) as host:
        while (answer := host.get("/api/jobs/heartbeat-sweep")).status_code == 503:
            pass  # not connected yet
        assert answer.status_code == 200
    assert standing(database) == Standing("error", "stopped", 2, 1)


def test_hosts_side_by_side_run_each_job_once(database: str) -> None:
    """Two that start at the same moment, each with a loop of its own."""
    variables = {"DATABASE_URL": make_conninfo(database, user="agentic_jobs")}
    with ExitStack() as stack:
        hosts = [stack.enter_context(jobs_process(variables)) for _ in range(2)]
        while len(execute(database, ALL_FOUR)) < 4:
            pass
        ended = [host.end() for host in hosts]
        lines = [line for host in hosts for line in host.rest() if line["event"] == "job_finished"]
    assert ended == [0, 0]
    # By five minutes: the next mark may have come meanwhile.
    ran = [(line["job"], datetime.fromisoformat(str(line["ts"])).timestamp() // 300) for line in lines]
    assert len(set(ran)) == len(ran)
    assert {job for job, _ in ran} == {"heartbeat-sweep", "journal-verification", "pending-agents-gc", "wallet-check"}
