"""`agentic jobs` on a real database, and what is said where packages are missing."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from agentic_core.ops.schedule import JobName
from agentic_core.store.postgres import open_store
from tests.support.command_room import NOWHERE, CommandRoom
from tests.support.embedded_postgres import ROOT
from tests.support.watched_deployments import WatchedPlace

pytest_plugins = ["tests.support.postgres"]

WITHOUT = """
import sys
sys.modules[{missing!r}] = None
from agentic_core.errors import ConfigError
try:
    import {module}
except ConfigError as error:
    print(error)
"""


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> CommandRoom:
    """Give a place to run commands in, over a migrated database."""
    return CommandRoom(tmp_path, capsys, database)


async def _add_lost(dsn: str) -> None:
    async with open_store(dsn) as store:
        await WatchedPlace(store).add("lost")


def test_job_by_hand_says_its_figures(room: CommandRoom, database: str) -> None:
    """For people and for programs; a job is done as often as it is asked for."""
    anyio.run(_add_lost, database)
    said = room.run("jobs", "once", "heartbeat-sweep")
    assert (said.code, said.out) == (0, "checked 1, marked 1\n")
    said = room.run("jobs", "once", "heartbeat-sweep", "--json")
    told = {"schema": "agentic-job/1", "job": "heartbeat-sweep", "figures": {"checked": 0, "marked": 0}}
    assert (said.code, json.loads(said.out)) == (0, told)


def test_list_shows_every_job_with_its_newest_run(room: CommandRoom) -> None:
    """And when each is due next."""
    room.run("jobs", "once", "wallet-check")
    said = room.run("jobs", "list", "--json")
    listed = {row["name"]: row for row in map(json.loads, said.out.splitlines())}
    assert (said.code, sorted(listed)) == (0, sorted(JobName))
    assert listed["wallet-check"]["run"]["outcome"] == {"looked_at": 0}
    assert listed["heartbeat-sweep"]["run"] is None
    assert all(row["next_at"] % 60_000 == 0 for row in listed.values())
    words = " ".join(room.run("jobs", "list").out.split())
    assert "wallet-check" in words
    assert "never" in words


def test_signing_without_a_key_is_refused_in_words(room: CommandRoom) -> None:
    """The setting that is missing is named."""
    said = room.run("jobs", "once", "journal-checkpoints")
    assert (said.code, "set AGENTIC_JOURNAL_KEY" in said.err) == (2, True)


def test_unknown_job_is_refused_with_those_there_are(room: CommandRoom) -> None:
    """As any choice of the command line."""
    said = room.run("jobs", "once", "sweep")
    assert (said.code, "'heartbeat-sweep'" in said.err) == (2, True)


def test_database_that_does_not_answer_is_a_wrong_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For every command of the group."""
    room = CommandRoom(tmp_path, capsys, NOWHERE)
    for arguments in (["list"], ["once", "wallet-check"], ["run"]):
        said = room.run("jobs", *arguments)
        assert (said.code, "cannot be used" in said.err) == (2, True), arguments


def test_run_keeps_the_times_until_it_is_interrupted(room: CommandRoom, database: str) -> None:
    """What is done is said as JSON, a line each, on the error stream."""
    environment = {**room.environment, "HYPERLIQUID_URL": "http://127.0.0.1:1"}
    command = [str(Path(sys.executable).parent / "agentic"), "jobs", "run"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        done = {json.loads(process.stderr.readline())["job"] for _ in range(4)}
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert done == set(JobName) - {"journal-checkpoints"}
    assert database


@pytest.mark.parametrize(
    ("module", "missing", "said"),
    [
        ("agentic_core.web", "litestar", "serving needs litestar: pip install 'agentic-perps[web]'"),
        ("agentic_core.web", "uvicorn", "serving needs uvicorn: pip install 'agentic-perps[web]'"),
        ("agentic_core.cli.jobs", "psycopg", "the jobs look after a database: pip install 'agentic-perps[embedded]'"),
        ("agentic_core.ops.journals", "cryptography", "pip install 'agentic-perps[postgres]'"),
    ],
)
def test_missing_package_is_named_with_what_installs_it(module: str, missing: str, said: str) -> None:
    """In a process of its own that does not have it."""
    program = WITHOUT.format(module=module, missing=missing)
    found = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, cwd=ROOT)
    assert (said in found.stdout, found.stderr) == (True, "")
